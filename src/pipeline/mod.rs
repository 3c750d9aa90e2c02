//! `ci`: every chart below a directory, checked in every way it is deployed, then published.

mod chart_files;
mod check_chart;
mod check_rendering;
mod find_charts;
mod place;
mod plain_secrets;
mod run;
mod summary;

pub use check_chart::{CheckedChart, Rendered};
pub use find_charts::{FindError, find_charts, values_files};
pub use run::{GivenValues, PlanError, Settings, check_charts};
pub use summary::summary_table;
