//! What is known of a chart that was explored, and the findings that this makes.

use crate::check::coverage::Counted;
use crate::check::explain::hidden;
use crate::check::finding::{Finding, SecretValues};
use crate::check::run::{ChartValues, is_duplicate_key};
use crate::text::rule::Severity;

use super::causes::{Cause, Constraint};
use super::setting::{Chosen, Flag, Settings, command_line};
use super::tests_to_write::TestValues;

/// Most places that a finding lists besides its own, and other settings that show it.
const MAX_LISTED: usize = 5;

/// What is known of a chart that was explored.
#[derive(Debug, Clone, Default)]
pub struct Exploration {
    /// Its path as reports show it.
    pub path: String,
    /// Its name, or the path when it does not load.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What keeps it from being explored: a fault of the chart.
    pub problem: Option<Finding>,
    /// Why it was not explored, where that is not a fault.
    pub not_explored: Option<String>,
    /// The flags for the values that were changed; none for the defaults.
    pub base: Vec<Flag>,
    /// Whether the chart refuses these values on purpose, and so all settings without what it asks for.
    pub is_refused: bool,
    /// What breaks it.
    pub causes: Vec<Cause>,
    /// What it refuses on purpose.
    pub constraints: Vec<Constraint>,
    /// Renderings that were made.
    pub renderings: usize,
    /// Rules of definitions and policies that could not be evaluated for the chart as it is, and so count as satisfied.
    pub unevaluated: usize,
    /// Whether nothing was left to try.
    pub is_exhausted: bool,
    /// Ways of decisions of its own templates that its values reach as they are.
    pub before: Counted,
    /// The same with those that were explored.
    pub after: Counted,
    /// Flags for other clusters that reach more of them than values do, and how many more; most first.
    pub elsewhere: Vec<(Vec<Flag>, usize)>,
    /// The same, of renderings that a values file can make and in which nothing breaks: what a test can reach.
    pub testable: Counted,
    /// What its values as they are and the values files for tests reach, if these were chosen.
    pub tested: Option<Counted>,
    /// Whether values files for tests were wanted, and there are none because the chart's defaults do not render.
    pub is_untestable: bool,
    /// The same with those of them that break the chart.
    pub tested_with_failing: Option<Counted>,
    /// Values files that reach most of it.
    pub tests: Vec<TestValues>,
    /// How many more there would be, were no secrets in them.
    pub withheld_tests: usize,
    /// What reports must not show.
    pub secrets: SecretValues,
}

impl Exploration {
    /// The causes as findings, without secrets: an error where the chart speaks of the settings, a warning where they are its examples, else
    /// a note.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .causes
            .iter()
            .filter_map(|cause| cause.finding(&self.base, self.is_refused))
            .collect();
        findings.extend(self.problem.clone());
        let secrets = self.secrets_with(&mut findings.iter());
        hidden(findings, secrets)
    }

    /// What must not be shown of findings.
    pub(super) fn secrets_with(&self, findings: &mut dyn Iterator<Item = &Finding>) -> SecretValues {
        let mut secrets = SecretValues::default();
        secrets.extend(&self.secrets);
        for finding in findings {
            secrets.add_text(finding.primary.file.text());
        }
        secrets
    }
}

impl Cause {
    /// Whether it is a note: its values are made up.
    pub fn is_note(&self) -> bool {
        self.settings.chosen() == Chosen::MadeUp
    }

    /// The first fault, with what shows it and what else breaks.
    fn finding(&self, base: &[Flag], is_refused: bool) -> Option<Finding> {
        let (first, rest) = self.findings.split_first()?;
        let mut finding = first.clone();
        finding.shown_by = base.iter().cloned().chain(self.settings.flags()).collect();
        let shown = command_line(&finding.shown_by);
        finding = finding.with_note(format!("shown by {shown}"));
        if is_refused {
            finding = finding.with_note("the chart refuses its values as they are: what it asks for is needed as well");
        }
        finding = match self.settings.chosen() {
            // Helm installs what has a key twice, with the last of its values.
            Chosen::OfChart if self.findings.iter().all(is_duplicate_key) => finding.with_severity(Severity::Warning),
            Chosen::OfChart => finding.with_severity(Severity::Error),
            Chosen::Example => finding
                .with_severity(Severity::Warning)
                .with_note("the value is the example in a comment of values.yaml, which may need others beside it"),
            Chosen::MadeUp => finding
                .with_severity(Severity::Info)
                .with_note("the value is made up: the chart has no example of it"),
        };
        for other in rest.iter().take(MAX_LISTED) {
            finding = finding.with_note(format!("also: {}: {}", other.primary, other.message));
        }
        if rest.len() > MAX_LISTED {
            finding = finding.with_note(format!("and {} more", rest.len() - MAX_LISTED));
        }
        let others: Vec<String> = self
            .others
            .iter()
            .take(MAX_LISTED)
            .map(Settings::command_line)
            .collect();
        if !others.is_empty() {
            finding = finding.with_note(format!("shown as well by {}", others.join("; by ")));
        }
        Some(if self.settings.are_values() {
            let settings = if self.settings.len() == 1 {
                "this setting"
            } else {
                "these settings"
            };
            finding.with_help(format!(
                "a values file in ci/ with {settings} makes every later check show it"
            ))
        } else {
            finding
        })
    }
}

/// The flags for values.
pub(super) fn base_flags(base: &ChartValues) -> Vec<Flag> {
    let files = base.given.files.iter().map(|file| ("-f", file.path().to_owned()));
    files.chain(base.given.flags.iter().rev().cloned()).collect()
}
