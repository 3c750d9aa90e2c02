//! GnuPG's keybox (`kbx/keybox-blob.c`): blobs, each with its length, its type and flags, and where in it the OpenPGP key is.

use std::iter;
use std::ops::Range;

/// Where the first blob has its magic text.
const MAGIC: Range<usize> = 8..12;
/// Type of a blob with an OpenPGP key.
const KEY: u8 = 2;
/// Flag of a blob that GnuPG does not count among its keys.
const EPHEMERAL: u8 = 2;
/// Bytes that every blob has.
const HEADER: usize = 16;
/// Tag of packets that only GnuPG reads, in its own files.
const TRUST: u8 = 12;

/// The OpenPGP keys of a keybox; nothing if the bytes are not one.
pub(super) fn keybox_keys(bytes: &[u8]) -> Option<Result<Vec<Vec<u8>>, String>> {
    if bytes.get(MAGIC) != Some(b"KBXf") {
        return None;
    }
    let mut rest = bytes;
    let blobs = iter::from_fn(|| {
        if rest.is_empty() {
            return None;
        }
        let blob = number(rest, 0).and_then(|length| rest.split_at_checked(length));
        let Some((blob, next)) = blob.filter(|(blob, _)| blob.len() > HEADER) else {
            let at = bytes.len() - rest.len();
            rest = &[];
            return Some(Err(format!("the blob at byte {at} of the keybox is cut")));
        };
        rest = next;
        Some(Ok(blob))
    });
    let keys = blobs.filter_map(|blob| match blob {
        Ok(blob) => {
            let is_key = blob.get(4) == Some(&KEY) && blob.get(7).is_some_and(|flags| flags & EPHEMERAL == 0);
            is_key.then(|| {
                key_of(blob)
                    .map(without_trust)
                    .ok_or_else(|| "a key lies outside of its blob".to_owned())
            })
        }
        Err(error) => Some(Err(error)),
    });
    Some(keys.collect())
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(four)).ok()
}

fn key_of(blob: &[u8]) -> Option<&[u8]> {
    let (start, length) = (number(blob, 8)?, number(blob, 12)?);
    blob.get(start..start.checked_add(length)?)
}

/// A key without trust packets, which would end it for other readers. What cannot be read stays.
fn without_trust(key: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(key.len());
    let mut rest = key;
    while let Some((tag, length)) = packet(rest) {
        let Some((packet, next)) = rest.split_at_checked(length) else {
            break;
        };
        if tag != TRUST {
            kept.extend_from_slice(packet);
        }
        rest = next;
    }
    kept.extend_from_slice(rest);
    kept
}

/// Tag of the first packet, and its length with its header (RFC 9580, 4.2).
fn packet(bytes: &[u8]) -> Option<(u8, usize)> {
    let first = *bytes.first()?;
    let byte = |at: usize| bytes.get(at).map(|&byte| usize::from(byte));
    if first & 0x40 == 0 {
        let (header, length) = match first & 3 {
            0 => (2, byte(1)?),
            1 => (3, byte(1)? << 8 | byte(2)?),
            2 => (5, number(bytes, 1)?),
            _ => return None,
        };
        return Some((first >> 2 & 15, length.checked_add(header)?));
    }
    let (header, length) = match byte(1)? {
        length @ 0..=191 => (2, length),
        high @ 192..=223 => (3, ((high - 192) << 8) + byte(2)? + 192),
        255 => (6, number(bytes, 2)?),
        _ => return None,
    };
    Some((first & 63, length.checked_add(header)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_without_what_only_gnupg_reads() {
        let bytes = std::fs::read("tests/keys/public.kbx").unwrap();
        let keys = keybox_keys(&bytes).unwrap().unwrap();
        assert_eq!(keys.len(), 4);
        for key in &keys {
            let mut rest = key.as_slice();
            let mut tags = Vec::new();
            while let Some((tag, length)) = packet(rest) {
                tags.push(tag);
                rest = &rest[length..];
            }
            assert!(
                rest.is_empty() && tags.first() == Some(&6) && tags.contains(&13),
                "{tags:?}"
            );
            assert!(!tags.contains(&TRUST), "{tags:?}");
        }
        assert!(keybox_keys(b"something else").is_none());
        assert!(keybox_keys(&bytes[..bytes.len() - 3]).unwrap().is_err());
    }
}
