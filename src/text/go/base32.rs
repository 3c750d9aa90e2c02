//! Go's `encoding/base32`, the standard alphabet with padding.
//!
//! In: bytes. Out: text, or the bytes back. Line breaks are removed first and do not count in positions, and anything
//! after the padding is ignored, as in Go.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Bits per character.
const BITS: u32 = 5;

/// Characters per group of five bytes.
const GROUP: usize = 8;

/// Padded text of `bytes`: `base32.StdEncoding.EncodeToString`.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * GROUP);
    for group in bytes.chunks(5) {
        let bits = group.iter().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte)) << (8 * (5 - group.len()));
        let written = (group.len() * 8).div_ceil(5);
        for place in 0..GROUP {
            let digit = usize::try_from(bits >> (35 - 5 * place) & 31).unwrap_or_default();
            let letter = ALPHABET.get(digit).filter(|_| place < written);
            out.push(char::from(letter.copied().unwrap_or(b'=')));
        }
    }
    out
}

/// `base32.StdEncoding.DecodeString`.
///
/// # Errors
/// Gives Go's error text, with the position of the fault.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |position: usize| format!("illegal base32 data at input byte {position}");
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let mut out = Vec::with_capacity(text.len());
    let (mut buffer, mut held) = (0_u32, 0_u32);
    for (position, &byte) in text.iter().enumerate() {
        let in_group = position % GROUP;
        let after = text.get(position + 1..).unwrap_or_default();
        if byte == b'=' && in_group >= 2 && after.len() < GROUP {
            let padding = after.get(..GROUP - 1 - in_group).ok_or_else(|| corrupt(text.len()))?;
            if let Some(wrong) = padding.iter().position(|&byte| byte != b'=') {
                return Err(corrupt(position + wrong));
            }
            // No whole number of bytes leaves so few bits.
            return if matches!(in_group, 3 | 6) {
                Err(corrupt(position))
            } else {
                Ok(out)
            };
        }
        let digit = ALPHABET
            .iter()
            .position(|&letter| letter == byte)
            .and_then(|digit| u32::try_from(digit).ok())
            .ok_or_else(|| corrupt(position))?;
        buffer = buffer << BITS | digit;
        held += BITS;
        if held >= 8 {
            held -= 8;
            out.extend(u8::try_from(buffer >> held & 0xff));
            buffer &= (1 << held) - 1;
        }
    }
    match text.len() % GROUP {
        0 => Ok(out),
        in_group => Err(corrupt(text.len() - in_group)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_as_go_decodes_it() {
        for (text, expected) in [
            ("5", Err("0")),
            ("MFRGGZA", Err("0")),
            ("MFRGGZDFMZTWQ2LK5", Err("16")),
            ("MFRGGZA==", Ok("abcd")),
            ("MF======", Ok("a")),
            ("mf======", Err("0")),
            ("MF=====", Err("7")),
            ("MF==x===", Err("3")),
            ("MFR=====", Err("3")),
            ("M\nF=====\n=", Ok("a")),
            ("M\nF1=====", Err("2")),
        ] {
            let expected = match expected {
                Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
                Err(at) => Err(format!("illegal base32 data at input byte {at}")),
            };
            assert_eq!(decode(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn bytes_come_back() {
        for (bytes, expected) in [
            ("", ""),
            ("a", "ME======"),
            ("ab", "MFRA===="),
            ("abc", "MFRGG==="),
            ("abcd", "MFRGGZA="),
            ("abcde", "MFRGGZDF"),
            ("abcdef", "MFRGGZDFMY======"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), expected);
            assert_eq!(decode(expected.as_bytes()).as_deref(), Ok(bytes.as_bytes()));
        }
    }
}
