//! Building and asking the Go program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::answer::Answer;

/// Builds the program in `source`; none without Go.
pub(crate) fn build(source: &Path) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yaml-oracle");
    let status = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .status();
    status.is_ok_and(|status| status.success()).then_some(program)
}

/// The program's answers, in order.
pub(crate) fn ask(program: &Path, snippets: &[Vec<u8>]) -> Vec<Answer> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle starts");
    let mut input = child.stdin.take().expect("has an input");
    let output = BufReader::new(child.stdout.take().expect("has an output"));
    let answers = std::thread::scope(|scope| {
        scope.spawn(move || {
            for snippet in snippets {
                let length = u32::try_from(snippet.len()).expect("is short");
                let written = input
                    .write_all(&length.to_be_bytes())
                    .and_then(|()| input.write_all(snippet));
                written.expect("the oracle listens");
            }
        });
        output
            .lines()
            .map(|line| Answer::parse(&line.expect("is text")))
            .collect()
    });
    child.wait().expect("the oracle ends");
    answers
}
