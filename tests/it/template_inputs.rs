//! The inputs of `template` besides charts and values: Helm's other flags, environment variables, programs,
//! dependencies.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Every function whose result is random or the time.
const RANDOM: &str = "\
a: {{ randAlphaNum 20 }} {{ randAlpha 5 }} {{ randNumeric 5 }} {{ randAscii 5 | b64enc }}
b: {{ uuidv4 }} {{ shuffle \"abcdefghijklmnop\" }} {{ randInt 0 1000000 }} {{ randBytes 12 }}
c: {{ now }} {{ now | unixEpoch }} {{ date \"2006-01-02T15:04:05\" (now) }} {{ htpasswd \"u\" \"p\" }} {{ bcrypt \"p\" }}
d: {{ genPrivateKey \"ecdsa\" | b64enc }} {{ genPrivateKey \"ed25519\" | b64enc }} {{ encryptAES \"k\" \"text\" }}
e: {{ (genCA \"ca\" 10).Cert | b64enc }} {{ (genSelfSignedCert \"x\" nil nil 10).Key | b64enc }}
";

fn chart(directory: &Path, name: &str, files: &[(&str, &str)]) {
    let chart = directory.join(name);
    let metadata = format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n");
    for (path, text) in [("Chart.yaml", metadata.as_str())].iter().chain(files) {
        let path = chart.join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
        std::fs::write(path, text).expect("a file");
    }
}

struct Run<'r> {
    directory: &'r Path,
    environment: &'r [(&'r str, &'r str)],
    input: &'r str,
}

impl Run<'_> {
    fn template(&self, arguments: &[&str]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chartwright"))
            .arg("template")
            .args(arguments)
            .current_dir(self.directory)
            .env_remove("HELM_NAMESPACE")
            .envs(self.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // The program may end without reading.
        let written = child
            .stdin
            .take()
            .expect("standard input")
            .write_all(self.input.as_bytes());
        drop(written);
        child.wait_with_output().expect("the program ends")
    }
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let plain = Run {
        directory,
        environment: &[],
        input: "",
    };
    plain.template(arguments)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn deterministic_renderings_are_the_same() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(directory.path(), "c", &[("templates/t.yaml", RANDOM)]);
    let fixed: Vec<String> = (0..2)
        .map(|_| text(&run(directory.path(), &["c", "--deterministic"]).stdout))
        .collect();
    assert_eq!(fixed.first(), fixed.last());
    assert!(fixed.iter().all(|text| text.contains("2000-01-01")), "{fixed:?}");
    let random: Vec<String> = (0..2).map(|_| text(&run(directory.path(), &["c"]).stdout)).collect();
    for (first, second) in random
        .iter()
        .flat_map(|text| text.lines())
        .zip(random.iter().skip(1).flat_map(|text| text.lines()))
    {
        let is_random = ["a: ", "b: ", "c: ", "d: ", "e: "]
            .iter()
            .any(|start| first.starts_with(start));
        assert!(!is_random || first != second, "{first}");
    }
}

#[test]
fn the_post_renderer_gets_manifests_and_not_hooks() {
    let directory = tempfile::tempdir().expect("a directory");
    let hook = "kind: Job\nmetadata:\n  name: old\n  annotations:\n    helm.sh/hook: pre-install\n";
    chart(
        directory.path(),
        "c",
        &[
            ("templates/a.yaml", "kind: A\nname: old\n"),
            ("templates/hook.yaml", hook),
        ],
    );
    let output = run(
        directory.path(),
        &["c", "--post-renderer", "sed", "--post-renderer-args", "s/old/new/"],
    );
    assert_eq!(
        text(&output.stdout),
        format!(
            "---\n# Source: c/templates/a.yaml\nkind: A\nname: new\n---\n# Source: c/templates/hook.yaml\n{hook}\n"
        )
    );
    for (program, compat, code, words) in [
        (
            "nowhere",
            "helm3",
            2,
            "exec: \"nowhere\": executable file not found in $PATH",
        ),
        (
            "./no",
            "helm3",
            2,
            "exec: \"./no\": stat ./no: no such file or directory",
        ),
        (
            "./c",
            "helm3",
            2,
            "unable to find binary at ./c: exec: \"./c\": is a directory",
        ),
        (
            "./c/Chart.yaml",
            "helm4",
            2,
            "exec: \"./c/Chart.yaml\": permission denied",
        ),
        ("false", "helm3", 3, "false. error output:\n: exit status 1"),
        ("true", "helm4", 3, "produced empty output"),
    ] {
        let output = run(directory.path(), &["c", "--post-renderer", program, "--compat", compat]);
        assert_eq!(output.status.code(), Some(code), "{program}");
        assert!(
            output.stdout.is_empty() && text(&output.stderr).contains(words),
            "{}",
            text(&output.stderr)
        );
    }
    let arguments = ["c", "--compat", "helm3", "--post-renderer", "true", "--no-hooks"];
    let output = run(directory.path(), &arguments);
    assert!(
        output.status.success() && output.stdout == b"\n",
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn of_a_flag_that_is_given_twice_the_last_one_counts() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(
        directory.path(),
        "c",
        &[(
            "templates/a.yaml",
            "n: {{ .Release.Namespace }}{{ .Values.x }}{{ .Values.y }}\n",
        )],
    );
    let arguments = ["c", "-n", "one", "--set", "x=1", "--namespace", "two", "--set", "y=2"];
    let output = run(directory.path(), &arguments);
    assert_eq!(text(&output.stdout), "---\n# Source: c/templates/a.yaml\nn: two12\n");
}

#[test]
fn dependencies_beside_the_chart_are_used_on_request() {
    let directory = tempfile::tempdir().expect("a directory");
    let metadata = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: sub, version: 0.1.0, repository: 'file://../sub'}\n";
    chart(
        directory.path(),
        "c",
        &[("Chart.yaml", metadata), ("templates/t.yaml", "kind: A\n")],
    );
    chart(directory.path(), "sub", &[("templates/s.yaml", "kind: B\n")]);
    let output = run(directory.path(), &["c"]);
    assert_eq!(output.status.code(), Some(1));
    let output = run(directory.path(), &["c", "--dependency-update"]);
    assert!(
        text(&output.stdout).contains("# Source: c/charts/sub/templates/s.yaml\nkind: B"),
        "{}",
        text(&output.stderr)
    );
    assert!(!directory.path().join("c/charts").exists(), "nothing is written");
    let remote = metadata.replace("file://../sub", "http://127.0.0.1:9/charts");
    chart(directory.path(), "c", &[("Chart.yaml", &remote)]);
    let output = run(directory.path(), &["c", "--dependency-update"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("cannot read http://127.0.0.1:9/charts/index.yaml"));
}

#[test]
fn flags_about_a_cluster_change_nothing_or_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(
        directory.path(),
        "c",
        &[("templates/t.yaml", "kind: A\nns: {{ .Release.Namespace }}\n")],
    );
    let plain = run(directory.path(), &["c"]).stdout;
    for flags in [
        &["--wait", "--timeout", "5m", "--create-namespace"][..],
        &["--wait=legacy", "--rollback-on-failure", "--take-ownership"],
        &[
            "--kubeconfig",
            "x",
            "--kube-context",
            "y",
            "--qps",
            "1.5",
            "--burst-limit",
            "3",
        ],
        &[
            "--dry-run",
            "--server-side=false",
            "--labels",
            "a=b",
            "--description",
            "d",
        ],
        &["--dry-run=client", "--version", "1.2.3"],
        &[
            "--skip-crds",
            "--disable-openapi-validation",
            "--color",
            "never",
            "--atomic",
            "--force",
        ],
    ] {
        let output = run(directory.path(), &[&["c"], flags].concat());
        assert_eq!(
            (output.status.code(), &output.stdout),
            (Some(0), &plain),
            "{flags:?} {}",
            text(&output.stderr)
        );
    }
    for (flags, words) in [
        (&["--validate"][..], "--validate needs a cluster"),
        (&["--dry-run=server"], "--dry-run=server needs a cluster"),
        (&["--dry-run=perhaps"], "invalid dry-run value"),
        (&["--enable-dns"], "asks the network"),
        (&["-f", "https://example.org/values.yaml"], "not fetched from URLs"),
        (&["--post-renderer", "cat", "--output-dir", "out"], "do not go together"),
        (&["--username", "u"], "are not used for c"),
        (&["--no-such-flag"], "unknown flag: --no-such-flag"),
    ] {
        let output = run(directory.path(), &[&["c"], flags].concat());
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(
            output.stdout.is_empty() && text(&output.stderr).contains(words),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn charts_that_are_not_there_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    for (chart, code, words) in [
        ("-", 2, "charts are not read from standard input"),
        ("http://127.0.0.1:9/c.tgz", 3, "cannot read http://127.0.0.1:9/c.tgz"),
        ("nowhere", 3, "there is no file or directory `nowhere` here"),
        ("./nowhere", 3, "not found"),
        ("nobody-has/this", 3, "there is no repository `nobody-has`"),
        ("ftp://host/c.tgz", 3, "non-absolute URLs"),
    ] {
        let output = run(directory.path(), &[chart]);
        assert_eq!(output.status.code(), Some(code), "{chart}");
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}

#[test]
fn standard_input_and_the_environment_are_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let template = "kind: A\nns: {{ .Release.Namespace }}\nx: {{ .Values.x }}\n";
    chart(
        directory.path(),
        "c",
        &[
            ("templates/t.yaml", template),
            ("templates/broken.yaml", "{{ if .Values.broken }}a: b: c{{ end }}"),
        ],
    );
    let here = Run {
        directory: directory.path(),
        environment: &[("HELM_NAMESPACE", "prod"), ("HELM_DEBUG", "true")],
        input: "x: piped\n",
    };
    let output = here.template(&["c", "-f", "-"]);
    assert!(
        text(&output.stdout).contains("ns: prod\nx: piped\n"),
        "{}",
        text(&output.stderr)
    );
    let output = here.template(&["c", "-n", "other", "--set", "broken=true"]);
    assert!(text(&output.stdout).contains("a: b: c"), "what is broken is printed");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("ns: other"));
}

/// Helm's words for values of another shape than a subchart's, and the level it logs them at.
#[test]
fn values_of_the_wrong_shape_are_reported_as_in_helm() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(
        directory.path(),
        "c",
        &[
            ("values.yaml", "s: {table: {a: 1}}\n"),
            ("charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 0.1.0\n"),
            ("charts/s/values.yaml", "plain: x\n"),
            ("templates/t.yaml", "kind: A\nx: {{ toJson .Values }}\n"),
        ],
    );
    for (values, code, message) in [
        (
            "s.plain.a=1",
            0,
            "level=INFO msg=\"warning: skipped value for c.s.plain: Not a table.\"",
        ),
        ("s={1,b}", 1, "type mismatch on s: [%!t(int64=1) %!t(string=b)]"),
        ("s=text", 1, "type mismatch on s: %!t(string=text)"),
        ("s=true", 1, "type mismatch on s: true"),
    ] {
        let output = run(directory.path(), &["c", "--set", values]);
        assert_eq!(output.status.code(), Some(code), "{values}: {}", text(&output.stderr));
        assert!(
            text(&output.stderr).contains(message),
            "{values}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_deprecated_chart_is_rendered_with_a_warning() {
    let directory = tempfile::tempdir().expect("a directory");
    let metadata = "apiVersion: v2\nname: c\nversion: 0.1.0\ndeprecated: true\n";
    chart(
        directory.path(),
        "c",
        &[("Chart.yaml", metadata), ("templates/t.yaml", "a: 1\n")],
    );
    for (flags, warning) in [
        (&["c"][..], "level=WARN msg=\"this chart is deprecated\"\n"),
        (&["c", "--compat", "helm3"], "WARNING: This chart is deprecated\n"),
    ] {
        let output = run(directory.path(), flags);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(text(&output.stderr), warning);
    }
}
