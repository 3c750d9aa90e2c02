//! Base64 and base32 with Go's alphabets, padding and error texts.
//!
//! Follows Go's `encoding/base64` and `encoding/base32` as Sprig calls them: a decoding error becomes the output.

use super::arguments::bytes;
use super::table::fixed;
use crate::engine::template::{Function, Parameter, Value};

use Parameter::Str;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("b64enc", &[Str], |_, a| Ok(Value::str(BASE64.encode(bytes(a, 0))))),
    fixed("b32enc", &[Str], |_, a| Ok(Value::str(BASE32.encode(bytes(a, 0))))),
    fixed("b64dec", &[Str], |_, a| Ok(decoded(&BASE64, bytes(a, 0)))),
    fixed("b32dec", &[Str], |_, a| Ok(decoded(&BASE32, bytes(a, 0)))),
];

/// A power-of-two encoding: so many bits a character, so many characters a group.
#[derive(Debug)]
pub(super) struct Encoding {
    name: &'static str,
    alphabet: &'static [u8],
    bits: u32,
    group: usize,
}

/// `base64.StdEncoding`.
pub(super) const BASE64: Encoding = Encoding {
    name: "base64",
    alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    bits: 6,
    group: 4,
};

/// `base32.StdEncoding`.
pub(super) const BASE32: Encoding = Encoding {
    name: "base32",
    alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    bits: 5,
    group: 8,
};

/// Bits that make no whole byte yet.
#[derive(Default)]
struct Bits {
    buffer: u32,
    held: u32,
}

impl Bits {
    /// So many more bits, and the byte they complete.
    fn add(&mut self, digit: u32, bits: u32) -> Option<u8> {
        self.buffer = self.buffer << bits | digit;
        self.held += bits;
        if self.held < 8 {
            return None;
        }
        self.held -= 8;
        let byte = u8::try_from(self.buffer >> self.held & 0xff).ok();
        self.buffer &= (1 << self.held) - 1;
        byte
    }
}

fn decoded(encoding: &Encoding, text: &[u8]) -> Value {
    match encoding.decode(text) {
        Ok(bytes) => Value::str(bytes),
        Err(message) => Value::str(message),
    }
}

impl Encoding {
    /// Padded text of `bytes`.
    pub(super) fn encode(&self, bytes: &[u8]) -> Vec<u8> {
        let mask = (1_u32 << self.bits) - 1;
        let mut out = Vec::with_capacity(bytes.len() * 2 + self.group);
        let (mut buffer, mut held) = (0_u32, 0_u32);
        let mut push = |index: u32| {
            let index = usize::try_from(index).unwrap_or_default();
            out.push(self.alphabet.get(index).copied().unwrap_or(b'='));
        };
        for &byte in bytes {
            buffer = buffer << 8 | u32::from(byte);
            held += 8;
            while held >= self.bits {
                held -= self.bits;
                push(buffer >> held & mask);
            }
            buffer &= (1 << held) - 1;
        }
        if held > 0 {
            push(buffer << (self.bits - held) & mask);
        }
        while !out.len().is_multiple_of(self.group) {
            out.push(b'=');
        }
        out
    }

    /// The bytes, or Go's error text. Line ends between characters are skipped.
    pub(super) fn decode(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        if self.group == 8 {
            return self.decode_without_line_ends(text);
        }
        let mut out = Vec::with_capacity(text.len());
        let mut characters = text
            .iter()
            .enumerate()
            .filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
        let (mut bits, mut in_group) = (Bits::default(), 0_usize);
        while let Some((position, &byte)) = characters.next() {
            if byte == b'=' && in_group >= 2 {
                for _ in in_group + 1..self.group {
                    match characters.next() {
                        Some((_, b'=')) => {}
                        Some((at, _)) => return Err(self.corrupt(at)),
                        None => return Err(self.corrupt(text.len())),
                    }
                }
                return match characters.next() {
                    Some((at, _)) => Err(self.corrupt(at)),
                    None => Ok(out),
                };
            }
            let digit = self.digit(byte).ok_or_else(|| self.corrupt(position))?;
            out.extend(bits.add(digit, self.bits));
            in_group = (in_group + 1) % self.group;
        }
        if in_group == 0 {
            return Ok(out);
        }
        Err(self.corrupt(text.len() - in_group.min(text.len())))
    }

    /// Go's `base32`: line ends are taken out first and do not count, and what follows the padding is not looked at.
    fn decode_without_line_ends(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        let text: Vec<u8> = text
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect();
        let mut out = Vec::with_capacity(text.len());
        let mut bits = Bits::default();
        for (position, &byte) in text.iter().enumerate() {
            let in_group = position % self.group;
            let after = text.get(position + 1..).unwrap_or_default();
            if byte == b'=' && in_group >= 2 && after.len() < self.group {
                let missing = self.group - 1 - in_group;
                let Some(padding) = after.get(..missing) else {
                    return Err(self.corrupt(text.len()));
                };
                if let Some(wrong) = padding.iter().position(|&byte| byte != b'=') {
                    return Err(self.corrupt(position + wrong));
                }
                // No number of bytes ends in as few bits as these.
                if matches!(in_group, 3 | 6) {
                    return Err(self.corrupt(position));
                }
                return Ok(out);
            }
            let digit = self.digit(byte).ok_or_else(|| self.corrupt(position))?;
            out.extend(bits.add(digit, self.bits));
        }
        match text.len() % self.group {
            0 => Ok(out),
            in_group => Err(self.corrupt(text.len() - in_group)),
        }
    }

    fn digit(&self, byte: u8) -> Option<u32> {
        let index = self.alphabet.iter().position(|&letter| letter == byte)?;
        u32::try_from(index).ok()
    }

    fn corrupt(&self, position: usize) -> String {
        format!("illegal {} data at input byte {position}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{BASE32, BASE64};

    #[test]
    fn there_and_back() {
        for text in ["", "a", "ab", "abc", "abcd", "abcde", "héllo"] {
            for encoding in [BASE64, BASE32] {
                let encoded = encoding.encode(text.as_bytes());
                assert_eq!(encoding.decode(&encoded).as_deref(), Ok(text.as_bytes()));
            }
        }
        assert_eq!(BASE64.encode(b"abcd"), b"YWJjZA==");
        assert_eq!(BASE32.encode(b"abcd"), b"MFRGGZA=");
        for (text, want) in [
            ("5", Err("0")),
            ("MFRGGZA", Err("0")),
            ("MFRGGZDFMZTWQ2LK5", Err("16")),
            ("MFRGGZA==", Ok("abcd")),
            ("MF======", Ok("a")),
            ("MF=====", Err("7")),
            ("MF==x===", Err("3")),
            ("MFR=====", Err("3")),
            ("M\nF=====\n=", Ok("a")),
            ("M\nF1=====", Err("2")),
        ] {
            let want = match want {
                Ok(bytes) => Ok(bytes.as_bytes().to_vec()),
                Err(at) => Err(format!("illegal base32 data at input byte {at}")),
            };
            assert_eq!(BASE32.decode(text.as_bytes()), want, "{text:?}");
        }
    }
}
