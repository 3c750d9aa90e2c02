//! Why a forge did not do what it was asked to.

use crate::artifact::network::{HttpError, NetworkError};

/// A request to a forge that failed. The messages show no token.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The network cannot be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// There is no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The forge refuses.
    #[error("{forge} refuses to {task}: {status}{words}")]
    Refused {
        /// The forge.
        forge: &'static str,
        /// What was asked.
        task: String,
        /// The status, in words.
        status: String,
        /// What it says, after a colon.
        words: String,
        /// The status as a number.
        code: u16,
    },
    /// The branch is not where it was expected to be: another was faster.
    #[error("{forge}: the branch {branch} was changed by another at the same time")]
    Conflict {
        /// The forge.
        forge: &'static str,
        /// The branch.
        branch: String,
    },
    /// The answer lacks what it should have.
    #[error("{forge} answers to {task} without `{field}`")]
    Odd {
        /// The forge.
        forge: &'static str,
        /// What was asked.
        task: String,
        /// What is missing.
        field: &'static str,
    },
}

impl ForgeError {
    /// Whether the forge does not accept who asks.
    pub const fn is_about_login(&self) -> bool {
        matches!(self, Self::Refused { code: 401 | 403, .. })
    }
}
