//! Patterns in the dialect of Go's `regexp`, with its error texts.

use crate::text::go::pattern::{compile, positions};

/// Bytes of a text that a small pattern is matched with in the time of a step.
const TEXT: u64 = 64;
/// Positions of a pattern that are looked at with a byte of a text in the time of a step: at worst all of them with each.
const POSITIONS: u64 = 16;

/// A compiled pattern, and its text.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    regex: regex::Regex,
    /// How much of it there is to look at with each byte of a text.
    positions: u64,
}

impl Pattern {
    /// Compiles a pattern; otherwise gives Go's text.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        let regex = compile(source)?;
        Ok(Self {
            source: source.to_owned(),
            regex,
            positions: positions(source),
        })
    }

    /// Steps that matching a text counts as: the longer the pattern, the more of it may have to be tried at each character.
    pub(super) fn cost(&self, text: &str) -> u64 {
        let length = text.len() as u64;
        1 + length / TEXT + length.saturating_mul(self.positions) / POSITIONS
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
