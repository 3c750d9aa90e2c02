//! Rules over dependencies. Follows `pkg/chart/v2/lint/rules/dependencies.go`; that two dependencies have one name is refused
//! before, when Chart.yaml is read.

use crate::engine::chart::Chart;
use crate::text::rule::{Rule, Severity};

use super::chart_source::ChartSource;
use super::message::Messages;

use Severity::{Error, Warning};

pub(super) fn check(source: &ChartSource, messages: &mut Messages<'_>) {
    let chart = match source.load(&mut messages.notices) {
        Ok(chart) => chart,
        Err(error) => {
            let text = format!("unable to load chart\n\t{error}");
            messages.add(Error, Rule::ChartLoad, "", text, None);
            return;
        }
    };
    check_declared(source, &chart, messages);
    let missing = chart.missing_dependencies();
    if !missing.is_empty() {
        let root = source.root().display().to_string();
        let text = format!("chart directory is missing these dependencies: {}", missing.join(","));
        messages.add(Warning, Rule::DependencyMissing, &root, text, None);
    }
}

/// Charts in `charts/` that are not declared.
pub(super) fn check_declared(source: &ChartSource, chart: &Chart, messages: &mut Messages<'_>) {
    let root = source.root().display().to_string();
    let declared: Vec<_> = chart.metadata.declared_dependencies().collect();
    let undeclared: Vec<&str> = chart
        .dependencies
        .iter()
        .map(Chart::name)
        .filter(|name| !declared.iter().any(|dependency| dependency.name == *name))
        .collect();
    if !undeclared.is_empty() {
        let text = format!("chart metadata is missing these dependencies: {}", undeclared.join(","));
        messages.add(Error, Rule::DependencyUndeclared, &root, text, None);
    }
}
