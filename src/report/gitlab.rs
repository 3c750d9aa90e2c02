//! GitLab's code quality report.

use serde_json::{Value as Json, json};

use crate::check::finding::Severity;

use super::sarif::fingerprint;
use super::{Report, details};

pub(super) fn text(report: &Report<'_>) -> String {
    let mut seen = std::collections::HashMap::<String, usize>::new();
    let entries: Vec<Json> = report
        .findings
        .iter()
        .map(|finding| {
            let severity = match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Info => "info",
            };
            // Two entries with one fingerprint are one to GitLab.
            let mut print = fingerprint(finding);
            let count = seen.entry(print.clone()).or_default();
            if *count > 0 {
                print.push_str(&format!("-{count}"));
            }
            *count += 1;
            json!({
                "description": details(finding),
                "check_name": finding.rule,
                "fingerprint": print,
                "severity": severity,
                "location": {"path": finding.file, "lines": {"begin": finding.line.max(1)}},
            })
        })
        .collect();
    format!("{:#}\n", Json::Array(entries))
}
