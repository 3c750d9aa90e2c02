//! `.helmignore`, as Helm's `pkg/ignore` reads it: not gitignore. `**` is refused, and a `!` line makes everything
//! that does *not* match it ignored.

use crate::text::go::path_match::{PathPattern, PatternError};

/// Why a `.helmignore` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// `**` is not supported by Helm.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// A glob that does not parse.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

#[derive(Debug, Clone)]
struct Rule {
    /// `None` for a pattern that matches no name: it became malformed when it was cut out of a valid line.
    pattern: Option<PathPattern>,
    negated: bool,
    directories_only: bool,
    /// Whether the pattern is matched against the base name only (it has no slash).
    base_name: bool,
}

/// The rules of one chart.
#[derive(Debug, Clone, Default)]
pub struct IgnoreRules {
    rules: Vec<Rule>,
}

impl IgnoreRules {
    /// Reads the text of a `.helmignore` and adds Helm's default rule (hidden files in `templates/`).
    ///
    /// # Errors
    /// When a pattern is malformed or contains `**`.
    pub fn parse(text: &str) -> Result<Self, IgnoreError> {
        let mut rules = Self::default();
        for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
            rules.add(line)?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), IgnoreError> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err(IgnoreError::DoubleStar);
        }
        PathPattern::parse(line)?;
        let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (directories_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let (pattern, base_name) = match line.strip_prefix('/') {
            Some(rooted) => (rooted, false),
            None => (line, !line.contains('/')),
        };
        self.rules.push(Rule {
            pattern: PathPattern::parse(pattern).ok(),
            negated,
            directories_only,
            base_name,
        });
        Ok(())
    }

    /// Whether the file or directory at `path` (relative to the chart, with `/`) is left out.
    pub fn is_ignored(&self, path: &str, is_directory: bool) -> bool {
        let base = path.rsplit('/').next().unwrap_or(path);
        self.rules.iter().any(|rule| {
            let name = if rule.base_name { base } else { path };
            let matched = || rule.pattern.as_ref().is_some_and(|pattern| pattern.matches(name));
            if rule.negated {
                (rule.directories_only && !is_directory) || !matched()
            } else {
                (!rule.directories_only || is_directory) && matched()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negated_directories_and_marks_are_read_as_in_helm() {
        for (rules, path, is_directory, expected) in [
            ("\u{feff}a.txt", "a.txt", false, true),
            ("!keep/", "keep", true, false),
            ("!keep/", "other", true, true),
            ("!keep/", "keep", false, true),
            ("!a.txt", "a.txt", false, false),
            ("!a.txt", "b.txt", false, true),
        ] {
            let parsed = IgnoreRules::parse(rules).unwrap();
            assert_eq!(parsed.is_ignored(path, is_directory), expected, "{rules} {path}");
        }
    }

    #[test]
    fn ignores_as_helm_does() {
        let rules = IgnoreRules::parse("# c\n*.txt\nmydir/\n/root.md\na/b?.yaml\n").unwrap();
        for (path, is_directory, want) in [
            ("a.txt", false, true),
            ("x/y/a.txt", false, true),
            ("mydir", true, true),
            ("mydir", false, false),
            ("root.md", false, true),
            ("x/root.md", false, false),
            ("a/b1.yaml", false, true),
            ("templates/.hidden", false, true),
            ("templates/x.yaml", false, false),
        ] {
            assert_eq!(rules.is_ignored(path, is_directory), want, "{path}");
        }
    }

    #[test]
    fn a_negated_rule_ignores_all_that_does_not_match() {
        let rules = IgnoreRules::parse("!keep.yaml").unwrap();
        assert!(rules.is_ignored("Chart.yaml", false));
        assert!(!rules.is_ignored("keep.yaml", false));
    }

    #[test]
    fn double_stars_are_refused() {
        assert_eq!(IgnoreRules::parse("a/**/b").unwrap_err(), IgnoreError::DoubleStar);
    }
}
