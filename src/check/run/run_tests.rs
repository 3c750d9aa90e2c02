//! Charts on disk, checked in every way they are deployed: which renderings are made, what they are called, and what is
//! counted.

use std::path::{Path, PathBuf};

use super::{CheckOutcome, CheckRequest, GivenValues, check_charts, find_charts, find_subcharts};
use crate::check::explain::Given;
use crate::check::finding::Finding;
use crate::engine::chart::LinkPolicy;
use crate::engine::render::FixedClock;
use crate::engine::values::{UserValues, ValueSource};
use crate::kubernetes::version::parse_versions;
use crate::text::rule::Rule;
use crate::text::source::{ReportRoot, SourceFile};

const CHART: &str =
    "apiVersion: v2\nname: web\nversion: 1.2.3\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\n";
const BROKEN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// A directory with the chart `web` of these files.
fn chart(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tree(&[
        ("web/Chart.yaml", CHART),
        ("web/values.yaml", "{}\n"),
        ("web/templates/.keep", ""),
    ]);
    for (name, text) in files {
        let path = directory.path().join("web").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn request(directory: &Path, versions: &str) -> CheckRequest {
    CheckRequest::new(
        vec![directory.join("web")],
        ReportRoot::new(directory.to_owned()),
        parse_versions(&[versions.to_owned()]).unwrap(),
    )
}

/// Checks, with other random bytes at each call.
fn check(request: &CheckRequest) -> CheckOutcome {
    let world = || {
        let mut next = 0;
        FixedClock::new(0, move |bytes: &mut [u8]| {
            next += 1;
            bytes.fill(next);
        })
    };
    check_charts(request, &world, &|_| ()).unwrap()
}

fn shown(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.primary, finding.rule))
        .collect()
}

#[test]
fn each_values_file_is_rendered_for_each_version_that_the_chart_accepts() {
    for (extra, files, versions, want, documents) in [
        ("", &[][..], "1.31", &["default values, Kubernetes 1.31"][..], 1),
        (
            "",
            &["values-b.yaml", "values-a.yaml", "ci/t.yaml"],
            "1.31,1.32",
            &[
                "default values, Kubernetes 1.31",
                "default values, Kubernetes 1.32",
                "ci/t.yaml, Kubernetes 1.31",
                "ci/t.yaml, Kubernetes 1.32",
                "values-a.yaml, Kubernetes 1.31",
                "values-a.yaml, Kubernetes 1.32",
                "values-b.yaml, Kubernetes 1.31",
                "values-b.yaml, Kubernetes 1.32",
            ],
            8,
        ),
        (
            "kubeVersion: '>=1.32'\n",
            &[],
            "1.31,1.32,1.33",
            &["default values, Kubernetes 1.32", "default values, Kubernetes 1.33"],
            2,
        ),
    ] {
        let directory = chart(&[("Chart.yaml", &format!("{CHART}{extra}")), ("templates/a.yaml", BROKEN)]);
        for name in files {
            let path = directory.path().join("web").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}\n").unwrap();
        }
        let outcome = check(&request(directory.path(), versions));
        let [checked] = outcome.charts.as_slice() else { panic!() };
        assert_eq!(shown(&checked.findings), ["web/templates/a.yaml:4:1 unknown-field"]);
        assert_eq!(checked.findings[0].renderings, want);
        assert_eq!(
            (checked.rendered.renderings, checked.rendered.documents),
            (want.len(), documents)
        );
        assert_eq!((checked.name.as_str(), checked.version.as_str()), ("web", "1.2.3"));
    }
}

