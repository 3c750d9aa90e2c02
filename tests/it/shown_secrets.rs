//! What reports show of the user's files holds no secrets, whatever the finding is about.

use super::workspace::{CONFIG_MAP, Workspace};

#[test]
fn refused_secrets_are_not_shown() {
    let schema = r#"{"properties": {
        "password": {"pattern": "^x", "maxLength": 3},
        "token": {"maximum": 3},
        "auth": {"oneOf": [{"properties": {"secret": {"pattern": "^y"}}}, {"required": ["a"]}]}
    }}"#;
    let values = "password: hunter22\ntoken: 73849\nauth: {secret: swordfish}\n";
    let workspace = Workspace::chart(&[("values.schema.json", schema), ("values.yaml", values)]);
    for format in [
        "text", "json", "sarif", "junit", "tap", "github", "gitlab", "markdown", "html",
    ] {
        let run = workspace.run(&["lint", "web", "--report", format]);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(run.stdout.contains("the value does not match pattern"), "{}", run.all());
        for secret in ["hunter22", "73849", "73,849", "swordfish"] {
            assert!(!run.all().contains(secret), "{format} shows {secret}: {}", run.all());
        }
    }
}

#[test]
fn secrets_beside_a_fault_are_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a:1\n    env:\n    - name: API_TOKEN\n";
    for (name, template) in [
        ("unused", CONFIG_MAP.to_owned()),
        (
            "not YAML",
            format!("{secret}stringData: {{p: {{{{ .Values.token }}}}: x}}\n"),
        ),
        (
            "a key twice",
            format!("{secret}stringData:\n  p: a\n  p: {{{{ .Values.token }}}}\n"),
        ),
        (
            "beside a fault",
            format!("{CONFIG_MAP}data: {{token: x{{{{ .Values.token }}}}, port: 1}}\n"),
        ),
        ("of a variable", format!("{pod}      value: {{{{ .Values.token }}}}\n")),
    ] {
        let workspace = Workspace::chart(&[("values.yaml", "token: \"73849\"\n"), ("templates/a.yaml", &template)]);
        for format in ["text", "json", "sarif", "junit", "github", "gitlab"] {
            let run = workspace.run(&["lint", "web", "--report", format, "--fail-on", "warning"]);
            assert_eq!(run.code, 1, "{name}: {}", run.all());
            assert!(!run.all().contains("73849"), "{name} in {format}: {}", run.all());
        }
    }
}

/// Any part of such a file may be the value.
#[test]
fn secrets_in_files_that_are_no_yaml_are_not_shown() {
    for values in [
        "privateKey: |\n\tT0ken-planted\n",
        "password: abc\n  T0ken-planted: x: y\n",
        "password: {T0ken-planted\n",
        "password: 'x' T0ken-planted\n",
        "password: \"a\"T0ken-planted: b\n",
        "\"password\" : \"T0ken-planted\n",
        "{\"password\": \"A\" \"x\": T0ken-planted}\n",
        "password:\n  - A\n  x: T0ken-planted\n",
    ] {
        let workspace = Workspace::chart(&[("values.yaml", values), ("other.yaml", values)]);
        for arguments in [
            &["lint", "web"][..],
            &["template", "web"],
            &["lint", "web", "-f", "web/other.yaml"],
            &["template", "web", "-f", "web/other.yaml"],
        ] {
            let run = workspace.run(arguments);
            assert_ne!(run.code, 0, "{values}: {}", run.all());
            assert!(
                !run.all().contains("T0ken-planted"),
                "{values} {arguments:?}: {}",
                run.all()
            );
        }
    }
}

#[test]
fn lines_of_a_secret_are_hidden_in_diffs() {
    for value in [
        "\"abc def\n  T0ken-planted\n  T1ken-planted x\"",
        "'abc\n  T0ken-planted\n\n  T1ken-planted'",
        "abc\n  T0ken-planted\n  T1ken-planted",
    ] {
        let workspace = Workspace::new(&[("v.yaml", &format!("k: 1\npassword: {value}\nl: 1\n"))]);
        for set in ["l=2", "k=2", "password=T2ken-planted"] {
            let run = workspace.run(&["bump", "--file", "v.yaml", "--set", set, "--dry-run"]);
            assert!(!run.all().contains("ken-planted"), "{value} {set}: {}", run.all());
            assert!(run.all().contains("v.yaml"), "{value} {set}: {}", run.all());
        }
    }
}
