//! Why nothing was committed or pushed.

use std::io;

use crate::delivery::bump::BumpError;
use crate::delivery::forge::ForgeError;
use crate::delivery::git::GitError;
use crate::text::source::ReplaceError;

/// A change that was not written back. The work tree is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum WriteBackError {
    /// It cannot be planned.
    #[error(transparent)]
    Plan(#[from] BumpError),
    /// Its files cannot be written.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// git refused the commit, and the files could not get back what they had.
    #[error("{error}\nthe files stay as they were to be committed: {second}")]
    NotUndone {
        /// Why git refused.
        error: String,
        /// Why the files stay.
        second: ReplaceError,
    },
    /// The forge failed.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// A branch cannot be pulled into itself.
    #[error("the branch of the pull request and its base are both {0}")]
    SameBranch(String),
    /// There is no commit to start from.
    #[error("nothing was committed yet, so a pull request has no base")]
    NoCommit,
    /// The forge does not have what is checked out.
    #[error("{forge} does not have {file} as it is checked out, in the commit {commit}")]
    NotAtForge {
        /// The forge.
        forge: &'static str,
        /// The file.
        file: String,
        /// The commit.
        commit: String,
    },
    /// Someone else committed to the branch of the pull request.
    #[error("the branch {branch} has commits of others, and is left as it is")]
    OthersCommits {
        /// The branch.
        branch: String,
    },
    /// The repository cannot be locked.
    #[error("cannot lock {directory}: {source}")]
    Lock {
        /// git's directory.
        directory: String,
        /// Why.
        source: io::Error,
    },
    /// Files that would be committed differ from HEAD already.
    #[error("nothing is written, since these files have changes that are not committed, or are not tracked: {files}")]
    Uncommitted {
        /// The files, separated by commas.
        files: String,
    },
    /// Commits of others would be pushed as well.
    #[error("nothing is written, since commits that {branch} of {remote} does not have ({count}) would be pushed too")]
    Ahead {
        /// How many.
        count: u64,
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
    },
    /// It is not known which branch to push to.
    #[error("nothing is written, since HEAD is detached and the branch to push to is not known")]
    NoBranch,
    /// The branch follows one with another name.
    #[error("nothing is written, since {branch} follows {upstream}")]
    OtherUpstream {
        /// The branch that is checked out.
        branch: String,
        /// What it follows.
        upstream: String,
    },
    /// The branch of the remote was replaced.
    #[error(
        "{branch} of {remote} does not continue what is checked out: it was replaced by force, and nothing is pushed"
    )]
    Replaced {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
    },
    /// Others were always faster.
    #[error("other pushes to {branch} of {remote} were faster {attempts} times, and nothing is pushed: {words}")]
    Contended {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
        /// How often it was tried.
        attempts: u32,
        /// git's words about the last.
        words: String,
    },
}
