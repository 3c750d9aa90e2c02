//! Patterns of Go's `regexp`, compiled, with its error texts.

use regex::{Regex, RegexBuilder};

use super::regexp::translate;

/// Memory that a compiled pattern may use, in bytes.
const SIZE_LIMIT: usize = 16 << 20;

/// Compiles a pattern for texts.
///
/// # Errors
/// Gives Go's error text for a pattern that Go refuses, and for one that is too large here.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern.as_bytes())?;
    let compiled = RegexBuilder::new(&translated.pattern).size_limit(SIZE_LIMIT).build();
    compiled.map_err(|_| too_large(pattern))
}

/// The error for a pattern that needs more memory than [`SIZE_LIMIT`].
pub(crate) fn too_large(pattern: &str) -> String {
    format!("error parsing regexp: expression too large: `{pattern}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_go() {
        for (pattern, text, expected) in [("^[^[\\]]+$", "a(", true), ("^\\d$", "٣", false), ("b", "abc", true)] {
            assert_eq!(compile(pattern).unwrap().is_match(text), expected, "{pattern}");
        }
        assert_eq!(
            compile("(").unwrap_err(),
            "error parsing regexp: missing closing ): `(`"
        );
        let large = "(?:\\pL{1000}){1000}";
        assert!(compile(large).is_err(), "{large}");
    }
}
