//! `--compat helm3` against digests of the output of the real Helm 3.22 for a sample of the chart corpus
//! (`tests/helm3/make_goldens.py`), except for the cases in `tests/known/helm3.tsv`; and small charts of our own where
//! the two Helms differ. The corpus is in the conformance data beside the project; without it, `tests/not_run.rs`
//! reports that the cases were not run.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chartwright::text::threads::map_in_parallel;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::data;
use crate::known::{Comparison, Extent};

struct Golden {
    id: String,
    is_refused: bool,
    digest: String,
}

fn goldens() -> Vec<Golden> {
    let text = std::fs::read_to_string("tests/helm3/goldens.tsv").expect("goldens.tsv");
    let golden = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        let mut next = || columns.next().expect("three columns");
        Golden {
            id: next(),
            is_refused: next() == "refused",
            digest: next(),
        }
    };
    text.lines().map(golden).collect()
}

fn template(directory: &Path, arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .arg("template")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// How lines begin that Helm only logs, as in `make_goldens.py`.
const LOG_LINES: [&str; 5] = ["level=", "WARNING", "walk.go", "coalesce.go", "load.go"];

fn is_same(golden: &Golden, output: &Output) -> bool {
    let compared = if golden.is_refused {
        let text = String::from_utf8_lossy(&output.stderr);
        let is_log = |line: &&str| LOG_LINES.iter().any(|start| line.starts_with(start));
        let mut lines = text.lines().filter(|line| !is_log(line));
        lines.next().unwrap_or_default().as_bytes().to_vec()
    } else {
        output.stdout.clone()
    };
    let digest = Sha256::digest(compared);
    let digest = digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    output.status.success() != golden.is_refused && digest == golden.digest
}

#[test]
fn the_corpus_renders_as_with_helm_3() {
    let Some(corpus) = data::corpus() else { return };
    let cases = std::fs::read_to_string(corpus.join("cases.jsonl")).expect("cases.jsonl");
    let cases: BTreeMap<String, Vec<String>> = cases
        .lines()
        .map(|line| {
            let case: Json = serde_json::from_str(line).expect("a case");
            let words = case.get("args").and_then(Json::as_array).expect("arguments");
            let words = words.iter().map(|word| word.as_str().expect("text").to_owned());
            let id = case.get("id").and_then(Json::as_str).expect("an id");
            (id.to_owned(), words.collect())
        })
        .collect();
    let goldens = goldens();
    assert_eq!(
        goldens.len(),
        data::HELM3_CASES,
        "tests/it/data.rs has another number of cases"
    );
    let same = map_in_parallel(&goldens, |golden| {
        let mut arguments = cases.get(&golden.id).expect("a case of the corpus").clone();
        arguments.extend(["--compat".to_owned(), "helm3".to_owned()]);
        is_same(golden, &template(&corpus, &arguments))
    });
    let mut comparison = Comparison::default();
    for (golden, same) in goldens.iter().zip(&same) {
        comparison.add(
            &golden.id,
            (!same).then(|| "another output, or another first line".to_owned()),
        );
    }
    comparison.assert_known("helm3", Extent::Whole);
}

/// Template, output of Helm 4.3, output of Helm 3.22.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "a: 1\n\n\n---\nb: 2\n\n",
        "a: 1\n\n\n\n---\n# Source: c/templates/t.yaml\nb: 2",
        "a: 1\n---\n# Source: c/templates/t.yaml\nb: 2",
    ),
    (
        "a: {{ .Chart | toJson | quote }}",
        "a: \"{\\\"APIVersion\\\"",
        "a: \"{\\\"name\\\":\\\"c\\\",\\\"version\\\":\\\"0.1.0\\\",\\\"apiVersion\\\":\\\"v2\\\",\\\"IsRoot\\\":true}\"",
    ),
    (
        "a: {{ .Capabilities.KubeVersion.Version }}",
        "a: v1.31.2-eks-1",
        "a: v1.31.2",
    ),
    ("a: {{ .Capabilities.HelmVersion.Version }}", "a: v4.3", "a: v3.22"),
    ("a: {{ hasKey .Values \"gone\" }}", "a: false", "a: true"),
    (
        "a: {{ mustToYaml .Values.gone }}",
        "a: null",
        "Error: parse error at (c/templates/t.yaml:1): function \"mustToYaml\" not defined",
    ),
    (
        "a: {{ typeOf . }} {{ typeOf .Values }} {{ typeOf .Template }} {{ typeOf .Capabilities }} \
         {{ typeOf .Capabilities.APIVersions }} {{ .Capabilities.APIVersions.Has \"v1\" }} \
         {{ typeOf .Capabilities.KubeVersion }} {{ typeOf .Chart.Keywords }} {{ .Values.AsMap | typeOf }}",
        "a: common.Values common.Values common.Values *common.Capabilities common.VersionSet true common.KubeVersion \
         []interface {} map[string]interface {}",
        "a: chartutil.Values chartutil.Values chartutil.Values *chartutil.Capabilities chartutil.VersionSet true \
         chartutil.KubeVersion []string map[string]interface {}",
    ),
    (
        "a: {{ trim . }}",
        "wrong type for value; expected string; got common.Values",
        "wrong type for value; expected string; got chartutil.Values",
    ),
    (
        "a: {{ .Values.x.y }}",
        "Error: c/templates/t.yaml:1:13",
        "Error: template: c/templates/t.yaml:1:13: executing \"c/templates/t.yaml\" at <.Values.x.y>: nil pointer evaluating interface {}.y",
    ),
];

