//! `tests/rows/helm.jsonl`: rows with Helm's answers, refreshed or added. Lines whose answer is unchanged keep their
//! bytes.

use serde_json::Value;

use crate::module::FetchError;
use crate::oracle::Oracle;
use crate::{say, write};

const ROWS: &str = "tests/rows/helm.jsonl";

/// Asks Helm for every row again and writes those whose answer changed; with `propose`, adds the given number of random
/// rows from the given seed instead.
///
/// # Errors
/// When the Go program cannot be built or fails, or a file cannot be read or written.
pub(crate) fn renew(propose: Option<(u64, u64)>) -> Result<(), FetchError> {
    let rows = std::fs::read_to_string(ROWS)?;
    let oracle = Oracle::build("rows")?;
    if let Some((count, seed)) = propose {
        let arguments = ["-propose", &count.to_string(), "-seed", &seed.to_string()].map(str::to_owned);
        let added = oracle.ask(&arguments, &rows)?;
        say(&format!("{} rows added", added.len()));
        return write(ROWS, format!("{rows}{}\n", added.join("\n")).as_bytes());
    }
    let answers = oracle.ask(&[], &rows)?;
    let lines: Vec<&str> = rows.lines().collect();
    if answers.len() != lines.len() {
        let message = format!("{} rows have {} answers", lines.len(), answers.len());
        return Err(FetchError::Answer(message));
    }
    let mut renewed = String::new();
    let mut changed = 0;
    for (line, answer) in lines.iter().zip(&answers) {
        let (old, new): (Value, Value) = (serde_json::from_str(line)?, serde_json::from_str(answer)?);
        changed += usize::from(old != new);
        renewed.push_str(if old == new { line } else { answer });
        renewed.push('\n');
    }
    say(&format!("{changed} of {} answers changed", lines.len()));
    write(ROWS, renewed.as_bytes())
}
