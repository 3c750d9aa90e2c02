//! Values that break a chart, found by following the decisions of its templates: what no values file of the chart shows.

mod setting;
mod samples;
mod examples;
mod candidates;
mod trial;
mod causes;
mod focus;
mod search;
mod tests_to_write;
mod explore_chart;

pub use explore_chart::{Budget, Exploration, add_explored, explore_charts};
pub use focus::EarlierChart;
