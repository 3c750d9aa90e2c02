//! `chart-maintainers`: a chart that names no maintainers, as `ct lint` asks for them.

use crate::check::finding::{Finding, Location};
use crate::engine::chart::Chart;
use crate::text::rule::Rule;

/// The finding of the rule. Library charts need no maintainers.
pub fn check_maintainers(chart: &Chart) -> Option<Finding> {
    let lacks = chart.metadata.maintainers.is_empty() && !chart.metadata.is_library();
    lacks.then(|| {
        let message = "no maintainers: name who looks after the chart";
        Finding::new(
            Rule::ChartMaintainers,
            Location::whole(chart.source_file("Chart.yaml")),
            message,
        )
    })
}
