//! Whether a payload is from a sender that knows a secret.
//!
//! In: the body as it was sent, the headers of the request, the secret. Out: nothing, or why it is not believed. Each sender's
//! way is that of its documentation, which the readers of its payloads name.

use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

use super::sender::Sender;

/// A header of a request: its name and its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, in any case.
    pub name: String,
    /// The value, which may be a secret.
    pub value: String,
}

impl Header {
    /// Reads `Name: value`.
    ///
    /// # Errors
    /// When there is no colon; the message does not have the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, value) = text.split_once(':').ok_or("a header is written as `Name: value`")?;
        Ok(Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
        })
    }
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Header")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why a payload is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The sender does not sign.
    #[error("{} signs nothing, so a secret cannot be checked", .0.title())]
    Unsigned(Sender),
    /// The header is not there.
    #[error("the header {header} of {} is missing", sender.title())]
    Missing {
        /// Who sends such payloads.
        sender: Sender,
        /// The header's name.
        header: &'static str,
    },
    /// The header does not fit the body and the secret.
    #[error("the header {header} of {} does not fit the payload and the secret", sender.title())]
    Wrong {
        /// Who sends such payloads.
        sender: Sender,
        /// The header's name.
        header: &'static str,
    },
}

/// How a sender shows that it knows the secret.
enum Scheme {
    /// HMAC-SHA256 of the body in hexadecimal digits, after a prefix.
    Sha256(&'static str),
    /// HMAC-SHA1 of the body in hexadecimal digits.
    Sha1,
    /// The secret itself, or HMAC-SHA256 of the body.
    SecretOrSha256,
    /// The secret itself, also after `Bearer`.
    Secret,
}

const fn scheme(sender: Sender) -> Option<(&'static str, Scheme)> {
    Some(match sender {
        Sender::GitHub | Sender::GitHubDispatch => ("X-Hub-Signature-256", Scheme::Sha256("sha256=")),
        Sender::Nexus => ("X-Nexus-Webhook-Signature", Scheme::Sha1),
        Sender::JFrog => ("X-JFrog-Event-Auth", Scheme::SecretOrSha256),
        Sender::Harbor | Sender::Distribution | Sender::Acr => ("Authorization", Scheme::Secret),
        Sender::Pipeline | Sender::CloudEvents | Sender::CdEvents => ("X-Signature", Scheme::Sha256("sha256=")),
        Sender::Aliyun | Sender::DockerHub | Sender::Ecr | Sender::Google | Sender::Mirantis | Sender::Quay => {
            return None;
        }
    })
}

/// Checks that a payload was sent by who knows a secret.
///
/// # Errors
/// When the sender does not sign, or the header that it signs with is missing or wrong.
pub fn check_signature(sender: Sender, body: &[u8], headers: &[Header], secret: &[u8]) -> Result<(), SignatureError> {
    let (header, scheme) = scheme(sender).ok_or(SignatureError::Unsigned(sender))?;
    let found = headers.iter().find(|found| found.name.eq_ignore_ascii_case(header));
    let found = found.ok_or(SignatureError::Missing { sender, header })?;
    let value = found.value.as_str();
    let fits = match scheme {
        Scheme::Sha256(prefix) => value
            .strip_prefix(prefix)
            .is_some_and(|hex| is_sha256(secret, body, hex)),
        Scheme::Sha1 => is_sha1(secret, body, value),
        Scheme::SecretOrSha256 => is_secret(secret, value) || is_sha256(secret, body, value),
        Scheme::Secret => is_secret(secret, value) || is_secret(secret, value.trim_start_matches("Bearer ")),
    };
    if fits {
        Ok(())
    } else {
        Err(SignatureError::Wrong { sender, header })
    }
}

/// The value of `X-Signature` for a body that we send: HMAC-SHA256 in hexadecimal digits, as [`check_signature`] accepts it.
pub fn signature(body: &[u8], secret: &[u8]) -> Option<String> {
    let sum = Hmac::<Sha256>::new_from_slice(secret)
        .ok()?
        .chain_update(body)
        .finalize()
        .into_bytes();
    Some(
        sum.iter()
            .fold("sha256=".to_owned(), |text, byte| text + &format!("{byte:02x}")),
    )
}

fn is_sha256(secret: &[u8], body: &[u8], hex: &str) -> bool {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return false;
    };
    from_hex(hex).is_some_and(|wanted| mac.chain_update(body).verify_slice(&wanted).is_ok())
}

fn is_sha1(secret: &[u8], body: &[u8], hex: &str) -> bool {
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret) else {
        return false;
    };
    from_hex(hex).is_some_and(|wanted| mac.chain_update(body).verify_slice(&wanted).is_ok())
}

/// Compares sums of both, which takes the same time wherever they differ.
fn is_secret(secret: &[u8], value: &str) -> bool {
    let sum = |text: &[u8]| {
        Hmac::<Sha256>::new_from_slice(secret)
            .ok()
            .map(|mac| mac.chain_update(text))
    };
    let (Some(wanted), Some(found)) = (sum(secret), sum(value.as_bytes())) else {
        return false;
    };
    found.verify_slice(&wanted.finalize().into_bytes()).is_ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = digits.chunks_exact(2);
    pairs
        .map(|pair| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?;
            u8::try_from(value).ok()
        })
        .collect()
}
