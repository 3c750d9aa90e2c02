//! A plan to one commit, pushed if that is asked for.
//!
//! In: what makes the plan from the files as they are. Out: the commit. Where another push is faster, our commit is dropped, HEAD moves to
//! what the remote has, and the plan is made anew from the files that are there then: versions of charts are raised again from the new
//! ones, which no merge of texts does. Whatever fails, the work tree is as before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::artifact::network::{Clock, RetryPolicy};
use crate::delivery::bump::{BumpError, BumpPlan, undo_plan, write_planned};
use crate::delivery::git::{Author, BranchName, GitError, PushOutcome, RemoteName, TrackedState, WorkTree};
use crate::text::source::DirectoryLock;

use super::error::WriteBackError;
use super::facts::{CommitFacts, ImageLinks, resolved};
use super::message::{MessageTemplate, default_message};

/// Attempts at a branch that others push to, and the pauses between them.
const LATE: RetryPolicy = RetryPolicy {
    attempts: 30,
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_secs(3),
    longest_wait: Duration::ZERO,
};

/// How a change is committed.
#[derive(Debug, Clone, Default)]
pub struct CommitSettings {
    /// The author; git's own identity otherwise.
    pub author: Option<Author>,
    /// The message; what moves from where to where otherwise.
    pub message: Option<MessageTemplate>,
    /// Where the commit is pushed, if it is.
    pub push: Option<PushSettings>,
}

/// Where a commit is pushed.
#[derive(Debug, Clone, Default)]
pub struct PushSettings {
    /// The remote; that of the branch's upstream otherwise, or `origin`.
    pub remote: Option<RemoteName>,
    /// The branch; the one that is checked out otherwise.
    pub branch: Option<BranchName>,
    /// The branch that the CI system names, for a detached HEAD.
    pub named_by_ci: Option<BranchName>,
}

/// A commit that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The commit.
    pub sha: String,
    /// The branch it is on; `None` for a detached HEAD.
    pub branch: Option<String>,
    /// The remote that it was pushed to.
    pub remote: Option<String>,
    /// The first line of its message.
    pub subject: String,
}

/// Where a push goes.
struct Target {
    remote: RemoteName,
    branch: BranchName,
}

/// Makes a plan, writes its files and commits them. `directory` is in the work tree. Nothing happens where the plan changes nothing.
///
/// # Errors
/// When it cannot be planned, git refuses, or the remote does.
pub fn commit_planned(
    directory: &Path,
    settings: &CommitSettings,
    links: ImageLinks<'_>,
    clock: &dyn Clock,
    plan: &mut dyn FnMut() -> Result<BumpPlan, BumpError>,
) -> Result<(BumpPlan, Option<Committed>), WriteBackError> {
    let tree = WorkTree::of(directory)?;
    // Two of these commands in one work tree would take each other's edits for the user's.
    let _lock = DirectoryLock::acquire(&tree.git_directory).map_err(|source| WriteBackError::Lock {
        directory: tree.git_directory.display().to_string(),
        source,
    })?;
    let mut attempt = 1;
    loop {
        let mut checked = None;
        let plan = write_planned(
            || {
                let plan = plan()?;
                checked = Some(check(&tree, settings, &plan)?);
                Ok::<_, WriteBackError>(plan)
            },
            clock,
        )?;
        let Some((before, target)) = checked.flatten() else {
            return Ok((plan, None));
        };
        let mut committed = commit(&tree, settings, links, &plan)?;
        committed.branch = before
            .head
            .as_ref()
            .and_then(|head| head.branch.as_ref())
            .map(ToString::to_string);
        let (Some(target), Some(before)) = (target, before.head.map(|head| head.sha)) else {
            return Ok((plan, Some(committed)));
        };
        let undo = |error: WriteBackError| match tree.move_head(&committed.sha, &before) {
            Ok(()) => error,
            Err(second) => second.into(),
        };
        match tree.push(&target.remote, &target.branch, &committed.sha) {
            Ok(PushOutcome::Done) => {
                committed.branch = Some(target.branch.to_string());
                committed.remote = Some(target.remote.to_string());
                return Ok((plan, Some(committed)));
            }
            Ok(PushOutcome::Late(words)) if attempt >= LATE.attempts => {
                return Err(undo(WriteBackError::Contended {
                    branch: target.branch.to_string(),
                    remote: target.remote.to_string(),
                    attempts: attempt,
                    words,
                }));
            }
            Ok(PushOutcome::Late(_)) => {
                clock.sleep(LATE.pause(attempt, clock));
                follow(&tree, &target, &before, &committed.sha).map_err(undo)?;
                attempt += 1;
            }
            Err(error) => return Err(undo(error.into())),
        }
    }
}

