//! Reports of several runs as one: the JSON reports of shards in, the report that one run over all charts would have written out.

use std::cmp::Ordering;

use serde_json::{Value as Json, json};

use crate::check::finding::Hidden;
use crate::report::json_text::{self, Rows};
use crate::text::rule::{RULES, Severity};

use super::json::{Document, summary};

/// A file that is not a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct MergeError {
    /// The file.
    name: String,
    /// What is wrong with it.
    reason: String,
}

/// Reports joined into one.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedReport {
    /// The report as JSON.
    pub text: String,
    /// How many findings have each severity: errors, warnings, infos.
    pub counts: [usize; 3],
    /// How many charts or files were checked.
    pub checked: usize,
}

/// Joins reports, each with the name of its file.
///
/// # Errors
/// When one of them is not a JSON report of this version.
pub fn merge_reports(reports: &[(String, Vec<u8>)]) -> Result<MergedReport, MergeError> {
    let (mut checked, mut findings) = (Vec::new(), Vec::new());
    let (mut hidden, mut unevaluated) = (Hidden::default(), 0);
    for (name, text) in reports {
        let wrong = |reason: &str| MergeError {
            name: name.clone(),
            reason: reason.to_owned(),
        };
        let report: Json = serde_json::from_slice(text).map_err(|error| wrong(&format!("is not JSON: {error}")))?;
        let list = |key: &str| {
            let list = report.get(key).and_then(Json::as_array);
            list.ok_or_else(|| wrong(&format!("is not a report of `--report json`: `{key}` is missing")))
        };
        if report.get("version") != Some(&json!(1)) {
            return Err(wrong("is not a report of `--report json`: its version is not 1"));
        }
        checked.extend(list("checked")?.iter().filter_map(Json::as_str).map(str::to_owned));
        for finding in list("findings")? {
            if key(finding).is_none() {
                return Err(wrong("has a finding without file, place, rule, severity or message"));
            }
            findings.push(finding.clone());
        }
        let count = |pointer: &str| {
            let count = report.pointer(pointer).and_then(Json::as_u64);
            usize::try_from(count.unwrap_or_default()).unwrap_or_default()
        };
        hidden.configuration += count("/summary/hidden/configuration");
        hidden.comments += count("/summary/hidden/comments");
        hidden.baseline += count("/summary/hidden/baseline");
        unevaluated += count("/summary/unevaluatedRules");
    }
    checked.sort();
    checked.dedup();
    let findings = joined(findings);
    let count = |severity: Severity| {
        let severity = Some(severity.name());
        findings
            .iter()
            .filter(|finding| text_of(finding, "severity") == severity)
            .count()
    };
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(count);
    Ok(MergedReport {
        text: json_text::text(&Document {
            version: 1,
            checked: checked.iter().map(String::as_str).collect(),
            findings: Rows(|| findings.iter().cloned()),
            summary: summary(counts, hidden, unevaluated),
        }),
        counts,
        checked: checked.len(),
    })
}

/// What makes two findings one, and their order in a report.
fn key(finding: &Json) -> Option<(&str, u64, u64, usize, &str, &str)> {
    let number = |key: &str| finding.get(key).and_then(Json::as_u64);
    let rule = text_of(finding, "rule")?;
    let (id, part) = rule.split_once('/').unwrap_or((rule, ""));
    let place = RULES.iter().position(|known| known.id == id);
    Severity::find(text_of(finding, "severity")?)?;
    Some((
        text_of(finding, "file")?,
        number("line")?,
        number("column")?,
        place.unwrap_or(RULES.len()),
        part,
        text_of(finding, "message")?,
    ))
}

fn text_of<'f>(finding: &'f Json, key: &str) -> Option<&'f str> {
    finding.get(key).and_then(Json::as_str)
}

