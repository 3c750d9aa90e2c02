//! A plan to a pull request: one commit on a branch of its own, made by the forge, and nothing written here.
//!
//! The branch and the pull request are the same for the same images in the same files, so that a later run finds them again: it moves the
//! branch to a new commit, or closes the pull request where nothing is left to change. Commits of others on the branch are not replaced.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::artifact::network::{Clock, RetryPolicy};
use crate::delivery::bump::BumpPlan;
use crate::delivery::forge::{FileContent, Forge, ForgeError, NewCommit, PullRequest, PullRequestText, Wishes};
use crate::delivery::git::{BranchName, Head, WorkTree};
use crate::text::compact_sort::sort;
use crate::text::sha256::sha256_hex;

use super::commit_plan::{changed_files, state_of};
use super::error::WriteBackError;
use super::facts::{CommitFacts, ImageLinks, path_in};
use super::message::{MessageTemplate, default_message, markdown, subject};

/// Attempts at a branch that others change at the same time.
const CONFLICTS: RetryPolicy = RetryPolicy {
    attempts: 6,
    first_pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(4),
    longest_wait: Duration::ZERO,
};
/// Characters of the digest that ends the name of a branch.
const DIGEST: usize = 8;
/// Longest readable part of the name of a branch, in bytes.
const SLUG: usize = 60;

/// What a pull request is about, whether or not something is to be changed now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topic {
    /// The repositories of the images.
    pub repositories: Vec<String>,
    /// The files, as the user named them.
    pub files: Vec<PathBuf>,
}

/// How a pull request is made.
#[derive(Debug, Clone, Default)]
pub struct PullRequestSettings {
    /// The branch that it is for; the one that is checked out otherwise.
    pub base: Option<BranchName>,
    /// The branch that the CI system names, for a detached HEAD.
    pub named_by_ci: Option<BranchName>,
    /// The branch of the pull request; one that follows from its topic otherwise.
    pub branch: Option<BranchName>,
    /// The message of the commit.
    pub message: Option<MessageTemplate>,
    /// Labels, reviewers and merging.
    pub wishes: Wishes,
}

/// What happened to a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Opened,
    /// It has a new commit, or says something else.
    Updated,
    /// It was as it should be.
    Unchanged,
    /// Nothing is left to change.
    Closed,
}

/// A pull request, and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// What happened.
    pub action: Action,
    /// Its number.
    pub number: u64,
    /// Where people read it.
    pub url: String,
    /// Its branch.
    pub branch: String,
    /// The commit that the branch is at; `None` once it is closed.
    pub sha: Option<String>,
    /// Wishes that the forge did not fulfil.
    pub notes: Vec<String>,
}

