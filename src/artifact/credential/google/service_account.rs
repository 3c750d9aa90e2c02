//! The key of a service account: a signed statement (JWT, RS256) in, exchanged for a token, as
//! <https://developers.google.com/identity/protocols/oauth2/service-account> describes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Pkcs1v15Sign, PrivateKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::artifact::network::Secret;

/// What the token is for: objects, not buckets or their rights.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";
/// What a token may do that is only exchanged for another one.
pub(super) const EXCHANGED_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// Seconds for which a statement is valid; the longest that Google accepts.
const LIFETIME: u64 = 3600;
/// Most bytes of a key.
const KEY_BYTES: usize = 16 << 10;

/// The statement that an account asks for a token, signed at `now`, in seconds since 1970.
///
/// # Errors
/// When the key is not one.
pub(super) fn assertion(
    email: &str,
    key: &Secret,
    key_id: Option<&str>,
    audience: &str,
    scope: &str,
    now: u64,
) -> Result<String, String> {
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let (Some(id), Some(header)) = (key_id, header.as_object_mut()) {
        header.insert("kid".to_owned(), id.into());
    }
    let claims = json!({"iss": email, "scope": scope, "aud": audience, "iat": now, "exp": now + LIFETIME});
    let encoded = |text: String| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let key = private_key(key.reveal()).ok_or("its private_key is not an RSA key in PEM")?;
    // Only names the hash function, in the version that the crate knows.
    let padding = Pkcs1v15Sign::new::<rsa::sha2::Sha256>();
    let signature = key
        .sign(padding, &Sha256::digest(&message))
        .map_err(|_| "its private_key cannot sign")?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A key in PEM, of PKCS#8 as Google writes it, or of PKCS#1.
fn private_key(pem: &str) -> Option<PrivateKey> {
    let lines = pem.lines().map(str::trim);
    let base64: String = lines.filter(|line| !line.starts_with('-')).collect();
    if base64.len() > KEY_BYTES {
        return None;
    }
    let der = STANDARD.decode(base64).ok()?;
    PrivateKey::from_pkcs8_der(&der)
        .ok()
        .or_else(|| PrivateKey::from_pkcs1_der(&der).ok())
}
