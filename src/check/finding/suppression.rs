//! Comments and configuration that silence findings.
//!
//! `# chartwright-ignore: rule-id why` on a line, or on the line above it, silences the rule there, in templates, values
//! and manifests alike (`{{/* chartwright-ignore: rule-id why */}}` too); `chartwright-ignore-file` does so for the whole
//! file. Several rules are separated by commas.

use std::collections::HashMap;

use super::Finding;

const LINE_MARK: &str = "chartwright-ignore:";
const FILE_MARK: &str = "chartwright-ignore-file:";

/// A rule silenced below a path by the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// The rule, or `*`.
    pub rule: String,
    /// Beginning of the paths it is silenced in; empty for all.
    pub path: String,
}

/// What is silenced where. Files are read once, when they have a finding.
#[derive(Debug, Default)]
pub struct Suppressions {
    configured: Vec<PathRule>,
    files: HashMap<String, Vec<Comment>>,
}

#[derive(Debug)]
struct Comment {
    /// The line it stands on, from 1; 0 for the whole file.
    line: u32,
    /// Whether there is nothing else on its line, so that it speaks of the next.
    stands_alone: bool,
    rules: Vec<String>,
}

impl Suppressions {
    /// With what the configuration says.
    pub fn new(configured: Vec<PathRule>) -> Self {
        Self {
            configured,
            files: HashMap::new(),
        }
    }

    /// The findings that are not silenced. `read` gives the text of a file.
    pub fn apply(&mut self, findings: Vec<Finding>, read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<Finding> {
        findings
            .into_iter()
            .filter(|finding| !self.is_silenced(finding, &read))
            .collect()
    }

    fn is_silenced(&mut self, finding: &Finding, read: &impl Fn(&str) -> Option<Vec<u8>>) -> bool {
        let is_configured = self
            .configured
            .iter()
            .any(|entry| (entry.rule == "*" || entry.rule == finding.rule) && finding.file.starts_with(&entry.path));
        if is_configured {
            return true;
        }
        let comments = self
            .files
            .entry(finding.file.clone())
            .or_insert_with(|| read(&finding.file).map(|text| comments(&text)).unwrap_or_default());
        comments.iter().any(|comment| {
            let is_here = comment.line == 0
                || comment.line == finding.line
                || (comment.stands_alone && comment.line + 1 == finding.line);
            is_here && comment.rules.iter().any(|rule| rule == finding.rule || rule == "*")
        })
    }
}

fn comments(text: &[u8]) -> Vec<Comment> {
    if memchr::memmem::find(text, b"chartwright-ignore").is_none() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(text);
    let mut comments = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (before, rest, whole_file) = if let Some((before, rest)) = line.split_once(FILE_MARK) {
            (before, rest, true)
        } else if let Some((before, rest)) = line.split_once(LINE_MARK) {
            (before, rest, false)
        } else {
            continue;
        };
        let rules = rest.split_whitespace().next().unwrap_or_default();
        comments.push(Comment {
            line: if whole_file { 0 } else { number },
            stands_alone: before.trim().trim_matches(['#', '{', '/', '*', '-', ' ']).is_empty(),
            rules: rules
                .split(',')
                .filter(|rule| !rule.is_empty())
                .map(str::to_owned)
                .collect(),
        });
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn comments_silence_their_line_and_the_next() {
        let text =
            "a: 1 # chartwright-ignore: one reason\n{{- /* chartwright-ignore: two,three because */ -}}\nb: 2\nc: 3\n";
        let silenced = |line: u32, rule: &'static str, text: &str| {
            let finding = Finding::new("f", (line, 1), Severity::Error, rule, "");
            Suppressions::default()
                .apply(vec![finding], |_| Some(text.as_bytes().to_vec()))
                .is_empty()
        };
        assert!(silenced(1, "one", text) && !silenced(1, "two", text) && !silenced(2, "one", text));
        assert!(silenced(3, "two", text) && silenced(3, "three", text) && !silenced(4, "two", text));
        assert!(
            silenced(9, "x", "# chartwright-ignore-file: x why\n") && silenced(1, "y", "# chartwright-ignore: * why")
        );
    }

    #[test]
    fn the_configuration_silences_below_a_path() {
        let rule = |path: &str| PathRule {
            rule: "r".to_owned(),
            path: path.to_owned(),
        };
        let left = |path: &str, file: &str| {
            let finding = Finding::new(file, (1, 1), Severity::Error, "r", "");
            Suppressions::new(vec![rule(path)]).apply(vec![finding], |_| None).len()
        };
        assert_eq!(
            (
                left("charts/a", "charts/a/values.yaml"),
                left("charts/a", "charts/b/x"),
                left("", "x")
            ),
            (0, 1, 0)
        );
    }
}
