//! Comments and configuration that silence findings.
//!
//! `# chartwright-ignore: rule-id why` on a line, or on the line above it, silences the rule there, in templates, values
//! and manifests alike (`{{/* chartwright-ignore: rule-id why */}}` too); `chartwright-ignore-file` does so for the whole
//! file. Several rules are separated by commas. A rule covers its parts (`range` covers `range/service-port`).

use std::collections::{HashMap, HashSet};

use super::finding::Finding;

const MARK: &str = "chartwright-ignore";
const LINE_MARK: &str = "chartwright-ignore:";
const FILE_MARK: &str = "chartwright-ignore-file:";

/// A rule silenced below a path by the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// The rule, a part of one, or `*`.
    pub rule: String,
    /// File or directory it is silenced in, as reports show paths; empty for all.
    pub path: String,
}

impl PathRule {
    fn covers(&self, finding: &Finding) -> bool {
        let is_inside = finding
            .primary
            .file
            .path()
            .strip_prefix(self.path.trim_end_matches('/'))
            .is_some_and(|rest| self.path.is_empty() || rest.is_empty() || rest.starts_with(['/', '!']));
        is_inside && finding.rule.is_covered_by(&self.rule)
    }
}

/// A comment that silences rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreComment {
    /// The line it is on, from 1.
    pub line: u32,
    /// Bytes of the text at which its list of rules begins.
    pub offset: usize,
    /// The rules it names.
    pub rules: Vec<String>,
    reach: Reach,
}

/// What a comment silences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    File,
    Line,
    /// Nothing else is on its line, so it applies to the following line as well.
    LineAndNext,
}

/// What silences a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silencer {
    /// `ignore` of the configuration.
    Configuration,
    /// A comment in the file.
    Comment,
}

/// What is silenced where. The comments of a file are read once, when it has a finding.
#[derive(Debug, Default)]
pub struct Suppressions<'c> {
    configured: &'c [PathRule],
    files: HashMap<String, FileComments>,
}

/// The comments of a file: what it silences as a whole, and the comments on each of its lines.
#[derive(Debug, Default)]
struct FileComments {
    whole: HashSet<String>,
    lines: HashMap<u32, LineComment>,
}

/// A comment on a line of a file.
#[derive(Debug)]
struct LineComment {
    rules: HashSet<String>,
    reaches_next: bool,
}

impl FileComments {
    fn read(text: &[u8]) -> Self {
        let mut found = Self::default();
        for comment in ignore_comments(text) {
            match comment.reach {
                Reach::File => found.whole.extend(comment.rules),
                Reach::Line | Reach::LineAndNext => {
                    let known = LineComment {
                        reaches_next: comment.reach == Reach::LineAndNext,
                        rules: comment.rules.into_iter().collect(),
                    };
                    found.lines.insert(comment.line, known);
                }
            }
        }
        found
    }

    fn silences(&self, finding: &Finding) -> bool {
        let is_in = |rules: &HashSet<String>| {
            !rules.is_empty() && finding.rule.covering_ids().any(|id| rules.contains(id.as_ref()))
        };
        if is_in(&self.whole) {
            return true;
        }
        if self.lines.is_empty() {
            return false;
        }
        let line = finding.primary.position().line;
        let on_line = self.lines.get(&line);
        let above = line.checked_sub(1).and_then(|above| self.lines.get(&above));
        let above = above.filter(|comment| comment.reaches_next);
        on_line.into_iter().chain(above).any(|comment| is_in(&comment.rules))
    }
}

impl<'c> Suppressions<'c> {
    /// Comments, and what the configuration says.
    pub fn new(configured: &'c [PathRule]) -> Self {
        Self {
            configured,
            files: HashMap::new(),
        }
    }

    /// What silences a finding, if anything does.
    pub fn silencer(&mut self, finding: &Finding) -> Option<Silencer> {
        if self.configured.iter().any(|entry| entry.covers(finding)) {
            return Some(Silencer::Configuration);
        }
        let file = &finding.primary.file;
        if !self.files.contains_key(file.path()) {
            self.files
                .insert(file.path().to_owned(), FileComments::read(file.text()));
        }
        let comments = self.files.get(file.path())?;
        comments.silences(finding).then_some(Silencer::Comment)
    }
}

