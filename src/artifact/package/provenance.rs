//! Provenance files: what `helm package --sign` writes and `helm verify` reads (`pkg/provenance/sign.go`). In: an archive, its name,
//! keys. Out: a text signed in clear that has the chart's metadata and the archive's digest, or who signed one.

use pgp::composed::{ArmorOptions, CleartextSignedMessage, SignedPublicKey};
use pgp::packet::SignatureType;
use pgp::types::Password;
use rand::rngs::OsRng;
use serde_json::Value as Json;

use crate::engine::functions::{json as go_json, yaml_value};
use crate::text::sha256::sha256_hex;
use crate::text::yaml;

use super::keyring::{Keyring, KeyringError, fingerprint, names};

/// Ends the metadata and begins the digests.
const SEPARATOR: &str = "\n...\n";

/// A signature that cannot be made, or does not prove anything.
#[derive(Debug, thiserror::Error)]
pub enum ProvenanceError {
    /// The keyring is at fault.
    #[error("the keyring {0}")]
    Keyring(#[from] KeyringError),
    /// The key cannot be unlocked or used. The passphrase is not in the message.
    #[error("the key of `{name}` cannot sign: {reason}")]
    Sign {
        /// The name that was given for the key.
        name: String,
        /// Why.
        reason: String,
    },
    /// The chart's metadata cannot be written.
    #[error("Chart.yaml cannot be written into the provenance file: {0}")]
    Metadata(String),
    /// It is not a signed text.
    #[error("is not a signed provenance file: {0}")]
    Broken(String),
    /// No key of the keyring made the signature, or the text was changed after it was signed.
    #[error("no key of the keyring made this signature for this text")]
    Unsigned,
    /// The key was revoked, or had expired.
    #[error("the signature was made with the key {fingerprint}, which {reason}")]
    Untrusted {
        /// The key.
        fingerprint: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The signed text does not name the archive.
    #[error("the provenance file has no digest for `{0}`")]
    OtherFile(String),
    /// The archive is not the one that was signed.
    #[error("the archive has the digest {found}, and {signed} was signed")]
    Digest {
        /// Of the archive.
        found: String,
        /// In the provenance file.
        signed: String,
    },
}

/// Who signed an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// User IDs of the key.
    pub signed_by: Vec<String>,
    /// Fingerprint of the key, in hexadecimal digits.
    pub fingerprint: String,
    /// `sha256:` and the digest of the archive.
    pub digest: String,
}

fn digest(archive: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(archive))
}

/// The provenance file of an archive. `chart_yaml` is the text of its Chart.yaml, `key` (a part of) the user ID of a secret key in
/// the keyring, which `passphrase` unlocks; an empty one is right for keys without.
///
/// # Errors
/// When the keyring does not have the key, it cannot be unlocked, or the metadata cannot be written.
pub fn sign(
    archive: &[u8],
    file_name: &str,
    chart_yaml: &[u8],
    keyring: &Keyring,
    key: &str,
    passphrase: &[u8],
) -> Result<String, ProvenanceError> {
    let secret = keyring.signing_key(key)?;
    let metadata = yaml::json_from_bytes(chart_yaml).map_err(|error| ProvenanceError::Metadata(error.to_string()))?;
    let sums = serde_json::json!({"files": {file_name: digest(archive)}});
    let text = format!("{}\n{SEPARATOR}{}\n", printed(&metadata)?, printed(&sums)?);
    let failed = |error: pgp::errors::Error| ProvenanceError::Sign {
        name: key.to_owned(),
        reason: error.to_string(),
    };
    let message = CleartextSignedMessage::sign(OsRng, &text, &secret.primary_key, &Password::from(passphrase));
    message
        .and_then(|message| message.to_armored_string(ArmorOptions::default()))
        .map_err(failed)
}

fn printed(value: &Json) -> Result<String, ProvenanceError> {
    let failed = |error: String| ProvenanceError::Metadata(error);
    let value = go_json::from_go_json(value.to_string().as_bytes()).map_err(failed)?;
    let printed = yaml_value::to_yaml(&value).map_err(|error| failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(printed.as_bytes()).into_owned())
}

