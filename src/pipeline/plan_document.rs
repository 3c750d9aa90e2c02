//! A plan as JSON, for the matrix of a CI system.
//!
//! In: a plan, the values files of its charts. Out: the text that `ci --plan` prints, described by `docs/ci.md`.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::report::json_document;
use crate::text::source::ReportRoot;

use super::plan::{Plan, PlannedChart, Reason};
use super::shard::cost;

/// What a chart is rendered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedValues {
    /// Whether its defaults are.
    pub has_defaults: bool,
    /// The values files that are each rendered by themselves.
    pub files: Vec<String>,
    /// The names of the environments.
    pub environments: Vec<String>,
}

/// What each chart is rendered with.
pub type ChartValuesFiles<'v> = dyn Fn(&Path) -> PlannedValues + 'v;

/// The plan as text; paths are as reports have them.
pub fn plan_document(plan: &Plan, root: &ReportRoot, versions: &[String], values: &ChartValuesFiles<'_>) -> String {
    let since = plan
        .since
        .as_ref()
        .map(|base| json!({"name": base.name, "commit": base.common}));
    let charts: Vec<Json> = plan
        .charts
        .iter()
        .map(|planned| {
            let values = values(&planned.chart.directory);
            let needs = planned.needs.iter().filter_map(|&needed| plan.charts.get(needed));
            let needs: Vec<String> = needs.map(|needed| root.shown(&needed.chart.directory)).collect();
            json!({
                "name": planned.chart.name(),
                "path": root.shown(&planned.chart.directory),
                "version": planned.chart.metadata.version,
                "reason": reason(planned),
                "dependsOn": needs,
                "defaults": values.has_defaults,
                "values": values.files,
                "environments": values.environments,
                "cost": cost(&planned.chart.directory),
            })
        })
        .collect();
    json_document(&json!({
        "version": 1,
        "since": since,
        "total": plan.total,
        "kubernetesVersions": versions,
        "charts": charts,
    }))
}

fn reason(planned: &PlannedChart) -> Json {
    match &planned.reason {
        Reason::All => json!({"kind": "all"}),
        Reason::Changed(files) => json!({"kind": "changed", "files": files}),
        Reason::DependsOn(names) => json!({"kind": "dependent", "of": names}),
    }
}
