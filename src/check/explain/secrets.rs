//! The secrets that a chart and what the user gave hold, so that no finding shows them.

use std::sync::Arc;

use super::value_origins::Given;
use crate::check::finding::{Finding, SecretValues};
use crate::engine::chart::{Chart, Compat, Notice};
use crate::engine::functions::json::to_go_json;
use crate::engine::template::{Map, Value};

/// Larger files of a chart are not read for secrets.
const MAX_BYTES: usize = 8 << 20;

/// The secrets of a chart, its subcharts, and the values it is rendered with.
pub fn secrets_of(chart: &Chart, given: &Given, values: &Map) -> SecretValues {
    let mut secrets = secrets_of_values(given, values);
    secrets.extend(&secrets_of_chart(chart));
    secrets
}

/// Helm's lines for what it logs about a chart and its values, without secrets: some quote a value.
pub fn notice_lines(notices: &[Notice], compat: Compat, chart: &Chart, given: &Given, values: &Map) -> Vec<String> {
    if notices.is_empty() {
        return Vec::new();
    }
    let secrets = secrets_of(chart, given, values);
    let line = |notice: &Notice| secrets.hide(&notice.line(compat)).into_owned();
    notices.iter().map(line).collect()
}

/// The secrets in the files of a chart and its subcharts.
pub fn secrets_of_chart(chart: &Chart) -> SecretValues {
    let mut secrets = SecretValues::default();
    add_chart(chart, &mut secrets);
    secrets
}

/// The secrets in the values that a chart is rendered with.
pub fn secrets_of_values(given: &Given, values: &Map) -> SecretValues {
    let mut secrets = SecretValues::default();
    for file in &given.files {
        secrets.add_text(file.text());
    }
    for (_, argument) in &given.flags {
        secrets.add_flag(argument);
    }
    // What `--set-file` reads.
    let merged = to_go_json(&Value::Map(values.clone())).unwrap_or_default();
    secrets.add_text(&merged);
    secrets
}

fn add_chart(chart: &Chart, secrets: &mut SecretValues) {
    for file in chart.raw.iter() {
        let is_text = [".yaml", ".yml", ".json", ".tpl", ".txt"]
            .iter()
            .any(|ending| file.name.ends_with(ending));
        if is_text && file.data.len() <= MAX_BYTES {
            secrets.add_text(&file.data);
        }
    }
    for subchart in &chart.dependencies {
        add_chart(subchart, secrets);
    }
}

/// The findings, without the secrets in their texts.
pub fn hidden(findings: Vec<Finding>, secrets: SecretValues) -> Vec<Finding> {
    let secrets = Arc::new(secrets);
    let findings = findings.into_iter();
    findings.map(|finding| finding.without(&secrets)).collect()
}
