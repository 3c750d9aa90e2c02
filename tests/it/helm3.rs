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
const LOG_LINES: [&str; 2] = ["level=", "WARNING: "];

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
            assert_eq!(message.lines().next().unwrap_or_default(), wanted, "{compat}: {values}");
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
