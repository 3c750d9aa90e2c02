//! Charts that Helm refuses: we refuse them too, and the first line of standard error is Helm's, except for the cases
//! in `tests/known/refusals.tsv`. The cases are in the conformance data next to the project; without it,
//! `tests/not_run.rs` reports that they were not run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chartwright::text::threads::map_in_parallel;
use serde_json::Value as Json;

use crate::data;
use crate::known::{Comparison, Extent};

struct Refused {
    id: String,
    arguments: Vec<String>,
    first_line: String,
}

fn refused_cases(corpus: &Path) -> Vec<Refused> {
    let cases = std::fs::read_to_string(corpus.join("cases.jsonl")).expect("cases.jsonl");
    let cases = cases
        .lines()
        .map(|line| -> Json { serde_json::from_str(line).expect("a case") });
    cases
        .filter(|case| case["exit"] != 0)
        .map(|case| Refused {
            id: case["id"].as_str().expect("an id").to_owned(),
            arguments: case["args"]
                .as_array()
                .expect("arguments")
                .iter()
                .map(|argument| argument.as_str().expect("text").to_owned())
                .collect(),
            first_line: first_line(case["stderr"].as_str().expect("Helm's message")),
        })
        .collect()
}

/// The first line that is not a log line.
fn first_line(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.starts_with("level="));
    lines.next().unwrap_or_default().to_owned()
}

#[test]
fn refusals_begin_with_helms_line() {
    let Some(corpus) = data::corpus() else { return };
    let cases = refused_cases(&corpus);
    let program = PathBuf::from(env!("CARGO_BIN_EXE_chartwright"));
    let ours = map_in_parallel(&cases, |case| {
        let output = Command::new(&program)
            .arg("template")
            .args(&case.arguments)
            .current_dir(&corpus)
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        assert!(!output.status.success(), "{} is not refused", case.id);
        first_line(&String::from_utf8_lossy(&output.stderr))
    });
    let mut comparison = Comparison::default();
    for (case, ours) in cases.iter().zip(&ours) {
        let difference = (*ours != case.first_line).then(|| format!("want {}\n  have {ours}", case.first_line));
        comparison.add(&case.id, difference);
    }
    comparison.assert_known("refusals", Extent::Whole);
    assert_eq!(
        cases.len(),
        data::REFUSALS,
        "tests/it/data.rs has another number of refusals"
    );
}
