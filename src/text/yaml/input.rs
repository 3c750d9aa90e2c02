//! Bytes to text: encoding, byte order mark and forbidden characters, as go-yaml's reader treats them.
//!
//! go-yaml decodes windows of 512 bytes as it goes, so that a bad byte after a syntax error, or after the first
//! document, is never seen. Here the text is cut where the window with the bad byte begins, and the bad byte is
//! reported once the scanner reads past the cut, which gives the same result.

use std::borrow::Cow;

use super::error::YamlError;
use crate::text::source::offset;

const WINDOW: usize = 512;
const STRIDE: usize = 64;

/// Text ready for scanning.
pub(super) struct Input<'a> {
    /// Valid text without forbidden characters; offsets are those of the file, the mark included.
    pub(super) text: Cow<'a, str>,
    /// Where scanning begins: after a byte order mark.
    pub(super) start: usize,
    /// Whether every byte is ASCII.
    pub(super) is_ascii: bool,
    /// What follows the end of `text`, if it was cut.
    pub(super) fault: Option<YamlError>,
}

impl<'a> Input<'a> {
    /// Reads `bytes`, which may be UTF-8 or UTF-16 with a byte order mark.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        match bytes {
            [0xFF, 0xFE, rest @ ..] => Self::utf16(rest, u16::from_le_bytes),
            [0xFE, 0xFF, rest @ ..] => Self::utf16(rest, u16::from_be_bytes),
            _ => Self::utf8(bytes),
        }
    }

    fn utf8(bytes: &'a [u8]) -> Self {
        let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let (is_ascii, bad) = check(bytes);
        let (cut, fault) = match bad {
            None => (bytes.len(), None),
            Some((at, problem)) => {
                let fault = YamlError::Syntax {
                    line: 0,
                    offset: offset(at),
                    problem: problem.into(),
                };
                (window_start(bytes, start, at), Some(fault))
            }
        };
        let text = bytes
            .get(..cut)
            .and_then(|kept| std::str::from_utf8(kept).ok())
            .unwrap_or_default();
        Self {
            text: Cow::Borrowed(text),
            start: start.min(text.len()),
            is_ascii,
            fault,
        }
    }

    fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Self {
        let (units, odd) = bytes.as_chunks::<2>();
        let mut text = String::with_capacity(bytes.len());
        let mut problem = None;
        for decoded in char::decode_utf16(units.iter().copied().map(unit)) {
            match decoded {
                Ok(character) if is_allowed(character) => text.push(character),
                Ok(_) => problem = Some("control characters are not allowed"),
                Err(error) if error.unpaired_surrogate() & 0xFC00 == 0xDC00 => {
                    problem = Some("unexpected low surrogate area");
                }
                Err(_) => problem = Some("expected low surrogate area"),
            }
            if problem.is_some() {
                break;
            }
        }
        if problem.is_none() && !odd.is_empty() {
            problem = Some("incomplete UTF-16 character");
        }
        let fault = problem.map(|problem| YamlError::Syntax {
            line: 0,
            offset: 0,
            problem: problem.into(),
        });
        Self {
            is_ascii: text.is_ascii(),
            text: Cow::Owned(text),
            start: 0,
            fault,
        }
    }
}

fn is_allowed(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether all is ASCII, and the first bad character.
fn check(bytes: &[u8]) -> (bool, Option<(usize, &'static str)>) {
    let mut is_ascii = true;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let stride = rest.get(..STRIDE).unwrap_or(rest);
        let unusual = stride.iter().fold(0_u8, |seen, &byte| {
            seen | u8::from(byte < 0x20) & u8::from(byte != b'\n') & u8::from(byte != b'\t') & u8::from(byte != b'\r')
                | u8::from(byte >= 0x7F)
        });
        if unusual == 0 {
            at += stride.len();
            continue;
        }
        let end = at + stride.len();
        while at < end {
            match character_width(bytes.get(at..).unwrap_or_default()) {
                Ok(width) => {
                    is_ascii &= width == 1;
                    at += width;
                }
                Err((forward, problem)) => return (false, Some((at + forward, problem))),
            }
        }
    }
    (is_ascii, None)
}

/// Bytes of the first character, or the distance to its fault and go-yaml's name for the fault.
fn character_width(bytes: &[u8]) -> Result<usize, (usize, &'static str)> {
    let first = bytes.first().copied().unwrap_or_default();
    let (width, bits) = match first {
        0..0x80 => (1, first),
        0xC0..0xE0 => (2, first & 0x1F),
        0xE0..0xF0 => (3, first & 0x0F),
        0xF0..0xF8 => (4, first & 0x07),
        _ => return Err((0, "invalid leading UTF-8 octet")),
    };
    let Some(character) = bytes.get(..width) else {
        return Err((0, "incomplete UTF-8 octet sequence"));
    };
    let mut value = u32::from(bits);
    for (at, &byte) in character.iter().enumerate().skip(1) {
        if byte & 0xC0 != 0x80 {
            return Err((at, "invalid trailing UTF-8 octet"));
        }
        value = value << 6 | u32::from(byte & 0x3F);
    }
    let least = [0, 0, 0x80, 0x800, 0x1_0000].get(width).copied().unwrap_or_default();
    if value < least {
        return Err((0, "invalid length of a UTF-8 sequence"));
    }
    match char::from_u32(value) {
        None => Err((0, "invalid Unicode character")),
        Some(character) if is_allowed(character) => Ok(width),
        Some(_) => Err((0, "control characters are not allowed")),
    }
}

/// Start of the window in which go-yaml would decode the byte at `bad`.
fn window_start(bytes: &[u8], first: usize, bad: usize) -> usize {
    // The mark belongs to the first window, but not to the text decoded from it.
    let mut start = 0;
    loop {
        let mut next = start + WINDOW;
        // A character has at most three continuation bytes; a longer run of them is the fault itself.
        let earliest = next - 3;
        while next > earliest && bytes.get(next).is_some_and(|byte| byte & 0xC0 == 0x80) {
            next -= 1;
        }
        if next > bad || next >= bytes.len() {
            return start.max(first);
        }
        start = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_the_readers_words() {
        for (bytes, problem) in [
            (&b"a\x01"[..], "control characters are not allowed"),
            (b"a\x7F", "control characters are not allowed"),
            (b"a\xC2\x80", "control characters are not allowed"),
            (b"a\x80", "invalid leading UTF-8 octet"),
            (b"a\xC3", "incomplete UTF-8 octet sequence"),
            (b"a\xC3a", "invalid trailing UTF-8 octet"),
            (b"a\xC0\x80", "invalid length of a UTF-8 sequence"),
            (b"a\xED\xA0\x80", "invalid Unicode character"),
            (b"\xFF\xFEa", "incomplete UTF-16 character"),
        ] {
            let fault = Input::new(bytes).fault.map(|fault| fault.to_string());
            assert_eq!(fault, Some(format!("yaml: {problem}")), "{bytes:?}");
        }
        let stray = [b"# c".as_slice(), &[0x80; 2000]].concat();
        let fault = Input::new(&stray).fault.map(|fault| fault.to_string());
        assert_eq!(fault.as_deref(), Some("yaml: invalid leading UTF-8 octet"));
        assert!(Input::new("\u{FEFF}é\u{85}".as_bytes()).fault.is_none());
        assert_eq!(Input::new(b"\xFF\xFEa\0b\0").text, "ab");
    }
}
