//! The ways in which a secret turns up in a text: as it is, quoted as Go and JSON do it, encoded, and encoded with what stands around it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::text::go::quote::quote;

/// Shorter parts of encoded texts are equal to others by accident.
const LEAST_ENCODED: usize = 12;

/// All spellings of secrets, in any order.
pub(super) fn spellings(secrets: &BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::with_capacity(5 * secrets.len());
    for text in secrets {
        all.push(text.clone());
        all.push(STANDARD.encode(text));
        all.extend(encoded_parts(text));
        if !is_spelt_alike(text) {
            let quoted = quote(text.as_bytes());
            all.push(quoted.trim_matches('"').to_owned());
            let json = serde_json::Value::from(text.as_str()).to_string();
            all.push(json.trim_matches('"').to_owned());
        }
    }
    all
}

/// What every base64 of a text has that the secret is a part of, whatever stands before and after it.
fn encoded_parts(text: &str) -> impl Iterator<Item = String> {
    // Three bytes are four characters, so where the secret begins within three bytes decides how it is encoded.
    let places = [("", 0), ("-", 2), ("--", 3)];
    places.into_iter().filter_map(move |(before, shared)| {
        let padded = [before.as_bytes(), text.as_bytes()].concat();
        let whole = padded.len() / 3 * 4;
        let encoded = STANDARD.encode(&padded);
        let part = encoded.get(shared..whole)?;
        (part.len() >= LEAST_ENCODED).then(|| part.to_owned())
    })
}

/// Whether a text is the same in quotation marks of Go and JSON: all of it is printable ASCII that neither escapes.
fn is_spelt_alike(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    text.bytes().all(is_plain)
}