/// Values that a subchart cannot have, and a first line of Chart.yaml: Helm's first line of standard error.
#[test]
fn refusals_of_helm_3_and_4() {
    for (api_version, values, helm4, helm3) in [
        (
            "v2",
            "d: 5\n",
            "Error: chart dependencies processing failed: type mismatch on d: %!t(float64=5)",
            "Error: type mismatch on d: %!t(float64=5)",
        ),
        ("2", "d: {}\n", "Error: unsupported chart version", ""),
        (".inf", "d: {}\n", "Error: unsupported chart version", ""),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let chart = directory.path().join("c");
        std::fs::create_dir_all(chart.join("charts/d")).expect("directories");
        let metadata = format!(
            "apiVersion: {api_version}\nname: c\nversion: 0.1.0\ndependencies: [{{name: d, version: 0.1.0}}]\n"
        );
        std::fs::write(chart.join("Chart.yaml"), metadata).expect("a file");
        std::fs::write(chart.join("values.yaml"), values).expect("a file");
        std::fs::write(
            chart.join("charts/d/Chart.yaml"),
            "apiVersion: v2\nname: d\nversion: 0.1.0\n",
        )
        .expect("a file");
        for (compat, wanted) in [("helm4", helm4), ("helm3", helm3)] {
            let output = template(directory.path(), &["c", "--compat", compat].map(str::to_owned));
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            let mut lines = message.lines().filter(|line| !line.starts_with("level="));
            assert_eq!(lines.next().unwrap_or_default(), wanted, "{compat}: {values}");
        }
    }
}

#[test]
fn differences_between_helm_3_and_4() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = directory.path().join("c");
    std::fs::create_dir_all(chart.join("templates")).expect("directories");
    std::fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: c\nversion: 0.1.0\n").expect("a file");
    std::fs::write(chart.join("values.yaml"), "gone: null\n").expect("a file");
    for (template_text, helm4, helm3) in DIFFERENCES {
        std::fs::write(chart.join("templates/t.yaml"), template_text).expect("a file");
        for (compat, wanted) in [("helm4", helm4), ("helm3", helm3)] {
            let arguments = ["c", "--kube-version", "v1.31.2-eks-1", "--compat", compat].map(str::to_owned);
            let output = template(directory.path(), &arguments);
            let all = [output.stdout, output.stderr].concat();
            let all = String::from_utf8_lossy(&all);
            assert!(all.contains(wanted), "{template_text:?} with {compat}:\n{all}");
        }
    }
}

