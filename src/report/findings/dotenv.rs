//! Variables with the numbers of a report, a line each: GitLab gives them to later jobs (`artifacts:reports:dotenv`), and a shell can
//! read them. All values are numbers, so nothing in them is expanded.

use crate::text::rule::Severity;

use super::report::Report;

pub(super) fn text(report: &Report<'_>) -> String {
    let failed = report.groups.iter().filter(|group| group.has_failed).count();
    [
        ("FINDINGS", report.findings.len()),
        ("ERRORS", report.count(Severity::Error)),
        ("WARNINGS", report.count(Severity::Warning)),
        ("INFOS", report.count(Severity::Info)),
        ("CHECKED", report.groups.len()),
        ("FAILED", failed),
    ]
    .map(|(name, value)| format!("CHARTWRIGHT_{name}={value}\n"))
    .concat()
}
