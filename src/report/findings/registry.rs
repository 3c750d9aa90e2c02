//! The formats of findings. A new one has a file of its own and a line here.

use super::report::Report;
use super::{dotenv, github, gitlab, html, json, junit, markdown, sarif, tap, text};

/// A format of findings.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// What `--report` calls it.
    pub name: &'static str,
    write: fn(&Report<'_>) -> String,
}

/// All formats, in the order of help texts.
pub static FORMATS: [Format; 10] = [
    // For people, in the manner of rustc.
    format("text", text::text),
    // Our own JSON, described by `schemas/report.schema.json`.
    format("json", json::text),
    // SARIF 2.1.0, as code scanning services read it.
    format("sarif", sarif::text),
    format("junit", junit::text),
    // The Test Anything Protocol.
    format("tap", tap::text),
    // Commands of GitHub Actions, which become annotations.
    format("github", github::text),
    // GitLab's code quality report.
    format("gitlab", gitlab::text),
    // A table for a summary or a comment.
    format("markdown", markdown::text),
    // A page for people, complete in one file.
    format("html", html::text),
    // Variables with the numbers, as GitLab's jobs hand them on.
    format("dotenv", dotenv::text),
];

const fn format(name: &'static str, write: fn(&Report<'_>) -> String) -> Format {
    Format { name, write }
}

impl Format {
    /// The format for people, used if none is requested.
    pub const TEXT: Self = format("text", text::text);

    /// The format with a name.
    pub fn find(name: &str) -> Option<Self> {
        FORMATS.iter().find(|format| format.name == name).copied()
    }

    /// Whether reports in it show what changes in rendered objects.
    pub fn shows_changes(self) -> bool {
        ["html", "markdown", "json"].contains(&self.name)
    }

    /// Whether reports in it show the images of charts.
    pub fn shows_images(self) -> bool {
        ["html", "json"].contains(&self.name)
    }

    /// A report in the format.
    pub fn write(self, report: &Report<'_>) -> String {
        (self.write)(report)
    }
}
