//! Patterns of branches and tags in a configuration: `*` is any text, also with slashes or none, `?` one character, and all others
//! stand for themselves.

use std::fmt;

use crate::artifact::repository::{GitRef, RefKind};

/// A pattern of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefPattern(String);

/// Patterns of branches and of tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefRules {
    /// Those of branches.
    pub branches: Vec<RefPattern>,
    /// Those of tags.
    pub tags: Vec<RefPattern>,
}

impl RefRules {
    /// The patterns of branches or tags.
    pub fn of(&self, kind: RefKind) -> &[RefPattern] {
        match kind {
            RefKind::Branch => &self.branches,
            RefKind::Tag => &self.tags,
        }
    }

    /// Whether a branch or tag matches one of them.
    pub fn accept(&self, git_ref: &GitRef) -> bool {
        self.of(git_ref.kind()).iter().any(|rule| rule.matches(git_ref.name()))
    }
}

/// A text that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pattern of names: {reason}")]
pub struct RefPatternError {
    text: String,
    reason: &'static str,
}

impl RefPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is empty, or has signs with a meaning in other tools and none here.
    pub fn parse(text: &str) -> Result<Self, RefPatternError> {
        let reason = if text.is_empty() {
            "it is empty"
        } else if text.starts_with("refs/") {
            "leave out refs/heads/ and refs/tags/"
        } else if text.starts_with(['!', '^', '/']) || text.contains(['[', ']', '{', '}', '\\']) {
            "it has * for any text and ? for one character, and no other signs"
        } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            "no name has white space"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(RefPatternError {
            text: text.to_owned(),
            reason,
        })
    }

    /// Whether every name matches.
    pub fn is_everything(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'*')
    }

    /// Whether a name matches. The work grows with the product of the two lengths.
    pub fn matches(&self, name: &str) -> bool {
        // The states of the pattern that the name so far can be in: before which of its characters.
        let pattern: Vec<char> = self.0.chars().collect();
        let mut states = vec![false; pattern.len() + 1];
        if let Some(first) = states.first_mut() {
            *first = true;
        }
        pass_stars(&pattern, &mut states);
        for c in name.chars() {
            let mut next = vec![false; states.len()];
            for ((at, &wanted), &is_here) in pattern.iter().enumerate().zip(&states) {
                let reached = match wanted {
                    _ if !is_here => continue,
                    '*' => at,
                    '?' => at + 1,
                    wanted if wanted == c => at + 1,
                    _ => continue,
                };
                if let Some(state) = next.get_mut(reached) {
                    *state = true;
                }
            }
            states = next;
            pass_stars(&pattern, &mut states);
        }
        states.last().copied().unwrap_or_default()
    }
}

/// A `*` may match nothing.
fn pass_stars(pattern: &[char], states: &mut [bool]) {
    let mut is_reached = false;
    for (at, state) in states.iter_mut().enumerate() {
        *state |= is_reached;
        is_reached = *state && pattern.get(at) == Some(&'*');
    }
}

impl fmt::Display for RefPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, matching, other) in [
            ("main", &["main"][..], &["main2", "amain", "", "feature/main"][..]),
            ("*", &["main", "feature/x", ""], &[]),
            (
                "feature/*",
                &["feature/x", "feature/x/y", "feature/"],
                &["feature", "x/feature/y"],
            ),
            ("v*", &["v1.0.0", "v"], &["1.0.0", "V1"]),
            ("v?.?", &["v1.2"], &["v1.2.3", "v12", "v1."]),
            ("*-rc.*", &["1.0.0-rc.1", "a-rc.b-rc.c"], &["1.0.0-rc1"]),
            ("a*b*c", &["abc", "a--b--c", "abcbc"], &["acb", "abcd"]),
            ("***", &["x", ""], &[]),
            ("??", &["éa"], &["é"]),
        ] {
            let parsed = RefPattern::parse(pattern).unwrap();
            for name in matching {
                assert!(parsed.matches(name), "{pattern} {name}");
            }
            for name in other {
                assert!(!parsed.matches(name), "{pattern} {name}");
            }
            assert_eq!(parsed.is_everything(), pattern.trim_matches('*').is_empty());
        }
        let many = RefPattern::parse(&"*a".repeat(500)).unwrap();
        assert!(!many.matches(&"a".repeat(499)));
        assert!(many.matches(&"ba".repeat(500)));
    }

    #[test]
    fn what_other_tools_understand_is_refused() {
        for text in [
            "",
            "refs/heads/main",
            "!main",
            "^v[0-9]+$",
            "v[0-9]*",
            "{a,b}",
            "/main/",
            "a b",
            "v\\d",
        ] {
            let error = RefPattern::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{text}` is not a pattern of names: ")),
                "{error}"
            );
        }
    }
}
