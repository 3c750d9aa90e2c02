//! Every format of a report, over a chart with findings of each kind; and the ways to keep findings out of reports.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use boon::{Compiler, Schemas};
use serde_json::Value as Json;

use super::workspace::{CHART, Workspace};

const FILES: [(&str, &str); 5] = [
    (
        "shop/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 0.1.0\nicon: https://example.org/i.png\n",
    ),
    ("shop/values.yaml", "port: 80\nleft: over\n"),
    ("shop/values-prod.yaml", "port: 70000\n"),
    (
        "shop/templates/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  ports:\n  - port: {{ .Values.port }}\n    nmae: web\n",
    ),
    (
        "shop/templates/pod, 100%.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: a}]}\n",
    ),
];

fn chart(directory: &Path) {
    for (name, content) in FILES {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.output().expect("the program starts")
}

fn report(directory: &Path, format: &str) -> String {
    let output = run(
        directory,
        &["lint", "shop", "--kube-version", "1.31,1.32", "--report", format],
    );
    assert_eq!(
        output.status.code(),
        Some(1),
        "{format}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a report is text")
}

#[test]
fn every_format_is_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(directory.path());
    for format in [
        "text", "json", "sarif", "junit", "tap", "github", "gitlab", "markdown", "html",
    ] {
        let have = report(directory.path(), format).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        let path = format!("tests/reports/{format}.expected");
        if std::env::var_os("REPORTS_UPDATE").is_some() {
            fs::write(&path, &have).expect("a snapshot");
        }
        let want = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(have, want, "{format}: REPORTS_UPDATE=1 updates the snapshots");
    }
}

pub(super) fn assert_fits(schema: &str, document: &Json) {
    let mut schemas = Schemas::new();
    let index = Compiler::new()
        .compile(schema, &mut schemas)
        .expect("the schema compiles");
    if let Err(error) = schemas.validate(document, index) {
        panic!("{schema}: {error}");
    }
}

#[test]
fn json_and_sarif_fit_their_schemas() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(directory.path());
    for (format, schema) in [
        ("json", "schemas/report.schema.json"),
        ("sarif", "schemas/sarif-2.1.0.json"),
    ] {
        let document: Json = serde_json::from_str(&report(directory.path(), format)).expect("JSON");
        assert_fits(schema, &document);
    }
}

#[test]
fn several_reports_go_to_files() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(directory.path());
    let output = run(
        directory.path(),
        &[
            "lint",
            "shop",
            "--report",
            "sarif=out.sarif",
            "--report",
            "junit=out.xml",
            "--report",
            "tap",
        ],
    );
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("TAP version 13\n"));
    assert!(
        fs::read_to_string(directory.path().join("out.sarif"))
            .expect("SARIF")
            .contains("\"2.1.0\"")
    );
    assert!(
        fs::read_to_string(directory.path().join("out.xml"))
            .expect("XML")
            .contains("<testsuites")
    );
    let output = run(directory.path(), &["lint", "shop", "--report", "htm"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("known are text, json"));
}

#[test]
fn findings_are_silenced_at_their_place() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(directory.path());
    let count = |arguments: &[&str]| {
        let output = run(
            directory.path(),
            &[&["lint", "shop", "--report", "json"], arguments].concat(),
        );
        let report: Json = serde_json::from_slice(&output.stdout).expect("JSON");
        (
            report["findings"].as_array().expect("findings").len(),
            output.status.code(),
        )
    };
    let (all, code) = count(&[]);
    assert!(all >= 5 && code == Some(1), "{all}");
    assert_eq!(count(&["--fail-on", "info"]).1, Some(1));
    // A baseline keeps what was there before from failing.
    assert_eq!(count(&["--write-baseline", "base.json"]), (all, Some(0)));
    assert_eq!(count(&["--baseline", "base.json"]), (0, Some(0)));
    let service = directory.path().join("shop/templates/service.yaml");
    let text = fs::read_to_string(&service).expect("the template");
    fs::write(
        &service,
        text.replace(
            "    nmae",
            "    # chartwright-ignore: unknown-field a name of our own\n    nmae",
        ),
    )
    .expect("the template");
    assert_eq!(count(&[]).0, all - 1);
    let annotated = text.replace(
        "metadata:\n",
        "metadata:\n  annotations: {chartwright.dev/ignore: 'unknown-field,range'}\n",
    );
    fs::write(&service, annotated).expect("the template");
    assert_eq!(count(&[]).0, all - 2);
    fs::write(directory.path().join("bad.json"), "{").expect("a file");
    assert_eq!(
        run(directory.path(), &["lint", "shop", "--baseline", "bad.json"])
            .status
            .code(),
        Some(3)
    );
}

#[test]
fn no_report_shows_a_secret() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(directory.path());
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("a file");
    write(".sops.yaml", "creation_rules: [{path_regex: secrets}]\n");
    write("shop/secrets.yaml", "password: hunter22-one\n");
    write("shop/values.yaml", "password: hunter22-two\n");
    write(
        "shop/templates/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  p: {{ .Values.password }}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: t}\ndata:\n  p: {{ .Values.password }}!\n",
    );
    write(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\ndata: {p: hunter22-three!}\n",
    );
    let rules = ["sops-not-encrypted", "plain-secret", "base64"];
    let mut seen = String::new();
    for format in [
        "text", "json", "sarif", "junit", "tap", "github", "gitlab", "markdown", "html",
    ] {
        for arguments in [
            &["lint", "shop", "--report", format][..],
            &["validate", "secret.yaml", "--report", format],
        ] {
            let output = run(directory.path(), arguments);
            let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(!text.contains("hunter22"), "{format}: {text}");
            seen.push_str(&text);
        }
    }
    assert!(rules.iter().all(|rule| seen.contains(rule)), "all three are found");
}

#[cfg(unix)]
#[test]
fn control_characters_of_charts_are_not_obeyed() {
    let workspace = Workspace::new(&[
        ("a\n::error::b/Chart.yaml", CHART),
        ("a\n::error::b/values.yaml", "{}\n"),
        (
            "a\n::error::b/templates/a.yaml",
            "{{ fail \"red \\x1b[31m\\r\\n\\x1b[2J\" }}\n",
        ),
    ]);
    for arguments in [
        &["ci", "."][..],
        &["lint", "a\n::error::b"],
        &["lint", "a\n::error::b", "--report", "tap"],
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(!run.stdout.contains('\u{1b}'), "{arguments:?}: {:?}", run.stdout);
        let commands: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("::")).collect();
        assert_eq!(commands, Vec::<&str>::new(), "{arguments:?}: {:?}", run.stdout);
    }
}
