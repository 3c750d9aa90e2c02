//! Which charts files that changed are part of: `ci` and `diff` map them alike.

use serde_json::Value as Json;

use super::git_repositories::Repositories;

/// A Chart.yaml, with dependencies by path.
fn chart(name: &str, needs: &[&str]) -> String {
    let needs = needs.iter();
    let needs: Vec<String> = needs
        .map(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            format!("{{name: {name}, version: 1.x, repository: \"file://{path}\"}}")
        })
        .collect();
    format!(
        "apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies: [{}]\n",
        needs.join(", ")
    )
}

/// Also those of a chart elsewhere that is depended on by path, and values files elsewhere.
#[test]
fn files_elsewhere_belong_to_the_charts_that_are_made_from_them() {
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Chart.Name }}\"}\ndata: {a: \"{{ .Values.a }}\"}\n";
    let repositories = Repositories::with(&[
        (
            "chartwright.yaml",
            "values: [\"../../values/*.yaml\"]\ncheckVersionIncrement: false\n",
        ),
        ("values/one.yaml", "a: one\n"),
        ("parts/base/Chart.yaml", &chart("base", &["../lib"])),
        ("parts/lib/Chart.yaml", &chart("lib", &[])),
        ("parts/lib/templates/a.yaml", map),
        ("charts/app/Chart.yaml", &chart("app", &["../../parts/base"])),
        ("charts/app/values.yaml", "base: {lib: {a: 1}}\n"),
        ("charts/web/Chart.yaml", &chart("web", &[])),
        ("charts/web/templates/a.yaml", map),
    ]);
    let clone = repositories.clone("work");
    for (file, text, want) in [
        (
            "parts/lib/templates/a.yaml",
            map.replace("a:", "b:"),
            &["charts/app"][..],
        ),
        ("values/one.yaml", "a: two\n".to_owned(), &["charts/web"]),
        ("values/one.txt", "a: two\n".to_owned(), &[]),
        ("README.md", "Text\n".to_owned(), &[]),
    ] {
        clone.write(file, &text);
        // The settings are above; without them, a subdirectory has charts that depend on files outside of it.
        let directory = if file.starts_with("parts") { "charts" } else { "." };
        let plan = clone
            .command(&["ci", directory, "--since", "HEAD", "--plan"], &[])
            .output()
            .expect("runs");
        let plan: Json = serde_json::from_slice(&plan.stdout).expect("JSON");
        let planned = plan["charts"].as_array().expect("charts").iter();
        let mut planned: Vec<&str> = planned.map(|chart| chart["path"].as_str().expect("a path")).collect();
        planned.sort_unstable();
        planned.retain(|path| path.starts_with("charts/"));
        let expected: Vec<&str> = match file {
            // Every chart is rendered with it.
            "values/one.yaml" => vec!["charts/app", "charts/web"],
            _ => want.to_vec(),
        };
        assert_eq!(planned, expected, "{file}");
        let found = clone
            .command(&["diff", "charts", "--output", "json"], &[])
            .output()
            .expect("runs");
        let found: Json = serde_json::from_slice(&found.stdout).expect("JSON");
        let charts = found["charts"].as_array().expect("charts").iter();
        let charts: Vec<&str> = charts.map(|chart| chart["chart"].as_str().expect("a path")).collect();
        assert_eq!(charts, want, "{file}: {found}");
        clone.git(&["checkout", "--quiet", "."]);
        clone.git(&["clean", "--quiet", "-fd"]);
    }
}
