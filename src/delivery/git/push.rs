//! A push, and whether it only came too late: `git push --porcelain`, read.

use super::names::{BranchName, RemoteName};
use super::program::{GitError, failed, words};
use super::work_tree::WorkTree;

/// How a push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushOutcome {
    /// The remote has the commit.
    Done,
    /// Another push was faster, or is under way; with git's words.
    Late(String),
}

/// Reasons of a remote that another push, at the same moment, gives it: of git's receive-pack and of the servers of forges.
const AT_THE_SAME_TIME: [&str; 7] = [
    "cannot lock ref",
    "failed to lock",
    "unable to lock",
    "failed to update ref",
    "reference already exists",
    "incorrect old value provided",
    "reference already updated",
];

impl WorkTree {
    /// Pushes a commit to a branch of a remote, never by force. Hooks run as git is configured.
    ///
    /// # Errors
    /// When the remote cannot be reached, or refuses the commit for what it is.
    pub fn push(&self, remote: &RemoteName, branch: &BranchName, sha: &str) -> Result<PushOutcome, GitError> {
        let refspec = format!("{sha}:{}", branch.reference());
        let arguments = ["push", "--porcelain", "--", remote.as_str(), &refspec];
        let output = self.git.output(&arguments, &[], &[])?;
        if output.status.success() {
            Ok(PushOutcome::Done)
        } else if is_late(&String::from_utf8_lossy(&output.stdout)) {
            Ok(PushOutcome::Late(words(&output)))
        } else {
            Err(failed(&arguments, &output))
        }
    }
}

/// Whether the line about our branch says that another push was faster.
fn is_late(printed: &str) -> bool {
    let summaries = printed
        .lines()
        .filter_map(|line| line.strip_prefix("!\t")?.split('\t').nth(1));
    let is_late = |summary: &str| {
        summary.starts_with("[rejected]")
            || (summary.starts_with("[remote rejected]")
                && AT_THE_SAME_TIME
                    .iter()
                    .any(|reason| summary.to_ascii_lowercase().contains(reason)))
    };
    summaries.into_iter().any(is_late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_that_came_too_late_is_not_one_that_is_refused() {
        for (summary, want) in [
            ("[rejected] (fetch first)", true),
            ("[rejected] (non-fast-forward)", true),
            (
                "[remote rejected] (cannot lock ref 'refs/heads/main': is at a but expected b)",
                true,
            ),
            ("[remote rejected] (failed to update ref)", true),
            ("[remote rejected] (incorrect old value provided)", true),
            ("[remote rejected] (pre-receive hook declined)", false),
            ("[remote rejected] (protected branch hook declined)", false),
            (
                "[remote rejected] (refusing to update checked out branch: refs/heads/main)",
                false,
            ),
        ] {
            let printed = format!("To ../origin.git\n!\tHEAD:refs/heads/main\t{summary}\nDone\n");
            assert_eq!(is_late(&printed), want, "{summary}");
        }
        assert!(!is_late("To x\n \tHEAD:refs/heads/main\ta..b\nDone\n"));
    }
}
