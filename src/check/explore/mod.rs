//! Values that break a chart, found by following the decisions of its templates: what no values file of the chart shows.

mod setting;
mod samples;
mod examples;
mod schema_of_values;
mod candidates;
mod trial;
mod causes;
mod made_up;
mod focus;
mod waiting;
mod tests_to_write;
mod search;
mod repair;
mod exploration;
mod failing_tests;
mod explore_chart;

pub use causes::Constraint;
pub use exploration::Exploration;
pub use explore_chart::{Budget, add_explored, explore_charts};
pub use focus::EarlierChart;
pub use setting::{Flag, command_line, shown_flags};
pub use tests_to_write::{TESTS_END, is_written};
