//! A work tree: where it is, and what it has checked out.

use std::path::{Path, PathBuf};

use super::names::BranchName;
use super::program::{Git, GitError};

/// A work tree with a commit.
#[derive(Debug)]
pub struct WorkTree {
    pub(super) git: Git,
    /// The directory that git keeps its own files in.
    pub git_directory: PathBuf,
    /// The directory that has all files.
    pub top: PathBuf,
}

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub sha: String,
    /// The branch; `None` where HEAD is detached.
    pub branch: Option<BranchName>,
}

impl WorkTree {
    /// The work tree that has a directory.
    ///
    /// # Errors
    /// When there is none, or git cannot be run.
    pub fn of(directory: &Path) -> Result<Self, GitError> {
        let git = Git::in_directory(directory);
        let printed = git.run(&["rev-parse", "--absolute-git-dir", "--show-toplevel"])?;
        let mut lines = printed.lines();
        let (Some(git_directory), Some(top)) = (lines.next(), lines.next()) else {
            return Err(GitError::Odd {
                command: "rev-parse",
                what: "it lacks a directory",
            });
        };
        Ok(Self {
            git,
            git_directory: PathBuf::from(git_directory),
            top: PathBuf::from(top),
        })
    }

    /// The address of a remote, as its configuration has it; it may have a password.
    ///
    /// # Errors
    /// When there is no such remote.
    pub fn remote_address(&self, remote: &super::names::RemoteName) -> Result<String, GitError> {
        let printed = self.git.run(&["remote", "get-url", "--", remote.as_str()])?;
        Ok(printed.trim_end().to_owned())
    }
}