#[test]
fn values_that_are_given_take_the_place_of_the_defaults() {
    let directory = chart(&[
        ("templates/a.yaml", "a: {{ .Values.x }}\n"),
        ("values-a.yaml", "x: 1\n"),
    ]);
    let mut request = request(directory.path(), "1.31");
    let values = UserValues {
        files: vec![ValueSource {
            name: "given.yaml".to_owned(),
            text: b"x: {y: {z: 1}}\n".to_vec(),
        }],
        ..UserValues::default()
    };
    let given = GivenValues {
        label: "given.yaml".to_owned(),
        values,
        sources: Given {
            files: vec![SourceFile::new("given.yaml", &b"x: {y: {z: 1}}\n"[..])],
            flags: Vec::new(),
        },
        ..GivenValues::default()
    };
    assert!(!given.is_empty());
    assert!(GivenValues::default().is_empty());
    request.given = Some(given);
    request.values = Vec::new();
    let outcome = check(&request);
    let found = outcome.findings();
    assert_eq!(outcome.charts[0].rendered.renderings, 1);
    let map: Vec<&Finding> = found
        .iter()
        .filter(|finding| finding.rule.to_string() == "printed-map")
        .collect();
    assert_eq!(map[0].renderings, ["given.yaml, Kubernetes 1.31"], "{found:?}");
    let related: Vec<String> = map[0].related.iter().map(|related| related.place.name()).collect();
    assert_eq!(related, ["given.yaml:1:1"]);
}

#[test]
fn kinds_without_a_schema_are_counted_apart() {
    let directory = chart(&[(
        "templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: example.org/v1\nkind: Thing\nmetadata: {name: b}\n",
    )]);
    let outcome = check(&request(directory.path(), "1.31,1.32"));
    let rendered = outcome.charts[0].rendered;
    assert_eq!((rendered.renderings, rendered.documents, rendered.skipped), (2, 2, 2));
    assert_eq!(outcome.findings(), []);
}

#[test]
fn definitions_that_a_chart_brings_are_checked_and_used() {
    let definition = |schema: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: cs.example.org}}\nspec:\n  group: example.org\n  scope: Namespaced\n  names: {{kind: C, plural: cs}}\n  versions:\n  - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}\n"
        )
    };
    let object = "apiVersion: example.org/v1\nkind: C\nmetadata: {name: a}\nspec: {size: big}\n";
    let sized = definition("{type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}");
    for (crd, severity, want) in [
        (sized.as_str(), "error", vec!["web/templates/a.yaml:4:1 schema"]),
        (
            &sized.replace("{size: {type: integer}}", "{size: {type: string}}"),
            "",
            vec![],
        ),
        (
            &sized
                .replace("scope: Namespaced", "scope: Namespaced\n  scope: Namespaced")
                .replace("integer", "string"),
            "warning",
            vec!["web/crds/c.yaml:7:3 document"],
        ),
        (
            &sized
                .replace("group: example.org", "group: 7")
                .replace("integer", "string"),
            "error",
            vec!["web/crds/c.yaml:5:10 type"],
        ),
    ] {
        let directory = chart(&[
            ("crds/c.yaml", crd),
            ("crds/notes.tpl", "a: b: c\n"),
            ("templates/a.yaml", object),
        ]);
        let found = check(&request(directory.path(), "1.31")).findings();
        let found: Vec<&Finding> = found
            .iter()
            .filter(|finding| finding.rule.to_string() != "crds-name")
            .collect();
        let places: Vec<String> = found
            .iter()
            .map(|finding| format!("{} {}", finding.primary, finding.rule))
            .collect();
        assert_eq!(
            places.last(),
            want.first().map(|want| (*want).to_owned()).as_ref(),
            "{crd}{places:?}{found:?}"
        );
        assert!(
            found.iter().all(|finding| finding.severity.name() == severity),
            "{found:?}"
        );
    }
}

#[test]
fn files_that_are_not_manifests_are_not_validated() {
    let directory = chart(&[
        ("templates/_helper.yaml", BROKEN),
        ("templates/NOTES.txt", BROKEN),
        ("templates/sub/_x.yaml", "a: b: c\n"),
        (
            "templates/ok.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
    ]);
    let outcome = check(&request(directory.path(), "1.31"));
    assert_eq!(shown(&outcome.findings()), Vec::<String>::new());
    assert_eq!(outcome.charts[0].rendered.documents, 1);
}

#[test]
fn what_differs_each_time_is_found_unless_the_chart_makes_keys() {
    let random = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 'x{{ randAlphaNum 20 }}'}\n";
    let keys = "{{- $k := genPrivateKey \"ed25519\" }}\n";
    for (template, other, want) in [
        (random.to_owned(), "", vec!["web/templates/a.yaml:4:16 random-output"]),
        (format!("{keys}{random}"), "", vec![]),
        // What cannot be read as a whole is not compared.
        (
            random.to_owned(),
            "a: b: c\n",
            vec!["web/templates/b.yaml:1:1 template-yaml"],
        ),
    ] {
        let directory = chart(&[("templates/a.yaml", &template), ("templates/b.yaml", other)]);
        assert_eq!(
            shown(&check(&request(directory.path(), "1.31")).findings()),
            want,
            "{template}"
        );
    }
}

