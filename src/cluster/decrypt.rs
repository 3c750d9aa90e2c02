//! Files that sops encrypted, decrypted in memory by the user's own sops. In: the file. Out: its text, and the values that were encrypted,
//! which nothing may show.

use std::io;
use std::path::Path;

use serde_json::Value as Json;

use super::program::{ProgramCall, Programs};
use crate::check::finding::SecretValues;
use crate::text::edit::is_sops_file;
use crate::text::yaml::json_from_bytes;

/// How encrypted values begin.
const ENCRYPTED: &str = "ENC[";

/// The text of a file, decrypted if it is encrypted; the secrets in it are added to `secrets`.
///
/// # Errors
/// When sops is missing, or cannot decrypt it.
pub fn decrypted(programs: &Programs, path: &Path, text: Vec<u8>, secrets: &mut SecretValues) -> io::Result<Vec<u8>> {
    if !is_sops_file(&text) {
        return Ok(text);
    }
    let path = path.display().to_string();
    let call = ProgramCall::new("sops", ["--decrypt", &path]);
    let plain = programs
        .output(&call, b"")
        .map_err(|error| io::Error::other(format!("it is encrypted, and {error}")))?;
    let before = json_from_bytes(&text).unwrap_or_default();
    let after = json_from_bytes(&plain).unwrap_or_default();
    add_secrets(&before, &after, secrets);
    Ok(plain)
}

fn add_secrets(before: &Json, after: &Json, secrets: &mut SecretValues) {
    match (before, after) {
        (Json::Object(before), Json::Object(after)) => {
            for (key, value) in before {
                if let Some(plain) = after.get(key) {
                    add_secrets(value, plain, secrets);
                }
            }
        }
        (Json::Array(before), Json::Array(after)) => {
            for (value, plain) in before.iter().zip(after) {
                add_secrets(value, plain, secrets);
            }
        }
        (Json::String(text), plain) if text.starts_with(ENCRYPTED) => match plain {
            Json::String(plain) => secrets.add(plain),
            plain => secrets.add(&plain.to_string()),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encrypted_is_a_secret_and_nothing_else() {
        let before = serde_json::json!({"a": "ENC[AES256_GCM,data:x]", "b": ["ENC[y]", "plain text here"], "c": {"d": "other text here"}});
        let after = serde_json::json!({"a": "hunter2-hunter2", "b": ["open sesame 17", "plain text here"], "c": {"d": "other text here"}});
        let mut secrets = SecretValues::default();
        add_secrets(&before, &after, &mut secrets);
        assert_eq!(
            secrets.hide("hunter2-hunter2, open sesame 17, plain text here, other text here"),
            "***, ***, plain text here, other text here"
        );
    }
}
