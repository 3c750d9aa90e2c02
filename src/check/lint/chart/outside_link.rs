//! `link-leaves-chart`: links that lead out of the chart's directory. Nothing behind them is read, so neither a finding nor a
//! package can show it.

use std::path::Path;

use crate::check::finding::{Finding, Location};
use crate::engine::chart::{OutsideLink, outside_links};
use crate::text::rule::Rule;
use crate::text::source::{SourceFile, join_shown};

const HELP: &str = "copy what it leads to into the chart, or pass --allow-links if whoever may change the chart may publish \
                    any file that this job can read";

/// The findings of the rule in a chart's directory, `shown` so in reports. What keeps the directory from being read is
/// reported when the chart is loaded.
pub fn check_outside_links(chart: &Path, shown: &str) -> Vec<Finding> {
    outside_link_findings(&outside_links(chart).unwrap_or_default(), shown)
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
