//! `ci`: every chart below a directory, checked in every way it is deployed, then published.

mod check_chart;
mod find_charts;
mod run;
mod summary;

pub use check_chart::{CheckedChart, Rendered};
pub use find_charts::{FindError, find_charts, values_files};
pub use run::{PlanError, Settings, check_charts};
pub use summary::summary_table;
