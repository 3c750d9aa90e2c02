//! `explore`: values that break a chart, the fewest that show it, what is refused on purpose, and values files for tests.

use serde_json::{Value as Json, json};

use super::workspace::{Run, Workspace};

/// Each chart breaks in one way.
pub(super) struct Broken {
    what: &'static str,
    pub(super) template: &'static str,
    pub(super) values: &'static str,
    /// The flags that show it.
    flags: &'static str,
    severity: &'static str,
    words: &'static str,
}

pub(super) const BROKEN: [Broken; 9] = [
    Broken {
        what: "a switch that fails to render",
        template: "{{- if .Values.tls }}\n{{ fromYaml .Values.missing.deep }}\n{{- end }}\n",
        values: "tls: false\n",
        flags: "--set tls=true",
        severity: "error",
        words: "nil pointer evaluating interface {}.deep",
    },
    Broken {
        what: "a switch in a map, and a field that the server refuses",
        template: "{{- if .Values.scaling.enabled }}\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n\
            spec: {scaleTargetRef: {kind: Deployment, name: a, apiVersion: apps/v1}}\n{{- end }}\n",
        values: "scaling:\n  enabled: false\n",
        flags: "--set scaling.enabled=true",
        severity: "error",
        words: "maxReplicas",
    },
    Broken {
        what: "two switches that break together only",
        template: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: b\n{{- if .Values.one }}\n{{- if .Values.two }}\n  c: 3\n\
            {{- end }}\n{{- end }}\n",
        values: "one: false\ntwo: false\n",
        flags: "--set one=true --set two=true",
        severity: "error",
        words: "got number",
    },
    Broken {
        what: "two switches far from each other that break together only",
        template: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n{{- if .Values.one }}\n  c: x\n{{- end }}\n  a: b\n\
            {{- if .Values.two }}\n  c: z\n{{- end }}\n",
        values: "one: false\ntwo: false\n",
        flags: "--set one=true --set two=true",
        severity: "warning",
        words: "already set",
    },
    Broken {
        what: "a text that a template compares with",
        template: "{{- if eq .Values.mode \"cluster\" }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\n{{- end }}\n",
        values: "mode: single\n",
        flags: "--set mode=cluster",
        severity: "error",
        words: "A_b",
    },
    Broken {
        what: "an example in a comment",
        template: "{{- range .Values.hosts }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .name }}}\ndata: {n: {{ .port }}}\n\
            {{- end }}\n",
        values: "hosts: []\n# - name: x\n#   port: 80\n",
        flags: "--set-json 'hosts=[{\"name\":\"x\",\"port\":80}]'",
        severity: "warning",
        words: "got number",
    },
    Broken {
        what: "a value that is made up",
        template: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n{{- with .Values.extra }}\ndata: {{ . }}\n{{- end }}\n",
        values: "extra: \"\"\n",
        flags: "--set extra=example",
        severity: "info",
        words: "got string",
    },
    Broken {
        what: "an old version of Kubernetes",
        template: "{{- if semverCompare \"<1.26-0\" .Capabilities.KubeVersion.Version }}\na: [\n{{- end }}\n",
        values: "a: 1\n",
        flags: "--kube-version 1.25",
        severity: "error",
        words: "did not find expected node content",
    },
    Broken {
        what: "an API version",
        template: "{{- if .Capabilities.APIVersions.Has \"example.com/v1\" }}\na: [\n{{- end }}\n",
        values: "a: 1\n",
        flags: "--api-versions example.com/v1",
        severity: "error",
        words: "did not find expected node content",
    },
];

pub(super) fn chart(template: &str, values: &str) -> Workspace {
    Workspace::chart(&[("templates/b.yaml", template), ("values.yaml", values)])
}

pub(super) fn findings(said: &Run) -> Vec<Json> {
    let report: Json = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.all()));
    report["findings"].as_array().expect("a list").clone()
}

pub(super) fn notes(finding: &Json) -> String {
    finding["notes"].to_string().replace("\\\"", "\"")
}

