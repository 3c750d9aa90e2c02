//! Files that sops encrypted, decrypted in memory by the user's own sops. In: the file. Out: its text, and the values that are or were
//! encrypted, which nothing may show.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde_json::Value as Json;

use super::program::{ProgramCall, Programs};
use crate::check::finding::SecretValues;
use crate::text::edit::is_sops_file;
use crate::text::json_pointer;
use crate::text::yaml::json_from_bytes;

/// How encrypted values begin.
const ENCRYPTED: &str = "ENC[";

/// What files had that were decrypted.
#[derive(Debug, Default)]
pub struct DecryptedValues {
    /// The values that were encrypted.
    pub(super) secrets: SecretValues,
    /// Where they are, as JSON pointers.
    places: BTreeSet<String>,
}

impl DecryptedValues {
    /// Adds the values of a file that were encrypted, from its text and the decrypted one.
    fn add(&mut self, before: &Json, after: &Json, place: &str) {
        match (before, after) {
            (Json::Object(before), Json::Object(after)) => {
                for (key, value) in before {
                    if let Some(plain) = after.get(key) {
                        self.add(value, plain, &below(place, key));
                    }
                }
            }
            (Json::Array(before), Json::Array(after)) => {
                for (index, (value, plain)) in before.iter().zip(after).enumerate() {
                    self.add(value, plain, &below(place, &index.to_string()));
                }
            }
            (Json::String(text), plain) if text.starts_with(ENCRYPTED) => {
                self.secrets.add_encrypted(&text_of(plain));
                self.places.insert(place.to_owned());
            }
            _ => {}
        }
    }

    /// The secrets of a release: the values that were encrypted, and what Helm stored in their places before, or in places that no file gives a
    /// value any more. `now` gives the values of the release; nothing asks for them where nothing is encrypted.
    ///
    /// # Errors
    /// Those of `now`.
    pub(super) fn of_release(
        &self,
        stored: Option<&Json>,
        now: impl FnOnce() -> Result<Json, String>,
    ) -> Result<SecretValues, String> {
        let mut secrets = self.secrets.clone();
        let Some(stored) = stored.filter(|_| !self.places.is_empty()) else {
            return Ok(secrets);
        };
        let now = now()?;
        let mut pending = vec![(String::new(), stored)];
        while let Some((place, value)) = pending.pop() {
            match value {
                Json::Object(members) => {
                    pending.extend(members.iter().map(|(key, value)| (below(&place, key), value)));
                }
                Json::Array(items) => {
                    let items = items.iter().enumerate();
                    pending.extend(items.map(|(index, value)| (below(&place, &index.to_string()), value)));
                }
                plain if self.places.contains(&place) => secrets.add_encrypted(&text_of(plain)),
                plain if now.pointer(&place).is_none() => secrets.add(&text_of(plain)),
                _ => {}
            }
        }
        Ok(secrets)
    }
}

/// The place of a member or an item, as a JSON pointer.
fn below(place: &str, key: &str) -> String {
    format!("{place}/{}", json_pointer::escape(key))
}

fn text_of(plain: &Json) -> Cow<'_, str> {
    match plain {
        Json::String(plain) => Cow::Borrowed(plain),
        // Words that are everywhere.
        Json::Bool(_) | Json::Null => Cow::Borrowed(""),
        plain => Cow::Owned(plain.to_string()),
    }
}

/// The text of a file, decrypted if it is encrypted; what was encrypted in it is added to `values`.
///
/// # Errors
/// When sops is missing, or cannot decrypt it.
pub fn decrypted(programs: &Programs, path: &Path, text: Vec<u8>, values: &mut DecryptedValues) -> io::Result<Vec<u8>> {
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
    values.add(&before, &after, "");
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> DecryptedValues {
        let before = serde_json::json!({
            "a": "ENC[AES256_GCM,data:x]", "b": ["ENC[y]", "plain text here"], "c": {"d": "other text here", "e/f": "ENC[z]"}, "is": "ENC[w]"
        });
        let after = serde_json::json!({
            "a": "hunter2-hunter2", "b": ["swordfish", "plain text here"], "c": {"d": "other text here", "e/f": 12_345_678}, "is": true
        });
        let mut values = DecryptedValues::default();
        values.add(&before, &after, "");
        values
    }

    #[test]
    fn what_was_encrypted_is_a_secret_and_nothing_else() {
        assert_eq!(
            values()
                .secrets
                .hide("hunter2-hunter2, swordfish, 12345678, true, plain text here, other text here"),
            "***, ***, ***, true, plain text here, other text here"
        );
    }

    #[test]
    fn earlier_values_of_the_same_places_are_secrets_and_those_that_are_gone() {
        let now = serde_json::json!({"a": "x", "b": ["x", "plain text"], "c": {"d": "other text", "e/f": 1}, "image": {"tag": "1.4.2-fa7b1d"}});
        let stored = serde_json::json!({
            "a": "older-secret", "b": ["tigernote"], "c": {"d": "text of before", "e/f": 87_654_321}, "image": {"tag": "1.4.1-9cd01e"}, "gone": {"x": "T0ken-one"}
        });
        let text = "older-secret, tigernote, text of before, 87654321, 1.4.1-9cd01e, T0ken-one";
        let hidden = |values: &DecryptedValues, stored| {
            let secrets = values.of_release(stored, || Ok(now.clone())).unwrap();
            secrets.hide(text).into_owned()
        };
        assert_eq!(
            hidden(&values(), Some(&stored)),
            "***, ***, text of before, ***, 1.4.1-9cd01e, ***"
        );
        assert_eq!(hidden(&values(), None), text);
        assert_eq!(hidden(&DecryptedValues::default(), Some(&stored)), text);
    }
}
