//! `tests/verdicts`: the verdicts in it, compared with those of Kubernetes' own validation.

use crate::module::FetchError;
use crate::oracle::Oracle;
use crate::{say, write};

const OBJECTS: &str = "tests/verdicts/objects.yaml";
const CHANGES: &str = "tests/verdicts/changes.tsv";
const MISSED: &str = "tests/verdicts/missed.tsv";

/// Asks whether every change is accepted or refused as its line says; with `propose`, adds the given number of random
/// changes from the given seed instead. Their violations are filled in by
/// `VERDICTS_UPDATE=1 cargo test --test it verdicts`.
///
/// # Errors
/// When the Go program cannot be built or fails, a file cannot be read or written, or a verdict differs.
pub(crate) fn compare(propose: Option<(u64, u64)>) -> Result<(), FetchError> {
    let oracle = Oracle::build("verdicts")?;
    let changes = std::fs::read_to_string(CHANGES)?;
    if let Some((count, seed)) = propose {
        let arguments = [OBJECTS, "-propose", &count.to_string(), "-seed", &seed.to_string()].map(str::to_owned);
        let mut added = String::new();
        for answer in oracle.ask(&arguments, "")? {
            let columns: Vec<&str> = answer.splitn(5, '\t').collect();
            let [object, pointer, value, verdict, ..] = columns.as_slice() else {
                return Err(FetchError::Answer(answer));
            };
            let change = format!("{object}\t{pointer}\t{value}\t");
            if !changes.lines().any(|line| line.starts_with(&change)) {
                added.push_str(&format!("{change}{verdict}\n"));
            }
        }
        say(&format!(
            "{} changes added; now run VERDICTS_UPDATE=1 cargo test --test it verdicts",
            added.lines().count()
        ));
        return write(CHANGES, format!("{changes}{added}").as_bytes());
    }
    let missed = std::fs::read_to_string(MISSED)?;
    let mut differing = 0;
    for (file, lines, is_missed) in [(CHANGES, &changes, false), (MISSED, &missed, true)] {
        let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with('#')).collect();
        let answers = oracle.ask(&[OBJECTS.to_owned()], &format!("{}\n", lines.join("\n")))?;
        if answers.len() != lines.len() {
            let message = format!("{} lines of {file} have {} answers", lines.len(), answers.len());
            return Err(FetchError::Answer(message));
        }
        for (line, answer) in lines.iter().zip(&answers) {
            let is_accepted = line.ends_with("\ttaken") && !is_missed;
            if answer.ends_with("\ttaken") != is_accepted {
                differing += 1;
                say(&format!("{file}: {line}\n  Kubernetes: {answer}"));
            }
        }
        say(&format!("{file}: {} verdicts compared", lines.len()));
    }
    if differing > 0 {
        return Err(FetchError::Answer(format!("{differing} verdicts differ")));
    }
    Ok(())
}
