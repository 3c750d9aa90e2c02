//! Which tags are looked at, and the part of them that is compared.

use regex::Regex;

/// A regular expression over tags. What its first group matches is compared in place of the whole tag: `^main-(\d+)$`.
#[derive(Debug, Clone)]
pub struct TagFilter(Regex);

/// An expression that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a regular expression: {reason}")]
pub struct TagFilterError {
    text: String,
    reason: String,
}

impl TagFilter {
    /// Reads an expression in the syntax of the crate `regex`.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, TagFilterError> {
        Regex::new(text).map(Self).map_err(|error| TagFilterError {
            text: text.to_owned(),
            reason: error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned(),
        })
    }

    /// The part of a tag that is compared; nothing for a tag that is left out.
    pub(super) fn compared<'t>(&self, tag: &'t str) -> Option<&'t str> {
        let found = self.0.captures(tag)?;
        let part = found.get(1).or_else(|| found.get(0));
        match part {
            Some(group) if found.len() > 1 => Some(group.as_str()),
            _ => Some(tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_group_is_compared() {
        for (filter, tag, compared) in [
            ("^main-", "main-3842bd0", Some("main-3842bd0")),
            ("^main-", "dev-3842bd0", None),
            (r"^main-(\d+)$", "main-17", Some("17")),
            (r"^(?:main|dev)-(\d+)-[0-9a-f]+$", "dev-17-3842bd0", Some("17")),
        ] {
            assert_eq!(
                TagFilter::parse(filter).expect(filter).compared(tag),
                compared,
                "{filter} {tag}"
            );
        }
        let error = TagFilter::parse("(").expect_err("is open").to_string();
        assert_eq!(error, "`(` is not a regular expression: unclosed group");
    }
}
