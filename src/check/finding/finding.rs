//! One thing that is wrong, and where. The only struct for it: every check makes these, every report prints these. Places are
//! bytes of a file; lines and columns are computed when a report is written.

use std::borrow::Cow;
use std::sync::Arc;

use super::secret_values::SecretValues;
use crate::text::compact_sort::sort_by;
use crate::text::rule::{RuleId, Severity};
use crate::text::source::{Position, SourceFile, Span};
use crate::text::visible::fitting;

/// Bytes of a file, or a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file.
    pub file: SourceFile,
    /// The bytes; none where the file as a whole is meant.
    pub span: Option<Span>,
}

impl Location {
    /// A range of a file.
    pub const fn new(file: SourceFile, span: Span) -> Self {
        Self { file, span: Some(span) }
    }

    /// One byte of a file.
    pub fn at(file: SourceFile, offset: usize) -> Self {
        Self::new(file, Span::at(offset))
    }

    /// A file as a whole.
    pub const fn whole(file: SourceFile) -> Self {
        Self { file, span: None }
    }

    /// Where the range begins; the start of the file for a whole file.
    pub fn position(&self) -> Position {
        self.file.position(self.span.unwrap_or_default().start)
    }
}

impl std::fmt::Display for Location {
    /// `values.yaml:3:5`, or the path alone for a whole file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.file.path())?;
        if self.span.is_some() {
            let Position { line, column } = self.position();
            write!(f, ":{line}:{column}")?;
        }
        Ok(())
    }
}

/// What a related place is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A place in a file, named in one line.
    Named(Location),
    /// A place in a file, shown with its text where a report shows text.
    Shown(Location),
    /// A place in what was rendered, which is in no file; shown with the lines around it.
    Rendered(Location),
    /// A flag of the command line, such as `--set replicas=…`.
    Flag(String),
}

impl Place {
    /// `values.yaml:3:5`, or the flag.
    pub fn name(&self) -> String {
        match self {
            Self::Named(location) | Self::Shown(location) => location.to_string(),
            Self::Rendered(location) => format!("{} (rendered)", location.file.path()),
            Self::Flag(flag) => flag.clone(),
        }
    }
}

/// Another place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// The meaning of the place, such as `value from`.
    pub label: String,
    /// Where.
    pub place: Place,
}

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Severity; the rule's own unless the check says otherwise.
    pub severity: Severity,
    /// What is wrong, in one phrase that makes sense alone.
    pub message: String,
    /// The place to look at first.
    pub primary: Location,
    /// Other places it is about.
    pub related: Vec<Related>,
    /// Facts beside it, a line each.
    pub notes: Vec<String>,
    /// What to do, a line each.
    pub help: Vec<String>,
    /// The line of output that is wrong, where a template made it.
    pub rendered: Option<String>,
    /// The renderings that show it, such as `values-staging.yaml, Kubernetes 1.31`; empty for findings that need none.
    pub renderings: Vec<String>,
    /// The flags that show it, each with its argument, where the values that do were sought.
    pub shown_by: Vec<(&'static str, String)>,
    /// Whether the place may hold a secret: no report shows its text.
    pub is_secret: bool,
    /// Secrets that the text around a place may hold; the other texts are without them already.
    pub secrets: Option<Arc<SecretValues>>,
}

impl Finding {
    /// A finding with the severity of its rule. Further lines of `message` become notes.
    pub fn new(rule: impl Into<RuleId>, primary: Location, message: impl AsRef<str>) -> Self {
        let rule = rule.into();
        let mut lines = message.as_ref().trim().lines();
        Self {
            rule,
            severity: rule.rule.severity(),
            message: lines.next().unwrap_or_default().trim_end().to_owned(),
            primary,
            related: Vec::new(),
            notes: lines.map(|line| line.trim_end().to_owned()).collect(),
            help: Vec::new(),
            rendered: None,
            renderings: Vec::new(),
            shown_by: Vec::new(),
            is_secret: rule.rule.is_about_secrets(),
            secrets: None,
        }
    }

    /// The same with another severity.
    #[must_use]
    pub const fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with one more place.
    #[must_use]
    pub fn with_related(mut self, label: impl Into<String>, place: Place) -> Self {
        let label = label.into();
        self.related.push(Related { label, place });
        self
    }

