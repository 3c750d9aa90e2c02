//! A table of charts and their templates, for pull requests.

use std::fmt::Write as _;

use super::charts::CoveredChart;
use super::text::ranges;
use crate::check::coverage::Counted;
use crate::report::markdown_text::cell;

pub(super) fn text(charts: &[CoveredChart<'_>]) -> String {
    let mut out = String::new();
    for chart in charts {
        let totals = chart.coverage.totals();
        _ = writeln!(
            out,
            "**{}**: {} of the lines and branches are reached by {} rendering{}\n",
            cell(chart.path),
            totals.lines_and_branches().percent(),
            chart.coverage.renderings.len(),
            if chart.coverage.renderings.len() == 1 { "" } else { "s" },
        );
        out.push_str("| template | lines | branches | lines not reached |\n| --- | ---: | ---: | --- |\n");
        for file in &chart.coverage.files {
            let totals = file.totals();
            _ = writeln!(
                out,
                "| {} | {} | {} | {} |",
                cell(&file.inside),
                share(totals.lines),
                share(totals.branches),
                ranges(&file.missed_lines())
            );
        }
        _ = writeln!(
            out,
            "| **all** | {} | {} | |\n",
            share(totals.lines),
            share(totals.branches)
        );
    }
    out
}

fn share(counted: Counted) -> String {
    match counted.total {
        0 => String::new(),
        total => format!("{} ({}/{total})", counted.percent(), counted.covered),
    }
}
