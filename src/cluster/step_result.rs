//! How a step of a release ended: it succeeded, it failed and why, or it is not known since the work could not go on.

use super::blame::Explanation;
use super::program::ProgramError;

/// Why a plan is not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum CarryOutError {
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Another run may be at work by now.
    #[error("another run took the lease of the environment: what was begun is left to it")]
    LeaseLost,
}

/// What a step of a release failed with.
pub(super) struct StepFailure {
    pub(super) words: String,
    pub(super) explanations: Vec<Explanation>,
}

/// How a step of a release ended.
pub(super) type StepResult = Result<Result<(), StepFailure>, CarryOutError>;