/// Findings in order, those that are the same once: charts that depend on each other show the same.
fn joined(mut findings: Vec<Json>) -> Vec<Json> {
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut joined: Vec<Json> = Vec::with_capacity(findings.len());
    for finding in findings {
        match joined.last_mut() {
            Some(last) if key(last).cmp(&key(&finding)) == Ordering::Equal => add(last, &finding),
            _ => joined.push(finding),
        }
    }
    joined
}

/// Adds what another finding of the same place says: its renderings, and its severity if that is higher.
fn add(last: &mut Json, other: &Json) {
    let severity = |finding: &Json| text_of(finding, "severity").and_then(Severity::find);
    let highest = severity(last).max(severity(other));
    let added = other.get("renderings").and_then(Json::as_array);
    if let (Some(own), Some(added)) = (last.get_mut("renderings").and_then(Json::as_array_mut), added) {
        for rendering in added {
            if !own.contains(rendering) {
                own.push(rendering.clone());
            }
        }
    }
    if let (Some(slot), Some(highest)) = (last.get_mut("severity"), highest) {
        *slot = json!(highest.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(file: &str, line: u64, rule: &str, severity: &str, renderings: &[&str]) -> Json {
        json!({
            "rule": rule, "severity": severity, "message": "m", "file": file, "line": line, "column": 1,
            "related": [], "notes": [], "help": [], "rendered": null, "renderings": renderings,
        })
    }

    fn report(checked: &[&str], findings: &[Json]) -> (String, Vec<u8>) {
        let summary = json!({"hidden": {"configuration": 1, "comments": 0, "baseline": 2}, "unevaluatedRules": 3});
        let report = json!({"version": 1, "checked": checked, "findings": findings, "summary": summary});
        ("r.json".to_owned(), report.to_string().into_bytes())
    }

    #[test]
    fn findings_are_joined_in_the_order_of_one_run() {
        let merged = merge_reports(&[
            report(
                &["b"],
                &[
                    finding("b", 10, "type", "error", &["x"]),
                    finding("lib", 2, "image-tag", "warning", &["x"]),
                ],
            ),
            report(
                &["a"],
                &[
                    finding("a", 9, "range/service-port", "error", &[]),
                    finding("lib", 2, "type", "info", &[]),
                    finding("lib", 2, "image-tag", "error", &["x", "y"]),
                ],
            ),
        ])
        .unwrap();
        let report: Json = serde_json::from_str(&merged.text).unwrap();
        let shown: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                format!(
                    "{}:{} {} {} {}",
                    one["file"], one["line"], one["rule"], one["severity"], one["renderings"]
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                r#""a":9 "range/service-port" "error" []"#,
                r#""b":10 "type" "error" ["x"]"#,
                r#""lib":2 "type" "info" []"#,
                r#""lib":2 "image-tag" "error" ["x","y"]"#,
            ]
        );
        assert_eq!(report["checked"], json!(["a", "b"]));
        assert_eq!((merged.counts, merged.checked), ([3, 0, 1], 2));
        assert_eq!(report["summary"]["errors"], 3);
        assert_eq!(
            report["summary"]["hidden"],
            json!({"configuration": 2, "comments": 0, "baseline": 4})
        );
        assert_eq!(report["summary"]["unevaluatedRules"], 6);
    }

    #[test]
    fn other_files_are_errors() {
        for (text, want) in [
            ("{", "r.json: is not JSON: "),
            ("[]", "r.json: is not a report"),
            (
                r#"{"version": 2, "checked": [], "findings": []}"#,
                "its version is not 1",
            ),
            (r#"{"version": 1, "checked": []}"#, "`findings` is missing"),
            (
                r#"{"version": 1, "checked": [], "findings": [{"rule": "type"}]}"#,
                "has a finding without",
            ),
        ] {
            let error = merge_reports(&[("r.json".to_owned(), text.as_bytes().to_vec())]).unwrap_err();
            assert!(error.to_string().contains(want), "{error}");
        }
    }
}
