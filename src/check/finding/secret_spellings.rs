//! The ways in which a secret turns up in a text: as it is, quoted as Go and JSON do it, encoded, and encoded with what stands around it.

use std::collections::BTreeSet;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::text::go::quote::quote;

/// Shorter parts of encoded texts are equal to others by accident.
const LEAST_ENCODED: usize = 12;

/// Characters of the shortest text that is looked at as an encoded one.
const ENCODED_WORD: usize = 12;

/// Secrets as they are and quoted, in any order.
pub(super) fn plain_spellings(secrets: &BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::with_capacity(secrets.len());
    for text in secrets {
        all.push(text.clone());
        if !is_spelt_alike(text) {
            let quoted = quote(text.as_bytes());
            all.push(quoted.trim_matches('"').to_owned());
            let json = serde_json::Value::from(text.as_str()).to_string();
            all.push(json.trim_matches('"').to_owned());
        }
    }
    all
}

/// Secrets in base64, in any order.
pub(super) fn encoded_spellings(secrets: &BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::with_capacity(4 * secrets.len());
    for text in secrets {
        all.push(STANDARD.encode(text));
        all.extend(encoded_parts(text));
    }
    all
}

/// Whether a text has something in it that may be base64, unlike the words of a language or a program: small and capital letters with a
/// digit, a sign or many changes between the two. Most messages have none.
pub(super) fn may_be_encoded(text: &str) -> bool {
    // A slash separates the steps of a path more often than it is a part of base64.
    let words = text.as_bytes().split(|byte| !is_encoded(*byte) || *byte == b'/');
    words.filter(|word| word.len() >= ENCODED_WORD).any(|word| {
        let has = |test: fn(&u8) -> bool| word.iter().any(test);
        let rises = word.windows(2);
        let rises = rises.filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        is_mixed && (has(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'=')) || rises.count() * 8 > word.len())
    })
}

/// Whether a byte may be a part of base64.
const fn is_encoded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// A place of an encoded text with the characters around it that the secret has a part in.
pub(super) fn with_neighbours(text: &str, found: &Range<usize>) -> Range<usize> {
    const GROUP: usize = 4;
    let bytes = text.as_bytes();
    let before = bytes.get(..found.start).unwrap_or_default().iter().rev();
    let after = bytes.get(found.end..).unwrap_or_default().iter();
    let start = found.start - before.take(GROUP).take_while(|byte| is_encoded(**byte)).count();
    start..found.end + after.take(GROUP).take_while(|byte| is_encoded(**byte)).count()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_names_of_fields_are_not_encoded() {
        for (text, want) in [
            ("/spec/template/spec/containers/0/startupProbe/successThreshold", false),
            ("requiredDuringSchedulingIgnoredDuringExecution", false),
            ("terminationGracePeriodSeconds: got string, want integer", false),
            (
                "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                false,
            ),
            ("got 'VDBrZW4tb25lLWFuZC1tb3Jl'", true),
            ("cGFzc3dvcmQ=", true),
        ] {
            assert_eq!(may_be_encoded(text), want, "{text}");
        }
    }
}
