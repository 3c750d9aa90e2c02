//! SARIF 2.1.0, the part that code scanning services read.

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::check::finding::{Finding, Severity};

use super::{Report, details};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const DOCUMENTATION: &str = "https://github.com/chartwright/chartwright/blob/main/docs/rules.md";

pub(super) fn text(report: &Report<'_>) -> String {
    let mut rules: Vec<&str> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let descriptors: Vec<Json> = rules
        .iter()
        .map(|rule| json!({"id": rule, "name": rule, "helpUri": format!("{DOCUMENTATION}#{rule}")}))
        .collect();
    let results: Vec<Json> = report.findings.iter().map(|finding| result(finding, &rules)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "chartwright",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/chartwright/chartwright",
                "rules": descriptors,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn result(finding: &Finding, rules: &[&str]) -> Json {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|rule| *rule == finding.rule).unwrap_or_default(),
        "level": level,
        "message": {"text": details(finding)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&finding.file)},
            "region": {"startLine": finding.line.max(1), "startColumn": finding.column.max(1)},
        }}],
        "partialFingerprints": {"chartwright/v1": fingerprint(finding)},
    })
}

/// A path as a relative reference: what is not plain is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
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
    let text = format!("{}\n{}\n{}", finding.file, finding.rule, finding.message);
    let digest = Sha256::digest(text);
    digest
        .iter()
        .take(16)
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
