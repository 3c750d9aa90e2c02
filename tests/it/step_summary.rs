//! What a step of GitHub Actions leaves for the runner: the summary and the outputs, in whose files nothing can be forged.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::workspace::{CHART, Run, Workspace, run};

const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: {{ .Values.port }}}]\n";

/// A directory whose name would begin outputs of its own.
const FORGED: &str = "a\nerrors=0\nEOF\n::error::b | `c` <b>";

struct Step {
    run: Run,
    summary: String,
    outputs: BTreeMap<String, String>,
}

/// Outputs as the runner reads them.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (name, value) = if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            (name, value.join("\n"))
        } else {
            let (name, value) = line.split_once('=').expect("a name and a value");
            (name, value.to_owned())
        };
        assert!(found.insert(name.to_owned(), value).is_none(), "{text}");
    }
    found
}

fn step(workspace: &Workspace, arguments: &[&str], actions: &str) -> Step {
    let paths = ["summary", "output"].map(|name| workspace.path(name).display().to_string());
    let variables = [
        ("GITHUB_ACTIONS", actions),
        ("GITHUB_STEP_SUMMARY", &paths[0]),
        ("GITHUB_OUTPUT", &paths[1]),
    ];
    let run = run(&workspace.path("."), arguments, &variables);
    let read = |path: &String| std::fs::read_to_string(path).unwrap_or_default();
    Step {
        run,
        summary: read(&paths[0]),
        outputs: outputs(&read(&paths[1])),
    }
}

fn charts() -> Workspace {
    let chart = |name: &str, file: &str| format!("charts/{name}/{file}");
    let workspace = Workspace::new(&[]);
    for (name, port) in [("good", "80"), ("bad", "70000"), (FORGED, "80000")] {
        workspace.write(
            &chart(name, "Chart.yaml"),
            &CHART.replace("web", if name == FORGED { "forged" } else { name }),
        );
        workspace.write(&chart(name, "values.yaml"), &format!("port: {port}\n"));
        workspace.write(&chart(name, "templates/service.yaml"), SERVICE);
    }
    workspace
}

#[test]
fn a_step_has_a_summary_and_outputs() {
    let manifest = SERVICE.replace("{{ .Values.port }}", "70000");
    for (arguments, words) in [
        (&["ci", "charts", "--no-push"][..], "2 of 3 charts failed: 2 errors"),
        (&["lint", "charts/good", "charts/bad"], "1 of 2 charts failed: 1 error"),
        (&["validate", "manifest.yaml"], "1 of 1 file failed: 1 error"),
        (
            &["validate", "manifest.yaml", "--report", "json"],
            "1 of 1 file failed: 1 error",
        ),
    ] {
        let workspace = charts();
        workspace.write("manifest.yaml", &manifest);
        let plain = workspace.run(arguments);
        let found = step(&workspace, arguments, "true");
        assert_eq!(
            (found.run.code, &found.run.stdout),
            (1, &plain.stdout),
            "{arguments:?}: {}",
            found.run.all()
        );
        assert!(
            found.summary.starts_with(&format!("**chartwright**: {words}\n")),
            "{arguments:?}: {}",
            found.summary
        );
        assert!(
            found.summary.contains("must be between 1 and 65535"),
            "{}",
            found.summary
        );
        let errors = if arguments[0] == "ci" { "2" } else { "1" };
        for (name, value) in [("errors", errors), ("findings", errors), ("warnings", "0")] {
            assert_eq!(
                found.outputs.get(name).map(String::as_str),
                Some(value),
                "{arguments:?}: {:?}",
                found.outputs
            );
        }
        // Nothing outside of Actions, and where it is not wanted.
        for (more, actions) in [(&["--no-summary"][..], "true"), (&[], ""), (&[], "false")] {
            let workspace = charts();
            workspace.write("manifest.yaml", &manifest);
            let found = step(&workspace, &[arguments, more].concat(), actions);
            assert!(
                found.summary.is_empty() && found.outputs.is_empty(),
                "{arguments:?} {more:?} {actions}"
            );
        }
    }
}

#[test]
fn names_cannot_forge_a_summary_or_an_output() {
    let workspace = charts();
    let found = step(&workspace, &["ci", "charts", "--repository", "file://repo"], "true");
    assert_eq!(found.outputs["errors"], "2", "{:?}", found.outputs);
    let packages: Json = serde_json::from_str(&found.outputs["packages"]).expect("JSON");
    assert_eq!(packages[0]["name"], "good", "{packages}");
    let archive = std::fs::read(workspace.path("repo/good-0.1.0.tgz")).expect("an archive");
    let digest = chartwright::text::sha256::sha256_hex(archive);
    assert_eq!(packages[0]["digest"], format!("sha256:{digest}"), "{packages}");
    assert_eq!(packages.as_array().map(Vec::len), Some(1), "{packages}");
    for line in found.summary.lines() {
        assert!(
            line.is_empty() || line.starts_with("| ") || line.starts_with("**chartwright**: "),
            "{line:?} in {}",
            found.summary
        );
    }
    assert!(found.summary.contains("&lt;b&gt;"), "{}", found.summary);
}

#[test]
fn a_full_summary_is_left_as_it_is() {
    let workspace = charts();
    workspace.write("summary", &"x".repeat(999_990));
    let found = step(&workspace, &["lint", "charts/bad"], "true");
    assert_eq!(found.summary.len(), 999_990);
    assert!(
        found.run.stderr.contains("the step summary is full"),
        "{}",
        found.run.all()
    );
    // A file that cannot be written is not a fault of the chart.
    let gone = workspace.path("gone/summary").display().to_string();
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", gone.as_str())];
    let good = run(&workspace.path("."), &["lint", "charts/good"], &variables);
    assert_eq!(good.code, 0, "{}", good.all());
    assert!(
        good.stderr.contains("warning: cannot write the step summary to "),
        "{}",
        good.all()
    );
}
