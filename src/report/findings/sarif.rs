//! SARIF 2.1.0, the part that code scanning services read.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::check::finding::Finding;
use crate::report::json_text::{self, Rows};
use crate::report::unevaluated::unevaluated_sentence;
use crate::text::ordered::CollectOrdered as _;
use crate::text::rule::{Rule, Severity};
use crate::text::sha256::sha256_hex;

use super::report::{Report, details};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn text(report: &Report<'_>) -> String {
    let rules: BTreeSet<Rule> = report.findings.iter().map(|finding| finding.rule.rule).collect_set();
    let rules: Vec<Rule> = rules.into_iter().collect();
    let descriptors: Vec<Json> = rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id(),
                "name": rule.id(),
                "shortDescription": {"text": rule.row().summary},
                "helpUri": rule.page(),
                "defaultConfiguration": {"level": level(rule.severity())},
            })
        })
        .collect();
    let invocations = unevaluated_sentence(report.remarks.unevaluated).map(|sentence| {
        let notification = json!({"level": "note", "message": {"text": sentence}});
        json!([{"executionSuccessful": true, "toolExecutionNotifications": [notification]}])
    });
    json_text::text(&Document {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: json!({"driver": {
                "name": "chartwright",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/chartwright/chartwright",
                "rules": descriptors,
            }}),
            column_kind: "unicodeCodePoints",
            results: Rows(|| report.findings.iter().map(|finding| result(finding, &rules))),
            invocations,
        }],
    })
}

#[derive(Serialize)]
struct Document<F> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<F>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<F> {
    tool: Json,
    column_kind: &'static str,
    results: F,
    #[serde(skip_serializing_if = "Option::is_none")]
    invocations: Option<Json>,
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(finding: &Finding, rules: &[Rule]) -> Json {
    // A whole file is its first line: services want a region.
    let at = finding.primary.position();
    let location = json!({
        "artifactLocation": {"uri": uri(finding.primary.file.path())},
        "region": {"startLine": at.line, "startColumn": at.column},
    });
    json!({
        "ruleId": finding.rule.to_string(),
        "ruleIndex": rules.iter().position(|rule| *rule == finding.rule.rule).unwrap_or_default(),
        "level": level(finding.severity),
        "message": {"text": details(finding)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"chartwright/v1": fingerprint(finding)},
    })
}

/// A path as a reference, relative to the root of the repository; one outside of it is a `file` URI. What is not plain is
/// percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// What stays the same when lines move.
pub(super) fn fingerprint(finding: &Finding) -> String {
    let text = format!("{}\n{}\n{}", finding.primary.file.path(), finding.rule, finding.message);
    sha256_hex(text).chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_relative_references_or_file_uris() {
        for (path, want) in [
            ("charts/web/values.yaml", "charts/web/values.yaml"),
            ("a b/ü.yaml", "a%20b/%C3%BC.yaml"),
            ("/elsewhere/x.yaml", "file:///elsewhere/x.yaml"),
            ("charts/x-1.0.0.tgz!Chart.yaml", "charts/x-1.0.0.tgz%21Chart.yaml"),
        ] {
            assert_eq!(uri(path), want);
        }
    }
}
