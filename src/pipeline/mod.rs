//! `lint` and `ci`: charts, several at once, checked in every way they are deployed.

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