    /// The same with one more fact.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same, its text hidden where it may hold a secret.
    #[must_use]
    pub const fn hidden_if(mut self, is_secret: bool) -> Self {
        self.is_secret |= is_secret;
        self
    }

    /// The same, secrets hidden in all its texts.
    #[must_use]
    pub fn without(mut self, secrets: &Arc<SecretValues>) -> Self {
        if secrets.is_empty() {
            return self;
        }
        let texts = std::iter::once(&mut self.message)
            .chain(&mut self.notes)
            .chain(&mut self.help)
            .chain(&mut self.rendered)
            .chain(&mut self.renderings)
            .chain(self.shown_by.iter_mut().map(|(_, argument)| argument))
            .chain(self.related.iter_mut().map(|related| &mut related.label));
        for text in texts {
            if let Cow::Owned(hidden) = secrets.hide(text) {
                *text = hidden;
            }
        }
        self.secrets = Some(Arc::clone(secrets));
        self
    }

    /// What makes two findings one, whatever renderings show them; also the order of reports: by what a JSON report has of it first, so that
    /// joined reports have the same order.
    fn identity(&self) -> impl Ord + '_ {
        let Location { file, span } = &self.primary;
        (file, span.unwrap_or_default().start, self.rule, &self.message, span)
    }
}

/// Values that findings quote may have any length.
fn shorten(finding: &mut Finding) {
    let texts = std::iter::once(&mut finding.message)
        .chain(&mut finding.notes)
        .chain(&mut finding.help)
        .chain(&mut finding.rendered)
        .chain(finding.related.iter_mut().map(|related| &mut related.label));
    for text in texts {
        if let Cow::Owned(shorter) = fitting(text) {
            *text = shorter;
        }
    }
}

/// Sorts findings by file, place, rule and message, and joins those that differ only in the renderings that show them. Secrets are
/// hidden before: long texts are shortened.
pub fn join(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.iter_mut().for_each(shorten);
    merged(findings)
}

/// The same, with all of their texts.
pub(super) fn merged(mut findings: Vec<Finding>) -> Vec<Finding> {
    sort_by(&mut findings, |a, b| a.identity().cmp(&b.identity()));
    let mut joined: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        match joined.last_mut() {
            Some(last) if last.identity().cmp(&finding.identity()).is_eq() => {
                last.severity = last.severity.max(finding.severity);
                for rendering in finding.renderings {
                    if !last.renderings.contains(&rendering) {
                        last.renderings.push(rendering);
                    }
                }
            }
            _ => joined.push(finding),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::rule::Rule;

    fn finding(path: &str, offset: usize, message: &str, rendering: &str) -> Finding {
        let file = SourceFile::new(path, &b"a: 1\nb: 2\n"[..]);
        let mut finding = Finding::new(Rule::Type, Location::at(file, offset), message);
        finding.renderings.push(rendering.to_owned());
        finding
    }

    #[test]
    fn equal_findings_of_several_renderings_are_one() {
        let joined = join(vec![
            finding("b", 0, "x", "default values"),
            finding("a", 5, "x", "default values"),
            finding("a", 5, "x", "prod"),
            finding("a", 5, "x", "prod"),
            finding("a", 5, "y", "prod"),
            finding("a", 0, "x", "prod"),
        ]);
        let seen: Vec<(String, &str, usize)> = joined
            .iter()
            .map(|finding| {
                (
                    finding.primary.to_string(),
                    finding.message.as_str(),
                    finding.renderings.len(),
                )
            })
            .collect();
        let want = [
            ("a:1:1", "x", 1),
            ("a:2:1", "x", 2),
            ("a:2:1", "y", 1),
            ("b:1:1", "x", 1),
        ];
        assert_eq!(
            seen,
            want.map(|(place, message, count)| (place.to_owned(), message, count))
        );
    }

    #[test]
    fn the_first_line_is_the_message_and_the_others_are_notes() {
        let file = SourceFile::without_text("c");
        let found = Finding::new(Rule::PlainSecret, Location::whole(file), "one\n- two\n");
        assert_eq!(
            (found.message.as_str(), found.notes.as_slice()),
            ("one", &["- two".to_owned()][..])
        );
        assert_eq!(found.severity, Severity::Warning);
        assert!(found.is_secret);
        assert_eq!(found.primary.to_string(), "c");
        let shown = Finding::new(Rule::Type, found.primary, "x");
        assert!(!shown.is_secret);
        assert!(shown.hidden_if(true).is_secret);
    }
}
