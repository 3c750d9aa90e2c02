//! Patterns in the dialect of Go's `regexp`, with its error texts.

use crate::text::go::regexp::translate;

/// Memory that a compiled pattern may use.
const SIZE_LIMIT: usize = 16 << 20;

/// A compiled pattern, and its text.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    regex: regex::Regex,
}

impl Pattern {
    /// Compiles a pattern; otherwise gives Go's text.
    pub(super) fn compile(source: &str) -> Result<Self, String> {
        let translated = translate(source.as_bytes())?;
        let regex = regex::RegexBuilder::new(&translated.pattern)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|_| format!("error parsing regexp: expression too large: `{source}`"))?;
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
