//! Reports of several runs as one: the JSON reports of shards in, the report that one run over all charts would have written out.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::check::finding::{Finding, Hidden, Location, Place};
use crate::report::json_text::{self, Rows};
use crate::text::compact_sort::sort_by;
use crate::text::counted::counted;
use crate::text::rule::{RULES, Rule, RuleId, Severity};
use crate::text::source::{Position, SourceFile};

use super::json::{Document, summary};
use super::merged_remarks::MergedRemarks;
use super::report::{Changes, ChartImages, Group, Remarks, Report, Subject};

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
    /// What was checked, in order, with how it ended.
    results: BTreeMap<String, Json>,
    findings: Vec<Json>,
    remarks: MergedRemarks,
    hidden: Hidden,
    unevaluated: usize,
    subject: Subject,
    reports: usize,
}

/// Joins reports, each with the name of its file.
///
/// # Errors
/// When one of them is not a JSON report of this version.
pub fn merge_reports(reports: &[(String, Vec<u8>)]) -> Result<MergedReport, MergeError> {
    let (mut results, mut findings) = (BTreeMap::new(), Vec::new());
    let (mut hidden, mut unevaluated) = (Hidden::default(), 0_usize);
    let mut subject = None;
    let mut remarks = MergedRemarks::default();
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
        // Reports of versions before this key are nearly always about charts.
        let of_report = text_of(&report, "subject").map_or(Some(Subject::Charts), Subject::find);
        let of_report = of_report.ok_or_else(|| wrong("is about a `subject` that this version does not know"))?;
        subject = match subject {
            Some(other) if other != of_report => Some(Subject::Both),
            _ => Some(of_report),
        };
        let checked = list("checked")?.iter().filter_map(Json::as_str);
        results.extend(checked.map(|name| (name.to_owned(), Json::Null)));
        for result in list("results")? {
            if let Some(slot) = text_of(result, "name").and_then(|name| results.get_mut(name)) {
                *slot = result.clone();
            }
        }
        for finding in list("findings")? {
            if key(finding).is_none() {
                return Err(wrong("has a finding without file, place, rule, severity or message"));
            }
            findings.push(finding.clone());
        }
        remarks
            .add(&report, of_report == Subject::Charts)
            .map_err(|reason| wrong(&reason))?;
        let count = |pointer: &str| {
            let count = report.pointer(pointer).and_then(Json::as_u64);
            usize::try_from(count.unwrap_or_default()).unwrap_or_default()
        };
        hidden.configuration = hidden
            .configuration
            .saturating_add(count("/summary/hidden/configuration"));
        hidden.comments = hidden.comments.saturating_add(count("/summary/hidden/comments"));
        hidden.baseline = hidden.baseline.saturating_add(count("/summary/hidden/baseline"));
        unevaluated = unevaluated.saturating_add(count("/summary/unevaluatedRules"));
    }
    Ok(MergedReport {
        results,
        findings: joined(findings),
        remarks,
        hidden,
        unevaluated,
        subject: subject.unwrap_or_default(),
        reports: reports.len(),
    })
}

