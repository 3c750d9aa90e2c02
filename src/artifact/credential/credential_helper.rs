//! Docker's credential helpers: a program `docker-credential-NAME get` reads a server's address from standard input and prints a
//! user and a secret. Neither its arguments nor our messages have any of them.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::credential_error::CredentialError;
use super::login::Login;

/// Longest time that a helper may take. Some ask a cloud service.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Most bytes that it may print.
const OUTPUT_BYTES: u64 = 1 << 20;
/// Pause between looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);
/// What a helper prints when it has no credentials, with an exit code that is not zero.
const NOT_FOUND: &str = "credentials not found";

/// The login that a helper has for a server, if any.
///
/// # Errors
/// When the helper's name is not one, it cannot be run, fails, takes too long, or prints something else.
pub(super) fn helper_login(name: &str, server: &str, limit: Duration) -> Result<Option<Login>, CredentialError> {
    let program = format!("docker-credential-{name}");
    let failed = |reason: String| CredentialError::Helper {
        program: program.clone(),
        reason,
    };
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(is_allowed) {
        return Err(failed("does not have the name of a program".to_owned()));
    }
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    let outcome = converse(&mut child, server, limit);
    if outcome.is_none() {
        // It may have ended meanwhile.
        let _killed = child.kill();
        let _ended = child.wait();
    }
    let (output, is_success) =
        outcome.ok_or_else(|| failed(format!("does not end within {} s", limit.as_secs_f32())))?;
    if !is_success {
        let is_absent = String::from_utf8_lossy(&output).contains(NOT_FOUND);
        return if is_absent {
            Ok(None)
        } else {
            Err(failed("failed".to_owned()))
        };
    }
    let answer: Json = serde_json::from_slice(&output).unwrap_or_default();
    let text = |field: &str| answer.get(field).and_then(Json::as_str);
    match (text("Username"), text("Secret")) {
        (Some(""), Some("")) => Ok(None),
        (Some(username), Some(secret)) => Ok(Some(Login::new(username, secret))),
        _ => Err(failed("does not print JSON with `Username` and `Secret`".to_owned())),
    }
}

/// What a program prints after it has read a server's address, and whether it succeeds; `None` if it takes too long.
pub(super) fn converse(child: &mut Child, server: &str, limit: Duration) -> Option<(Vec<u8>, bool)> {
    let end = Instant::now() + limit;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read it fails in a way that is reported.
        let _written = input.write_all(server.as_bytes());
    }
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    // The reader is left behind when the program does not end: what it has started may keep the pipe open.
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _read = output.take(OUTPUT_BYTES).read_to_end(&mut bytes);
        let _sent = sender.send(bytes);
    });
    let bytes = receiver.recv_timeout(limit).ok()?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some((bytes, status.success())),
            Ok(None) if Instant::now() < end => thread::sleep(PAUSE),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_programs_are_run() {
        for name in ["", "../evil", "a b", "x;y", "C:x"] {
            let error = helper_login(name, "host", TIME_LIMIT).unwrap_err().to_string();
            assert!(error.ends_with("does not have the name of a program"), "{error}");
        }
        let error = helper_login("is-not-installed-anywhere", "host", TIME_LIMIT).unwrap_err();
        assert!(error.to_string().contains("cannot be run"), "{error}");
    }

    /// What a shell script, as a helper, makes of the address it reads.
    #[cfg(unix)]
    fn outcome(script: &str) -> Option<(String, bool)> {
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let outcome = converse(&mut child, "host", Duration::from_millis(400));
        let _killed = child.kill();
        let _ended = child.wait();
        outcome.map(|(bytes, is_success)| (String::from_utf8(bytes).unwrap(), is_success))
    }

    #[cfg(unix)]
    #[test]
    fn a_helper_reads_the_address_and_has_limited_time() {
        for (script, want) in [
            ("cat; echo '!'", Some(("host!\n", true))),
            ("echo no; exit 1", Some(("no\n", false))),
            ("exec sleep 30", None),
            ("sleep 30 & echo x", None),
        ] {
            let found = outcome(script);
            let found = found.as_ref().map(|(text, is_success)| (text.as_str(), *is_success));
            assert_eq!(found, want, "{script}");
        }
    }
}
