//! Our own JSON: everything there is, described by `schemas/report.schema.json`.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::check::finding::Finding;
use crate::report::json_text::{self, Rows};
use crate::text::redact::redact_message;
use crate::text::rule::Severity;

use super::report::Report;

pub(super) fn text(report: &Report<'_>) -> String {
    let checked: Vec<&str> = report.groups.iter().map(|group| group.name).collect();
    let hidden = report.remarks.hidden;
    json_text::text(&Document {
        version: 1,
        checked,
        findings: Rows(|| report.findings.iter().map(entry)),
        summary: json!({
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "infos": report.count(Severity::Info),
            "hidden": {
                "configuration": hidden.configuration,
                "comments": hidden.comments,
                "baseline": hidden.baseline,
            },
            "unevaluatedRules": report.remarks.unevaluated,
        }),
    })
}

#[derive(Serialize)]
struct Document<'r, F> {
    version: u8,
    checked: Vec<&'r str>,
    findings: F,
    summary: Json,
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