impl MergedReport {
    /// How many findings have each severity: errors, warnings, infos.
    pub fn counts(&self) -> [usize; 3] {
        let findings = self.findings.iter();
        [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
            let is_such = |finding: &&Json| text_of(finding, "severity") == Some(severity.name());
            findings.clone().filter(is_such).count()
        })
    }

    /// `44 charts in 3 reports: 4 errors, 1 warning`
    pub fn sentence(&self) -> String {
        let [errors, warnings, _] = self.counts();
        format!(
            "{} in {}: {}, {}",
            self.subject.counted(self.results.len()),
            counted(self.reports, "report"),
            counted(errors, "error"),
            counted(warnings, "warning")
        )
    }

    /// The report as JSON.
    pub fn as_json(&self) -> String {
        json_text::text(&Document {
            version: 1,
            subject: self.subject.name(),
            checked: self.results.keys().map(String::as_str).collect(),
            results: Rows(|| self.results.values().cloned()),
            findings: Rows(|| self.findings.iter().cloned()),
            changes: self.remarks.changes(),
            images: self.remarks.images(),
            explored: self.remarks.explored(),
            summary: summary(self.counts(), self.hidden, self.unevaluated),
        })
    }

    /// Hands on what any format is made from. The lines that findings are about are not known.
    ///
    /// # Errors
    /// When a finding has a rule that this version does not know.
    pub fn with_report<T>(&self, then: impl FnOnce(&Report<'_>) -> T) -> Result<T, MergeError> {
        let mut parts = BTreeSet::new();
        let findings = self.findings.iter().map(|finding| read_finding(finding, &mut parts));
        let findings: Vec<Finding> = findings.collect::<Result<_, _>>()?;
        let mut of_groups: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
        for (json, finding) in self.findings.iter().zip(&findings) {
            for name in texts_of(json, "in") {
                of_groups.entry(name).or_default().push(finding.clone());
            }
        }
        let groups: Vec<Group<'_>> = self
            .results
            .iter()
            .map(|(name, result)| Group {
                name,
                findings: of_groups.get(name.as_str()).map(Vec::as_slice).unwrap_or_default(),
                version: text_of(result, "version").unwrap_or_default(),
                result: text_of(result, "result").unwrap_or_default(),
                has_failed: result.get("failed") == Some(&Json::Bool(true)),
            })
            .collect();
        let changes = self.remarks.read_changes();
        let images = self.remarks.read_images();
        let images: Vec<ChartImages<'_>> = images
            .iter()
            .map(|(chart, renderings)| ChartImages { chart, renderings })
            .collect();
        let remarks = Remarks {
            hidden: self.hidden,
            unevaluated: self.unevaluated,
            subject: self.subject,
            changes: changes.as_ref().map(|(since, found)| Changes::new(since, found)),
            images: &images,
            ..Remarks::default()
        };
        Ok(then(&Report {
            findings: &findings,
            groups: &groups,
            remarks,
            coloured: false,
        }))
    }
}

/// A finding as it was before it was written. Names of parts of rules are kept for good, each once: there are few.
fn read_finding(json: &Json, parts: &mut BTreeSet<&'static str>) -> Result<Finding, MergeError> {
    let text = |key: &str| text_of(json, key).unwrap_or_default();
    let number = |key: &str| {
        let number = json.get(key).and_then(Json::as_u64).unwrap_or_default();
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    let owned = |key: &str| texts_of(json, key).map(str::to_owned).collect::<Vec<String>>();
    let (id, part) = text("rule").split_once('/').unwrap_or((text("rule"), ""));
    let rule = Rule::find(id).ok_or_else(|| MergeError {
        name: format!("a finding of the rule `{id}`"),
        reason: "this version does not know it; join reports with the version that wrote them".to_owned(),
    })?;
    let part = if let Some(part) = parts.get(part) {
        *part
    } else {
        let part: &'static str = part.to_owned().leak();
        parts.insert(part);
        part
    };
    let position = Position {
        line: number("line"),
        column: number("column"),
    };
    let place = Location::at(SourceFile::at_position(text("file"), position), 0);
    let mut finding = Finding::new(RuleId::part_of(rule, part), place, "");
    text("message").clone_into(&mut finding.message);
    finding.severity = Severity::find(text("severity")).unwrap_or(finding.severity);
    finding.notes = owned("notes");
    finding.help = owned("help");
    finding.renderings = owned("renderings");
    finding.rendered = text_of(json, "rendered").map(str::to_owned);
    for related in json.get("related").and_then(Json::as_array).into_iter().flatten() {
        let word = |key: &str| text_of(related, key).unwrap_or_default().to_owned();
        finding = finding.with_related(word("label"), Place::Flag(word("place")));
    }
    Ok(finding)
}

fn texts_of<'f>(finding: &'f Json, key: &str) -> impl Iterator<Item = &'f str> {
    let list = finding.get(key).and_then(Json::as_array);
    list.into_iter().flatten().filter_map(Json::as_str)
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
    sort_by(&mut findings, |a, b| key(a).cmp(&key(b)));
    let mut joined: Vec<Json> = Vec::with_capacity(findings.len());
    for finding in findings {
        match joined.last_mut() {
            Some(last) if key(last).cmp(&key(&finding)) == Ordering::Equal => add(last, &finding),
            _ => joined.push(finding),
        }
    }
    joined
}

