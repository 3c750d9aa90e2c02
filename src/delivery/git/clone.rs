//! A clone of a repository, made or taken as an earlier run left it.

use std::ffi::OsStr;
use std::path::Path;

use super::names::BranchName;
use super::program::{Git, GitError};
use super::work_tree::WorkTree;

/// Clones a repository into a directory, unless it is there already.
///
/// # Errors
/// When git cannot clone it, or the directory has something else.
pub fn clone_repository(address: &str, branch: Option<&BranchName>, directory: &Path) -> Result<WorkTree, GitError> {
    if directory.join(".git").exists() {
        return WorkTree::of(directory);
    }
    let above = directory.parent().unwrap_or_else(|| Path::new("."));
    let mut arguments: Vec<&OsStr> = ["clone", "--quiet", "--no-tags"].map(OsStr::new).to_vec();
    if let Some(branch) = branch {
        arguments.extend([OsStr::new("--branch"), OsStr::new(branch.as_str())]);
    }
    arguments.extend([OsStr::new("--"), OsStr::new(address), directory.as_os_str()]);
    Git::in_directory(above).run(&arguments)?;
    WorkTree::of(directory)
}
