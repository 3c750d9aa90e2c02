//! PEM blocks: base64 between `BEGIN` and `END` lines, as Go's `encoding/pem` reads and writes them.

use super::super::strings::find;
use crate::text::go::base64;

/// Characters on a line.
const LINE: usize = 64;

/// A block of a kind.
pub(super) fn encode(kind: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("-----BEGIN {kind}-----\n").into_bytes();
    for line in base64::encode(bytes).as_bytes().chunks(LINE) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.extend_from_slice(format!("-----END {kind}-----\n").as_bytes());
    out
}

/// Kind and bytes of the first sound block.
pub(super) fn decode(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut rest = text;
    loop {
        let start = find(rest, b"-----BEGIN ")?;
        let at_line_start = start == 0 || rest.get(start - 1) == Some(&b'\n');
        rest = rest.get(start + 11..)?;
        if at_line_start && let Some(block) = block(rest) {
            return Some(block);
        }
    }
}

/// The parts after `BEGIN`: the kind, headers, the body and the matching end.
fn block(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let end_of_line = memchr::memchr(b'\n', text)?;
    let (first, body) = text.split_at_checked(end_of_line)?;
    let kind = first.trim_ascii_end().strip_suffix(b"-----")?;
    let kind = std::str::from_utf8(kind).ok()?.to_owned();
    let end = find(body, format!("\n-----END {kind}-----").as_bytes())?;
    let mut encoded = Vec::new();
    for line in body.get(..end)?.split(|byte| *byte == b'\n') {
        // Headers are lines with a colon.
        if !line.contains(&b':') {
            encoded.extend(line.iter().copied().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    Some((kind, base64::decode(&encoded).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn there_and_back() {
        for length in [0, 1, 47, 48, 49, 200] {
            let bytes = vec![7; length];
            let text = [b"noise\n", encode("A KEY", &bytes).as_slice(), b"tail"].concat();
            let decoded = decode(&text);
            if length > 0 {
                assert_eq!(decoded, Some(("A KEY".to_owned(), bytes)));
            }
        }
        assert_eq!(decode(b"-----BEGIN X-----\nAAAA\n-----END Y-----\n"), None);
    }
}
