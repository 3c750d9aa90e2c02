//! What is asked for, and what is ready to be written.

use std::path::PathBuf;

use crate::engine::chart::LinkPolicy;

use super::chosen::Way;
use super::declared::RepositoryNames;
use super::fetch::Fetched;

/// How dependencies are resolved.
#[derive(Clone, Copy)]
pub struct ResolveOptions<'o> {
    /// How versions are chosen.
    pub way: Way,
    /// The addresses of repositories that are named.
    pub names: RepositoryNames<'o>,
    /// Whether links may lead out of charts.
    pub links: LinkPolicy,
    /// Whether a build lists the digests that are not listed yet.
    pub record_digests: bool,
    /// The time in nanoseconds since 1970, for the lock.
    pub now_nanos: i128,
    /// Called with the archives that are done and all of them.
    pub progress: &'o (dyn Fn(usize, usize) + Sync),
}

impl std::fmt::Debug for ResolveOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResolveOptions")
            .field("way", &self.way)
            .field("links", &self.links)
            .field("record_digests", &self.record_digests)
            .finish_non_exhaustive()
    }
}

/// What is done about a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedState {
    /// Its archive is written to `charts/`.
    Written,
    /// The same archive is in `charts/` already.
    Unchanged,
    /// It is a directory in `charts/`, and stays.
    Unpacked,
}

/// A dependency of a prepared chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// Its version; that of an unpacked chart as it is declared.
    pub version: String,
    /// What is done.
    pub state: SavedState,
    /// Its archive; none for a directory.
    pub fetched: Option<Fetched>,
}

/// A chart whose dependencies are ready to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedChart {
    /// Its directory.
    pub directory: PathBuf,
    /// Its dependencies, in the order of the file that declares them.
    pub saved: Vec<Saved>,
    /// What a user should know.
    pub notes: Vec<String>,
    /// Files beside Chart.yaml that change: their names and new contents.
    pub files: Vec<(String, String)>,
    /// Whether the chart declares dependencies. Nothing is placed or deleted otherwise.
    pub has_dependencies: bool,
}