#[test]
fn the_place_that_includes_a_text_is_named_beside_it() {
    let directory = chart(&[
        ("templates/_lib.tpl", "{{ define \"x\" }}dta: {a: b}{{ end }}"),
        (
            "templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n{{ include \"x\" . }}\n",
        ),
    ]);
    let found = check(&request(directory.path(), "1.31")).findings();
    assert_eq!(shown(&found), ["web/templates/_lib.tpl:1:17 unknown-field"]);
    let related: Vec<String> = found[0]
        .related
        .iter()
        .map(|related| format!("{} {}", related.label, related.place.name()))
        .collect();
    assert_eq!(related, ["included from web/templates/a.yaml:4:4"]);
    assert_eq!(found[0].rendered.as_deref(), Some("dta: {a: b}"));
    // A text that `tpl` renders is in no file: its finding is at the caller, which is not named twice.
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n{{ tpl \"dta: {a: b}\" . }}\n";
    let directory = chart(&[("templates/a.yaml", template)]);
    let found = check(&request(directory.path(), "1.31")).findings();
    assert_eq!(shown(&found), ["web/templates/a.yaml:4:4 unknown-field"]);
    assert_eq!(found[0].related, []);
}

#[test]
fn charts_that_cannot_be_read_are_findings_and_paths_that_do_not_exist_are_not() {
    let directory = tree(&[("web/values.yaml", "a: 1\n"), ("x.tgz", "no archive")]);
    let mut request = request(directory.path(), "1.31");
    let outcome = check(&request);
    assert_eq!(shown(&outcome.findings()), ["web/Chart.yaml chart-load"]);
    assert_eq!(
        (outcome.charts[0].name.as_str(), outcome.charts[0].version.as_str()),
        ("web", "")
    );
    request.charts = vec![directory.path().join("x.tgz")];
    assert_eq!(shown(&check(&request).findings()), ["x.tgz chart-load"]);
    request.charts.push(PathBuf::from("/nowhere/x"));
    let world = || FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9));
    let error = check_charts(&request, &world, &|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/x: no such file or directory");
    // Helm's rules know better than the loader what is wrong, and it is reported once.
    let directory = chart(&[("Chart.yaml", "apiVersion: v2\nname: web\nversion: [1]\n")]);
    let found = shown(&check(&self::request(directory.path(), "1.31")).findings());
    assert_eq!(found, ["web/Chart.yaml chart-yaml-format"]);
}

#[test]
fn subcharts_that_are_asked_for_are_not_rendered() {
    let directory = chart(&[
        (
            "Chart.yaml",
            &format!("{CHART}dependencies: [{{name: db, version: 1.x}}]\n"),
        ),
        ("charts/db/Chart.yaml", &CHART.replace("web", "db")),
        ("templates/_none.tpl", ""),
        ("charts/db/values.yaml", "{}\n"),
        ("charts/db/templates/a.yaml", BROKEN),
    ]);
    let mut request = request(directory.path(), "1.31");
    request.subcharts = find_subcharts(&directory.path().join("web"), LinkPolicy::StayInside);
    let done = std::sync::Mutex::new(Vec::new());
    let world = || FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9));
    let outcome = check_charts(&request, &world, &|count| done.lock().unwrap().push(count)).unwrap();
    let counts: Vec<(&str, usize, usize)> = outcome
        .charts
        .iter()
        .map(|chart| (chart.name.as_str(), chart.rendered.renderings, chart.findings.len()))
        .collect();
    assert_eq!(
        counts,
        [("web", 1, 1), ("db", 0, 0)],
        "{:?}",
        shown(&outcome.findings())
    );
    let mut done = done.into_inner().unwrap();
    done.sort_unstable();
    assert_eq!(done, [1, 2]);
}

