//! Patterns of Go's `regexp`, compiled, with its error texts.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::regexp::translate;

/// Memory that a compiled pattern may use, in bytes.
const SIZE_LIMIT: usize = 16 << 20;
/// About how many parts have room in it.
const MOST_PARTS: u64 = SIZE_LIMIT as u64 / 16;

/// Compiles a pattern for texts.
///
/// # Errors
/// Gives Go's error text for a pattern that Go refuses, and for one that is too large here.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern.as_bytes())?;
    let compiled = RegexBuilder::new(&translated.pattern).size_limit(SIZE_LIMIT).build();
    compiled.map_err(|_| too_large(pattern))
}

/// Whether Go accepts a pattern, without compiling it.
///
/// # Errors
/// As for [`compile`].
pub fn check(pattern: &str) -> Result<(), String> {
    let translated = translate(pattern.as_bytes())?;
    match regex_syntax::parse(&translated.pattern) {
        Ok(hir) if parts(&hir) <= MOST_PARTS => Ok(()),
        _ => Err(too_large(pattern)),
    }
}

/// How large a pattern is once it is compiled, in parts; nothing for one that Go refuses. A part takes some twenty bytes,
/// and about as long to compile as a hundred nanoseconds.
pub fn size(pattern: &str) -> Option<u64> {
    let translated = translate(pattern.as_bytes()).ok()?;
    regex_syntax::parse(&translated.pattern).ok().map(|hir| parts(&hir))
}

/// How many bytes, classes and assertions a pattern has once its repetitions are written out: as many may have to be looked at with
/// each byte of a text. 0 for a pattern that Go refuses.
pub fn positions(pattern: &str) -> u64 {
    let translated = translate(pattern.as_bytes()).ok();
    let parsed = translated.and_then(|translated| regex_syntax::parse(&translated.pattern).ok());
    parsed.map_or(0, |hir| positions_of(&hir))
}

/// The same for a pattern that has been parsed.
pub(crate) fn positions_of(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty => 0,
        HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1));
            positions_of(&repetition.sub).saturating_mul(u64::from(times.max(1)))
        }
        HirKind::Capture(capture) => positions_of(&capture.sub),
        HirKind::Concat(items) | HirKind::Alternation(items) => {
            items.iter().map(positions_of).fold(0, u64::saturating_add)
        }
    }
}

/// How many characters, ranges and positions a pattern has once its repetitions are written out.
pub(crate) fn parts(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1));
            parts(&repetition.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => parts(&capture.sub).saturating_add(1),
        HirKind::Concat(items) | HirKind::Alternation(items) => items.iter().map(parts).fold(1, u64::saturating_add),
    }
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
        for pattern in ["(", large, "a{2,1}", "^a*$", ""] {
            assert_eq!(check(pattern), compile(pattern).map(drop), "{pattern}");
        }
    }
}
