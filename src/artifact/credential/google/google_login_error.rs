//! Why a login for Google does not work. No message shows a credential.

use std::io;
use std::path::PathBuf;

use crate::artifact::network::{HttpError, NetworkError};

/// A login that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GoogleLoginError {
    /// A file cannot be read.
    #[error("cannot read {what} {}: {source}", path.display())]
    File {
        /// What it is.
        what: &'static str,
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is not what it should be, or names something that is not allowed.
    #[error("the credentials file {}: {reason}", path.display())]
    Unusable {
        /// Its path.
        path: PathBuf,
        /// Why; without the text of the file.
        reason: String,
    },
    /// A server does not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A server refuses, or sends something else than a token.
    #[error("{url} gives no token: {reason}")]
    NoToken {
        /// The server's address, redacted.
        url: String,
        /// What it says.
        reason: String,
    },
    /// The network cannot be set up.
    #[error(transparent)]
    Network(#[from] NetworkError),
}
