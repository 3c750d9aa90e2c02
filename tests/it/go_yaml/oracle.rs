//! Asks the Go program.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::answer::Answer;

/// The program's answers, in order.
pub(crate) fn ask(program: &Path, snippets: &[Vec<u8>]) -> Vec<Answer> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle starts");
    let mut input = BufWriter::new(child.stdin.take().expect("has an input"));
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
