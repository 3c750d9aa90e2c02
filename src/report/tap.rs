//! The Test Anything Protocol: a test for each chart or file, what was found below it.

use std::fmt::Write as _;

use crate::check::finding::Severity;

use super::Report;

pub(super) fn text(report: &Report<'_>) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", report.checked.len());
    for (number, checked) in (1..).zip(report.checked) {
        let has_failed = report.of(checked).any(|finding| finding.severity == Severity::Error);
        let verdict = if has_failed { "not ok" } else { "ok" };
        _ = writeln!(out, "{verdict} {number} - {}", checked.replace('#', "\\#"));
        for finding in report.of(checked) {
            for line in finding.to_string().lines() {
                _ = writeln!(out, "# {line}");
            }
        }
    }
    out
}
