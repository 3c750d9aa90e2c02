//! Why an operation on a store failed.

use std::fmt;
use std::io;

use crate::artifact::network::{CertificateRefusal, Verdict};

/// An operation on a store that failed. No part of the error contains credentials.
#[derive(Debug, thiserror::Error)]
pub struct StoreError {
    /// `GET`, `PUT`, `LIST`, `DELETE`, `OPEN` or `LOCK`.
    pub method: &'static str,
    /// The object, or the store where the fault is the store's: a path, `s3://bucket/key` or `gs://bucket/key`.
    pub place: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong.
    pub failure: StoreFailure,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum StoreFailure {
    /// The bucket does not exist.
    #[error("the bucket does not exist")]
    NoBucket,
    /// The server's answer was not a success.
    #[error("{}", AnswerText { status: *status, code, message })]
    Answer {
        /// HTTP status.
        status: u16,
        /// The store's own code, such as `AccessDenied`; empty if it sent none.
        code: String,
        /// Its message; empty if it sent none.
        message: String,
        /// Whether another attempt may succeed.
        verdict: Verdict,
    },
    /// There was no answer, or one that could not be read.
    #[error("{message}")]
    Transport {
        /// The causes.
        message: String,
        /// Whether another attempt may succeed.
        verdict: Verdict,
    },
    /// A certificate was refused, the server's or ours.
    #[error("{message}")]
    Certificate {
        /// The causes.
        message: String,
        /// Whose certificate.
        refusal: CertificateRefusal,
    },
    /// Credentials are missing, or cannot be fetched.
    #[error("no credentials: {message}")]
    Credentials {
        /// The causes.
        message: String,
        /// Whether another attempt may succeed.
        verdict: Verdict,
    },
    /// The store sends no entity tags.
    #[error("the store sends no entity tag, so a conditional write is not possible")]
    NoEntityTag,
    /// The store writes although a condition is not met.
    #[error("the store ignores the conditions of writes, so concurrent pushes would be lost")]
    IgnoresConditions,
    /// A setting is wrong.
    #[error("{0}")]
    Settings(String),
    /// A file cannot be read, written or locked.
    #[error("{0}")]
    Disk(io::Error),
}

struct AnswerText<'a> {
    status: u16,
    code: &'a str,
    message: &'a str,
}

impl fmt::Display for AnswerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store answered {}", self.status)?;
        for text in [self.code, self.message] {
            if !text.is_empty() {
                write!(f, ": {text}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, failure, .. } = self;
        match failure {
            StoreFailure::NoBucket
            | StoreFailure::Disk(_)
            | StoreFailure::Settings(_)
            | StoreFailure::Credentials { .. }
            | StoreFailure::NoEntityTag
            | StoreFailure::IgnoresConditions => write!(f, "{place}: {failure}")?,
            StoreFailure::Answer { .. } | StoreFailure::Transport { .. } | StoreFailure::Certificate { .. } => {
                write!(f, "{place}: {} failed: {failure}", self.method)?;
            }
        }
        if self.attempts > 1 {
            write!(f, " ({} attempts)", self.attempts)?;
        }
        Ok(())
    }
}

impl StoreError {
    /// Whether another attempt may succeed after the failure.
    pub const fn verdict(&self) -> Verdict {
        match &self.failure {
            StoreFailure::Answer { verdict, .. }
            | StoreFailure::Transport { verdict, .. }
            | StoreFailure::Credentials { verdict, .. } => *verdict,
            StoreFailure::NoBucket
            | StoreFailure::NoEntityTag
            | StoreFailure::IgnoresConditions
            | StoreFailure::Settings(_)
            | StoreFailure::Certificate { .. }
            | StoreFailure::Disk(_) => Verdict::Final,
        }
    }

    /// What to do about a certificate that was refused, if that is what went wrong.
    pub fn certificate_hint(&self) -> Option<String> {
        let StoreFailure::Certificate { refusal, .. } = self.failure else {
            return None;
        };
        let is_s3 = self.place.starts_with("s3://");
        Some(match refusal {
            CertificateRefusal::UnknownAuthority if is_s3 => {
                format!("{}; AWS_CA_BUNDLE may name it as well", refusal.hint())
            }
            _ => refusal.hint().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn messages_name_the_place_and_what_happened() {
        let error = |attempts, failure| StoreError {
            method: "PUT",
            place: "s3://b/web-1.0.0.tgz".to_owned(),
            attempts,
            failure,
        };
        let answer = |code: &str, message: &str| StoreFailure::Answer {
            status: 503,
            code: code.to_owned(),
            message: message.to_owned(),
            verdict: Verdict::Retry(Some(Duration::from_secs(3))),
        };
        for (error, want) in [
            (
                error(1, StoreFailure::NoBucket),
                "s3://b/web-1.0.0.tgz: the bucket does not exist",
            ),
            (
                error(6, answer("SlowDown", "Reduce your request rate.")),
                "s3://b/web-1.0.0.tgz: PUT failed: the store answered 503: SlowDown: Reduce your request rate. (6 attempts)",
            ),
            (
                error(1, answer("", "")),
                "s3://b/web-1.0.0.tgz: PUT failed: the store answered 503",
            ),
        ] {
            assert_eq!(error.to_string(), want);
        }
    }
}