#[test]
fn what_breaks_a_chart_is_found_with_the_fewest_settings() {
    for broken in BROKEN {
        let workspace = chart(broken.template, broken.values);
        let lint = workspace.run(&["lint", "web", "--quiet"]);
        assert_eq!(lint.code, 0, "{}: fine as it is: {}", broken.what, lint.all());
        let said = workspace.run(&["explore", "web", "--all", "--report", "json"]);
        let found = findings(&said);
        let shown = found
            .iter()
            .find(|finding| notes(finding).contains(&format!("shown by {}\"", broken.flags)));
        let shown = shown.unwrap_or_else(|| panic!("{}: {}", broken.what, said.all()));
        assert_eq!(shown["severity"], broken.severity, "{}: {}", broken.what, said.all());
        assert!(
            shown.to_string().contains(broken.words),
            "{}: {}",
            broken.what,
            said.all()
        );
        assert_eq!(
            said.code,
            i32::from(broken.severity == "error"),
            "{}: {}",
            broken.what,
            said.all()
        );
    }
}

#[test]
fn the_flags_that_are_printed_show_the_fault() {
    for broken in BROKEN
        .iter()
        .filter(|broken| broken.severity == "error" && !broken.flags.contains("--api"))
    {
        let workspace = chart(broken.template, broken.values);
        let flags = broken.flags.replace('\'', "");
        let flags: Vec<&str> = flags.split(' ').collect();
        let said = workspace.run(&[&["lint", "web"], flags.as_slice()].concat());
        assert_eq!(said.code, 1, "{}: {}", broken.what, said.all());
        assert!(said.all().contains(broken.words), "{}: {}", broken.what, said.all());
    }
}

#[test]
fn what_a_chart_refuses_is_no_finding() {
    let template = "{{- if .Values.active }}\n{{ required \"name is needed with it\" .Values.name }}\n{{- end }}\n\
        {{- if eq .Values.mode \"x\" }}{{ fail \"x is gone\" }}{{ end }}\n";
    let workspace = chart(template, "active: false\nname: \"\"\nmode: one\n");
    let said = workspace.run(&["explore", "web"]);
    assert_eq!(said.code, 0, "{}", said.all());
    for line in [
        "refused on purpose: --set active=true: web/templates/b.yaml:2:4: name is needed with it",
        "refused on purpose: --set mode=x: web/templates/b.yaml:4:33: x is gone",
    ] {
        assert!(said.stderr.contains(line), "{line}: {}", said.all());
    }
}

#[test]
fn programs_are_given_settings_and_refusals() {
    let workspace = Workspace::chart(&[
        (
            "templates/b.yaml",
            "{{- if .Values.tls }}\n{{ fromYaml .Values.missing.deep }}\n{{- end }}\n{{- if eq .Values.mode \"x\" }}{{ fail \"x is gone\" }}{{ end }}\n",
        ),
        (
            "templates/c.yaml",
            "{{- if semverCompare \"<1.26-0\" .Capabilities.KubeVersion.Version }}\na: [\n{{- end }}\n",
        ),
        (
            "templates/d.yaml",
            "{{- if .Capabilities.APIVersions.Has \"example.com/v1\" }}\na: {\n{{- end }}\n",
        ),
        ("values.yaml", "tls: false\nmode: one\n"),
    ]);
    let said = workspace.run(&[
        "explore",
        "web",
        "--report",
        "json=report.json",
        "--write-tests",
        "tests",
    ]);
    let report = std::fs::read(workspace.path("report.json")).unwrap();
    let report: Json = serde_json::from_slice(&report).unwrap();
    super::reports::assert_fits("schemas/report.schema.json", &report);
    let settings: Vec<&Json> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["settings"])
        .collect();
    let none: [Json; 0] = [];
    for expected in [
        json!({"values": [{"flag": "--set", "argument": "tls=true"}], "kubeVersion": null, "apiVersions": []}),
        json!({"values": none, "kubeVersion": "1.25", "apiVersions": []}),
        json!({"values": none, "kubeVersion": null, "apiVersions": ["example.com/v1"]}),
    ] {
        assert!(settings.contains(&&expected), "{expected}: {}", said.all());
    }
    let explored = &report["explored"][0];
    assert_eq!(
        explored["refusals"],
        json!([{
            "message": "x is gone", "file": "web/templates/b.yaml", "line": 4, "column": 33,
            "settings": {"values": [{"flag": "--set", "argument": "mode=x"}], "kubeVersion": null, "apiVersions": []},
        }]),
        "{}",
        said.all()
    );
    assert_eq!(
        (&explored["chart"], &explored["exhausted"], &explored["notExplored"]),
        (&json!("web"), &json!(true), &Json::Null)
    );
    assert_eq!(
        explored["branches"],
        json!({"total": 8, "before": 4, "reached": 8, "testable": 4, "tested": 4, "testedWithFailing": 5})
    );
    assert_eq!(
        explored["clusters"],
        json!([
            {"settings": {"values": none, "kubeVersion": "1.25", "apiVersions": []}, "branches": 1},
            {"settings": {"values": none, "kubeVersion": null, "apiVersions": ["example.com/v1"]}, "branches": 1},
        ])
    );
    let merged = workspace.run(&["report", "merge", "report.json"]);
    let merged: Json = serde_json::from_str(&merged.stdout).unwrap();
    for key in ["explored", "findings"] {
        assert_eq!(merged[key], report[key], "joined reports have the same");
    }
}

