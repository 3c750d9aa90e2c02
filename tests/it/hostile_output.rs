//! Names and values that would be obeyed by a terminal or a CI runner, and addresses with credentials, in what users see.

use super::workspace::{CHART, CONFIG_MAP, Workspace};

/// Lines that a runner of GitHub or Azure Pipelines obeys, apart from annotations that were asked for.
fn commands(text: &str) -> Vec<&str> {
    let is_command =
        |line: &&str| line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[");
    text.lines().filter(is_command).collect()
}

fn has_controls(text: &str) -> bool {
    text.chars()
        .any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c))
}

#[cfg(unix)]
#[test]
fn nothing_that_was_input_is_obeyed() {
    const FORGED: &str = "x\n::error file=a,line=1::forged\n  ::add-mask::a\n##[error]b\u{1b}[2J\u{202e}";
    let workspace = Workspace::new(&[
        ("c/Chart.yaml", CHART),
        ("c/values.yaml", &format!("a: {}\n", serde_json::Value::from(FORGED))),
        (
            "c/templates/t.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.a | quote }}, labels: {a: {{ .Values.a | quote }}}}\n",
        ),
        (
            "c/templates/n\n::error::b\n##[error].yaml",
            "kind: Service\napiVersion: v1\nmetadata: {name: A_B}\n",
        ),
        ("c/ci/::warning::v\u{1b}-values.yaml", "a: [\n"),
        (
            "p/Chart.yaml",
            "apiVersion: v2\nname: \"A ##[error]b ##vso[task.x]\"\nversion: 0.1.0\n",
        ),
        ("d\n::error::d/Chart.yaml", CHART),
        ("d\n::error::d/templates/a.yaml", "{{ fail .Values.a }}\n"),
        (
            "d\n::error::d/values.yaml",
            &format!("a: {}\n", serde_json::Value::from(FORGED)),
        ),
        (
            "m\n::error::m.yaml",
            "kind: Service\napiVersion: v1\nmetadata: {name: \"A\\n::error::x\"}\nspec: {\"a\\n::b\": 1}\n",
        ),
        ("v\n::error::v.yaml", "a: |\n  ::error::x\n  ##[error]y\nb: 1\n"),
    ]);
    for arguments in [
        &["ci", ".", "--no-push"][..],
        &["ci", ".", "--no-push", "--report", "json"],
        &["lint", "c"],
        &["lint", "d\n::error::d"],
        &["lint", "c", "--report", "tap"],
        &["lint", "c", "--report", "markdown"],
        &["lint", "c", "--report", "json"],
        &["lint", "c", "--report", "sarif"],
        &["lint", "c", "--report", "gitlab"],
        &["lint", "c", "--report", "junit"],
        &["validate", "m\n::error::m.yaml", "--strict"],
        &["validate", "m\n::error::m.yaml", "--strict", "--output", "pretty"],
        &["validate", "m\n::error::m.yaml", "--strict", "--output", "tap"],
        &["validate", "gone\n::error::x"],
        &[
            "bump",
            "-f",
            "v\n::error::v.yaml",
            "--set",
            "b=\n::error::x",
            "--dry-run",
        ],
        &["bump", "-f", "v\n::error::v.yaml", "--set-string", "a=::error::x"],
        &["bump", "-f", "v\n::error::v.yaml", "--set", "c\n::error::x=1"],
        &["package", "gone\n::error::x"],
        &["package", "p"],
        &["push", "gone\n::error::x", "file:///\n::error::y"],
        &["push", "x\n::error::x"],
        &["lint", "c", "--report", "x\n::error::y"],
    ] {
        let run = workspace.run(arguments);
        for text in [&run.stdout, &run.stderr] {
            assert_eq!(commands(text), Vec::<&str>::new(), "{arguments:?}");
            assert!(!has_controls(text), "{arguments:?}: {text:?}");
        }
    }
    // Helm's own words keep their bytes, and still are no command.
    let run = workspace.run(&["template", "x", "d\n::error::d"]);
    assert!(run.stderr.contains("\u{1b}[2J"), "{}", run.stderr);
    assert_eq!(commands(&run.stderr), Vec::<&str>::new());
    // Annotations are one line each.
    let run = workspace.run(&["lint", "c", "--report", "github"]);
    assert!(
        run.stdout.lines().all(|line| line.contains("::error file=c")
            || line.contains("::warning file=c")
            || line.contains("::notice file=c")),
        "{}",
        run.stdout
    );
    assert!(!has_controls(&run.stdout), "{:?}", run.stdout);
}

#[test]
fn addresses_are_shown_without_credentials() {
    let workspace = Workspace::chart(&[("templates/a.yaml", CONFIG_MAP)]);
    let archive = workspace.run(&["package", "web"]);
    assert_eq!(archive.code, 0, "{}", archive.all());
    let url = "https://bob:hunter2@127.0.0.1:9/x?token=hunter2#hunter2";
    for (arguments, want) in [
        (&["template", "x", "web", "-f", url][..], "`https://127.0.0.1:9/x`"),
        (&["template", "x", url], "https://127.0.0.1:9/x"),
        (&["template", "x", "oci://bob:hunter2@127.0.0.1:9/c"], "127.0.0.1:9"),
        (&["template", "x", "bob:hunter2@h/c"], "no repository `h`"),
        (&["lint", url], "https://127.0.0.1:9/x"),
        (&["validate", url], "https://127.0.0.1:9/x"),
        (&["validate", url, "--report", "json"], "127.0.0.1:9/x"),
        (&["push", "web-0.1.0.tgz", url], "`https://127.0.0.1:9/x`"),
        (&["push", "web-0.1.0.tgz", "s3://b/x?secret=hunter2"], "`s3://b/x`"),
        (&["push", "web-0.1.0.tgz", "bob:hunter2@h"], "`h`"),
        (&["ci", ".", "--repository", url], "`https://127.0.0.1:9/x`"),
        (&["package", url], "https:"),
    ] {
        let run = workspace.run(arguments);
        assert!(!run.all().contains("hunter2"), "{arguments:?}: {}", run.all());
        assert!(run.all().contains(want), "{arguments:?}: {}", run.all());
    }
}
