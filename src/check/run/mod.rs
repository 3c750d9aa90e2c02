//! Charts checked in every way they are deployed: what `lint` and `ci` both do, and nothing else decides.

mod chart;
mod charts;
mod find_charts;
mod charts_of_files;
mod changed_charts;
mod environment;
mod images;
mod judged;
mod request;
#[cfg(test)]
mod run_tests;
mod subject;
mod values;
mod manifests_of_charts;
mod variant;

pub use changed_charts::{
    ChartParts, METADATA_FILES, changed_charts, neighbours, neighbours_by, path_needs, with_dependents,
};
#[cfg(test)]
pub(crate) use chart::Rendered;
pub use chart::{CheckedChart, LIBRARY_CHART};
pub(in crate::check) use chart::{is_duplicate_key, load, variant_state};
pub use charts::{CheckError, CheckOutcome, check_charts};
pub use charts_of_files::charts_of_files;
pub use environment::DeployedEnvironment;
pub use find_charts::{chart_directories, find_charts, find_subcharts};
pub use images::RenderingImages;
pub use manifests_of_charts::{chart_definitions, chart_manifests, is_chart};
pub use request::{ChartArchive, CheckRequest, DEFAULT_VALUES, GivenValues, ValuesRoot};
pub(in crate::check) use subject::Subject;
pub(in crate::check) use values::{ChartValues, chart_values, matching_values_files};
pub use values::{OwnRenderings, own_renderings, values_files};
pub(in crate::check) use variant::{Compiled, Variant, VariantState, Watching, check_variant};