/// A chart whose values, dependencies and hooks Helm writes log lines about.
const NOTED: &[(&str, &str)] = &[
    (
        "Chart.yaml",
        "apiVersion: v2\nname: c\nversion: 0.1.0\ndeprecated: true\ndependencies:\n\
         - {name: d, version: 0.1.0, condition: d.use, tags: [t], import-values: [nope, {child: no.such, parent: .}]}\n",
    ),
    ("values.yaml", "d: {use: 'yes', z: {a: 1}, t: {q: 5}}\ntags: {t: 5}\n"),
    (
        "templates/h.yaml",
        "kind: Z\nmetadata: {annotations: {helm.sh/hook: 'x, y'}}\n",
    ),
    ("charts/d/Chart.yaml", "apiVersion: v2\nname: d\nversion: 0.1.0\n"),
    ("charts/d/requirements.yaml", "dependencies: []\n"),
    ("charts/d/values.yaml", "z: 1\nt: {q: {b: c}}\n"),
];

/// The lines of Helm 4.3 and Helm 3.22; those that are repeated while values are coalesced again and again once.
const NOTED_LINES: &[(&str, &str)] = &[
    (
        "level=INFO msg=\"Warning: Dependencies are handled in Chart.yaml since apiVersion \\\"v2\\\". We recommend migrating dependencies to Chart.yaml.\"",
        "load.go:120: Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.",
    ),
    (
        "level=WARN msg=\"this chart is deprecated\"",
        "WARNING: This chart is deprecated",
    ),
    (
        "level=INFO msg=\"warning: cannot overwrite table with non table for c.d.t.q (map[b:c])\"",
        "coalesce.go:316: warning: cannot overwrite table with non table for c.d.t.q (map[b:c])",
    ),
    (
        "level=INFO msg=\"warning: skipped value for c.d.z: Not a table.\"",
        "coalesce.go:237: warning: skipped value for c.d.z: Not a table.",
    ),
    (
        "level=WARN msg=\"returned non-bool value\" tag=t chart=d",
        "dependencies.go:95: Warning: Tag 't' for chart d returned non-bool value",
    ),
    (
        "level=WARN msg=\"returned non-bool value\" path=d.use chart=d",
        "dependencies.go:64: Warning: Condition path 'd.use' for chart d returned non-bool value",
    ),
    (
        "level=WARN msg=\"ImportValues missing table\" error=\"\\\"exports\\\" is not a table\"",
        "dependencies.go:287: Warning: ImportValues missing table: \"exports\" is not a table",
    ),
    (
        "level=WARN msg=\"ImportValues missing table from chart\" chart=d error=\"\\\"no\\\" is not a table\"",
        "dependencies.go:270: Warning: ImportValues missing table from chart d: \"no\" is not a table",
    ),
    (
        "level=INFO msg=\"skipping unknown hooks\" hookTypes=\"x, y\"",
        "manifest_sorter.go:199: info: skipping unknown hook: \"x, y\"",
    ),
];

fn lines_about_values(program: &mut Command) -> Vec<String> {
    let output = program.stdin(Stdio::null()).output().expect("the program starts");
    let mut lines: Vec<String> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

#[test]
fn what_helm_logs_is_logged() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in NOTED {
        let path = directory.path().join("c").join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::fs::write(path, text).expect("a file");
    }
    let program = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_chartwright"));
        program.current_dir(directory.path());
        program
    };
    let sorted = |lines: &mut dyn Iterator<Item = &str>| {
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let helm4 = sorted(&mut NOTED_LINES.iter().map(|(line, _)| *line));
    assert_eq!(lines_about_values(program().args(["template", "c"])), helm4);
    let helm3 = sorted(&mut NOTED_LINES.iter().map(|(_, line)| *line));
    assert_eq!(
        lines_about_values(program().args(["template", "c", "--compat", "helm3"])),
        helm3
    );
    let failing = "{{ required \"a b\" .Values.none }}{{ required \"e\" \"\" }}{{ fail \"f=1\" }}";
    std::fs::write(directory.path().join("c/templates/h.yaml"), failing).expect("a file");
    let only_in_template = ["this chart is deprecated", "skipping unknown hooks"];
    let lines = NOTED_LINES.iter().map(|(line, _)| *line);
    let lines = lines.filter(|line| !only_in_template.iter().any(|words| line.contains(words)));
    let lint = sorted(&mut lines.chain([
        "level=WARN msg=\"missing required value\" message=\"a b\"",
        "level=WARN msg=\"missing required values\" message=e",
        "level=INFO msg=\"funcMap fail\" message=\"f=1\"",
    ]));
    assert_eq!(lines_about_values(program().args(["lint", "--helm-rules", "c"])), lint);
}
