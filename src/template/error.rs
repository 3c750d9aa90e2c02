//! Errors of compiling and executing templates, in Go's words.

/// A template failed while running.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExecutionError {
    /// The full text Go's `Error()` gives: `template: NAME:LINE:COLUMN: executing "NAME" at <NODE>: CAUSE`.
    pub message: String,
}
