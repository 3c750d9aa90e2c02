//! Patterns of schemas, as Go's `regexp` reads and matches them.

use std::sync::OnceLock;

use regex::Regex;

use super::super::kept::Kept;
use crate::text::go::pattern::{compile, positions};

/// Positions of a pattern that are looked at with a byte of a text in the time of a step.
const POSITIONS_OF_A_STEP: u64 = 16;

/// A pattern, compiled when it is first matched.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
    positions: OnceLock<u64>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            compiled: OnceLock::new(),
            positions: OnceLock::new(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Steps that matching a text counts as: at worst all positions of the pattern are looked at with each byte.
    pub(super) fn cost(&self, text: &str) -> u64 {
        static KNOWN: Kept<u64> = Kept::new(500);
        let positions = self
            .positions
            .get_or_init(|| KNOWN.get(&self.text, || positions(&self.text)));
        1 + (text.len() as u64).saturating_mul(*positions) / POSITIONS_OF_A_STEP
    }

    /// Whether it matches anywhere in a text; nothing for a pattern that cannot be used, with which the server refuses
    /// every value. The definition is then at fault, and reported.
    pub(super) fn is_match(&self, text: &str) -> Option<bool> {
        static KNOWN: Kept<Option<Regex>> = Kept::new(500);
        let compiled = self
            .compiled
            .get_or_init(|| KNOWN.get(&self.text, || compile(&self.text).ok()));
        compiled.as_ref().map(|pattern| pattern.is_match(text))
    }
}
