//! `JUnit`'s XML: a suite for each chart or file, a failing case for each error, a passing one where there is none.

use std::fmt::Write as _;

use crate::check::finding::Finding;
use crate::text::rule::Severity;

use super::report::{Report, details};
use crate::report::xml::{escaped, skipped_rules};
use crate::text::redact::redact_message;

pub(super) fn text(report: &Report<'_>) -> String {
    let is_failure = |finding: &&Finding| finding.severity == Severity::Error;
    let failures: usize = report
        .groups
        .iter()
        .map(|group| group.findings.iter().filter(is_failure).count())
        .sum();
    let tests: usize = report.groups.iter().map(|group| group.findings.len().max(1)).sum();
    let tests = tests + usize::from(report.remarks.unevaluated > 0);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"chartwright\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n"
    );
    for group in report.groups {
        let name = escaped(group.name);
        let (count, failures) = (group.findings.len(), group.findings.iter().filter(is_failure).count());
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
        for finding in group.findings {
            let at = finding.primary.position();
            let place = escaped(&format!("{}:{}:{}", finding.primary.file.path(), at.line, at.column));
            let (rule, message) = (
                escaped(&finding.rule.to_string()),
                escaped(&redact_message(&finding.message)),
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
    xml.push_str(&skipped_rules(report.remarks.unevaluated));
    xml.push_str("</testsuites>\n");
    xml
}
