//! What joined reports say besides their findings: what changes in rendered objects, and the images of charts. The members `changes` and
//! `images` of JSON reports in; the same of all of them out, as JSON or as formats for people need it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::check::diff::DiffOutcome;
use crate::check::run::RenderingImages;
use crate::report::diff::read_diff;

/// The remarks of reports, joined.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct MergedRemarks {
    /// What the changes are counted from, where a report has them.
    since: Option<String>,
    /// Why they are not known, of the first report that does not know them.
    unknown: Option<String>,
    /// The charts with changes, by name.
    changed: BTreeMap<String, Json>,
    /// The counts of all of them.
    counts: Map<String, Json>,
    /// The renderings of charts that have images, by the chart.
    images: BTreeMap<String, Json>,
}

impl MergedRemarks {
    /// Adds those of a report.
    ///
    /// # Errors
    /// When they are not as this version writes them. The text says what is wrong.
    pub(super) fn add(&mut self, report: &Json) -> Result<(), String> {
        if let Some(changes) = report.get("changes") {
            self.add_changes(changes)
                .ok_or("has `changes` that this version does not know")?;
        }
        for chart in report.get("images").and_then(Json::as_array).into_iter().flatten() {
            let wrong = "has `images` that this version does not know";
            read_renderings(chart).ok_or(wrong)?;
            let name = chart.get("chart").and_then(Json::as_str).ok_or(wrong)?;
            self.images.insert(name.to_owned(), chart.clone());
        }
        Ok(())
    }

    fn add_changes(&mut self, changes: &Json) -> Option<()> {
        let since = changes.get("since")?.as_str()?;
        self.since.get_or_insert_with(|| since.to_owned());
        if let Some(reason) = changes.get("unknown") {
            let reason = reason.as_str()?;
            self.unknown.get_or_insert_with(|| reason.to_owned());
            return Some(());
        }
        let found = changes.get("found")?;
        read_diff(found)?;
        for chart in found.get("charts")?.as_array()? {
            let name = chart.get("chart")?.as_str()?;
            self.changed.insert(name.to_owned(), chart.clone());
        }
        for (name, count) in found.get("summary")?.as_object()? {
            let so_far = self.counts.get(name).and_then(Json::as_u64).unwrap_or_default();
            let sum = so_far.checked_add(count.as_u64()?)?;
            self.counts.insert(name.clone(), sum.into());
        }
        Some(())
    }

    /// The member `changes` of the joined report.
    pub(super) fn changes(&self) -> Option<Json> {
        let since = self.since.as_ref()?;
        Some(match &self.unknown {
            Some(reason) => json!({"since": since, "unknown": reason}),
            None => json!({"since": since, "found": self.found()}),
        })
    }

    fn found(&self) -> Json {
        let charts: Vec<&Json> = self.changed.values().collect();
        json!({"charts": charts, "summary": self.counts})
    }

    /// The member `images`.
    pub(super) fn images(&self) -> Vec<Json> {
        self.images.values().cloned().collect()
    }

    /// Since when changes are counted, and what they are or why that is not known.
    pub(super) fn read_changes(&self) -> Option<(String, Result<DiffOutcome, String>)> {
        let since = self.since.clone()?;
        let found = match &self.unknown {
            Some(reason) => Err(reason.clone()),
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
        Some(RenderingImages {
            rendering: one.get("name").and_then(text)?,
            images: one.get("images")?.as_array()?.iter().map(text).collect::<Option<_>>()?,
        })
    };
    chart.get("renderings")?.as_array()?.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, added: u64) -> Json {
        let chart = json!({
            "chart": name, "before": null, "after": {"name": name, "version": "1.0.0"}, "whole": true,
            "renderings": ["default values"], "objects": [], "failures": [], "notes": ["new"],
        });
        let summary = json!({"compared": 2, "added": added, "removed": 0, "changed": 0, "risks": 0, "failures": 0});
        json!({"since": "main", "found": {"charts": [chart], "summary": summary}})
    }

    fn images(name: &str) -> Json {
        json!([{"chart": name, "renderings": [{"name": "live", "images": ["a/web:1"]}]}])
    }

    #[test]
    fn remarks_of_reports_are_joined_by_chart() {
        let mut all = MergedRemarks::default();
        assert_eq!(all.changes(), None);
        all.add(&json!({"changes": found("b", 2), "images": images("b")}))
            .unwrap();
        all.add(&json!({})).unwrap();
        all.add(&json!({"changes": found("a", 3), "images": images("a")}))
            .unwrap();
        let changes = all.changes().unwrap();
        assert_eq!(changes["found"]["charts"][0]["chart"], "a");
        assert_eq!(changes["found"]["summary"]["added"], 5);
        let (since, outcome) = all.read_changes().unwrap();
        let outcome = outcome.unwrap();
        assert_eq!((since.as_str(), outcome.compared, outcome.charts.len()), ("main", 4, 2));
        let names: Vec<&str> = all.read_images().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(all.read_images()[0].1[0].images, ["a/web:1".to_owned()].into());
        // What one of them does not know is unknown.
        all.add(&json!({"changes": {"since": "main", "unknown": "no such commit"}}))
            .unwrap();
        assert_eq!(all.read_changes().unwrap().1.unwrap_err(), "no such commit");
        assert_eq!(all.changes().unwrap()["unknown"], "no such commit");
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
            let reason = MergedRemarks::default().add(&report).unwrap_err();
            assert!(reason.contains(want), "{report}: {reason}");
        }
    }
}