#[test]
fn one_switch_is_one_finding() {
    let lines: Vec<String> = (0..40).map(|number| format!("  k{number}: {number}\n")).collect();
    let lines = lines.concat();
    let template = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\ndata:\n  a: b\n{{{{- if .Values.active }}}}\n{lines}{{{{- end }}}}\n"
    );
    let workspace = chart(&template, "active: false\n");
    let said = workspace.run(&["explore", "web", "--report", "json"]);
    let found = findings(&said);
    assert_eq!(found.len(), 1, "{}", said.all());
    assert!(notes(&found[0]).contains("and 34 more"), "{}", said.all());
}

#[test]
fn a_switch_among_forty_and_a_pair_are_found_in_the_same_order_each_time() {
    let mut template = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: b\n");
    let mut values = String::new();
    for number in 0..40 {
        let value = if number == 23 {
            "7".to_owned()
        } else {
            "\"x\"".to_owned()
        };
        template.push_str(&format!(
            "{{{{- if .Values.s{number}.enabled }}}}\n  k{number}: {value}\n{{{{- end }}}}\n"
        ));
        values.push_str(&format!("s{number}:\n  enabled: false\n"));
    }
    template.push_str("{{- if and .Values.s3.enabled .Values.s31.enabled }}\n  both: 1\n{{- end }}\n");
    let workspace = chart(&template, &values);
    let run = || {
        workspace.run(&[
            "explore",
            "web",
            "--renderings",
            "2000",
            "--budget",
            "0",
            "--report",
            "json",
        ])
    };
    let said = run();
    let shown: Vec<String> = findings(&said).iter().map(notes).collect();
    assert!(
        shown
            .iter()
            .any(|notes| notes.contains("shown by --set s23.enabled=true\"")),
        "{}",
        said.all()
    );
    assert!(
        shown
            .iter()
            .any(|notes| notes.contains("shown by --set s3.enabled=true --set s31.enabled=true\"")),
        "{}",
        said.all()
    );
    assert_eq!(said.all(), run().all());
}

