//! Errors of compiling and executing templates, in Go's words.

use crate::text::source::Span;

/// How the causes of errors begin that are about a limit of a whole rendering.
pub(super) const EXHAUSTED: &str = "the rendering exceeds the limit of";

/// A template does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The full text Go's `Error()` gives: `template: NAME:LINE: CAUSE`.
    pub message: String,
    /// Name of the source.
    pub template: String,
    /// Line, from 1.
    pub line: u32,
    /// Byte offset of the token at which parsing stopped.
    pub offset: u32,
    /// What is wrong.
    pub cause: String,
}

impl ParseError {
    pub(super) fn new(template: String, line: u32, offset: u32, cause: String) -> Self {
        Self {
            message: format!("template: {template}:{line}: {cause}"),
            template,
            line,
            offset,
            cause,
        }
    }
}

/// A place in a template that was being executed when an error occurred.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorFrame {
    /// Name of the definition that was executing.
    pub definition: String,
    /// Name of the source that contains the node.
    pub template: String,
    /// The node's bytes in that source.
    pub span: Span,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 0, as Go reports it.
    pub column: u32,
    /// The node as Go prints it.
    pub node: String,
}

/// A template failed while running.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
#[error("{message}")]
pub struct ExecutionError {
    /// The full text Go's `Error()` gives: `template: NAME:LINE:COLUMN: executing "NAME" at <NODE>: CAUSE`.
    pub message: String,
    /// Where it happened: the failing node first, then each caller through `include` and `tpl`.
    pub frames: Vec<ErrorFrame>,
    /// The innermost error's own words.
    pub cause: String,
    /// Lengths of the texts that Go's `errors.Unwrap` would find, innermost first; each is a suffix of the message.
    pub(super) wrapped: Vec<usize>,
}

impl ExecutionError {
    /// An error without a place in a template.
    pub fn without_place(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            cause: message.clone(),
            message,
            ..Self::default()
        }
    }

    /// Whether the rendering used more than it may: it would use as much again.
    pub fn is_exhaustion(&self) -> bool {
        self.cause.contains(EXHAUSTED)
    }

    /// The same error seen by a caller, whose own words come first.
    pub(super) fn wrap(mut self, prefix: &str) -> Self {
        self.wrapped.push(self.message.len());
        self.message.insert_str(0, prefix);
        self
    }

    /// The texts from this error down to the innermost.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let inner = self.wrapped.iter().rev();
        std::iter::once(self.message.as_str())
            .chain(inner.map(|&length| self.message.get(self.message.len() - length..).unwrap_or_default()))
    }
}
