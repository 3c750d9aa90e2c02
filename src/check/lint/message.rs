//! What a rule says.

use std::fmt;

use crate::text::source::Span;

/// How bad it is, as Helm ranks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintSeverity {
    /// A recommendation.
    Info,
    /// Against convention; an error under `--strict`.
    Warning,
    /// Keeps the chart from being installed.
    Error,
}

/// Bytes of one file of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name inside the chart.
    pub file: String,
    /// The bytes.
    pub span: Span,
}

/// One message. `Display` gives Helm's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintMessage {
    /// How bad it is.
    pub severity: LintSeverity,
    /// What Helm puts before the colon: a file, `templates/`, or nothing.
    pub path: String,
    /// Helm's text, possibly several lines.
    pub text: String,
    /// What it is about, where that can be told.
    pub place: Option<Place>,
    /// Stable name of the rule.
    pub rule: &'static str,
}

impl fmt::Display for LintMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            LintSeverity::Info => "INFO",
            LintSeverity::Warning => "WARNING",
            LintSeverity::Error => "ERROR",
        };
        write!(f, "[{severity}] {}: {}", self.path, self.text)
    }
}

/// Collects messages of one chart.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) list: Vec<LintMessage>,
}

impl Messages {
    pub(super) fn add(
        &mut self,
        severity: LintSeverity,
        rule: &'static str,
        path: &str,
        text: impl Into<String>,
        place: Option<Place>,
    ) {
        self.list.push(LintMessage {
            severity,
            path: path.to_owned(),
            text: text.into(),
            place,
            rule,
        });
    }
}
