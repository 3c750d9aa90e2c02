//! Findings as people and programs read them: one format a file.

mod concise;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod resources;
mod sarif;
mod tap;
mod terminal;
mod text;
mod xml;

use crate::check::finding::Finding;
use crate::text::rule::Severity;

pub use concise::concise;
pub use resources::{CheckedFile, ResourceFormat, ResourceOptions, resources_as};
pub use terminal::Terminal;

/// A format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, in the manner of rustc.
    Text,
    /// Our own JSON, described by `schemas/report.schema.json`.
    Json,
    /// SARIF 2.1.0, as code scanning services read it.
    Sarif,
    /// `JUnit`'s XML.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// Commands of GitHub Actions, which become annotations.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// A table for a summary or a comment.
    Markdown,
}

impl Format {
    /// All names, in the order of help texts.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("text", Self::Text),
        ("json", Self::Json),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
        ("tap", Self::Tap),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("markdown", Self::Markdown),
    ];

    /// The format with a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, format)| format)
    }
}

/// A chart or file that was checked, and its findings.
#[derive(Debug, Clone, Copy)]
pub struct Group<'r> {
    /// Path of the chart or file.
    pub name: &'r str,
    /// What was found in it.
    pub findings: &'r [Finding],
}

/// What is reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    /// All findings, each once, in order.
    pub findings: &'r [Finding],
    /// The same, for each chart or file that was checked.
    pub groups: &'r [Group<'r>],
    /// With colours.
    pub coloured: bool,
}

impl Report<'_> {
    /// The report in a format.
    pub fn as_format(&self, format: Format) -> String {
        match format {
            Format::Text => text::text(self),
            Format::Json => json::text(self),
            Format::Sarif => sarif::text(self),
            Format::Junit => junit::text(self),
            Format::Tap => tap::text(self),
            Format::Github => github::text(self),
            Format::Gitlab => gitlab::text(self),
            Format::Markdown => markdown::text(self),
        }
    }

    /// How many findings have a severity.
    fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// The message with everything else there is to say, a line each.
fn details(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    for note in &finding.notes {
        text.push_str(&format!("\n{note}"));
    }
    for related in &finding.related {
        text.push_str(&format!("\n{} {}", related.label, related.place.name()));
    }
    if let Some(rendered) = &finding.rendered {
        text.push_str(&format!("\nrendered as: {}", rendered.trim()));
    }
    if !finding.renderings.is_empty() {
        text.push_str(&format!("\nwith {}", finding.renderings.join("; ")));
    }
    for help in &finding.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}
