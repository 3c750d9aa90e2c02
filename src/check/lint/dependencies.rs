//! Rules over dependencies. Follows `pkg/chart/v2/lint/rules/dependencies.go`.

use std::collections::BTreeSet;

use crate::engine::chart::Chart;
use crate::text::source::Span;

use super::chart_source::ChartSource;
use super::message::{LintSeverity, Messages, Place};

use LintSeverity::{Error, Warning};

pub(super) fn check(source: &ChartSource, messages: &mut Messages) {
    let chart = match source.load() {
        Ok(chart) => chart,
        Err(error) => {
            messages.add(
                Error,
                "chart-load",
                "",
                format!("unable to load chart\n\t{error}"),
                None,
            );
            return;
        }
    };
    let root = source.root().display().to_string();
    let place = || {
        Some(Place {
            file: "Chart.yaml".to_owned(),
            span: Span::new(0, 0),
        })
    };
    let declared: Vec<_> = chart.metadata.declared_dependencies().collect();
    let undeclared: Vec<&str> = chart
        .dependencies
        .iter()
        .map(Chart::name)
        .filter(|name| !declared.iter().any(|dependency| dependency.name == *name))
        .collect();
    if !undeclared.is_empty() {
        let text = format!("chart metadata is missing these dependencies: {}", undeclared.join(","));
        messages.add(Error, "dependency-undeclared", &root, text, place());
    }
    let mut seen = BTreeSet::new();
    let repeated: Vec<&str> = declared
        .iter()
        .map(|dependency| dependency.effective_name())
        .filter(|name| !seen.insert(name.to_owned()))
        .collect();
    if !repeated.is_empty() {
        let text = format!("multiple dependencies with name or alias: {}", repeated.join(","));
        messages.add(Error, "chart-dependencies", &root, text, place());
    }
    let missing = chart.missing_dependencies();
    if !missing.is_empty() {
        let text = format!("chart directory is missing these dependencies: {}", missing.join(","));
        messages.add(Warning, "dependency-missing", &root, text, place());
    }
}
