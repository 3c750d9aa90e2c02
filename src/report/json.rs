//! Our own JSON: everything there is, described by `schemas/report.schema.json`.

use serde_json::{Value as Json, json};

use crate::check::finding::Severity;

use super::Report;

pub(super) fn text(report: &Report<'_>) -> String {
    let findings: Vec<Json> = report
        .findings
        .iter()
        .map(|finding| {
            let related: Vec<Json> = finding
                .related
                .iter()
                .map(|related| json!({"label": related.label, "place": related.place}))
                .collect();
            json!({
                "rule": finding.rule,
                "severity": finding.severity.name(),
                "message": finding.message.trim_end(),
                "file": finding.file,
                "line": finding.line,
                "column": finding.column,
                "related": related,
                "rendered": finding.rendered,
                "renderings": finding.renderings,
            })
        })
        .collect();
    let document = json!({
        "version": 1,
        "checked": report.checked,
        "findings": findings,
        "summary": {
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "infos": report.count(Severity::Info),
        },
    });
    format!("{document:#}\n")
}
