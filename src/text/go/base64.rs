//! Go's `encoding/base64`, the standard alphabet with padding.
//!
//! In: bytes. Out: text, or the bytes back. Line breaks inside are skipped, unused bits may have any value, and errors
//! name the byte that Go names.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Padded text of `bytes`: `base64.StdEncoding.EncodeToString`.
pub fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// `base64.StdEncoding.DecodeString`.
///
/// # Errors
/// Gives Go's error text, with the position of the fault.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    if let Ok(bytes) = ENGINE.decode(text) {
        return Ok(bytes);
    }
    let corrupt = |position: usize| format!("illegal base64 data at input byte {position}");
    if let Some(position) = fault(text) {
        return Err(corrupt(position));
    }
    let joined: Vec<u8> = text.iter().copied().filter(|byte| !is_line_end(*byte)).collect();
    ENGINE.decode(joined).map_err(|_| corrupt(0))
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Where Go stops reading: `decodeQuantum` of `base64.go`.
fn fault(text: &[u8]) -> Option<usize> {
    let mut bytes = text.iter().copied().enumerate().filter(|(_, byte)| !is_line_end(*byte));
    let mut in_group = 0;
    while let Some((position, byte)) = bytes.next() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => in_group = (in_group + 1) % 4,
            b'=' if in_group >= 2 => {
                if in_group == 2 {
                    match bytes.next() {
                        Some((_, b'=')) => {}
                        Some((other, _)) => return Some(other - 1),
                        None => return Some(text.len()),
                    }
                }
                return bytes.next().map(|(position, _)| position);
            }
            _ => return Some(position),
        }
    }
    (in_group > 0).then(|| text.len().saturating_sub(in_group))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that Go 1.26 decodes, or the position it names.
    #[test]
    fn text_is_decoded_as_go_decodes_it() {
        for (text, expected) in [
            ("", Ok("")),
            ("YQ==", Ok("a")),
            ("YWI=", Ok("ab")),
            ("YWJj", Ok("abc")),
            ("YQ\n=\n=\n", Ok("a")),
            ("YR==", Ok("a")),
            ("\n", Ok("")),
            ("YQ==\r\n", Ok("a")),
            ("Y", Err(0)),
            ("YQ", Err(0)),
            ("YQ=", Err(3)),
            ("YQ=x", Err(2)),
            ("1X=[", Err(2)),
            ("YQ=\nx", Err(3)),
            ("YQ==YQ==", Err(4)),
            ("YQ==\nx", Err(5)),
            ("=", Err(0)),
            ("Y=", Err(1)),
            ("YW=j", Err(2)),
            ("YW J", Err(2)),
            ("Y\nQ", Err(1)),
            ("é", Err(0)),
            ("YWJjZ", Err(4)),
            ("YWJjZA=", Err(7)),
            ("YWJ=j", Err(4)),
            ("YWJ=\nj", Err(5)),
            ("YWJj\nYWJ!", Err(8)),
        ] {
            let expected = match expected {
                Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
                Err(position) => Err(format!("illegal base64 data at input byte {position}")),
            };
            assert_eq!(decode(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn text_is_padded() {
        for (bytes, expected) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("abc", "YWJj"),
            ("~~?", "fn4/"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), expected);
        }
    }
}
