//! `credential_process`: a program that prints keys as JSON. It is run without a shell, and neither its output nor its
//! arguments are shown.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use super::super::credential_helper::converse;
use super::aws_keys::AwsKeys;
use crate::artifact::network::Secret;

/// Longest time that the program may take; some ask the user for a code.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// The keys that a program prints.
///
/// # Errors
/// When it cannot be run, fails, takes too long, or prints something else.
pub(super) fn process_keys(command_line: &str) -> Result<AwsKeys, String> {
    let words = words(command_line).ok_or("has a credential_process with a quotation mark that is not closed")?;
    let (program, arguments) = words.split_first().ok_or("has an empty credential_process")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("has a credential_process that cannot be run: {error}"))?;
    let outcome = converse(&mut child, "", TIME_LIMIT);
    if outcome.is_none() {
        // It may have ended meanwhile.
        let _killed = child.kill();
        let _ended = child.wait();
    }
    match outcome {
        None => Err(format!(
            "has a credential_process that does not end within {} s",
            TIME_LIMIT.as_secs()
        )),
        Some((_, false)) => Err("has a credential_process that failed".to_owned()),
        Some((output, true)) => {
            let answer = serde_json::from_slice(&output).unwrap_or_default();
            keys(&answer).ok_or_else(|| {
                "has a credential_process that does not print JSON with `Version` 1, `AccessKeyId` and `SecretAccessKey`".to_owned()
            })
        }
    }
}

fn keys(answer: &Json) -> Option<AwsKeys> {
    let text = |name: &str| answer.get(name).and_then(Json::as_str);
    if answer.get("Version")?.as_u64() != Some(1) {
        return None;
    }
    let ends = match text("Expiration") {
        Some(time) => Some(u64::try_from(time.parse::<jiff::Timestamp>().ok()?.as_second()).ok()?),
        None => None,
    };
    Some(AwsKeys {
        id: Secret::new(text("AccessKeyId")?),
        key: Secret::new(text("SecretAccessKey")?),
        token: text("SessionToken").map(Secret::new),
        ends,
    })
}

/// The words of a command line: blanks separate them, unless they are in quotation marks. Backslashes are part of Windows' paths.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if matches!(c, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_has_words_and_no_shell() {
        for (line, want) in [
            ("a  b", Some(&["a", "b"][..])),
            (r#""/a b/c" --x='$HOME;y' """#, Some(&["/a b/c", "--x=$HOME;y", ""])),
            (r"C:\a\b.exe x", Some(&[r"C:\a\b.exe", "x"])),
            ("", Some(&[])),
            ("a 'b", None),
        ] {
            let want = want.map(|words| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
            assert_eq!(words(line), want, "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_what_a_program_prints() {
        let good = r#"printf '{"Version": 1, "AccessKeyId": "id", "SecretAccessKey": "hunter2", "Expiration": "2026-01-01T00:00:00Z"}'"#;
        let keys = process_keys(&good.replace("printf", "printf %s")).unwrap();
        assert_eq!(
            (keys.id.reveal(), keys.key.reveal(), keys.ends),
            ("id", "hunter2", Some(1_767_225_600))
        );
        for (line, want) in [
            ("false", "failed"),
            ("printf hunter2", "does not print JSON"),
            (
                r#"printf '{"Version": 2, "AccessKeyId": "hunter2", "SecretAccessKey": "hunter2"}'"#,
                "does not print JSON",
            ),
            ("/nowhere/hunter2", "cannot be run"),
            ("", "an empty credential_process"),
        ] {
            let error = process_keys(line).unwrap_err();
            assert!(error.contains(want) && !error.contains("hunter2"), "{error}");
        }
    }
}
