//! What a report of findings is made from, and what several formats need.

use crate::check::diff::DiffOutcome;
use crate::check::explore::Exploration;
use crate::check::finding::{Finding, Hidden};
use crate::check::run::RenderingImages;
use crate::report::coverage::CoveredChart;
use crate::report::unevaluated::unevaluated_sentence;
use crate::text::counted::counted;
use crate::text::rule::Severity;
use crate::text::visible::{shown_line, without_commands};

/// A chart or file that was checked, and its findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Group<'r> {
    /// Path of the chart or file.
    pub name: &'r str,
    /// What was found in it.
    pub findings: &'r [Finding],
    /// Version of the chart; empty where it is not known.
    pub version: &'r str,
    /// How the chart ended, where a command says more than whether it failed.
    pub result: &'r str,
    /// Whether findings in it fail the run.
    pub has_failed: bool,
}

impl Group<'_> {
    /// How it ended.
    pub(super) fn shown_result(&self) -> &str {
        match self.result {
            "" if self.has_failed => "failed",
            "" => "ok",
            result => result,
        }
    }

    /// How many of its findings have a severity.
    pub(super) fn count(&self, severity: Severity) -> usize {
        count(self.findings, severity)
    }
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subject {
    /// Charts.
    #[default]
    Charts,
    /// Files with manifests.
    Files,
    /// Both, where reports are joined.
    Both,
}

impl Subject {
    /// As the JSON report spells it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Charts => "charts",
            Self::Files => "files",
            Self::Both => "charts and files",
        }
    }

    /// The subject of that name.
    pub(super) fn find(name: &str) -> Option<Self> {
        let mut all = [Self::Charts, Self::Files, Self::Both].into_iter();
        all.find(|subject| subject.name() == name)
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Charts => "chart",
            Self::Files => "file",
            Self::Both => "chart or file",
        }
    }

    /// The heading of a column with their names.
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Charts => "Chart",
            Self::Files => "File",
            Self::Both => "Chart or file",
        }
    }

    /// `1 chart`, `2 charts`
    pub(super) fn counted(self, count: usize) -> String {
        match self {
            Self::Both if count != 1 => format!("{count} {}", self.name()),
            _ => counted(count, self.noun()),
        }
    }
}

/// What changes in the rendered objects of the charts, for the formats that a reviewer reads.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'r> {
    /// Since when, as people call it: `origin/main (1234567)`.
    pub since: &'r str,
    /// What changes, or why that is not known.
    pub found: Result<&'r DiffOutcome, &'r str>,
}

impl<'r> Changes<'r> {
    /// What changes since a base.
    pub fn new(since: &'r str, found: &'r Result<DiffOutcome, String>) -> Self {
        Self {
            since,
            found: found.as_ref().map_err(String::as_str),
        }
    }

    /// Whether a reviewer must know of them.
    fn say_something(&self) -> bool {
        self.found.map_or(true, DiffOutcome::says_something)
    }

    /// Whether anything is shown: not where nothing was compared.
    pub(super) fn is_shown(&self) -> bool {
        self.found.map_or(true, |outcome| outcome.compared > 0)
    }

    /// A sentence where there is nothing else to show.
    pub(super) fn sentence(&self) -> Option<String> {
        let since = self.since;
        match self.found {
            Err(reason) => Some(format!(
                "What changes in the rendered objects since {since} is not known: {reason}"
            )),
            Ok(outcome) if outcome.charts.is_empty() && outcome.compared > 0 => {
                Some(format!("Nothing changes in the rendered objects since {since}."))
            }
            Ok(_) => None,
        }
    }
}

/// The images of a chart.
#[derive(Debug, Clone, Copy)]
pub struct ChartImages<'r> {
    /// The path of the chart.
    pub chart: &'r str,
    /// Its images, by the ways in which it is deployed.
    pub renderings: &'r [RenderingImages],
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
    /// What was checked.
    pub subject: Subject,
    /// What changes in what is rendered, if that was looked for.
    pub changes: Option<Changes<'r>>,
    /// The images of charts, if they were looked for.
    pub images: &'r [ChartImages<'r>],
    /// What the renderings of charts reach, if that was looked for.
    pub coverage: &'r [CoveredChart<'r>],
    /// What exploring the charts showed, if they were.
    pub explored: &'r [Exploration],
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
        count(self.findings, severity)
    }

    /// `2 of 44 charts failed: 4 errors, 18 warnings`
    pub(super) fn verdict(&self) -> String {
        let failed = self.groups.iter().filter(|group| group.has_failed).count();
        verdict_line(self.remarks.subject, self.groups.len(), failed, self.findings)
    }

    /// Whether a reviewer must know of it.
    pub fn says_something(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.severity >= Severity::Warning)
            || self.remarks.changes.is_some_and(|changes| changes.say_something())
    }

    /// What else there is to say, a sentence each.
    pub(super) fn remark_lines(&self) -> impl Iterator<Item = String> {
        let hidden = self.remarks.hidden.sentence();
        let withheld = self.remarks.withheld.map(str::to_owned);
        let unevaluated = unevaluated_sentence(self.remarks.unevaluated);
        hidden.into_iter().chain(withheld).chain(unevaluated)
    }
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity == severity).count()
}

/// How a run ended, in one line: `2 of 44 charts failed: 4 errors, 18 warnings`.
pub fn verdict_line(subject: Subject, total: usize, failed: usize, findings: &[Finding]) -> String {
    let (noun, checked) = (subject.noun(), subject.counted(total));
    let counts = [(Severity::Error, "error"), (Severity::Warning, "warning")];
    let counts = counts.map(|(severity, name)| (count(findings, severity), name));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, name)| counted(*count, name)).collect();
    let counts = if counts.is_empty() {
        String::new()
    } else {
        format!(": {}", counts.join(", "))
    };
    match failed {
        _ if total == 0 => format!("no {noun} was checked"),
        0 => format!("{checked} passed{counts}"),
        failed => format!("{failed} of {checked} failed{counts}"),
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
