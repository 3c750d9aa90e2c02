//! How failures are presented: each directory of `tests/failures` is a kind of failure, with a chart, the arguments of
//! `template` (a line each) and the whole of the expected standard error.
//!
//! `FAILURES_UPDATE=1 cargo test --test it failures` makes the present output the expected one; review the difference.

use std::path::Path;
use std::process::{Command, Stdio};

/// Standard error and the exit status.
fn run(case: &Path) -> String {
    let arguments = std::fs::read_to_string(case.join("arguments")).expect("arguments");
    let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .arg("template")
        .args(arguments.lines())
        .current_dir(case)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let directory = std::path::absolute(case).expect("a path").display().to_string();
    let text = String::from_utf8(output.stderr)
        .expect("UTF-8")
        .replace(&directory, "DIRECTORY");
    format!("{text}[exit status {}]\n", output.status.code().expect("no signal"))
}

#[test]
fn failures_are_presented_as_expected() {
    let mut cases: Vec<_> = std::fs::read_dir("tests/failures")
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 15, "kinds of failure");
    #[expect(clippy::disallowed_methods, reason = "a setting of the test")]
    let updates = std::env::var("FAILURES_UPDATE").is_ok();
    let mut differing = Vec::new();
    for case in &cases {
        let printed = run(case);
        let expected_path = case.join("expected");
        if updates {
            std::fs::write(&expected_path, &printed).expect("writes");
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if expected != printed {
            differing.push(format!(
                "{}\n--- expected\n{expected}\n--- printed\n{printed}",
                case.display()
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}
