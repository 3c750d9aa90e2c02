//! Charts of other repositories, by their URL: the versions they offer, and their archives.

mod chart_source;

pub use chart_source::{ChartSource, FetchedChart, ListedVersion, SourceError};
