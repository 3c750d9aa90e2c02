//! What is known of a chart that was explored, and the findings that this makes.

use crate::check::coverage::Counted;
use crate::check::explain::hidden;
use crate::check::finding::{Finding, SecretValues};
use crate::check::run::{ChartValues, is_duplicate_key};
use crate::text::rule::{Rule, Severity};

use super::causes::{Cause, Constraint};
use super::setting::{Chosen, Flag, Setting, Settings, command_line, shown_flags};
use super::tests_to_write::TestValues;

/// Flags that no values file can stand for.
pub(super) const CLUSTER_FLAGS: [&str; 2] = ["--kube-version", "--api-versions"];
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
    /// The flags for the values that were changed, and for the cluster; none for the defaults.
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
    /// Why there are no values files for tests, where they were wanted.
    pub untestable: Option<&'static str>,
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
    /// Whether it is a note: its values are made up, and with others it may not be there.
    pub fn is_note(&self) -> bool {
        self.settings.chosen() == Chosen::MadeUp && self.certain().is_none()
    }

    /// The fault that is there whatever the values that are made up, if one is: a field that is unknown, and whose name is not from them.
    fn certain(&self) -> Option<usize> {
        let is_set = |settings: &Settings, name: &str| {
            settings.iter().any(|setting| match setting {
                Setting::Value { path, json, .. } => json.contains(name) || path.iter().any(|key| key == name),
                Setting::KubeVersion(_) | Setting::ApiVersion(_) => false,
            })
        };
        let all = self.findings.iter().zip(&self.shown_by);
        let is_certain = |(finding, settings): (&Finding, &Settings)| {
            let name = finding.message.split('\'').nth(1).filter(|name| !name.is_empty());
            finding.rule == Rule::UnknownField.into() && name.is_some_and(|name| !is_set(settings, name))
        };
        all.map(is_certain).position(|is_certain| is_certain)
    }

    /// The first fault, with what shows it and what else breaks.
    fn finding(&self, base: &[Flag], is_refused: bool) -> Option<Finding> {
        let certain = self.certain().filter(|_| self.settings.chosen() == Chosen::MadeUp);
        let first = certain.unwrap_or_default();
        let mut rest: Vec<(&Finding, &Settings)> = self.findings.iter().zip(&self.shown_by).collect();
        if first >= rest.len() {
            return None;
        }
        let (finding, settings) = rest.remove(first);
        let mut finding = finding.clone();
        finding.shown_by = shown_flags(base, settings);
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
            Chosen::MadeUp if certain.is_some() => finding
                .with_severity(Severity::Warning)
                .with_note("the value is made up, but no value makes the field one that is known"),
            Chosen::MadeUp => finding
                .with_severity(Severity::Info)
                .with_note("the value is made up: the chart has no example of it"),
        };
        for &(other, shown_by) in rest.iter().take(MAX_LISTED) {
            let with = if shown_by == settings {
                String::new()
            } else {
                format!(", with {}", shown_by.command_line())
            };
            finding = finding.with_note(format!("also: {}: {}{with}", other.primary, other.message));
        }
        if rest.len() > MAX_LISTED {
            finding = finding.with_note(format!("and {} more", rest.len() - MAX_LISTED));
        }
        // The same value may have been chosen in two ways.
        let own = settings.command_line();
        let mut others: Vec<String> = self.others.iter().map(Settings::command_line).collect();
        others.retain(|other| *other != own);
        let more = match others.len().saturating_sub(MAX_LISTED) {
            0 => String::new(),
            more => format!("; and by {more} more"),
        };
        others.truncate(MAX_LISTED);
        if !others.is_empty() {
            finding = finding.with_note(format!("shown as well by {}{more}", others.join("; by ")));
        }
        let is_usual = base.iter().all(|(flag, _)| !CLUSTER_FLAGS.contains(flag));
        Some(if self.settings.are_values() && is_usual {
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