#[test]
fn charts_are_found_below_a_directory() {
    let chart = ("Chart.yaml", "");
    let files = [
        "b/Chart.yaml",
        "a/deep/er/Chart.yaml",
        "b/charts/inner/Chart.yaml",
        ".hidden/Chart.yaml",
        "skip/x/Chart.yaml",
        "c/values.yaml",
    ];
    let directory = tree(&files.map(|name| (name, chart.1)));
    let found = |root: &Path, exclude: &[&str]| -> Vec<String> {
        let exclude: Vec<String> = exclude.iter().map(|name| (*name).to_owned()).collect();
        let found = find_charts(root, &exclude).unwrap();
        let shown = |path: &PathBuf| path.strip_prefix(root).unwrap().display().to_string();
        found.iter().map(shown).collect()
    };
    let root = directory.path();
    assert_eq!(found(root, &[]), ["a/deep/er", "b", "skip/x"]);
    assert_eq!(found(root, &["skip", "deep"]), ["b"]);
    assert_eq!(found(&root.join("b"), &[]), [""]);
    assert_eq!(found(&root.join("c"), &[]), Vec::<String>::new());
    let error = find_charts(&root.join("none"), &[]).unwrap_err();
    assert!(error.to_string().starts_with("cannot read "), "{error}");
    let below = tree(&[
        ("charts/b/Chart.yaml", ""),
        ("charts/b/charts/c/Chart.yaml", ""),
        ("charts/a-1.0.0.tgz", ""),
        ("charts/d.tar.gz", ""),
        ("charts/notes.txt", ""),
        ("other/Chart.yaml", ""),
    ]);
    let found: Vec<String> = find_subcharts(below.path(), LinkPolicy::StayInside)
        .iter()
        .map(|path| path.strip_prefix(below.path()).unwrap().display().to_string())
        .collect();
    assert_eq!(
        found,
        ["charts/a-1.0.0.tgz", "charts/b", "charts/b/charts/c", "charts/d.tar.gz"]
    );
}

#[test]
fn values_files_that_cannot_be_read_are_findings_and_the_others_are_rendered() {
    let directory = chart(&[
        ("templates/a.yaml", BROKEN),
        ("values-bad.yaml", "a: 1\n b: 2\n"),
        ("values-good.yaml", "{}\n"),
    ]);
    let outcome = check(&request(directory.path(), "1.31"));
    assert_eq!(
        shown(&outcome.findings()),
        [
            "web/templates/a.yaml:4:1 unknown-field",
            "web/values-bad.yaml:2:2 values-format"
        ]
    );
    assert_eq!(outcome.charts[0].rendered.renderings, 2);
}