/// The comments of a text that silence rules.
pub fn ignore_comments(text: &[u8]) -> Vec<IgnoreComment> {
    let mut comments = Vec::new();
    if memchr::memmem::find(text, MARK.as_bytes()).is_none() {
        return comments;
    }
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive(|&byte| byte == b'\n')) {
        let find = |mark: &str| memchr::memmem::find(line, mark.as_bytes()).map(|at| (at, at + mark.len()));
        let (found, is_file) = match find(FILE_MARK) {
            Some(found) => (Some(found), true),
            None => (find(LINE_MARK), false),
        };
        if let Some((at, end)) = found {
            let (before, rest) = (line.get(..at).unwrap_or_default(), line.get(end..).unwrap_or_default());
            let blanks = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
            let rules = String::from_utf8_lossy(rest.trim_ascii_start()).into_owned();
            let is_alone = before.iter().all(|byte| b"#{/*- \t".contains(byte));
            comments.push(IgnoreComment {
                line: number,
                offset: start + end + blanks,
                rules: listed_rules(&rules),
                reach: match (is_file, is_alone) {
                    (true, _) => Reach::File,
                    (false, true) => Reach::LineAndNext,
                    (false, false) => Reach::Line,
                },
            });
        }
        start += line.len();
    }
    comments
}

/// The rules before the reason, with commas between them, and blanks after the commas.
fn listed_rules(text: &str) -> Vec<String> {
    let mut rules = Vec::new();
    for word in text.split_whitespace() {
        rules.extend(word.split(',').filter(|rule| !rule.is_empty()).map(str::to_owned));
        if !word.ends_with(',') {
            break;
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::*;
    use crate::text::rule::{Rule, RuleId};
    use crate::text::source::SourceFile;

    /// Whether a finding of a rule on a line of a text is silenced.
    fn is_silenced(rule: impl Into<RuleId>, path: &str, text: &str, line: u32, configured: &[PathRule]) -> bool {
        let file = SourceFile::new(path, text.as_bytes());
        let span = file.line_span(line);
        let finding = Finding::new(rule, Location::new(file, span), "x");
        Suppressions::new(configured).silencer(&finding).is_some()
    }

    #[test]
    fn comments_silence_their_line_and_the_next() {
        let text = "a: 1 # chartwright-ignore: type reason\n{{- /* chartwright-ignore: range,enum because */ -}}\nb: 2\nc: 3\n";
        for (rule, line, want) in [
            (Rule::Type, 1, true),
            (Rule::Range, 1, false),
            // The comment shares its line with a value, so it is about that line alone.
            (Rule::Type, 2, false),
            (Rule::Range, 2, true),
            (Rule::Range, 3, true),
            (Rule::Enum, 3, true),
            (Rule::Range, 4, false),
        ] {
            assert_eq!(is_silenced(rule, "f", text, line, &[]), want, "{rule:?} on line {line}");
        }
        for (text, line, want) in [
            ("# chartwright-ignore-file: type why\n1\n2\n3\n4\n", 4, true),
            ("# chartwright-ignore-file: range why\n1\n2\n", 2, false),
            ("# chartwright-ignore: * why\n1\n", 2, true),
            ("\t# chartwright-ignore: type\r\n1\r\n", 2, true),
            ("# chartwright-ignore: range, type why\n1\n", 2, true),
            ("# chartwright-ignore: range why, type\n1\n", 2, false),
            ("# chartwright-ignore:\n1\n", 2, false),
        ] {
            assert_eq!(is_silenced(Rule::Type, "f", text, line, &[]), want, "{text:?}");
        }
        let part = RuleId::part_of(Rule::Range, "ServicePort");
        assert!(is_silenced(part, "f", "a # chartwright-ignore: range\n", 1, &[]));
        assert!(is_silenced(
            part,
            "f",
            "a # chartwright-ignore: range/service-port\n",
            1,
            &[]
        ));
        assert!(!is_silenced(
            part,
            "f",
            "a # chartwright-ignore: range/pod-spec\n",
            1,
            &[]
        ));
    }

    #[test]
    fn the_configuration_silences_below_a_path() {
        for (rule, path, file, want) in [
            ("type", "charts/a", "charts/a/values.yaml", true),
            ("type", "charts/a/", "charts/a/values.yaml", true),
            ("type", "charts/a", "charts/ab/values.yaml", false),
            ("type", "charts/a/values.yaml", "charts/a/values.yaml", true),
            ("type", "charts/a-1.0.0.tgz", "charts/a-1.0.0.tgz!values.yaml", true),
            ("type", "", "x", true),
            ("*", "", "x", true),
            ("range", "", "x", false),
        ] {
            let entry = PathRule {
                rule: rule.to_owned(),
                path: path.to_owned(),
            };
            assert_eq!(
                is_silenced(Rule::Type, file, "", 1, &[entry]),
                want,
                "{rule} below {path}: {file}"
            );
        }
    }
}