/// Adds what another finding of the same place says: its renderings, the charts that show it, and its severity if that is higher.
fn add(last: &mut Json, other: &Json) {
    let severity = |finding: &Json| text_of(finding, "severity").and_then(Severity::find);
    let highest = severity(last).max(severity(other));
    for key in ["renderings", "in"] {
        let added = other.get(key).and_then(Json::as_array);
        if let (Some(own), Some(added)) = (last.get_mut(key).and_then(Json::as_array_mut), added) {
            for text in added {
                if !own.contains(text) {
                    own.push(text.clone());
                }
            }
        }
    }
    if let Some(places) = last.get_mut("in").and_then(Json::as_array_mut) {
        // In the order of `checked`.
        sort_by(places, |a, b| a.as_str().cmp(&b.as_str()));
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
            "rule": rule, "severity": severity, "message": "m", "file": file, "line": line, "column": 1, "in": [file],
            "related": [], "notes": [], "help": [], "rendered": null, "renderings": renderings,
        })
    }

    fn report(checked: &[&str], findings: &[Json]) -> (String, Vec<u8>) {
        let summary = json!({"hidden": {"configuration": 1, "comments": 0, "baseline": 2}, "unevaluatedRules": 3});
        let results: Vec<Json> = checked
            .iter()
            .map(|name| json!({"name": name, "version": "", "result": "ok", "failed": false}))
            .collect();
        let report =
            json!({"version": 1, "checked": checked, "results": results, "findings": findings, "summary": summary});
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
        let report: Json = serde_json::from_str(&merged.as_json()).unwrap();
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
        assert_eq!(merged.counts(), [3, 0, 1]);
        assert_eq!(report["summary"]["errors"], 3);
        assert_eq!(
            report["summary"]["hidden"],
            json!({"configuration": 2, "comments": 0, "baseline": 4})
        );
        assert_eq!(report["summary"]["unevaluatedRules"], 6);
    }

    #[test]
    fn a_merged_report_is_about_what_the_reports_are_about() {
        let of = |subject: &str, checked: &[&str]| {
            let findings: Vec<Json> = checked
                .iter()
                .map(|name| finding(name, 1, "type", "error", &[]))
                .collect();
            let (name, text) = report(checked, &findings);
            let text = String::from_utf8(text).unwrap();
            (name, text.replacen('{', &format!("{{{subject}"), 1).into_bytes())
        };
        let (charts, files) = ("\"subject\": \"charts\", ", "\"subject\": \"files\", ");
        for (reports, name, sentence, verdict) in [
            (
                vec![of("", &["a"])],
                "charts",
                "1 chart in 1 report: 1 error, 0 warnings",
                "1 chart passed: 1 error",
            ),
            (
                vec![of(charts, &["a"]), of("", &["b"])],
                "charts",
                "2 charts in 2 reports: 2 errors, 0 warnings",
                "2 charts passed: 2 errors",
            ),
            (
                vec![of(files, &["a", "c"]), of(files, &["b"])],
                "files",
                "3 files in 2 reports: 3 errors, 0 warnings",
                "3 files passed: 3 errors",
            ),
            (
                vec![of(files, &["a"]), of(charts, &["b"]), of(files, &[])],
                "charts and files",
                "2 charts and files in 3 reports: 2 errors, 0 warnings",
                "2 charts and files passed: 2 errors",
            ),
        ] {
            let merged = merge_reports(&reports).unwrap();
            assert_eq!(merged.sentence(), sentence);
            let json: Json = serde_json::from_str(&merged.as_json()).unwrap();
            assert_eq!(json["subject"], name);
            let (said, charts) = merged
                .with_report(|report| (report.verdict(), report.groups.len()))
                .unwrap();
            assert_eq!((said.as_str(), charts), (verdict, merged.results.len()));
            // What was merged can be merged again.
            let again = [("m.json".to_owned(), merged.as_json().into_bytes())];
            assert_eq!(merge_reports(&again).unwrap().as_json(), merged.as_json());
        }
    }

    #[test]
    fn other_files_are_errors() {
        for (text, want) in [
            ("{", "r.json: is not JSON: "),
            ("[]", "r.json: is not a report"),
            (
                r#"{"version": 2, "checked": [], "results": [], "findings": []}"#,
                "its version is not 1",
            ),
            (r#"{"version": 1, "checked": []}"#, "`results` is missing"),
            (
                r#"{"version": 1, "subject": "cats", "checked": [], "results": [], "findings": []}"#,
                "a `subject` that this version does not know",
            ),
            (
                r#"{"version": 1, "checked": [], "results": []}"#,
                "`findings` is missing",
            ),
            (
                r#"{"version": 1, "checked": [], "results": [], "findings": [{"rule": "type"}]}"#,
                "has a finding without",
            ),
        ] {
            let error = merge_reports(&[("r.json".to_owned(), text.as_bytes().to_vec())]).unwrap_err();
            assert!(error.to_string().contains(want), "{error}");
        }
    }
}
