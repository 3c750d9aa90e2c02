//! Findings for people: what is wrong, then the place in the file and what led to it.

use super::report::Report;
use super::terminal::Terminal;

pub(super) fn text(report: &Report<'_>) -> String {
    let terminal = Terminal::coloured_if(report.coloured);
    let mut out = String::new();
    for finding in report.findings {
        out.push_str(&terminal.draw(finding, true));
        out.push_str("\n\n");
    }
    out
}
