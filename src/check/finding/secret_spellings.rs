//! The ways in which a secret turns up in a text: as it is, quoted as Go, JSON and YAML do it, in addresses and pages, encoded, and encoded
//! with what stands around it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::secret_search::{CUTS, LEAST_BYTES};
use crate::engine::functions::json::to_go_json;
use crate::engine::template::executor::escape;
use crate::engine::template::{Text, Value};
use crate::text::go::quote::quote;

/// Characters of base64 that stand for [`GROUP_BYTES`].
const GROUP: usize = 4;
const GROUP_BYTES: usize = 3;
/// Characters of the shortest secret in base64.
const LEAST_ENCODED: usize = LEAST_BYTES * GROUP / GROUP_BYTES;
/// Characters of the shortest text that is looked at as an encoded one.
const ENCODED_WORD: usize = 12;

/// Secrets as they are and as templates write them in other languages, in any order.
pub(super) fn plain_spellings(secrets: &BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::with_capacity(secrets.len());
    for text in secrets {
        all.push(text.clone());
        if is_spelt_alike(text) {
            continue;
        }
        let bytes = text.as_bytes();
        let string = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let go_json = to_go_json(&Value::Str(Text::from(text.as_str()))).unwrap_or_default();
        let in_query = string(escape::url_query(bytes));
        let spellings = [
            quote(bytes).trim_matches('"').to_owned(),
            serde_json::to_string(text)
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned(),
            string(go_json).trim_matches('"').to_owned(),
            // A space in the path of an address.
            in_query.replace('+', "%20"),
            in_query,
            string(escape::html(bytes)),
            string(escape::js(bytes)),
            // YAML in single quotation marks.
            text.replace('\'', "''"),
        ];
        all.extend(spellings.into_iter().filter(|spelling| spelling != text));
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

/// A part of a text that is read as base64: what it stands for, and where it is.
pub(super) struct Decoded {
    /// The bytes that it stands for, with `...` behind them where the text is cut.
    pub(super) bytes: Vec<u8>,
    /// Where its first group begins in the text.
    start: usize,
    /// Where it ends.
    end: usize,
}

impl Decoded {
    /// The place in the text of a part of the bytes: the groups that have something of it.
    pub(super) fn place(&self, part: &Range<usize>) -> Range<usize> {
        let start = self.start + part.start / GROUP_BYTES * GROUP;
        start..(self.start + part.end.div_ceil(GROUP_BYTES) * GROUP).min(self.end)
    }
}

/// The parts of a text that may be base64, each read from its first four characters on: what stands before a secret decides where groups
/// begin. Both alphabets are read.
pub(super) fn decoded_parts(text: &str) -> Vec<Decoded> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let digits: Vec<u8> = rest.iter().map_while(|byte| digit(*byte)).collect();
        let end = at + digits.len();
        let padding = bytes.get(end..).unwrap_or_default().iter();
        let padded = end + padding.take(2).take_while(|byte| **byte == b'=').count();
        let after = text.get(end..).unwrap_or_default();
        let cut = CUTS.iter().find(|cut| after.starts_with(**cut));
        for skipped in (0..GROUP).take_while(|skipped| skipped + LEAST_ENCODED <= digits.len()) {
            let mut decoded = undigested(digits.get(skipped..).unwrap_or_default());
            decoded.extend(cut.into_iter().flat_map(|cut| cut.bytes()));
            parts.push(Decoded {
                bytes: decoded,
                start: at + skipped,
                end: padded,
            });
        }
        at = padded.max(at + 1);
    }
    parts
}

/// The six bits of a character of base64.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The bytes of digits.
fn undigested(digits: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(digits.len());
    for group in digits.chunks(GROUP) {
        let bits = group
            .iter()
            .zip([18, 12, 6, 0])
            .map(|(digit, by)| u32::from(*digit) << by);
        let [_, all @ ..] = bits.sum::<u32>().to_be_bytes();
        bytes.extend(all.iter().take(group.len() - 1));
    }
    bytes
}

/// Whether a text is the same in all of these: nothing in it is escaped.
fn is_spelt_alike(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    // Without an end at the first byte that is another one, many are looked at together.
    text.bytes().fold(true, |all, byte| all & is_plain(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_spelt_as_templates_write_them() {
        let spelt = plain_spellings(&BTreeSet::from(["a'b\"c<d e+&".to_owned()]));
        for want in [
            "a'b\"c<d e+&",
            "a'b\\\"c<d e+&",
            "a'b\\\"c\\u003cd e+\\u0026",
            "a%27b%22c%3Cd+e%2B%26",
            "a%27b%22c%3Cd%20e%2B%26",
            "a&#39;b&#34;c&lt;d e+&amp;",
            "a\\'b\\\"c\\u003Cd e+\\u0026",
            "a''b\"c<d e+&",
        ] {
            assert!(spelt.iter().any(|spelling| spelling == want), "{want}: {spelt:?}");
        }
        assert_eq!(
            plain_spellings(&BTreeSet::from(["plain-T0ken.1~_".to_owned()])).len(),
            1
        );
    }

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

    #[test]
    fn parts_are_read_wherever_groups_begin() {
        let text = "got 'xxVDBrZW4tb25lPg==' and VDBrZW4tb25l\u{2026}";
        let parts = decoded_parts(text);
        let found: Vec<&str> = parts
            .iter()
            .filter_map(|part| {
                let at = part.bytes.windows(9).position(|bytes| bytes == b"T0ken-one")?;
                text.get(part.place(&(at..at + 9)))
            })
            .collect();
        assert_eq!(found, ["VDBrZW4tb25l", "VDBrZW4tb25l"]);
        let last = parts
            .iter()
            .find(|part| part.bytes.starts_with(b"T0ken-one\xe2"))
            .unwrap();
        assert!(last.bytes.ends_with("\u{2026}".as_bytes()));
        assert!(decoded_parts("").is_empty() && decoded_parts("short, ====").is_empty());
    }
}
