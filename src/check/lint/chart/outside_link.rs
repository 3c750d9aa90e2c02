//! `link-leaves-chart`: links that lead out of the chart's directory. Nothing behind them is read, so neither a finding nor a
//! package can show it.

use std::path::Path;

use crate::check::explain::explain_load;
use crate::check::finding::{Finding, Location};
use crate::engine::chart::{OutsideLink, outside_links};
use crate::text::limits::FILE_BYTES;
use crate::text::rule::Rule;
use crate::text::source::{SourceFile, join_shown, read_inside};

const HELP: &str = "copy what it leads to into the chart, name a chart beside this one by `repository: file://…`, or pass \
                    --allow-links if whoever may change the chart may publish any file that this job can read";

/// The findings of the rule in a chart's directory, `shown` so in reports; or why its links are not known, so that nothing of it
/// may be read.
pub fn check_outside_links(chart: &Path, shown: &str) -> Vec<Finding> {
    match outside_links(chart) {
        Ok(links) => outside_link_findings(&links, shown),
        Err(error) => vec![explain_load(shown, &error, &|name| {
            read_inside(chart, &chart.join(name), FILE_BYTES).ok().flatten()
        })],
    }
}

/// A finding for each link of a chart that reports show as `shown`.
pub fn outside_link_findings(links: &[OutsideLink], shown: &str) -> Vec<Finding> {
    let finding = |link: &OutsideLink| outside_link_finding(&join_shown(shown, &link.name), &link.to_string());
    links.iter().map(finding).collect()
}

/// The finding at a link, by its path as reports show it.
pub fn outside_link_finding(shown: &str, message: &str) -> Finding {
    let place = Location::whole(SourceFile::without_text(shown));
    Finding::new(Rule::LinkLeavesChart, place, message).with_help(HELP)
}