/// Whether the plan may be written: what is checked out, and where it is pushed. Nothing for a plan that changes nothing.
fn check(
    tree: &WorkTree,
    settings: &CommitSettings,
    plan: &BumpPlan,
) -> Result<Option<(TrackedState, Option<Target>)>, WriteBackError> {
    let files = changed_files(plan);
    if files.is_empty() {
        return Ok(None);
    }
    let state = state_of(tree, &files)?;
    let target = match &settings.push {
        Some(push) => Some(push_target(tree, push, &state)?),
        None => None,
    };
    Ok(Some((state, target)))
}

/// The state of files that are all as HEAD has them.
pub(super) fn state_of(tree: &WorkTree, files: &[PathBuf]) -> Result<TrackedState, WriteBackError> {
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let state = tree.state_of(&paths)?;
    if state.differing.is_empty() {
        Ok(state)
    } else {
        Err(WriteBackError::Uncommitted {
            files: state.differing.join(", "),
        })
    }
}

pub(super) fn changed_files(plan: &BumpPlan) -> Vec<PathBuf> {
    plan.changed_files().map(|file| resolved(&file.location)).collect()
}

/// The remote and the branch, once nothing but our commit would be pushed.
fn push_target(tree: &WorkTree, push: &PushSettings, state: &TrackedState) -> Result<Target, WriteBackError> {
    let checked_out = state.head.as_ref().and_then(|head| head.branch.clone());
    let branch = push.branch.clone().or_else(|| checked_out.clone());
    let branch = branch
        .or_else(|| push.named_by_ci.clone())
        .ok_or(WriteBackError::NoBranch)?;
    // `origin/main` for main. One that follows a branch with another name is not pushed by git either.
    let upstream = state.upstream.as_deref();
    let followed = upstream.and_then(|upstream| upstream.strip_suffix(branch.as_str())?.strip_suffix('/'));
    let followed = followed.and_then(|remote| RemoteName::parse(remote).ok());
    if let (Some(upstream), None, None, Some(checked_out)) = (upstream, &followed, &push.branch, &checked_out) {
        return Err(WriteBackError::OtherUpstream {
            branch: checked_out.to_string(),
            upstream: upstream.to_owned(),
        });
    }
    let remote = push.remote.clone().or_else(|| followed.clone());
    let remote = remote.unwrap_or_else(RemoteName::origin);
    let ahead = match state.ahead.filter(|_| followed.as_ref() == Some(&remote)) {
        Some(ahead) => ahead,
        // The branch is not followed: what the remote has is not known here.
        None => match (tree.fetch(&remote, &branch)?, &state.head) {
            (Some(theirs), Some(head)) => tree.commits_beyond(&theirs, &head.sha)?,
            _ => 0,
        },
    };
    if ahead > 0 {
        return Err(WriteBackError::Ahead {
            count: ahead,
            branch: branch.to_string(),
            remote: remote.to_string(),
        });
    }
    Ok(Target { remote, branch })
}

/// Commits the files of the plan, which are written; they are as before where git refuses.
fn commit(
    tree: &WorkTree,
    settings: &CommitSettings,
    links: ImageLinks<'_>,
    plan: &BumpPlan,
) -> Result<Committed, WriteBackError> {
    let facts = CommitFacts::of(plan, &tree.top, links);
    let message = match &settings.message {
        Some(template) => template.fill(&facts),
        None => default_message(&facts),
    };
    let files = changed_files(plan);
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    match tree.commit(&paths, &message, settings.author.as_ref()) {
        Ok(sha) => Ok(Committed {
            sha,
            branch: None,
            remote: None,
            subject: message.lines().next().unwrap_or_default().to_owned(),
        }),
        Err(error) => Err(match undo_plan(plan) {
            Ok(()) => error.into(),
            // A hook has changed them as well.
            Err(second) => WriteBackError::NotUndone {
                error: error.to_string(),
                second,
            },
        }),
    }
}

/// Drops our commit, and moves HEAD to what the remote has.
fn follow(tree: &WorkTree, target: &Target, before: &str, ours: &str) -> Result<(), WriteBackError> {
    let missing = || GitError::Failed {
        command: "fetch".to_owned(),
        words: format!("{} does not have the branch {}", target.remote, target.branch),
    };
    let theirs = tree.fetch(&target.remote, &target.branch)?.ok_or_else(missing)?;
    if tree.commits_beyond(&theirs, before)? > 0 {
        return Err(WriteBackError::Replaced {
            branch: target.branch.to_string(),
            remote: target.remote.to_string(),
        });
    }
    Ok(tree.move_head(ours, &theirs)?)
}