/// The bundled example, with forty switches in a chart: one of them breaks it, and two of them do so together.
#[test]
fn ci_finds_a_switch_among_forty_and_a_pair_in_the_bundled_example() {
    let mut template = String::from(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-planted\n  annotations:\n    made: \"by hand\"\n",
    );
    let mut values = String::from("features:\n");
    for number in 0..40 {
        let value = if number == 23 { "7" } else { "\"on\"" };
        template.push_str(&format!(
            "    {{{{- if .Values.features.f{number}.enabled }}}}\n    f{number}: {value}\n    {{{{- end }}}}\n"
        ));
        values.push_str(&format!("  f{number}:\n    enabled: false\n"));
    }
    template.push_str(
        "spec:\n  strategy:\n    {{- if .Values.features.f7.enabled }}\n    type: Recreate\n    {{- end }}\n    \
            {{- if .Values.features.f31.enabled }}\n    rollingUpdate: {maxSurge: 1}\n    {{- end }}\n  \
            selector:\n    matchLabels: {app: planted}\n  template:\n    metadata:\n      labels: {app: planted}\n    spec:\n      \
            containers:\n        - name: planted\n          image: registry.example.com/planted:1\n",
    );
    let workspace = Workspace::new(&[]);
    super::cli::copy(std::path::Path::new("fixtures/shop"), &workspace.path("shop"));
    let before = std::fs::read_to_string(workspace.path("shop/orders/values.yaml")).unwrap();
    workspace.write("shop/orders/values.yaml", &format!("{before}\n{values}"));
    workspace.write("shop/orders/templates/planted.yaml", &template);
    let said = workspace.run_in("shop", &["ci", ".", "--no-push"]);
    assert_eq!(said.code, 0, "fine as it is: {}", said.all());
    // It ends when nothing is left to try: a program that is built for tests, on a busy machine, takes longer than that in a pipeline.
    let said = workspace.run_in("shop", &["ci", ".", "--no-push", "--explore", "300"]);
    assert_eq!(said.code, 1, "{}", said.all());
    for flags in [
        "--set features.f23.enabled=true",
        "--set features.f31.enabled=true --set features.f7.enabled=true",
    ] {
        let line = format!("shown by --kube-version 1.35 {flags}\n");
        assert!(said.stdout.contains(&line), "{flags}: {}", said.all());
    }
    let line = said.stderr.lines().find(|line| line.starts_with("orders: "));
    assert!(
        line.is_some_and(|line| line.contains("nothing is left to try") && line.ends_with("2 causes")),
        "the end does not depend on the time: {}",
        said.all()
    );
}

#[test]
fn known_causes_are_left_out() {
    let workspace = chart(BROKEN[0].template, BROKEN[0].values);
    let written = workspace.run(&["explore", "web", "--write-baseline", "known.json"]);
    assert_eq!(written.code, 0, "{}", written.all());
    let said = workspace.run(&["explore", "web", "--baseline", "known.json"]);
    assert_eq!(said.code, 0, "{}", said.all());
}

#[test]
fn faults_that_are_there_without_settings_are_not_reported() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: 1\n{{- if .Values.active }}\n  b: x\n{{- end }}\n";
    let workspace = chart(template, "active: false\n");
    let said = workspace.run(&["explore", "web"]);
    assert_eq!(said.code, 0, "{}", said.all());
}

#[test]
fn wrong_use_is_refused() {
    let workspace = chart("a: b\n", "a: 1\n");
    for (arguments, words) in [
        (
            &["explore", "web", "--budget", "soon"][..],
            "invalid value for --budget",
        ),
        (&["explore", "web", "--kube-version", "2.0"], "no schemas of Kubernetes"),
        (
            &["lint", "web", "--explore", "3", "--helm-rules"],
            "--explore judges by all rules",
        ),
        (
            &["lint", "web", "--explore", "3", "--secrets-only"],
            "--explore judges by all rules",
        ),
    ] {
        let said = workspace.run(arguments);
        assert_eq!(said.code, 2, "{}", said.all());
        assert!(said.stderr.contains(words), "{}", said.all());
    }
    let said = workspace.run(&["explore", "nowhere"]);
    assert_eq!(said.code, 3, "{}", said.all());
}

