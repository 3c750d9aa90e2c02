//! The Test Anything Protocol: a test for each chart or file, its findings below it.

use std::fmt::Write as _;

use crate::text::rule::Severity;

use super::concise::concise;
use super::report::Report;
use crate::report::unevaluated::unevaluated_sentence;
use crate::text::visible::{shown_line, without_commands};

pub(super) fn text(report: &Report<'_>) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", report.groups.len());
    for (number, group) in (1..).zip(report.groups) {
        let has_failed = group.findings.iter().any(|finding| finding.severity == Severity::Error);
        let verdict = if has_failed { "not ok" } else { "ok" };
        _ = writeln!(
            out,
            "{verdict} {number} - {}",
            shown_line(&group.name.replace('#', "\\#"))
        );
        for finding in group.findings {
            for line in concise(finding).lines() {
                _ = writeln!(out, "# {line}");
            }
        }
    }
    if let Some(sentence) = unevaluated_sentence(report.remarks.unevaluated) {
        _ = writeln!(out, "# {sentence}");
    }
    without_commands(&out).into_owned()
}
