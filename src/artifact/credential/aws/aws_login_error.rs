//! Why there are no keys of AWS. No message shows one.

use std::io;
use std::path::PathBuf;

use crate::artifact::network::{HttpError, NetworkError};

use super::super::credential_error::CredentialError;

/// A login that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AwsLoginError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A profile that is not there, or lacks something.
    #[error("the AWS profile `{profile}` {reason}")]
    Profile {
        /// Its name.
        profile: String,
        /// What is wrong; without its values.
        reason: String,
    },
    /// A variable that cannot be used.
    #[error("{name} {reason}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no login anywhere.
    #[error("no variable and no profile gives keys, and {0}")]
    Nowhere(String),
    /// A server does not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A server refuses, or sends something else than keys.
    #[error("{url} gives no keys: {reason}")]
    NoKeys {
        /// The server's address, redacted.
        url: String,
        /// What it says.
        reason: String,
    },
    /// A file of certificates cannot be used.
    #[error(transparent)]
    Certificates(#[from] CredentialError),
    /// The network cannot be set up.
    #[error(transparent)]
    Network(#[from] NetworkError),
}
