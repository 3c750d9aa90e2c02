//! `chartwright dependency` as users run it: what it prints, its exit codes, and what it leaves alone.

use std::path::Path;
use std::process::{Command, Output};

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `app` depends on `near` beside it, on `own` in its charts/ and on a repository.
fn charts(repository: Option<&str>) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = |path: &str, more: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        std::fs::create_dir_all(directory.path().join(path)).expect("creates");
        let text = format!("apiVersion: v2\nname: {name}\nversion: 1.0.5\n{more}");
        std::fs::write(directory.path().join(path).join("Chart.yaml"), text).expect("writes");
    };
    let remote = repository.map_or_else(String::new, |repository| {
        format!("- name: redis\n  version: \">=1.0.0\"\n  repository: \"{repository}\"\n")
    });
    let near = "dependencies:\n- name: near\n  version: 1.x\n  repository: file://../near\n";
    chart("app", &format!("{near}{remote}- name: own\n  version: \"~1.0\"\n"));
    chart("near", "");
    chart("app/charts/own", "");
    chart("app/charts/extra", "");
    directory
}

#[test]
fn the_list_is_helms_byte_for_byte() {
    let directory = charts(Some(
        "https://charts.example.com/a/very/long/address/that/is/longer/than/eighty/characters/in/all",
    ));
    // As Helm 4.3 printed it.
    let helms = "NAME \tVERSION\tREPOSITORY                                                                      \tSTATUS  \n\
                 near \t1.x    \tfile://../near                                                                  \tmissing \n\
                 redis\t>=1.0.0\thttps://charts.example.com/a/very/long/address/that/is/longer/than/eighty/cha...\tmissing \n\
                 own  \t~1.0   \t                                                                                \tunpacked\n\n\
                 WARNING: \"app/charts/extra\" is not in Chart.yaml.\n";
    let narrow = "NAME \tVERSION\tREPOSITORY          \tSTATUS  \n\
                  near \t1.x    \tfile://../near      \tmissing \n\
                  redis\t>=1.0.0\thttps://charts.ex...\tmissing \n\
                  own  \t~1.0   \t                    \tunpacked\n\n\
                  WARNING: \"app/charts/extra\" is not in Chart.yaml.\n";
    for (arguments, expected) in [
        (&["dependency", "list", "app"][..], helms),
        (&["dep", "ls", "app"], helms),
        (&["dep", "list", "--max-col-width", "20", "app"], narrow),
        (
            &["dependency", "list", "near"],
            "WARNING: no dependencies at near/charts\n",
        ),
    ] {
        let output = run(directory.path(), arguments);
        assert_eq!(text(&output.stdout), expected, "{arguments:?}");
        assert_eq!(output.status.code(), Some(0));
    }
    let output = run(directory.path(), &["dependency", "list", "app", "near", "-o", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    assert_eq!(json["charts"][0]["dependencies"][2]["status"], "unpacked");
    assert_eq!(json["charts"][1]["chart"], "near");
}

#[test]
fn what_was_done_is_one_line_each() {
    let directory = charts(None);
    let app = directory.path().join("app");
    std::fs::write(app.join("charts/near-1.0.0.tgz"), old_archive()).expect("writes");
    let planned = run(directory.path(), &["dependency", "update", "--dry-run", "app", "near"]);
    assert!(!app.join("Chart.lock").exists() && app.join("charts/near-1.0.0.tgz").exists());
    let planned = text(&planned.stdout);
    let output = run(directory.path(), &["dependency", "update", "app", "near"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let lines: Vec<&str> = printed.lines().collect();
    assert!(
        lines[0].starts_with("app: near 1.0.5 written: charts/near-1.0.5.tgz sha256:"),
        "{printed}"
    );
    assert!(lines[0].ends_with(" from near"), "{printed}");
    assert_eq!(
        lines[1..],
        [
            "app: own ~1.0 is charts/own",
            "app: charts/near-1.0.0.tgz deleted",
            "app: Chart.lock written",
            "near: no dependencies"
        ]
    );
    assert_eq!(planned.replace("would be ", ""), printed);
    assert!(!app.join("charts/near-1.0.0.tgz").exists());
    assert!(!app.join("Chart.lock.sums").exists(), "no repository, no digests");
    let output = run(&app, &["dep", "build", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    assert_eq!(json["charts"][0]["dependencies"][0]["status"], "unchanged");
    assert_eq!(json["charts"][0]["written"], serde_json::json!([]));
    assert_eq!(json["dryRun"], false);
}

fn old_archive() -> Vec<u8> {
    super::chart_source::archive("near", "1.0.0", "old")
}

#[test]
fn errors_say_what_to_do_and_show_no_credentials() {
    let directory = charts(Some("@stable"));
    let app = directory.path().join("app");
    for (arguments, code, parts) in [
        (
            &["dependency", "build", "app"][..],
            1,
            &[
                "app: no repository definition for @stable. Please add them via 'helm repo add'",
                "help: add it with `helm repo add",
            ][..],
        ),
        (
            &["dependency", "update", "nowhere"],
            3,
            &["nowhere: there is no such directory"],
        ),
        (
            &["dependency", "update", "app/Chart.yaml"],
            1,
            &["app/Chart.yaml: only unpacked charts can be updated"],
        ),
        (&["dependency", "list", "nowhere"], 3, &["cannot read nowhere"]),
        (&["dependency", "prune"], 2, &["unrecognized subcommand"]),
    ] {
        let output = run(directory.path(), arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        for part in parts {
            assert!(error.contains(part), "{arguments:?}: {error}");
        }
    }
    let chart = std::fs::read_to_string(app.join("Chart.yaml")).expect("reads");
    let secret = "https://user:hunter2@charts.example.com";
    std::fs::write(app.join("Chart.yaml"), chart.replace("@stable", secret)).expect("writes");
    for command in ["update", "list"] {
        let output = run(directory.path(), &["dependency", command, "app"]);
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert!(
            printed.contains("charts.example.com") && !printed.contains("hunter2"),
            "{command}: {printed}"
        );
    }
}
