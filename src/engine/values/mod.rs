//! The `.Values` of a rendering: user values merged over the chart's, subcharts' below their names.

mod chart_copies;
mod coalesce;
mod compiled_schemas;
mod dependencies;
mod import_values;
mod schema_acceptance;
mod schema_documents;
mod set_flag;
mod tables;
mod user_values;
mod values_schema;

pub use chart_copies::TooManyCopies;
pub use coalesce::{CoalesceError, coalesce_tables, coalesce_values, merge_values};
pub use dependencies::{DependenciesError, process_dependencies};
pub use schema_documents::{ChartFiles, FetchDocument, MAX_DOCUMENT_BYTES, PublishedFiles, SchemaDocuments};
pub use set_flag::{SetFlag, apply_set_flag};
pub use tables::{deep_copy, deep_copy_map};
pub use user_values::{UserValues, UserValuesError, ValueSource};
pub use values_schema::{SchemaVerdict, SchemaViolation, validate_chart_values, validate_single_schema};
