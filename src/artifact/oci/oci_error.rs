//! Why a registry does not do what is asked. No message shows a credential.

use serde_json::Value as Json;

use crate::artifact::credential::CredentialError;
use crate::artifact::network::{HttpAnswer, HttpError, Verdict};
use crate::text::redact::{redact_message, redact_url};

use super::reference::ReferenceError;

/// Most characters of a registry's own message that are shown.
const DETAIL_LENGTH: usize = 300;

/// A request to a registry that failed.
#[derive(Debug, thiserror::Error)]
pub enum OciError {
    /// An address is not one.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// There is no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Credentials cannot be read.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The registry refuses access.
    #[error("{url} answers {status}{detail}")]
    Refused {
        /// What was asked.
        url: String,
        /// The status.
        status: String,
        /// The registry's words, after `: `.
        detail: String,
        /// Whether we had credentials.
        has_login: bool,
    },
    /// The registry does not have it.
    #[error("{url} answers {status}{detail}")]
    Missing {
        /// What was asked.
        url: String,
        /// The status.
        status: String,
        /// The registry's words, after `: `.
        detail: String,
    },
    /// Another answer that is not a success.
    #[error("{url} answers {status}{detail}")]
    Answer {
        /// What was asked.
        url: String,
        /// The status.
        status: String,
        /// The registry's words, after `: `.
        detail: String,
    },
    /// The registry does not remove manifests.
    #[error("{url} answers {status}{detail}: the registry does not remove charts on request")]
    NoDeletes {
        /// What was asked.
        url: String,
        /// The status.
        status: String,
        /// The registry's words, after `: `.
        detail: String,
    },
    /// The registry removes manifests only, and this one has other tags.
    #[error("{reference} has the same manifest as {others}, and the registry removes it only with all of its tags")]
    SharedManifest {
        /// The chart with its tag.
        reference: String,
        /// The other tags.
        others: String,
    },
    /// What the registry sends is not what it should be.
    #[error("{what}: {reason}")]
    Broken {
        /// Which thing.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// The tag has other content.
    #[error("{reference} is already in the registry, with different content (archive {found}, not {new})")]
    Exists {
        /// The chart with its tag.
        reference: String,
        /// The digest of its archive, or what it is instead of a chart.
        found: String,
        /// The digest of ours.
        new: String,
    },
}

impl OciError {
    /// What an answer that is not a success means.
    pub(super) fn from_answer(answer: &HttpAnswer, has_login: bool) -> Self {
        let url = redact_url(answer.url.as_str());
        let status = answer.status_text();
        let detail = detail(&answer.body);
        match answer.status {
            401 | 403 => Self::Refused {
                url,
                status,
                detail,
                has_login,
            },
            404 => Self::Missing { url, status, detail },
            _ => Self::Answer { url, status, detail },
        }
    }

    /// Something that is not what it should be.
    pub(super) fn broken(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Broken {
            what: what.into(),
            reason: reason.into(),
        }
    }

    /// Whether the registry does not have what was asked for.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// Whether the chart is at fault, and not the registry.
    pub const fn is_finding(&self) -> bool {
        matches!(self, Self::Exists { .. })
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { has_login: false, .. } => Some(
                "log in with `docker login` or `helm registry login`; a registry may also answer this for what does not exist",
            ),
            Self::Refused { has_login: true, .. } => {
                Some("the credentials are refused: log in again, or check what they may read and write")
            }
            Self::NoDeletes { .. } => Some(
                "docker-registry removes with REGISTRY_STORAGE_DELETE_ENABLED=true; GitHub, GitLab and Docker Hub remove in their own API or web page",
            ),
            Self::SharedManifest { .. } => Some("remove the other tags in the registry's own API or web page first"),
            Self::Exists { .. } => Some("raise the chart's version: a published version never changes"),
            Self::Http(HttpError::Transport {
                verdict: Verdict::Refused,
                ..
            }) => Some("check the host and the port, and that the registry runs"),
            Self::Http(error @ HttpError::Transport { .. }) => error.certificate_hint().or(Some(
                "check the address and the network; a registry without TLS needs --plain-http",
            )),
            _ => None,
        }
    }
}

/// The code and message of the first error in an answer, after `: `.
fn detail(body: &[u8]) -> String {
    let answer: Json = serde_json::from_slice(body).unwrap_or_default();
    let error = answer.pointer("/errors/0");
    let text = |field: &str| {
        error
            .and_then(|error| error.get(field))
            .and_then(Json::as_str)
            .unwrap_or_default()
    };
    let mut detail = String::new();
    for text in [text("code"), text("message")] {
        if !text.is_empty() {
            detail.push_str(": ");
            detail.extend(redact_message(text).chars().take(DETAIL_LENGTH));
        }
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_words_are_shown_in_part() {
        let long = format!(r#"{{"errors": [{{"code": "X", "message": "{}"}}]}}"#, "a".repeat(1000));
        for (body, want) in [
            (
                r#"{"errors": [{"code": "DENIED", "message": "see https://me:hunter2@h/x"}]}"#,
                ": DENIED: see https://h/x",
            ),
            (r#"{"errors": []}"#, ""),
            ("<html>", ""),
            (long.as_str(), &format!(": X: {}", "a".repeat(DETAIL_LENGTH))),
        ] {
            assert_eq!(detail(body.as_bytes()), want);
        }
    }
}
