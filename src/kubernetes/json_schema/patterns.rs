//! Patterns in the dialect of Go's `regexp`, with its error texts.

use crate::text::go::pattern::{compile, size};

/// Bytes of a text that a small pattern is matched with in the time of a step.
const TEXT: u64 = 64;
/// A pattern with so many parts more takes as long again for a text.
const PARTS: u64 = 1_000;

/// A compiled pattern, and its text.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    regex: regex::Regex,
    /// How large it is once its repetitions are written out.
    pub(super) parts: u64,
}

impl Pattern {
    /// Compiles a pattern; otherwise gives Go's text.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        let regex = compile(source)?;
        Ok(Self {
            source: source.to_owned(),
            regex,
            parts: size(source).unwrap_or_default(),
        })
    }

    /// Steps that matching a text counts as: the longer the pattern, the more of it may have to be tried at each character.
    pub(super) fn cost(&self, text: &str) -> u64 {
        1 + text.len() as u64 * (1 + self.parts / PARTS) / TEXT
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