#[test]
fn a_run_since_a_commit_looks_at_what_was_touched() {
    let repository = super::git_repositories::Repositories::with(&[
        ("web/Chart.yaml", super::workspace::CHART),
        ("web/values.yaml", "one: false\ntwo: false\n"),
        ("web/templates/one.yaml", "{{- if .Values.one }}\na: [\n{{- end }}\n"),
        (
            "web/templates/two.yaml",
            "{{- if .Values.two }}\n{{ include \"text\" . }}\n{{- end }}\n",
        ),
        (
            "web/templates/_text.tpl",
            "{{ define \"text\" }}{{/* nothing */}}{{ end }}",
        ),
    ]);
    let clone = repository.clone("work");
    let run = |arguments: &[&str]| super::workspace::run(&clone.path, arguments, &[]);
    let since = ["explore", "web", "--since", "HEAD", "--report", "json"];
    let said = run(&since);
    assert_eq!((said.code, findings(&said).len()), (0, 0), "{}", said.all());
    std::fs::write(
        clone.path.join("web/templates/_text.tpl"),
        "{{ define \"text\" }}b: [{{ end }}",
    )
    .unwrap();
    let said = run(&since);
    let found = findings(&said);
    assert_eq!(found.len(), 1, "{}", said.all());
    assert!(notes(&found[0]).contains("shown by --set two=true\""), "{}", said.all());
    // Any file that templates may depend on may break them.
    let run_after = |name: &str, text: &str| {
        std::fs::write(
            clone.path.join("web/templates/_text.tpl"),
            "{{ define \"text\" }}{{/* nothing */}}{{ end }}",
        )
        .unwrap();
        std::fs::write(clone.path.join(name), text).unwrap();
        let said = run(&since);
        std::fs::remove_file(clone.path.join(name)).unwrap();
        findings(&said).len()
    };
    assert_eq!(run_after("web/values.schema.json", "{}"), 1);
    assert_eq!(run_after("web/README.md", "More"), 0);
    std::fs::write(
        clone.path.join("web/templates/_text.tpl"),
        "{{ define \"text\" }}b: [{{ end }}",
    )
    .unwrap();
    let whole = run(&["explore", "web", "--report", "json"]);
    assert_eq!(findings(&whole).len(), 2, "{}", whole.all());
    let unknown = run(&["explore", "web", "--since", "nowhere"]);
    assert_eq!(unknown.code, 3, "{}", unknown.all());
}

#[test]
fn lint_and_ci_explore_too() {
    let workspace = chart(BROKEN[1].template, BROKEN[1].values);
    for command in [&["lint", "web"][..], &["ci", "web", "--no-push"]] {
        let said = workspace.run(command);
        assert_eq!(said.code, 0, "{}", said.all());
        let said = workspace.run(&[command, &["--explore", "10"]].concat());
        assert_eq!(said.code, 1, "{}", said.all());
        assert!(
            said.all().contains("shown by --set scaling.enabled=true"),
            "{}",
            said.all()
        );
        let said = workspace.run(&[command, &["--explore", "soon"]].concat());
        assert_eq!(said.code, 2, "{}", said.all());
    }
    // Made-up values are for who asks for them.
    let made_up = chart(BROKEN[6].template, BROKEN[6].values);
    let said = made_up.run(&["lint", "web", "--explore", "10"]);
    assert!(!said.all().contains("shown by"), "{}", said.all());
    let said = workspace.run(&["ci", "web", "--no-push", "--coverage"]);
    assert!(said.stdout.contains("COVERAGE"), "{}", said.all());
    assert!(said.stdout.contains("50.0 %"), "{}", said.all());
}

#[test]
fn a_chart_that_refuses_its_defaults_is_explored_with_what_it_asks_for() {
    let template =
        "{{- $name := required \"name is needed\" .Values.name }}\n{{- if .Values.active }}\na: [\n{{- end }}\n";
    let workspace = chart(template, "active: false\nname: \"\"\n");
    let said = workspace.run(&["explore", "web", "--all", "--report", "json"]);
    let found = findings(&said);
    assert_eq!(found.len(), 1, "{}", said.all());
    assert!(
        notes(&found[0]).contains("shown by --set active=true --set name=example\""),
        "{}",
        said.all()
    );
    assert_eq!(found[0]["severity"], "info", "{}", said.all());
    assert!(said.stderr.contains("name is needed"), "{}", said.all());
}

/// A list whose item is changed as a whole, with a secret in it.
const SECRETS: [(&str, &str); 2] = [
    (
        "values.yaml",
        "users:\n- {name: bob, password: S3cr3tInValues9, admin: false}\n",
    ),
    (
        "templates/b.yaml",
        "{{- range .Values.users }}\n{{- if .admin }}\n{{ .x.y }}\n{{- end }}\n{{- end }}\n",
    ),
];

