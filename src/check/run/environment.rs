//! An environment that a chart is deployed to: its release, its namespace, and the values files that are put together for it.

use std::path::PathBuf;

/// An environment of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedEnvironment {
    /// Its name.
    pub name: String,
    /// The name of the release; the one of the run without it.
    pub release: Option<String>,
    /// The namespace; the one of the run without it.
    pub namespace: Option<String>,
    /// Values files, those that win last.
    pub values: Vec<PathBuf>,
    /// The directory that they must be in.
    pub root: PathBuf,
}
