//! Moving HEAD between commits, with the files of the work tree, so that everything else stays as it is: changed, staged or not tracked.

use super::names::{BranchName, RemoteName};
use super::program::{GitError, failed};
use super::work_tree::WorkTree;

/// What git says where a remote does not have a branch.
const NO_BRANCH: &str = "couldn't find remote ref";

impl WorkTree {
    /// The commit that is checked out.
    ///
    /// # Errors
    /// When there is none.
    pub fn head_sha(&self) -> Result<String, GitError> {
        self.sha_of("HEAD")
    }

    fn sha_of(&self, name: &str) -> Result<String, GitError> {
        let printed = self.git.run(&["rev-parse", "--verify", "--quiet", name])?;
        Ok(printed.trim_end().to_owned())
    }

    /// Fetches a branch of a remote, and gives its commit; `None` where the remote does not have the branch.
    ///
    /// # Errors
    /// When the remote cannot be read.
    pub fn fetch(&self, remote: &RemoteName, branch: &BranchName) -> Result<Option<String>, GitError> {
        let reference = branch.reference();
        let arguments = ["fetch", "--quiet", "--no-tags", "--", remote.as_str(), &reference];
        let output = self.git.output(&arguments, &[], &[])?;
        if output.status.success() {
            return self.sha_of("FETCH_HEAD").map(Some);
        }
        if String::from_utf8_lossy(&output.stderr).contains(NO_BRANCH) {
            return Ok(None);
        }
        Err(failed(&arguments, &output))
    }

    /// How many commits `head` has that `other` does not have.
    ///
    /// # Errors
    /// When one of them is missing.
    pub fn commits_beyond(&self, other: &str, head: &str) -> Result<u64, GitError> {
        let range = format!("{other}..{head}");
        let printed = self.git.run(&["rev-list", "--count", &range, "--"])?;
        printed.trim_end().parse().map_err(|_| GitError::Odd {
            command: "rev-list",
            what: "it is not a number",
        })
    }

    /// Moves HEAD, and the branch it is on, from one commit to another. Files that differ between the two change with it; where one of them
    /// was changed by the user, nothing moves. `git reset --keep` would forget what is staged.
    ///
    /// # Errors
    /// When a file was changed, or HEAD is not at `from` any more.
    pub fn move_head(&self, from: &str, to: &str) -> Result<(), GitError> {
        self.git.run(&["read-tree", "-m", "-u", from, to])?;
        let moved = self
            .git
            .run(&["update-ref", "-m", "chartwright: moving", "HEAD", to, from]);
        moved.map(drop)
    }
}
