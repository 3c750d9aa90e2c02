//! `sha1sum`, `sha256sum`, `sha512sum`, `adler32sum`: checksums as text.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::super::arguments::bytes;
use super::super::table::fixed;
use crate::engine::template::{Function, Parameter, Value};

use Parameter::Str;

/// Steps that a kibibyte counts as.
const HASH_COST: u64 = 160;

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("sha1sum", &[Str], |_, a| Ok(hexadecimal(&Sha1::digest(bytes(a, 0))))).costing_by_size(HASH_COST),
    fixed("sha256sum", &[Str], |_, a| {
        Ok(hexadecimal(&Sha256::digest(bytes(a, 0))))
    })
    .costing_by_size(HASH_COST),
    fixed("sha512sum", &[Str], |_, a| {
        Ok(hexadecimal(&Sha512::digest(bytes(a, 0))))
    })
    .costing_by_size(HASH_COST),
    fixed("adler32sum", &[Str], |_, a| {
        Ok(Value::str(adler32(bytes(a, 0)).to_string()))
    })
    .costing_by_size(HASH_COST),
];

fn hexadecimal(bytes: &[u8]) -> Value {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
    let text: Vec<u8> = bytes
        .iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)])
        .collect();
    Value::str(text)
}

/// The checksum of RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), &byte| {
        let low = (low + u32::from(byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::adler32;

    #[test]
    fn checksums() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(b""), 1);
    }
}
