//! Why a request has no answer, and what to do about it.

use super::retry::Verdict;
use super::tls::CertificateRefusal;

/// Why there is no answer. The messages show no credentials.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The server cannot be reached, or the answer ended too early.
    #[error("cannot read {url}: {message}{}", attempts_text(*.attempts))]
    Transport {
        /// The URL, redacted.
        url: String,
        /// The causes.
        message: String,
        /// How often it was tried.
        attempts: u32,
        /// Whether another attempt may succeed.
        verdict: Verdict,
        /// The certificate that was refused, if that is why.
        refusal: Option<CertificateRefusal>,
    },
    /// The answer is larger than the limit.
    #[error("{url} is larger than {limit} bytes")]
    TooLarge {
        /// The URL, redacted.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// A redirect that is not followed.
    #[error("{url} redirects to {target}, {reason}")]
    Redirect {
        /// The URL, redacted.
        url: String,
        /// The target, redacted.
        target: String,
        /// Why it is not followed.
        reason: &'static str,
    },
    /// Something in the request cannot be sent.
    #[error("{url}: {reason}")]
    Request {
        /// The URL, redacted.
        url: String,
        /// What it is.
        reason: &'static str,
    },
}

/// `(3 attempts)` where there was more than one.
pub(super) fn attempts_text(attempts: u32) -> String {
    if attempts > 1 {
        format!(" ({attempts} attempts)")
    } else {
        String::new()
    }
}

impl HttpError {
    /// The same after a number of attempts.
    #[must_use]
    pub fn after(self, attempts: u32) -> Self {
        match self {
            Self::Transport {
                url,
                message,
                verdict,
                refusal,
                ..
            } => Self::Transport {
                url,
                message,
                attempts,
                verdict,
                refusal,
            },
            error => error,
        }
    }

    /// What to do about a certificate that was refused, if that is why there is no answer.
    pub fn certificate_hint(&self) -> Option<&'static str> {
        match self {
            Self::Transport { refusal, .. } => refusal.map(CertificateRefusal::hint),
            _ => None,
        }
    }
}
