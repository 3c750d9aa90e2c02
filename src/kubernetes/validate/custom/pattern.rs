//! Patterns of schemas, as Go's `regexp` reads and matches them.

use std::sync::OnceLock;

use regex::Regex;

use super::super::kept::Kept;
use crate::text::go::pattern::compile;

/// A pattern, compiled when it is first matched.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            compiled: OnceLock::new(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
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
