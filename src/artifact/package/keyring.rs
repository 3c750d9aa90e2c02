//! OpenPGP keys from a keyring: the formats that Helm reads (`pkg/provenance/sign.go`), binary packets, armored blocks one after
//! another, and GnuPG's keybox. A key is found by a part of its user ID.

use std::io::{BufReader, Cursor, Read as _};

use pgp::armor::{BlockType, Dearmor};
use pgp::composed::{PublicOrSecret, SignedPublicKey, SignedSecretKey};
use pgp::types::KeyDetails as _;

use super::keybox::keybox_keys;
use crate::text::go::base64;

/// A keyring that cannot be read, or does not have the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It is not a keyring.
    #[error("is not an OpenPGP keyring: {0}")]
    Broken(String),
    /// There are no keys in it.
    #[error("has no keys")]
    Empty,
    /// No user ID contains the name.
    #[error("has no key of `{0}`")]
    NoKey(String),
    /// Several do, and none is the name.
    #[error("has more than one key of `{0}`")]
    SeveralKeys(String),
    /// The key cannot sign.
    #[error("has only the public key of `{0}`, and a secret one signs")]
    Public(String),
}

/// First bytes of a line of armor.
const ARMOR: &[u8] = b"-----BEGIN PGP";

/// The keys of a keyring.
#[derive(Debug)]
pub struct Keyring {
    keys: Vec<PublicOrSecret>,
}

impl Keyring {
    /// Reads a keyring.
    ///
    /// # Errors
    /// When it cannot be read, or has no keys.
    pub fn read(bytes: &[u8]) -> Result<Self, KeyringError> {
        let mut keys = Vec::new();
        let mut add = |bytes: &[u8]| add_keys(bytes, &mut keys);
        if let Some(blocks) = keybox_keys(bytes) {
            for block in blocks.map_err(KeyringError::Broken)? {
                add(&block)?;
            }
        } else {
            let starts: Vec<usize> = memchr::memmem::find_iter(bytes, ARMOR).collect();
            if starts.is_empty() {
                add(bytes)?;
            }
            let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
            for (&start, end) in starts.iter().zip(ends) {
                add(bytes.get(start..end).unwrap_or_default())?;
            }
        }
        if keys.is_empty() {
            return Err(KeyringError::Empty);
        }
        Ok(Self { keys })
    }

    /// The keys without their secret parts.
    pub(super) fn public_keys(&self) -> impl Iterator<Item = SignedPublicKey> {
        self.keys.iter().map(|key| match key {
            PublicOrSecret::Public(key) => key.clone(),
            PublicOrSecret::Secret(key) => key.to_public_key(),
        })
    }

    /// The secret key whose user ID is `name`, or the only one whose user ID contains it.
    pub(super) fn signing_key(&self, name: &str) -> Result<&SignedSecretKey, KeyringError> {
        let named = |key: &&PublicOrSecret| user_ids(key).iter().any(|id| id.contains(name));
        let exact = self.keys.iter().find(|key| user_ids(key).iter().any(|id| id == name));
        let mut candidates = self.keys.iter().filter(named);
        let found = match (exact, candidates.next(), candidates.next()) {
            (Some(exact), _, _) => exact,
            (None, None, _) => return Err(KeyringError::NoKey(name.to_owned())),
            (None, Some(only), None) => only,
            (None, Some(_), Some(_)) => return Err(KeyringError::SeveralKeys(name.to_owned())),
        };
        match found {
            PublicOrSecret::Secret(key) => Ok(key),
            PublicOrSecret::Public(_) => Err(KeyringError::Public(name.to_owned())),
        }
    }
}

/// Reads binary packets or one block of armor.
fn add_keys(bytes: &[u8], keys: &mut Vec<PublicOrSecret>) -> Result<(), KeyringError> {
    // The library has 100 kB of code for each type of reader, so packets get armor, and the text before the reader makes its type the one
    // that a signature is read from (`CleartextSignedMessage`).
    let (before, bytes) = match bytes.first() {
        None => return Err(KeyringError::Broken("empty input".to_owned())),
        Some(first) if first & 0x80 == 0 => (String::new(), bytes),
        Some(_) => (armored(bytes), &[][..]),
    };
    let mut armor = Dearmor::new(Cursor::new(before).chain(bytes));
    armor.read_header().map_err(|error| broken(&error))?;
    match armor.typ {
        Some(BlockType::PublicKey | BlockType::PrivateKey | BlockType::File) => {}
        Some(other) => return Err(KeyringError::Broken(format!("unexpected block type: {other}"))),
        None => return Err(KeyringError::Broken("has armor without a type".to_owned())),
    }
    let found = PublicOrSecret::from_bytes_many(BufReader::new(&mut armor)).map_err(|error| broken(&error))?;
    for key in found {
        keys.push(key.map_err(|error| broken(&error))?);
    }
    Ok(())
}

/// Packets as a block of armor.
fn armored(packets: &[u8]) -> String {
    const LINE_BYTES: usize = 48;
    let mut text = "-----BEGIN PGP ARMORED FILE-----\n\n".to_owned();
    for line in packets.chunks(LINE_BYTES) {
        text.push_str(&base64::encode(line));
        text.push('\n');
    }
    text + "-----END PGP ARMORED FILE-----\n"
}

fn broken(error: &pgp::errors::Error) -> KeyringError {
    KeyringError::Broken(error.to_string())
}

fn user_ids(key: &PublicOrSecret) -> Vec<String> {
    let details = match key {
        PublicOrSecret::Public(key) => &key.details,
        PublicOrSecret::Secret(key) => &key.details,
    };
    let ids = details.users.iter().map(|user| user.id.id());
    ids.map(|id| String::from_utf8_lossy(id).into_owned()).collect()
}

/// User IDs of a public key that it has signed itself.
pub(super) fn names(key: &SignedPublicKey) -> Vec<String> {
    let own = key.details.users.iter();
    let own = own.filter(|user| user.verify_bindings(&key.primary_key).is_ok());
    let ids = own.map(|user| user.id.id());
    ids.map(|id| String::from_utf8_lossy(id).into_owned()).collect()
}

/// The fingerprint of a key, in upper case.
pub(super) fn fingerprint(key: &SignedPublicKey) -> String {
    format!("{:X}", key.primary_key.fingerprint())
}
