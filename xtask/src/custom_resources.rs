//! `tests/custom_resources`: the verdicts in it, compared with those of Kubernetes' own code.

use serde_json::Value as Json;

use crate::module::FetchError;
use crate::oracle::Oracle;
use crate::{say, write};

const DEFINITIONS: &str = "tests/custom_resources/definitions.jsonl";
const CASES: &str = "tests/custom_resources/cases.jsonl";

/// Asks whether every case is accepted or refused as its `refusal` says; with `propose`, replaces the cases by the given
/// number of random ones from the given seed.
///
/// # Errors
/// When the Go program cannot be built or fails, a file cannot be read or written, or a verdict differs.
pub(crate) fn compare(propose: Option<(u64, u64)>) -> Result<(), FetchError> {
    let oracle = Oracle::build("custom_resources")?;
    let cases = match propose {
        Some((count, seed)) => {
            let arguments =
                [DEFINITIONS, "-propose", &count.to_string(), "-seed", &seed.to_string()].map(str::to_owned);
            oracle.ask(&arguments, "")?
        }
        None => std::fs::read_to_string(CASES)?.lines().map(str::to_owned).collect(),
    };
    let answers = oracle.ask(&[DEFINITIONS.to_owned()], &format!("{}\n", cases.join("\n")))?;
    if answers.len() != cases.len() {
        let message = format!("{} cases have {} answers", cases.len(), answers.len());
        return Err(FetchError::Answer(message));
    }
    let read = |line: &str| serde_json::from_str::<Json>(line).map_err(|error| FetchError::Answer(error.to_string()));
    let (mut differing, mut text) = (0, String::new());
    for (line, answer) in cases.iter().zip(&answers) {
        let (mut case, answer) = (read(line)?, read(answer)?);
        let refusal = answer.get("apply").and_then(Json::as_str).unwrap_or_default();
        let is_accepted = refusal.is_empty();
        if propose.is_none() && case.get("refusal").and_then(Json::as_str).is_none_or(str::is_empty) != is_accepted {
            differing += 1;
            say(&format!("{line}\n  Kubernetes: {answer}"));
        }
        if let Some(fields) = case.as_object_mut() {
            let short: String = refusal.chars().take(160).collect();
            fields.insert("refusal".to_owned(), Json::from(short));
        }
        text.push_str(&format!("{case}\n"));
    }
    say(&format!("{} verdicts compared", cases.len()));
    if differing > 0 {
        return Err(FetchError::Answer(format!("{differing} verdicts differ")));
    }
    if propose.is_some() {
        write(CASES, text.as_bytes())?;
    }
    Ok(())
}
