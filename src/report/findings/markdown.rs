//! A table, for the summary of a job or a comment on a pull request.

use std::fmt::Write as _;

use crate::text::rule::Severity;
use crate::text::visible::{shown_line, without_commands};

use super::report::Report;
use crate::report::unevaluated::unevaluated_sentence;

/// Rows of the table; a comment has a limit of its own.
const MOST_ROWS: usize = 200;

pub(super) fn text(report: &Report<'_>) -> String {
    let mut out = format!(
        "**chartwright**: {} checked, {} errors, {} warnings, {} infos\n",
        report.groups.len(),
        report.count(Severity::Error),
        report.count(Severity::Warning),
        report.count(Severity::Info)
    );
    let withheld = report.remarks.withheld.map(str::to_owned);
    let unevaluated = unevaluated_sentence(report.remarks.unevaluated);
    let hidden = report.remarks.hidden.sentence();
    for remark in hidden.into_iter().chain(withheld).chain(unevaluated) {
        _ = writeln!(out, "\n{}", cell(&remark));
    }
    if report.findings.is_empty() {
        return out;
    }
    out.push_str("\n| severity | where | what | rule |\n| --- | --- | --- | --- |\n");
    for finding in report.findings.iter().take(MOST_ROWS) {
        let place = format!("{}:{}", finding.primary.file.path(), finding.primary.position().line);
        _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            finding.severity.name(),
            cell(&place),
            cell(&finding.message),
            finding.rule
        );
    }
    if report.findings.len() > MOST_ROWS {
        _ = writeln!(out, "\n{} more are not shown.", report.findings.len() - MOST_ROWS);
    }
    out
}

/// A text that breaks no table and marks up nothing.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in shown_line(text).chars() {
        if matches!(character, '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    without_commands(&out).into_owned()
}
