//! Why credentials cannot be used. No message shows one.

use std::io;
use std::path::PathBuf;

/// Credentials that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
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
    /// A file is not what it should be.
    #[error("{what} {} is broken: {reason}", path.display())]
    Broken {
        /// What it is.
        what: &'static str,
        /// Its path.
        path: PathBuf,
        /// Why; without the text of the file.
        reason: String,
    },
    /// A helper program gives no credentials.
    #[error("the credential helper {program} {reason}")]
    Helper {
        /// The program.
        program: String,
        /// Why not; without its output.
        reason: String,
    },
    /// A name of a repository that is not known.
    #[error("there is no repository `{name}` in {}", path.display())]
    UnknownRepository {
        /// The name.
        name: String,
        /// Helm's list.
        path: PathBuf,
    },
}
