//! Patterns in the dialect of Go's `regexp`, with its error texts.

use crate::text::go::pattern::compile;

/// A compiled pattern, and its text.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    regex: regex::Regex,
}

impl Pattern {
    /// Compiles a pattern; otherwise gives Go's text.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        let regex = compile(source)?;
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
