//! Charts of other repositories, by their URL: the versions they offer, and their archives.

mod archive_cache;
mod chart_source;
mod connections;
mod index_text;
mod once_map;
mod remote_charts;
mod resolve_url;
mod stored_repository;

pub use archive_cache::ArchiveCache;
pub use chart_source::{ChartSource, FetchedChart, ListedVersion, SourceError};
pub use remote_charts::{RemoteCharts, RemoteLimits, RemoteSettings};
