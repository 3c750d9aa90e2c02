//! What sops encrypted is shown nowhere, in no spelling, and not as it was before a change; and what is judged has the values of its environment.

use super::apply::Cluster;

/// A template that writes its values in different ways.
const SPELLINGS: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: spellings}
data:
  note: {{ .Values.note }}
  gone: {{ .Values.gone | default "nothing" }}
  tag: {{ .Values.tag }}
  dsn: {{ printf "host=db password=%s" .Values.pw | quote }}
  json: {{ dict "a" .Values.pw | toJson | quote }}
  query: {{ .Values.pw | urlquery }}
  encoded: {{ .Values.pw | b64enc }}
"#;
/// A template that requires a value of its environment, and makes others anew each time.
const MADE: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: made}
data:
  host: {{ required "host is needed" .Values.host }}
  random: {{ randAlphaNum 20 | quote }}
  key: {{ genPrivateKey "ecdsa" | quote }}
"#;
const ENCRYPTED: &str = "note: ENC[AES256_GCM,data:a]\npw: ENC[AES256_GCM,data:b]\nsops: {mac: c}\n";
const BEFORE: &str = "note: tigernote\npw: 'Ol&d<pa>ss 7Xyz'\ngone: T0ken-that-was\ntag: 1.4.1-9cd01e\n";
const NOW: &str = "note: swordfish\npw: 'Ne&w<pa>ss 9Xyz'\n";

#[test]
fn encrypted_values_are_shown_in_no_spelling_and_not_as_they_were() {
    let cluster = Cluster::with(", values: [values-prod.yaml, secrets.yaml]", &[]);
    let write = |name: &str, text: &str| std::fs::write(cluster.workspace.path(name), text).expect("a file");
    write("web/templates/c.yaml", SPELLINGS);
    write("web/before.yaml", BEFORE);
    cluster.deploys("web/before.yaml");
    std::fs::copy(cluster.programs.path("deployed"), cluster.programs.path("releases")).expect("a file");
    write(
        "web/values-prod.yaml",
        "text: second\npassword: Tr0ub4dor-and-3\ntag: 1.4.2-fa7b1d\n",
    );
    write("web/secrets.yaml", ENCRYPTED);
    write("web/secrets.yaml.plain", NOW);
    for flags in [&["--dry-run", "--full"][..], &["--dry-run", "--output", "json"], &[]] {
        let (run, _) = cluster.run(flags);
        assert_eq!(run.code, 0, "{}", run.all());
        let shown = run.all();
        for secret in [
            "tigernote",
            "swordfish",
            "T0ken",
            "pa>",
            "pa\\",
            "pa%3E",
            "7Xyz",
            "9Xyz",
            "T2wmZDxwYT5zcyA3",
            "TmUmdzxwYT5zcyA5",
        ] {
            assert!(!shown.contains(secret), "{secret} with {flags:?}: {shown}");
        }
        // What was never encrypted is seen.
        assert!(
            shown.contains("1.4.1-9cd01e") && shown.contains("1.4.2-fa7b1d"),
            "{flags:?}: {shown}"
        );
    }
}

#[test]
fn a_release_is_judged_with_the_values_of_its_environment() {
    let cluster = Cluster::with(", values: [values-prod.yaml, more.yaml]", &[]);
    for (name, text) in [
        ("more.yaml", "host: example.com\n"),
        // Of another environment, and not whole.
        ("values-other.yaml", "text: other\n"),
        ("templates/c.yaml", MADE),
    ] {
        std::fs::write(cluster.workspace.path("web").join(name), text).expect("a file");
    }
    let arguments = ["apply", "prod", "--allow-dirty", "--dry-run"];
    let run = cluster
        .programs
        .run(&cluster.workspace, &arguments, &[("HELM_DRIVER", "configmap")]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.stdout.contains("install web"), "{}", run.all());
    assert!(!run.all().contains("host is needed"), "{}", run.all());
}
