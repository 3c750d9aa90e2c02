//! `JUnit`'s XML: a suite for each chart or file, a failing case for each error, a passing one where there is none.

use std::fmt::Write as _;

use crate::check::finding::{Finding, Severity};

use super::xml::escaped;
use super::{Report, details};

pub(super) fn text(report: &Report<'_>) -> String {
    let is_failure = |finding: &&Finding| finding.severity == Severity::Error;
    let failures = report.findings.iter().filter(is_failure).count();
    let tests: usize = report
        .checked
        .iter()
        .map(|checked| report.of(checked).count().max(1))
        .sum();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"chartwright\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n"
    );
    for checked in report.checked {
        let name = escaped(checked);
        let (count, failures) = (
            report.of(checked).count(),
            report.of(checked).filter(is_failure).count(),
        );
        _ = writeln!(
            xml,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\">",
            count.max(1)
        );
        if count == 0 {
            _ = writeln!(
                xml,
                "    <testcase name=\"{name}\" classname=\"chartwright\" time=\"0\"/>"
            );
        }
        for finding in report.of(checked) {
            let place = escaped(&format!("{}:{}:{}", finding.file, finding.line, finding.column));
            let (rule, message) = (
                finding.rule,
                escaped(finding.message.lines().next().unwrap_or_default()),
            );
            let details = escaped(&details(finding));
            _ = write!(xml, "    <testcase name=\"{place}\" classname=\"{rule}\" time=\"0\">");
            _ = match finding.severity {
                Severity::Error => write!(
                    xml,
                    "<failure message=\"{message}\" type=\"{rule}\">{details}</failure>"
                ),
                _ => write!(xml, "<system-out>{details}</system-out>"),
            };
            xml.push_str("</testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}
