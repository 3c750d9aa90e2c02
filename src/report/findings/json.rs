//! Our own JSON: everything there is, described by `schemas/report.schema.json`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::check::finding::{Finding, Hidden, Location};
use crate::report::diff::diff_document;
use crate::report::exploration::{exploration_as_json, settings_as_json};
use crate::report::json_text::{self, Rows};
use crate::text::redact::redact_message;
use crate::text::rule::{RuleId, Severity};

use super::report::{Changes, ChartImages, Group, Report};

pub(super) fn text(report: &Report<'_>) -> String {
    let checked: Vec<&str> = report.groups.iter().map(|group| group.name).collect();
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| report.count(severity));
    let places = Places::of(report);
    json_text::text(&Document {
        version: 1,
        subject: report.remarks.subject.name(),
        checked,
        results: Rows(|| report.groups.iter().map(result)),
        findings: Rows(|| {
            report
                .findings
                .iter()
                .map(|finding| entry(finding, places.get(finding)))
        }),
        changes: report.remarks.changes.map(changes),
        images: report
            .remarks
            .images
            .iter()
            .filter(|chart| !chart.renderings.is_empty())
            .map(images)
            .collect(),
        explored: report.remarks.explored.iter().map(exploration_as_json).collect(),
        summary: summary(counts, report.remarks.hidden, report.remarks.unevaluated),
    })
}

/// How a chart or file ended.
fn result(group: &Group<'_>) -> Json {
    json!({
        "name": group.name,
        "version": group.version,
        "result": group.shown_result(),
        "failed": group.has_failed,
    })
}

/// What changes in what is rendered, or why that is not known.
fn changes(changes: Changes<'_>) -> Json {
    match changes.found {
        Ok(outcome) => json!({"since": changes.since, "found": diff_document(outcome)}),
        Err(reason) => json!({"since": changes.since, "unknown": redact_message(reason)}),
    }
}

/// The images of a chart.
fn images(chart: &ChartImages<'_>) -> Json {
    let renderings = chart.renderings.iter();
    let renderings = renderings.map(|one| json!({"name": one.rendering, "images": one.images}));
    json!({"chart": chart.chart, "renderings": renderings.collect::<Vec<Json>>()})
}

/// The charts or files in which findings were found: one may be shown by several charts.
struct Places<'r>(BTreeMap<(&'r Location, RuleId, &'r str), Vec<&'r str>>);

impl<'r> Places<'r> {
    #[expect(
        clippy::mutable_key_type,
        reason = "a file's index of lines is made late, and not compared"
    )]
    fn of(report: &Report<'r>) -> Self {
        let mut places: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for group in report.groups {
            for finding in group.findings {
                places.entry(Self::key(finding)).or_default().push(group.name);
            }
        }
        Self(places)
    }

    fn key(finding: &Finding) -> (&Location, RuleId, &str) {
        (&finding.primary, finding.rule, &finding.message)
    }

    fn get(&self, finding: &'r Finding) -> &[&'r str] {
        self.0.get(&Self::key(finding)).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The whole report.
#[derive(Serialize)]
pub(super) struct Document<'r, R, F> {
    pub(super) version: u8,
    pub(super) subject: &'static str,
    pub(super) checked: Vec<&'r str>,
    pub(super) results: R,
    pub(super) findings: F,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) images: Vec<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) explored: Vec<Json>,
    pub(super) summary: Json,
}

/// The numbers of a report: errors, warnings and infos, and what it leaves out.
pub(super) fn summary([errors, warnings, infos]: [usize; 3], hidden: Hidden, unevaluated: usize) -> Json {
    json!({
        "errors": errors,
        "warnings": warnings,
        "infos": infos,
        "hidden": {
            "configuration": hidden.configuration,
            "comments": hidden.comments,
            "baseline": hidden.baseline,
        },
        "unevaluatedRules": unevaluated,
    })
}

fn redacted(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| redact_message(line)).collect()
}

fn entry(finding: &Finding, places: &[&str]) -> Json {
    let related: Vec<Json> = finding
        .related
        .iter()
        .map(|related| json!({"label": related.label, "place": redact_message(&related.place.name())}))
        .collect();
    let at = finding.primary.position();
    let mut entry = json!({
        "rule": finding.rule.to_string(),
        "severity": finding.severity.name(),
        "message": redact_message(&finding.message),
        "file": finding.primary.file.path(),
        "line": at.line,
        "column": at.column,
        "in": places,
        "related": related,
        "notes": redacted(&finding.notes),
        "help": redacted(&finding.help),
        "rendered": finding.rendered.as_deref().map(redact_message),
        "renderings": redacted(&finding.renderings),
    });
    if let Some(entry) = entry.as_object_mut().filter(|_| !finding.shown_by.is_empty()) {
        let flags = finding.shown_by.iter();
        let redacted = flags.map(|(flag, argument)| (*flag, redact_message(argument)));
        entry.insert("settings".to_owned(), settings_as_json(redacted));
    }
    entry
}
