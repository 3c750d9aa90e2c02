//! What joined reports say besides their findings: what changes in rendered objects, and the images of charts. The members `changes` and
//! `images` of JSON reports in; the same of all of them out, as JSON or as formats for people need it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::check::diff::DiffOutcome;
use crate::check::run::RenderingImages;
use crate::report::diff::{diff_summary, read_diff};
use crate::text::counted::counted;
use crate::text::ordered::CollectOrdered as _;

/// The remarks of reports, joined.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct MergedRemarks {
    /// What the changes are counted from, where reports have them.
    since: BTreeSet<String>,
    /// How many reports about charts there are, and how many have changes.
    reports: usize,
    with_changes: usize,
    /// Why they are not known, of the first report that does not know them.
    unknown: Option<String>,
    /// The charts with changes, by name.
    changed: BTreeMap<String, Json>,
    /// How many charts were compared.
    compared: u64,
    /// The renderings of charts that have images, by the chart.
    images: BTreeMap<String, Json>,
    /// What exploring charts showed, by the chart.
    explored: BTreeMap<String, Json>,
}

impl MergedRemarks {
    /// Adds those of a report.
    ///
    /// # Errors
    /// When they are not as this version writes them. The text says what is wrong.
    pub(super) fn add(&mut self, report: &Json, is_about_charts: bool) -> Result<(), String> {
        self.reports += usize::from(is_about_charts);
        if let Some(changes) = report.get("changes") {
            self.with_changes += 1;
            self.add_changes(changes)
                .ok_or("has `changes` that this version does not know")?;
        }
        for chart in report.get("images").and_then(Json::as_array).into_iter().flatten() {
            let wrong = "has `images` that this version does not know";
            read_renderings(chart).ok_or(wrong)?;
            let name = chart.get("chart").and_then(Json::as_str).ok_or(wrong)?;
            self.images.insert(name.to_owned(), chart.clone());
        }
        for chart in report.get("explored").and_then(Json::as_array).into_iter().flatten() {
            let name = chart.get("chart").and_then(Json::as_str);
            let name = name.ok_or("has `explored` that this version does not know")?;
            self.explored.insert(name.to_owned(), chart.clone());
        }
        Ok(())
    }

    fn add_changes(&mut self, changes: &Json) -> Option<()> {
        let since = changes.get("since")?.as_str()?;
        self.since.insert(since.to_owned());
        if let Some(reason) = changes.get("unknown") {
            let reason = reason.as_str()?;
            self.unknown.get_or_insert_with(|| reason.to_owned());
            return Some(());
        }
        let found = changes.get("found")?;
        let compared = u64::try_from(read_diff(found)?.compared).ok()?;
        self.compared = self.compared.saturating_add(compared);
        for chart in found.get("charts")?.as_array()? {
            let name = chart.get("chart")?.as_str()?;
            self.changed.insert(name.to_owned(), chart.clone());
        }
        Some(())
    }

    /// The member `changes` of the joined report.
    pub(super) fn changes(&self) -> Option<Json> {
        let since = self.since()?;
        Some(match self.unknown() {
            Some(reason) => json!({"since": since, "unknown": reason}),
            None => json!({"since": since, "found": self.found()}),
        })
    }

