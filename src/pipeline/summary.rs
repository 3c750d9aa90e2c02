//! The one table at the end of a run.

use super::check_chart::CheckedChart;
use crate::check::finding::Severity;

/// Columns aligned with spaces: chart, version, renderings, documents, findings, and what became of it (`results` in the
/// order of `charts`).
pub fn summary_table(charts: &[CheckedChart], results: &[String]) -> String {
    let mut rows = vec![
        [
            "CHART",
            "VERSION",
            "RENDERINGS",
            "DOCUMENTS",
            "ERRORS",
            "WARNINGS",
            "RESULT",
        ]
        .map(str::to_owned),
    ];
    for (chart, result) in charts.iter().zip(results) {
        let count = |severity| {
            chart
                .findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
                .to_string()
        };
        let documents = match chart.rendered.skipped {
            0 => chart.rendered.documents.to_string(),
            skipped => format!("{} (+{skipped} without schema)", chart.rendered.documents),
        };
        rows.push([
            chart.name.clone(),
            chart.version.clone(),
            chart.rendered.renderings.to_string(),
            documents,
            count(Severity::Error),
            count(Severity::Warning),
            result.clone(),
        ]);
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    table
}
