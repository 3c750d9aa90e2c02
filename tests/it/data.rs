//! The data outside the repository that tests compare with: the conformance data next to the project
//! (`../shared/conformance`: other projects' charts, and the answers of the real programs) and Go. This file has its
//! location and its size; `tests/not_run.rs` reports what is missing, with these numbers, and every test that uses the
//! data checks its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Template rows, in `oracle/` and `rows/`.
pub(crate) const ROWS: usize = 14_690;
/// Charts of the corpus that Helm refuses.
pub(crate) const REFUSALS: usize = 110;
/// Charts of the corpus that Helm 3 rendered or refused (`tests/helm3/goldens.tsv`).
pub(crate) const HELM3_CASES: usize = 600;
/// Charts of the corpus whose reports are searched for places that cannot be opened.
pub(crate) const PLACED_CHARTS: usize = 134;
/// Values files and Chart.yaml files of the corpus that are edited.
pub(crate) const EDITED_FILES: usize = 1440;
/// Snippets of YAML of each of the four kinds that are generated.
pub(crate) const SNIPPETS: u64 = 2500;
/// What `.ci/conformance.py` compares: cases of the corpus, manifests, whole commands.
pub(crate) const CHART_CASES: usize = 1239;
pub(crate) const MANIFESTS: usize = 3227;
pub(crate) const COMMANDS: usize = 254;

/// The conformance data, where it is.
pub(crate) fn conformance() -> Option<PathBuf> {
    let directory = std::path::absolute("../shared/conformance").ok()?;
    directory.is_dir().then_some(directory)
}

/// The chart corpus of the conformance data.
pub(crate) fn corpus() -> Option<PathBuf> {
    Some(conformance()?.join("charts-corpus"))
}

/// The Go program that answers for go-yaml (`tests/go_yaml/oracle`), built; nothing without Go or the modules it
/// needs.
pub(crate) fn yaml_oracle() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yaml-oracle");
    let status = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go_yaml/oracle"))
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success()).then_some(program)
}

#[test]
fn the_numbers_are_those_of_the_data() {
    let Some(conformance) = conformance() else { return };
    let lines = |files: &[&str]| -> usize {
        let count = |file: &&str| {
            let text = std::fs::read_to_string(conformance.join(file)).expect("a file of the conformance data");
            // A manifest of a kind that the API server does not have is left out.
            let is_compared = |line: &&str| !line.contains("\"api_server_1.35\": null");
            text.lines().filter(is_compared).count()
        };
        files.iter().map(count).sum()
    };
    assert_eq!(lines(&["charts-corpus/cases.jsonl"]), CHART_CASES);
    let kinds = ["mutations", "mutants", "rendered", "kubeconform"].map(|kind| format!("validate/{kind}.jsonl"));
    assert_eq!(lines(&kinds.each_ref().map(String::as_str)), MANIFESTS);
    assert_eq!(
        lines(&["rows/coalesce.jsonl", "rows/manifest.jsonl", "rows/lint.jsonl"]),
        COMMANDS
    );
}
