//! GitLab's code quality report.

use serde_json::{Value as Json, json};

use crate::report::json_text;
use crate::text::rule::Severity;

use super::report::{Report, details};
use super::sarif::fingerprint;

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
                "check_name": finding.rule.to_string(),
                "fingerprint": print,
                "severity": severity,
                "location": {
                    "path": finding.primary.file.path(),
                    "lines": {"begin": finding.primary.position().line},
                },
            })
        })
        .collect();
    json_text::text(&Json::Array(entries))
}

#[cfg(test)]
mod tests {
    use super::super::report::Remarks;
    use super::*;
    use crate::check::finding::{Finding, Location};
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    #[test]
    fn equal_findings_have_fingerprints_of_their_own() {
        let file = SourceFile::new("a", &b"x\ny\nz\n"[..]);
        let finding = |offset| Finding::new(Rule::Type, Location::at(file.clone(), offset), "x");
        let report = Report {
            findings: &[finding(0), finding(2), finding(4)],
            groups: &[],
            remarks: Remarks::default(),
            coloured: false,
        };
        let entries: Vec<Json> = serde_json::from_str(&text(&report)).unwrap();
        let mut prints: Vec<&str> = entries
            .iter()
            .map(|entry| entry["fingerprint"].as_str().unwrap())
            .collect();
        prints.dedup();
        assert_eq!(prints.len(), 3, "{prints:?}");
        assert_eq!(entries[2]["location"]["lines"]["begin"], 3);
    }
}