/// Checks that a key of the keyring signed the archive under this name. `now` is in seconds since 1970.
///
/// # Errors
/// When it did not, or the key must not be trusted any more.
pub fn verify(
    archive: &[u8],
    file_name: &str,
    provenance: &[u8],
    keyring: &Keyring,
    now: u64,
) -> Result<Verified, ProvenanceError> {
    let text = std::str::from_utf8(provenance).map_err(|error| ProvenanceError::Broken(error.to_string()))?;
    let (message, _) =
        CleartextSignedMessage::from_string(text).map_err(|error| ProvenanceError::Broken(error.to_string()))?;
    let signer = keyring.public_keys().find(|key| has_signed(key, &message));
    let signer = signer.ok_or(ProvenanceError::Unsigned)?;
    if let Some(reason) = distrust(&signer, now) {
        return Err(ProvenanceError::Untrusted {
            fingerprint: fingerprint(&signer),
            reason,
        });
    }
    let found = digest(archive);
    let signed = signed_digest(&message.signed_text(), file_name)?;
    if signed != found {
        return Err(ProvenanceError::Digest { found, signed });
    }
    Ok(Verified {
        signed_by: names(&signer),
        fingerprint: fingerprint(&signer),
        digest: found,
    })
}

/// Whether the key, or one of its subkeys that may sign, made the signature.
fn has_signed(key: &SignedPublicKey, message: &CleartextSignedMessage) -> bool {
    let may_sign = |subkey: &&pgp::composed::SignedPublicSubKey| {
        let is_revoked = |signature: &pgp::packet::Signature| signature.typ() == Some(SignatureType::SubkeyRevocation);
        subkey.signatures.iter().any(|signature| signature.key_flags().sign())
            && !subkey.signatures.iter().any(is_revoked)
            && subkey.verify_bindings(&key.primary_key).is_ok()
    };
    message.verify(&key.primary_key).is_ok()
        || key
            .public_subkeys
            .iter()
            .filter(may_sign)
            .any(|subkey| message.verify(&subkey.key).is_ok())
}

/// Why a key must not be trusted.
fn distrust(key: &SignedPublicKey, now: u64) -> Option<&'static str> {
    use pgp::types::KeyDetails as _;
    let is_valid = |signature: &&pgp::packet::Signature| signature.verify_key(&key.primary_key).is_ok();
    if key
        .details
        .revocation_signatures
        .iter()
        .any(|signature| is_valid(&signature))
    {
        return Some("was revoked");
    }
    let of_users = key.details.users.iter().flat_map(|user| &user.signatures);
    let own = of_users.chain(&key.details.direct_signatures);
    let newest = own
        .filter(|signature| signature.issuer_key_id().contains(&&key.primary_key.legacy_key_id()))
        .max_by_key(|signature| signature.created().map(pgp::types::Timestamp::as_secs));
    let lifetime = newest.and_then(pgp::packet::Signature::key_expiration_time)?;
    let lifetime = u64::from(lifetime.as_secs());
    let end = u64::from(key.primary_key.created_at().as_secs()).saturating_add(lifetime);
    (lifetime > 0 && end < now).then_some("has expired")
}

/// The digest that the signed text has for an archive.
fn signed_digest(text: &str, file_name: &str) -> Result<String, ProvenanceError> {
    let text = text.replace("\r\n", "\n");
    let mut parts = text.split(SEPARATOR);
    let sums = parts.nth(1);
    let sums = sums.ok_or_else(|| ProvenanceError::Broken("it has no digests".to_owned()))?;
    let sums = yaml::json_from_bytes(sums.as_bytes()).map_err(|error| ProvenanceError::Broken(error.to_string()))?;
    let signed = sums
        .get("files")
        .and_then(|files| files.get(file_name))
        .and_then(Json::as_str);
    signed
        .map(str::to_owned)
        .ok_or_else(|| ProvenanceError::OtherFile(file_name.to_owned()))
}
