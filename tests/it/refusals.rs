//! Charts that Helm refuses: we refuse them too, and the first line of standard error is Helm's.
//!
//! Reads the conformance data beside the project; where that is absent, says so and passes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chartwright::text::threads::map_in_parallel;
use serde_json::Value as Json;

/// Share of the refused cases whose first line must be Helm's, in thousandths.
const BAR: usize = 950;

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

/// The first line that is no log line.
fn first_line(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.starts_with("level="));
    lines.next().unwrap_or_default().to_owned()
}

#[test]
fn refusals_begin_with_helms_line() {
    let corpus = std::path::absolute("../shared/conformance/charts-corpus").expect("a path");
    if !corpus.is_dir() {
        println!("no chart corpus here: skipped");
        return;
    }
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
    let mut same = 0;
    for (case, ours) in cases.iter().zip(&ours) {
        same += usize::from(*ours == case.first_line);
        if *ours != case.first_line {
            println!("{}:\n  want {}\n  have {ours}", case.id, case.first_line);
        }
    }
    println!("the first line is Helm's in {same} of {} refused cases", cases.len());
    assert!(same * 1000 >= cases.len() * BAR, "{same} of {}", cases.len());
}