#[test]
fn secrets_of_values_are_in_no_report_and_no_file() {
    let workspace = Workspace::chart(&SECRETS);
    workspace.write(
        "given.yaml",
        "users:\n- {name: eve, password: GivenS3cret77, admin: false}\n",
    );
    for format in [
        "text", "json", "sarif", "junit", "tap", "github", "gitlab", "markdown", "html",
    ] {
        for given in [&[][..], &["-f", "given.yaml"]] {
            let said = workspace.run(&[&["explore", "web", "--all", "--report", format], given].concat());
            assert_eq!(said.code, 1, "{format}: {}", said.all());
            for secret in ["S3cr3tInValues9", "GivenS3cret77"] {
                assert!(!said.all().contains(secret), "{format}: {}", said.all());
            }
        }
    }
    for command in [&["lint", "web"][..], &["ci", "web", "--no-push"]] {
        let said = workspace.run(&[command, &["--explore", "5"]].concat());
        assert!(said.all().contains("shown by"), "{}", said.all());
        assert!(!said.all().contains("S3cr3tInValues9"), "{}", said.all());
    }
    workspace.write(
        "web/templates/b.yaml",
        "{{- range .Values.users }}\n{{- if .admin }}\n# admin\n{{- end }}\n{{- end }}\n",
    );
    let said = workspace.run(&["explore", "web", "--write-tests", "tests"]);
    assert!(said.stderr.contains("1 values file not written"), "{}", said.all());
}

#[test]
fn faults_of_equal_words_in_different_lines_are_different() {
    let template = "{{- if .Values.one }}\na: {{ .Values.foo.name }}\n{{- end }}\n{{- if .Values.two }}\nb: {{ .Values.bar.name }}\n{{- end }}\n";
    let workspace = chart(template, "one: false\ntwo: false\n");
    let said = workspace.run(&["explore", "web", "--report", "json"]);
    let lines: Vec<Json> = findings(&said).iter().map(|finding| finding["line"].clone()).collect();
    assert_eq!(lines, [2, 5], "{}", said.all());
}

#[test]
fn a_chart_that_does_not_render_at_all_fails() {
    for template in ["{{ if .Values.a }", "{{ .Values.a.b.c }}\n"] {
        let workspace = chart(template, "x: 1\n");
        let said = workspace.run(&["explore", "web"]);
        assert_eq!(said.code, 1, "{}", said.all());
        assert!(
            said.stderr.contains("web: not explored: web/templates/b.yaml:1:"),
            "{}",
            said.all()
        );
    }
}

#[test]
fn values_are_set_where_templates_read_them() {
    // A global of a subchart is one of the chart.
    let workspace = Workspace::chart(&[
        ("values.yaml", "global: {mode: plain}\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
        (
            "charts/sub/templates/b.yaml",
            "{{- if eq .Values.global.mode \"odd\" }}\n{{ .Values.q.r.s }}\n{{- end }}\n",
        ),
    ]);
    let said = workspace.run(&["explore", "web"]);
    assert!(said.stdout.contains("shown by --set global.mode=odd"), "{}", said.all());
    // What is piped into `default` was read before.
    let workspace = chart(
        "{{- $note := .Values.note | default \"none\" }}\na: {{ $note }}\n",
        "note: \"\"\n",
    );
    let said = workspace.run(&["explore", "web"]);
    assert!(said.stderr.contains("(2/2)"), "{}", said.all());
}

#[test]
fn values_files_that_were_changed_are_among_the_flags() {
    let template = "{{- $host := required \"host is needed\" .Values.host }}\n{{- if .Values.tls }}\n{{ .Values.a.b.c }}\n{{- end }}\n";
    let workspace = chart(template, "tls: false\nhost: \"\"\n");
    workspace.write("web/ci/ok-values.yaml", "host: a.example.com\n");
    let said = workspace.run(&["explore", "web", "--write-tests", "tests"]);
    assert!(
        said.stdout.contains("shown by -f web/ci/ok-values.yaml --set tls=true"),
        "{}",
        said.all()
    );
    assert!(
        !workspace.path("tests").exists(),
        "files for other values than the defaults"
    );
}
