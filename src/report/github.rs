//! Workflow commands of GitHub Actions: each becomes an annotation at its line.

use crate::check::finding::Severity;

use super::{Report, details};

pub(super) fn text(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in report.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let (file, rule) = (property(&finding.file), property(finding.rule));
        let (line, column, message) = (finding.line, finding.column, data(&details(finding)));
        out.push_str(&format!(
            "::{command} file={file},line={line},col={column},title={rule}::{message}\n"
        ));
    }
    out
}

/// What follows the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands between commas.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