/// The rules of the findings of a chart, and how often each is found.
fn counted(outcome: &CheckOutcome) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for finding in outcome.findings() {
        *counts.entry(finding.rule.to_string()).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

#[test]
fn what_exceeds_a_limit_is_not_judged_and_does_not_pass() {
    let lines = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n{{- range until 20010 }}\n  k{{ . }}: 1\n{{- end }}\n";
    let documents = "{{ range until 50001 }}---\na: b\n{{ end }}";
    let unused: Vec<String> = (0..20_010).map(|at| format!("k{at}: 1\n")).collect();
    let unused = unused.concat();
    for (files, want) in [
        (
            &[("templates/a.yaml", lines)][..],
            &[("not-checked", 1), ("type", 20_000)][..],
        ),
        (&[("templates/a.yaml", documents)], &[("not-checked", 1)]),
        (
            &[("values.yaml", unused.as_str()), ("templates/a.yaml", "")],
            &[("not-checked", 1), ("unused-value", 20_000)],
        ),
    ] {
        let directory = chart(files);
        let want: Vec<(String, usize)> = want.iter().map(|&(rule, count)| (rule.to_owned(), count)).collect();
        assert_eq!(counted(&check(&request(directory.path(), "1.31"))), want);
    }
}

#[test]
fn findings_of_many_renderings_are_counted_once() {
    let lines = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n{{- range until 9000 }}\n  k{{ . }}: 1\n{{- end }}\n";
    let directory = chart(&[("templates/a.yaml", lines)]);
    let outcome = check(&request(directory.path(), "1.31..1.35"));
    assert_eq!(counted(&outcome), [("type".to_owned(), 9_000)]);
    assert_eq!(outcome.charts[0].rendered.renderings, 5);
}

#[test]
fn no_rendering_is_begun_once_the_steps_of_all_are_spent() {
    let loops = "{{ range until 1000 }}{{ range until (int $.Values.rounds) }}{{ end }}{{ end }}";
    let directory = chart(&[("templates/a.yaml", loops), ("values.yaml", "rounds: 1\n")]);
    for index in 0..20 {
        let name = format!("web/values-{index}.yaml");
        std::fs::write(directory.path().join(name), "rounds: 2000\n").unwrap();
    }
    let outcome = check(&request(directory.path(), "1.31"));
    let rendered = outcome.charts[0].rendered.renderings;
    assert!((2..20).contains(&rendered), "{rendered} renderings");
    let message = format!("{} renderings are not made and not judged", 21 - rendered);
    let found = outcome.findings();
    assert!(
        found.iter().any(|finding| finding.message.starts_with(&message)),
        "{found:?}"
    );
}

#[test]
fn defaults_may_be_refused_where_other_values_render() {
    const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let needed = format!("{OBJECT}data: {{a: {{{{ required \"a is needed\" .Values.a | quote }}}}}}\n");
    let refused = format!("{{{{ if not .Values.a }}}}{{{{ fail \"give a\" }}}}{{{{ end }}}}\n{OBJECT}");
    let wrong = format!("{OBJECT}data: {{a: {{{{ index .Values.list 3 }}}}}}\n");
    let chain = "{{ define \"x\" }}{{ fail \"no\" }}{{ end }}{{ if not .Values.a }}{{ include \"x\" . }}{{ end }}\n";
    let values = ("ci/one-values.yaml", "a: b\nlist: [1, 2, 3, 4]\n");
    let given = |name| (name, "a: b\n");
    let template = |text| ("templates/a.yaml", text);
    for (files, severity, notes) in [
        (vec![template(needed.as_str())], "error", 0),
        (vec![template(&needed), values], "info", 1),
        (vec![template(&needed), given("values-prod.yaml")], "info", 1),
        (vec![template(&refused), values], "info", 1),
        (vec![template(chain), values], "info", 1),
        // The other values do not render either.
        (vec![template(&needed), ("values-prod.yaml", "b: c\n")], "error", 0),
        (
            vec![template(&needed), ("templates/b.yaml", "{{ fail \"never\" }}"), values],
            "error, error",
            0,
        ),
        // What is wrong is not what the templates refuse.
        (vec![template(&wrong), values], "error", 0),
        (
            vec![template(&wrong), ("templates/b.yaml", &needed), values],
            "error, error",
            0,
        ),
    ] {
        let names: Vec<&(&str, &str)> = files.iter().collect();
        let directory = chart(&files);
        let mut request = request(directory.path(), "1.31,1.32");
        let severities = |request: &CheckRequest| {
            let [checked] = &check(request).charts[..] else {
                panic!()
            };
            let failed = checked
                .findings
                .iter()
                .filter(|finding| finding.rule == Rule::TemplateRender.into());
            let notes = failed.clone().flat_map(|finding| &finding.notes);
            let noted = notes.filter(|note| note.contains("--require-defaults")).count();
            let severities: Vec<&str> = failed.map(|finding| finding.severity.name()).collect();
            (severities.join(", "), noted)
        };
        assert_eq!(severities(&request), (severity.to_owned(), notes), "{names:?}");
        request.require_defaults = true;
        let all = severity.replace("info", "error");
        assert_eq!(severities(&request), (all, 0), "required: {names:?}");
    }
}
