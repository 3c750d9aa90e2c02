//! Charts as they were at the commit that a branch left another one: what an exploration compares them with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::check::explore::EarlierChart;
use crate::delivery::git::{BaseError, BaseName, GitError, RemoteName, WorkTree};

use super::version_bases::chart_at;

/// Why it is not known how charts were.
#[derive(Debug, thiserror::Error)]
pub enum EarlierError {
    /// git fails.
    #[error(transparent)]
    Git(#[from] GitError),
    /// There is no such base.
    #[error(transparent)]
    Base(#[from] BaseError),
}

/// The charts of a commit, by the paths of the charts as they are. Those that the commit does not have are left out.
///
/// # Errors
/// When git fails, or there is no such commit.
pub fn earlier_charts(
    charts: &[PathBuf],
    base: &BaseName,
    remote: &RemoteName,
) -> Result<BTreeMap<PathBuf, EarlierChart>, EarlierError> {
    let mut earlier = BTreeMap::new();
    for directory in charts.iter().filter(|path| path.is_dir()) {
        let work_tree = WorkTree::of(directory)?;
        let commit = work_tree.base_commit(base, remote)?.common;
        if let Some(chart) = chart_at(&work_tree.tree(commit), directory)? {
            earlier.insert(directory.clone(), EarlierChart::of(&chart));
        }
    }
    Ok(earlier)
}
