//! Our own JSON: everything there is, described by `schemas/report.schema.json`.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::check::finding::{Finding, Hidden};
use crate::report::json_text::{self, Rows};
use crate::text::redact::redact_message;
use crate::text::rule::Severity;

use super::report::Report;

pub(super) fn text(report: &Report<'_>) -> String {
    let checked: Vec<&str> = report.groups.iter().map(|group| group.name).collect();
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| report.count(severity));
    json_text::text(&Document {
        version: 1,
        checked,
        findings: Rows(|| report.findings.iter().map(entry)),
        summary: summary(counts, report.remarks.hidden, report.remarks.unevaluated),
    })
}

/// The whole report.
#[derive(Serialize)]
pub(super) struct Document<'r, F> {
    pub(super) version: u8,
    pub(super) checked: Vec<&'r str>,
    pub(super) findings: F,
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

fn entry(finding: &Finding) -> Json {
    let related: Vec<Json> = finding
        .related
        .iter()
        .map(|related| json!({"label": related.label, "place": redact_message(&related.place.name())}))
        .collect();
    let at = finding.primary.position();
    json!({
        "rule": finding.rule.to_string(),
        "severity": finding.severity.name(),
        "message": redact_message(&finding.message),
        "file": finding.primary.file.path(),
        "line": at.line,
        "column": at.column,
        "related": related,
        "notes": redacted(&finding.notes),
        "help": redacted(&finding.help),
        "rendered": finding.rendered.as_deref().map(redact_message),
        "renderings": redacted(&finding.renderings),
    })
}