    fn since(&self) -> Option<String> {
        let all: Vec<&str> = self.since.iter().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// Why the changes of all charts are not known.
    fn unknown(&self) -> Option<String> {
        let without = self.reports.saturating_sub(self.with_changes);
        if self.since.len() > 1 {
            return Some("the reports count from different commits".to_owned());
        }
        let missing = || format!("it is missing in {without} of {}", counted(self.reports, "report"));
        self.unknown.clone().or_else(|| (without > 0).then(missing))
    }

    /// The changes of all reports, counted again: charts may be in several of them.
    fn found(&self) -> Json {
        let charts: Vec<&Json> = self.changed.values().collect();
        let mut found = json!({"charts": charts, "summary": {"compared": self.compared}});
        if let (Some(outcome), Some(slot)) = (read_diff(&found), found.get_mut("summary")) {
            *slot = diff_summary(&outcome);
        }
        found
    }

    /// The member `images`.
    pub(super) fn images(&self) -> Vec<Json> {
        self.images.values().cloned().collect()
    }

    /// The member `explored`.
    pub(super) fn explored(&self) -> Vec<Json> {
        self.explored.values().cloned().collect()
    }

    /// Since when changes are counted, and what they are or why that is not known.
    pub(super) fn read_changes(&self) -> Option<(String, Result<DiffOutcome, String>)> {
        let since = self.since()?;
        let found = match self.unknown() {
            Some(reason) => Err(reason),
            None => Ok(read_diff(&self.found())?),
        };
        Some((since, found))
    }

    /// The images of each chart, by the ways in which it is deployed.
    pub(super) fn read_images(&self) -> Vec<(&str, Vec<RenderingImages>)> {
        let charts = self.images.iter();
        charts
            .filter_map(|(name, chart)| Some((name.as_str(), read_renderings(chart)?)))
            .collect()
    }
}

fn read_renderings(chart: &Json) -> Option<Vec<RenderingImages>> {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let read = |one: &Json| {
        let images: Option<Vec<String>> = one.get("images")?.as_array()?.iter().map(text).collect();
        Some(RenderingImages {
            rendering: one.get("name").and_then(text)?,
            images: images?.into_iter().collect_set(),
        })
    };
    chart.get("renderings")?.as_array()?.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(since: &str, name: &str) -> Json {
        let object = json!({
            "change": "added", "group": "", "kind": "Service", "namespace": "", "name": name, "apiVersionBefore": "", "apiVersionAfter": "v1",
            "renderings": ["default values"], "risks": [], "fields": [], "lines": "",
        });
        let chart = json!({
            "chart": name, "before": null, "after": {"name": name, "version": "1.0.0"}, "whole": true,
            "renderings": ["default values"], "objects": [object], "failures": [], "notes": [],
        });
        json!({"since": since, "found": {"charts": [chart], "summary": {"compared": 2}}})
    }

    fn report(name: &str) -> Json {
        let images = json!([{"chart": name, "renderings": [{"name": "live", "images": ["a/web:1"]}]}]);
        json!({"changes": found("main", name), "images": images})
    }

    #[test]
    fn remarks_of_reports_are_joined_by_chart() {
        let mut all = MergedRemarks::default();
        assert_eq!(all.changes(), None);
        // A chart that is in two of them is counted once; reports about files have no changes.
        for (report, is_about_charts) in [
            (report("b"), true),
            (json!({}), false),
            (report("a"), true),
            (report("a"), true),
        ] {
            all.add(&report, is_about_charts).unwrap();
        }
        let changes = all.changes().unwrap();
        assert_eq!(changes["found"]["charts"][0]["chart"], "a");
        assert_eq!(changes["found"]["summary"]["added"], 2);
        let (since, outcome) = all.read_changes().unwrap();
        let outcome = outcome.unwrap();
        assert_eq!((since.as_str(), outcome.compared, outcome.charts.len()), ("main", 6, 2));
        let names: Vec<&str> = all.read_images().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(all.read_images()[0].1[0].images, ["a/web:1".to_owned()].into());
    }

    #[test]
    fn what_one_report_does_not_know_is_unknown() {
        for (other, want) in [
            (
                json!({"changes": {"since": "main", "unknown": "no such commit"}}),
                "no such commit",
            ),
            (
                json!({"changes": found("other", "b")}),
                "the reports count from different commits",
            ),
            (json!({}), "it is missing in 1 of 2 reports"),
        ] {
            let mut all = MergedRemarks::default();
            all.add(&report("a"), true).unwrap();
            all.add(&other, true).unwrap();
            assert_eq!(all.read_changes().unwrap().1.unwrap_err(), want);
            assert_eq!(all.changes().unwrap()["unknown"], want);
        }
    }

    #[test]
    fn other_remarks_are_errors() {
        for (report, want) in [
            (json!({"changes": {}}), "`changes`"),
            (json!({"changes": {"since": "main"}}), "`changes`"),
            (json!({"changes": {"since": "main", "found": {}}}), "`changes`"),
            (json!({"images": [{}]}), "`images`"),
            (
                json!({"images": [{"chart": "a", "renderings": [{"name": "x", "images": [1]}]}]}),
                "`images`",
            ),
        ] {
            let reason = MergedRemarks::default().add(&report, true).unwrap_err();
            assert!(reason.contains(want), "{report}: {reason}");
        }
    }
}
