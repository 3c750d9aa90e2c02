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
    for format in ["text", "json", "sarif", "junit", "tap", "github", "gitlab", "markdown"] {
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
