//! Findings as people and programs read them: one format a file.

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod resources;
mod sarif;
mod tap;
mod text;
mod xml;

use crate::check::finding::{Finding, Severity};

pub use resources::{CheckedFile, ResourceFormat, ResourceOptions, resources_as};

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

/// What is reported.
pub struct Report<'r> {
    /// What was found.
    pub findings: &'r [Finding],
    /// Charts or files that were looked at.
    pub checked: &'r [String],
    /// Text of a file, for excerpts.
    pub read: &'r dyn Fn(&str) -> Option<Vec<u8>>,
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

    /// How many findings are as bad as that.
    fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// The findings of one of the things that were looked at.
    fn of<'f>(&'f self, checked: &'f str) -> impl Iterator<Item = &'f Finding> {
        let inside = format!("{}/", checked.trim_end_matches('/'));
        self.findings
            .iter()
            .filter(move |finding| finding.file == checked || finding.file.starts_with(&inside))
    }
}

/// The message with what else there is to say, a line each.
fn details(finding: &Finding) -> String {
    let mut text = finding.message.trim_end().to_owned();
    for related in &finding.related {
        text.push_str(&format!("\n{} {}", related.label, related.place));
    }
    if let Some(rendered) = &finding.rendered {
        text.push_str(&format!("\nrendered as: {}", rendered.trim()));
    }
    if !finding.renderings.is_empty() {
        text.push_str(&format!("\nwith {}", finding.renderings.join("; ")));
    }
    text
}
