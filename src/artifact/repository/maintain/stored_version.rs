//! A version of a chart as the reports about a repository name it.

/// A version of a chart, its digests and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredVersion {
    /// The chart.
    pub chart: String,
    /// Its version.
    pub version: String,
    /// Hex SHA-256 of the archive; empty if it is not known.
    pub digest: String,
    /// Hex SHA-256 of the manifest, in a registry.
    pub manifest: Option<String>,
    /// The archive: its name in the repository, or its address in a registry; `None` if it is not there.
    pub object: Option<String>,
}