/// Opens, updates or closes the pull request about a plan. Nothing where there is nothing to change and no pull request.
///
/// # Errors
/// When the forge refuses, or the files are not as HEAD has them.
pub fn request_plan(
    tree: &WorkTree,
    forge: &dyn Forge,
    settings: &PullRequestSettings,
    topic: &Topic,
    plan: &BumpPlan,
    (links, clock): (ImageLinks<'_>, &dyn Clock),
) -> Result<Option<Requested>, WriteBackError> {
    let files = changed_files(plan);
    let any_file = files.first().or_else(|| topic.files.first());
    let state = state_of_head(tree, &files, any_file)?;
    let base = settings.base.clone().or_else(|| state.branch.clone());
    let base = base
        .or_else(|| settings.named_by_ci.clone())
        .ok_or(WriteBackError::NoBranch)?;
    let branch = match &settings.branch {
        Some(branch) => branch.clone(),
        None => branch_of(topic, &tree.top, &base),
    };
    if branch == base {
        return Err(WriteBackError::SameBranch(base.to_string()));
    }
    if files.is_empty() {
        return close(forge, &branch, &base);
    }
    let facts = CommitFacts::of(plan, &tree.top, links);
    let commit = new_commit(settings, &facts, plan, tree, &state.sha);
    let text = PullRequestText {
        title: subject(&facts),
        body: markdown(&facts),
    };
    let mut attempt = 1;
    let (sha, is_new) = loop {
        match put(forge, &branch, &commit) {
            Err(WriteBackError::Forge(ForgeError::Conflict { .. })) if attempt < CONFLICTS.attempts => {
                clock.sleep(CONFLICTS.pause(attempt, clock));
                attempt += 1;
            }
            outcome => break outcome?,
        }
    };
    let (request, action) = found_or_opened(forge, &branch, &base, &text)?;
    let action = match action {
        Action::Unchanged if is_new => Action::Updated,
        action => action,
    };
    let notes = if action == Action::Unchanged {
        Vec::new()
    } else {
        forge.fulfil(&request, &sha, &settings.wishes)?
    };
    Ok(Some(Requested {
        action,
        number: request.number,
        url: request.url,
        branch: branch.to_string(),
        sha: Some(sha),
        notes,
    }))
}

/// HEAD, once the files are as it has them.
fn state_of_head(tree: &WorkTree, files: &[PathBuf], any_file: Option<&PathBuf>) -> Result<Head, WriteBackError> {
    let state = if files.is_empty() {
        let paths: Vec<&Path> = any_file.iter().map(|path| path.as_path()).collect();
        tree.state_of(&paths)?
    } else {
        state_of(tree, files)?
    };
    state.head.ok_or(WriteBackError::NoCommit)
}

fn new_commit(
    settings: &PullRequestSettings,
    facts: &CommitFacts,
    plan: &BumpPlan,
    tree: &WorkTree,
    parent: &str,
) -> NewCommit {
    let message = match &settings.message {
        Some(template) => template.fill(facts),
        None => default_message(facts),
    };
    let (subject, body) = message.split_once('\n').unwrap_or((&message, ""));
    NewCommit {
        parent: parent.to_owned(),
        subject: subject.to_owned(),
        body: body.trim().to_owned(),
        files: plan
            .changed_files()
            .map(|file| FileContent {
                path: path_in(&tree.top, &file.location),
                old: file.old.clone(),
                new: file.new.clone(),
            })
            .collect(),
    }
}

/// Brings the branch to a commit with the files, and gives it; and whether it was made now.
fn put(forge: &dyn Forge, branch: &BranchName, commit: &NewCommit) -> Result<(String, bool), WriteBackError> {
    let head = forge.head(branch)?;
    if let Some(head) = &head {
        let mut has_all = true;
        for file in &commit.files {
            has_all = has_all && forge.content(&file.path, head)?.as_ref() == Some(&file.new);
        }
        if has_all {
            return Ok((head.clone(), false));
        }
        if forge.commits_beyond(&commit.parent, head)? > 1 {
            return Err(WriteBackError::OthersCommits {
                branch: branch.to_string(),
            });
        }
    }
    for file in &commit.files {
        // What is checked out may be another text than git has (line ends, filters), or a commit that was not pushed.
        if forge.content(&file.path, &commit.parent)?.as_ref() != Some(&file.old) {
            return Err(WriteBackError::NotAtForge {
                forge: forge.name(),
                file: file.path.clone(),
                commit: commit.parent.clone(),
            });
        }
    }
    Ok((forge.commit(branch, head.as_deref(), commit)?, true))
}

/// The open pull request, which says what it should.
fn found_or_opened(
    forge: &dyn Forge,
    branch: &BranchName,
    base: &BranchName,
    text: &PullRequestText,
) -> Result<(PullRequest, Action), WriteBackError> {
    let found = match forge.find(branch, base)? {
        Some(found) => found,
        None => match forge.open(branch, base, text) {
            Ok(opened) => return Ok((opened, Action::Opened)),
            // Another run opened it meanwhile, or an answer was lost.
            Err(conflict @ ForgeError::Conflict { .. }) => forge.find(branch, base)?.ok_or(conflict)?,
            Err(error) => return Err(error.into()),
        },
    };
    if found.text == *text {
        return Ok((found, Action::Unchanged));
    }
    forge.update(&found, text)?;
    Ok((found, Action::Updated))
}

fn close(forge: &dyn Forge, branch: &BranchName, base: &BranchName) -> Result<Option<Requested>, WriteBackError> {
    let Some(request) = forge.find(branch, base)? else {
        return Ok(None);
    };
    let comment = format!("Nothing is left to change: `{base}` names these images as they should be.");
    forge.close(&request, branch, &comment)?;
    Ok(Some(Requested {
        action: Action::Closed,
        number: request.number,
        url: request.url,
        branch: branch.to_string(),
        sha: None,
        notes: Vec::new(),
    }))
}

/// `chartwright/web-0a1b2c3d`: readable, and different for different images, files and bases.
fn branch_of(topic: &Topic, top: &Path, base: &BranchName) -> BranchName {
    let mut repositories = topic.repositories.clone();
    let mut files: Vec<String> = topic.files.iter().map(|file| path_in(top, file)).collect();
    for list in [&mut repositories, &mut files] {
        sort(list);
        list.dedup();
    }
    let words = match (repositories.as_slice(), files.as_slice()) {
        ([one], _) => one.clone(),
        ([], [one]) => one.clone(),
        ([], _) => "files".to_owned(),
        _ => "images".to_owned(),
    };
    let mut slug = String::new();
    for c in words.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let from = slug.len().saturating_sub(SLUG);
    let slug = slug.get(from..).unwrap_or_default().trim_matches('-');
    let mut all = base.to_string();
    for (list, mark) in [(&repositories, 'r'), (&files, 'f')] {
        for entry in list {
            _ = write!(all, "\0{mark}{entry}");
        }
    }
    let digest = sha256_hex(&all);
    let digest = digest.get(..DIGEST).unwrap_or_default();
    let name = format!("chartwright/{slug}-{digest}");
    BranchName::parse(&name).unwrap_or_else(|_| base.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_the_same_for_the_same_images_and_files() {
        let branch = |repositories: &[&str], files: &[&str], base: &str| {
            let topic = Topic {
                repositories: repositories.iter().map(|name| (*name).to_owned()).collect(),
                files: files.iter().map(|file| Path::new("/no/work").join(file)).collect(),
            };
            let base = BranchName::parse(base).unwrap();
            branch_of(&topic, Path::new("/no/work"), &base).to_string()
        };
        let web = branch(&["ghcr.io/acme/web"], &["a.yaml"], "main");
        assert!(
            web.starts_with("chartwright/ghcr-io-acme-web-") && web.len() == 29 + DIGEST,
            "{web}"
        );
        assert_eq!(branch(&["ghcr.io/acme/web"; 2], &["a.yaml"], "main"), web);
        let two = branch(&["b/x", "a/x"], &["a.yaml", "b.yaml"], "main");
        assert!(two.starts_with("chartwright/images-"), "{two}");
        assert_eq!(branch(&["a/x", "b/x"], &["b.yaml", "a.yaml"], "main"), two);
        for other in [
            branch(&["ghcr.io/acme/web"], &["b.yaml"], "main"),
            branch(&["ghcr.io/acme/web"], &["a.yaml"], "next"),
            branch(&["ghcr.io/acme-web"], &["a.yaml"], "main"),
            branch(&[], &["a.yaml"], "main"),
        ] {
            assert_ne!(other, web);
        }
        let long = branch(&[&format!("h/{}", "x".repeat(300))], &["a.yaml"], "main");
        assert!(long.len() <= "chartwright/-".len() + SLUG + DIGEST, "{long}");
    }
}
