//! What a rule of Helm's reports: a finding, and the line that `helm lint` prints for it.

use std::fmt;

use crate::check::finding::{Finding, Location, SecretValues};
use crate::engine::chart::Notice;
use crate::text::redact::redact_users;
use crate::text::rule::{Rule, Severity};
use crate::text::source::Span;

use super::chart_source::ChartSource;

/// Bytes of one file of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Name inside the chart.
    pub(super) file: String,
    /// The bytes.
    pub(super) span: Span,
}

/// One message. `Display` gives Helm's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintMessage {
    /// The finding.
    pub finding: Finding,
    /// What Helm prints before the colon: a file, `templates/`, or nothing.
    path: String,
    /// Helm's text, possibly several lines.
    text: String,
}

impl LintMessage {
    /// Hides secrets in Helm's text, also those of addresses.
    pub(super) fn hide(&mut self, secrets: &SecretValues) {
        self.text = redact_users(&secrets.hide(&self.text));
    }
}

impl fmt::Display for LintMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.finding.severity {
            Severity::Info => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        };
        write!(f, "[{severity}] {}: {}", self.path, self.text)
    }
}

/// Collects the messages of one chart.
#[derive(Debug)]
pub(super) struct Messages<'s> {
    source: &'s ChartSource,
    pub(super) list: Vec<LintMessage>,
    /// What Helm logs meanwhile.
    pub(super) notices: Vec<Notice>,
}

impl<'s> Messages<'s> {
    pub(super) const fn new(source: &'s ChartSource) -> Self {
        Self {
            source,
            list: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Adds a message. Without a place, it is about the file that `path` names, or about Chart.yaml.
    pub(super) fn add(
        &mut self,
        severity: Severity,
        rule: Rule,
        path: &str,
        text: impl Into<String>,
        place: Option<Place>,
    ) {
        let location = match place {
            Some(place) => Location::new(self.source.file(&place.file), place.span),
            None if !path.is_empty() && self.source.exists(path) && !self.source.is_directory(path) => {
                Location::whole(self.source.file(path))
            }
            None => Location::whole(self.source.file("Chart.yaml")),
        };
        self.add_at(severity, rule, path, text, location);
    }

    /// Adds a message about a place.
    pub(super) fn add_at(
        &mut self,
        severity: Severity,
        rule: Rule,
        path: &str,
        text: impl Into<String>,
        location: Location,
    ) {
        let text = text.into();
        // Helm names a directory or a missing file before the colon, and the text alone does not say which; the reason is on a second line.
        let subject = if path.ends_with('/') || text == "file does not exist" {
            format!("{path}: ")
        } else {
            String::new()
        };
        let message = format!("{subject}{}", text.replace("\n\t", ": "));
        self.list.push(LintMessage {
            finding: Finding::new(rule, location, message).with_severity(severity),
            path: path.to_owned(),
            text,
        });
    }

    /// Adds advice to the message that was added last. Helm's own line does not show it.
    pub(super) fn advise(&mut self, help: String) {
        if let Some(message) = self.list.last_mut() {
            message.finding.help.push(help);
        }
    }
}
