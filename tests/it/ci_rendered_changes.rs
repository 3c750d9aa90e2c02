//! What changes in the rendered objects of the charts of `ci`, in the reports that a reviewer reads: the HTML page, Markdown, the step summary.

use super::git_repositories::{Clone, Repositories};

const WEB: &str =
    "apiVersion: v2\nname: web\nversion: 1.0.0\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\n";
const VALUES: &str = "tag: \"1.0\"\nport: 80\npassword: hunter-two-2\n";
const TEMPLATE: &str = "apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {password: {{ .Values.password | quote }}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: {{ .Release.Namespace }}}
spec:
  ports: [{port: {{ .Values.port }}}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: {{ .Release.Namespace }}}
spec:
  containers: [{name: web, image: \"ghcr.io/acme/web:{{ .Values.tag }}\", env: [{name: DSN, value: \"x://{{ .Values.password }}@db\"}]}]
";
const FILES: [(&str, &str); 7] = [
    (
        "chartwright.yaml",
        "environments:\n- {name: staging, chart: charts/web, namespace: a}\n- {name: live, chart: charts/web, namespace: b}\n",
    ),
    ("charts/web/Chart.yaml", WEB),
    ("charts/web/values.yaml", VALUES),
    ("charts/web/values-staging.yaml", "tag: \"1.2\"\n"),
    ("charts/web/values-live.yaml", "tag: \"1.1\"\n"),
    ("charts/web/templates/all.yaml", TEMPLATE),
    (
        "charts/other/Chart.yaml",
        "apiVersion: v2\nname: other\nversion: 1.0.0\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\n",
    ),
];

/// The reports of a run with one exit code: the page, Markdown, JSON and the step summary.
struct Reports {
    html: String,
    markdown: String,
    json: String,
    summary: String,
}

fn reports(clone: &Clone<'_>, code: i32, flags: &[&str]) -> Reports {
    let arguments = [
        &["ci", ".", "--no-push", "--report", "html=page.html"][..],
        &["--report", "markdown=page.md", "--report", "json=page.json"],
        flags,
    ]
    .concat();
    let summary = clone.path.join("summary.md").display().to_string();
    drop(std::fs::remove_file(&summary));
    clone.run(
        code,
        &arguments,
        &[("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", &summary)],
    );
    Reports {
        html: clone.read("page.html"),
        markdown: clone.read("page.md"),
        json: clone.read("page.json"),
        summary: clone.read("summary.md"),
    }
}

fn rows(markdown: &str) -> Vec<&str> {
    let rows = markdown
        .lines()
        .skip_while(|line| *line != "| chart | where | objects | risks |");
    rows.skip(2).take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn reports_for_people_say_what_changes_in_each_environment() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    let since = ["--since", "HEAD"];
    // Nothing is said where nothing is checked, or everything.
    for flags in [&[][..], &since] {
        let found = reports(&clone, 0, flags);
        assert!(!found.html.contains("Rendered changes"), "{}", found.html);
        assert!(!found.summary.contains("rendered objects"), "{}", found.summary);
    }
    clone.write("charts/web/README.md", "Web\n");
    clone.write("charts/web/Chart.yaml", &WEB.replace("1.0.0", "1.0.1"));
    let found = reports(&clone, 0, &since);
    assert!(
        found
            .summary
            .contains("\nNothing changes in the rendered objects since HEAD ("),
        "{}",
        found.summary
    );
    assert!(
        found
            .html
            .contains("Nothing changes in the rendered objects since HEAD ("),
        "{}",
        found.html
    );

    clone.write("charts/web/values-live.yaml", "tag: \"1.2\"\n");
    clone.write(
        "charts/web/values.yaml",
        &VALUES.replace("hunter-two-2", "hunter-three-3"),
    );
    clone.write("charts/new/Chart.yaml", &WEB.replace("web", "new"));
    clone.write(
        "charts/new/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n",
    );
    let found = reports(&clone, 0, &since);
    for text in [&found.markdown, &found.summary] {
        assert_eq!(
            rows(text),
            [
                "| <code>charts/new</code> | <code>default values</code> | 1 added |  |",
                "| <code>charts/web</code> | <code>default values, staging</code> | 2 changed | immutable-field |",
                "| <code>charts/web</code> | <code>live</code> | 2 changed | image-changed, immutable-field |",
            ],
            "{text}"
        );
        assert!(
            text.contains("\nWhat changes in the rendered objects since HEAD ("),
            "{text}"
        );
    }
    // The page has the lines, by chart.
    for part in [
        "<h2 id=\"changes\">Rendered changes <small>since HEAD (",
        "charts/web</a> <small>1.0.1</small> <small><a href=\"#d1\">changes</a></small></td>",
        "<th>environment staging</th><th>environment live</th>",
        "<code>ghcr.io/acme/web</code></td><td>1.0</td><td class=\"differs\">1.2</td><td>1.2</td>",
        "<h3 id=\"d0\">charts/new <small>new 1.0.0 is new</small></h3>",
        "<h3 id=\"d1\">charts/web <small>web 1.0.0 → 1.0.1</small></h3>",
        "ghcr.io/acme/web:1.1 → ghcr.io/acme/web:1.2",
        "*** (after)",
    ] {
        assert!(found.html.contains(part), "{part}: {}", found.html);
    }
    for text in [&found.html, &found.markdown, &found.json, &found.summary] {
        assert!(!text.contains("hunter"), "{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&found.json).expect("JSON");
    let changes = &json["changes"];
    assert!(
        changes["since"]
            .as_str()
            .is_some_and(|since| since.starts_with("HEAD (")),
        "{changes}"
    );
    assert_eq!(changes["found"]["charts"][1]["chart"], "charts/web");
    assert_eq!(json["images"][1]["renderings"][1]["images"][0], "ghcr.io/acme/web:1.2");
}

/// Reports of shards have all that one of all charts has, also about a chart that is gone.
#[test]
fn joined_reports_say_what_changes() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    clone.write("charts/gone/Chart.yaml", &WEB.replace("web", "gone"));
    clone.write("charts/gone/templates/all.yaml", TEMPLATE);
    clone.write("charts/gone/values.yaml", VALUES);
    clone.write("past.yaml", "port: 81\n");
    clone.write("left-out/gone/Chart.yaml", &WEB.replace("web", "never-checked"));
    clone.write(
        "chartwright.yaml",
        "charts: [charts]\nenvironments:\n- {name: live, chart: charts/web}\n- {name: past, chart: charts/gone, values: [../../past.yaml]}\n",
    );
    clone.commit_all("A chart that goes");
    for gone in ["charts/gone", "left-out"] {
        std::fs::remove_dir_all(clone.path.join(gone)).expect("it is there");
    }
    clone.write("charts/web/values-live.yaml", "tag: \"1.2\"\n");
    clone.write("charts/web/Chart.yaml", &WEB.replace("1.0.0", "1.0.1"));
    // With findings about the whole of a file, and about its first line.
    clone.write(
        "charts/other/Chart.yaml",
        "apiVersion: v2\nname: other\nversion: 1.0.1\n",
    );
    let whole = reports(&clone, 0, &["--since", "HEAD"]);
    let shown = rows(&whole.summary);
    let gone = "| <code>charts/gone</code> | <code>all 2 renderings</code> | 3 removed | object-removed (3) |";
    assert_eq!(shown.first(), Some(&gone), "{}", whole.summary);
    assert_eq!(shown.len(), 2, "{}", whole.summary);
    assert!(whole.html.contains("gone 1.0.0 is removed"), "{}", whole.html);
    for (share, report) in [("1/2", "json=shard1.json"), ("2/2", "json=shard2.json")] {
        clone.run(
            0,
            &["ci", ".", "--shard", share, "--report", report, "--since", "HEAD"],
            &[],
        );
    }
    let joined = [
        &[
            "report",
            "merge",
            "shard1.json",
            "shard2.json",
            "--output",
            "joined.json",
        ][..],
        &["--report", "html=joined.html", "--report", "markdown=joined.md"],
    ]
    .concat();
    let summary = clone.path.join("joined-summary.md").display().to_string();
    clone.run(
        0,
        &joined,
        &[("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", &summary)],
    );
    for (name, want) in [
        ("joined.json", &whole.json),
        ("joined.md", &whole.markdown),
        ("joined-summary.md", &whole.summary),
    ] {
        assert_eq!(&clone.read(name), want, "{name}");
    }
    // The lines that findings are about are not in the reports that were joined.
    let changes = |page: &str| page.split_once("<h2 id=\"changes\"").map(|(_, rest)| rest.to_owned());
    assert!(whole.html.contains("<h2 id=\"images\">"), "{}", whole.html);
    assert_eq!(changes(&clone.read("joined.html")), changes(&whole.html));
}

/// As in a clone without all objects of the base: values that cannot be read are not values that were not there.
#[test]
fn a_base_that_cannot_be_read_is_not_an_empty_one() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    clone.write(
        "chartwright.yaml",
        "environments:\n- {name: live, chart: charts/web, values: [../../live.yaml]}\n",
    );
    clone.write("live.yaml", "tag: \"1.3\"\n");
    clone.commit_all("Values that are not in the pack of the clone");
    clone.write("charts/web/Chart.yaml", &WEB.replace("1.0.0", "1.0.1"));
    let values = clone.git(&["rev-parse", "HEAD:live.yaml"]);
    let (directory, file) = values.trim().split_at(2);
    let object = clone.path.join(".git/objects").join(directory).join(file);
    std::fs::remove_file(&object).expect("an object of its own");
    let found = reports(&clone, 0, &["--since", "HEAD"]);
    let row = "| <code>charts/web</code> | <code>live</code> | fails before: ";
    assert!(found.summary.contains(row), "{}", found.summary);
    assert!(!found.summary.contains("added"), "{}", found.summary);
    assert!(found.summary.contains("an object is missing"), "{}", found.summary);
    assert!(found.html.contains("an object is missing"), "{}", found.html);
}

/// The exit code is that of the findings.
#[test]
fn what_cannot_be_compared_is_said_and_fails_nothing() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    clone.write("charts/web/templates/all.yaml", "{{ fail \"broken before\" }}\n");
    clone.write(
        "charts/other/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ required \"always broken\" .Values.none }}}\n",
    );
    clone.write("charts/other/values-one.yaml", "none: one\n");
    clone.commit_all("Break it");
    clone.write("charts/web/templates/all.yaml", TEMPLATE);
    clone.write("charts/web/Chart.yaml", &WEB.replace("1.0.0", "1.0.1"));
    clone.write(
        "charts/other/Chart.yaml",
        &clone.read("charts/other/Chart.yaml").replace("1.0.0", "1.0.1"),
    );
    let found = reports(&clone, 0, &["--since", "HEAD"]);
    let rows = rows(&found.summary);
    assert_eq!(rows.len(), 3, "{}", found.summary);
    for (row, rendering) in rows.iter().zip(["default values", "staging", "live"]) {
        let start = format!("| <code>charts/web</code> | <code>{rendering}</code> | fails before: ");
        assert!(row.starts_with(&start) && row.contains("broken before"), "{row}");
    }
    assert!(found.html.contains("default values before"), "{}", found.html);
    // What refuses its defaults in both states is not compared, and no change.
    assert!(
        !found.summary.contains("before: execution error at (other"),
        "{}",
        found.summary
    );
}
