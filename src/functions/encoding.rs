//! Base64 and base32 with Go's alphabets, padding and error texts.
//!
//! Follows Go's `encoding/base64` and `encoding/base32` as Sprig calls them: a decoding error becomes the output.

use super::arguments::bytes;
use super::table::fixed;
use crate::template::{Function, Parameter, Value};

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
        let mut out = Vec::with_capacity(text.len());
        let mut characters = text
            .iter()
            .enumerate()
            .filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'))
            .peekable();
        let (mut buffer, mut held, mut in_group) = (0_u32, 0_u32, 0_usize);
        while let Some((position, &byte)) = characters.next() {
            if byte == b'=' && self.may_pad_after(in_group) {
                return self.finish(out, in_group, position, &mut characters, text.len());
            }
            let Some(digit) = self.alphabet.iter().position(|&letter| letter == byte) else {
                return Err(self.corrupt(position));
            };
            buffer = buffer << self.bits | u32::try_from(digit).unwrap_or_default();
            held += self.bits;
            in_group = (in_group + 1) % self.group;
            if held >= 8 {
                held -= 8;
                out.push(u8::try_from(buffer >> held & 0xff).unwrap_or_default());
                buffer &= (1 << held) - 1;
            }
        }
        if in_group == 0 {
            return Ok(out);
        }
        Err(self.corrupt(self.position_of_short_group(text, in_group)))
    }

    const fn may_pad_after(&self, in_group: usize) -> bool {
        match self.group {
            4 => in_group >= 2,
            _ => matches!(in_group, 2 | 4 | 5 | 7),
        }
    }

    /// Reads the rest of the padding; nothing may follow it.
    fn finish<'a>(
        &self,
        out: Vec<u8>,
        in_group: usize,
        position: usize,
        rest: &mut impl Iterator<Item = (usize, &'a u8)>,
        length: usize,
    ) -> Result<Vec<u8>, String> {
        let mut last = position;
        for _ in in_group + 1..self.group {
            match rest.next() {
                Some((at, b'=')) => last = at,
                Some((at, _)) if self.group == 4 => return Err(self.corrupt(at)),
                Some((at, _)) => return Err(self.corrupt(at)),
                None => return Err(self.corrupt(length)),
            }
        }
        match rest.next() {
            Some((at, _)) if self.group == 4 => Err(self.corrupt(at)),
            Some(_) => Err(self.corrupt(last + 1)),
            None => Ok(out),
        }
    }

    /// Where Go says a text ends too early.
    fn position_of_short_group(&self, text: &[u8], in_group: usize) -> usize {
        if self.group == 4 {
            return text.len() - in_group.min(text.len());
        }
        text.len()
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
    }
}
