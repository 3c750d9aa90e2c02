//! What a report of findings is made from, and what several formats need.

use crate::check::finding::{Finding, Hidden};
use crate::text::rule::Severity;
use crate::text::visible::{shown_line, without_commands};

/// A chart or file that was checked, and its findings.
#[derive(Debug, Clone, Copy)]
pub struct Group<'r> {
    /// Path of the chart or file.
    pub name: &'r str,
    /// What was found in it.
    pub findings: &'r [Finding],
}

/// What a summary says besides the findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remarks<'r> {
    /// Findings that are left out.
    pub hidden: Hidden,
    /// Why nothing is published, if that is so.
    pub withheld: Option<&'r str>,
    /// Rules of definitions that could not be evaluated.
    pub unevaluated: usize,
}

/// What is reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    /// All findings, each once, in order.
    pub findings: &'r [Finding],
    /// The same, for each chart or file that was checked.
    pub groups: &'r [Group<'r>],
    /// What else there is to say.
    pub remarks: Remarks<'r>,
    /// With colours.
    pub coloured: bool,
}

impl Report<'_> {
    /// How many findings have a severity.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// The message with everything else there is to say, a line each. What was input is shown on one line, and is not a command to a
/// runner.
pub(super) fn details(finding: &Finding) -> String {
    let mut text = String::new();
    let mut add = |line: &str| {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&shown_line(line));
    };
    add(&finding.message);
    for note in &finding.notes {
        add(note);
    }
    for related in &finding.related {
        add(&format!("{} {}", related.label, related.place.name()));
    }
    if let Some(rendered) = &finding.rendered {
        add(&format!("rendered as: {}", rendered.trim()));
    }
    if !finding.renderings.is_empty() {
        add(&format!("with {}", finding.renderings.join("; ")));
    }
    for help in &finding.help {
        add(&format!("help: {help}"));
    }
    without_commands(&text).into_owned()
}
