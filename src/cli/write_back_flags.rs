//! Flags about what happens to the files that a command changed: a commit, a push, a pull request. And their errors, with what to do.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use crate::artifact::repository::GitRef;
use crate::delivery::bump::{BumpError, BumpPlan, WriteError, write_planned};
use crate::delivery::forge::{Forge, Wishes};
use crate::delivery::git::{Author, BranchName, GitError, RemoteName, WorkTree};
use crate::delivery::write_back::{
    Action, CommitSettings, Committed, ImageLinks, MessageTemplate, PullRequestSettings, PushSettings, Requested,
    Topic, WriteBackError, commit_planned, request_plan,
};
use crate::pipeline::{BuildSource, NoticedChange};
use crate::text::redact::redact_message;

use super::bump::{bump_error, replace_error, write_error};
use super::command_error::CommandError;
use super::destination_flags::fork;
use super::forge_connection::{ForgeArgument, ForgeConnection};
use super::network::ProcessClock;
use super::notify::notify;
use super::repository_flags::shown_line;
use super::run_context::RunContext;

#[derive(Debug, Args)]
#[command(next_help_heading = "Commits")]
pub(super) struct WriteBackFlags {
    /// Commit the files that change, and nothing else, with one commit. Files with changes of yours are refused.
    #[arg(long)]
    commit: bool,
    /// Push the commit (implies --commit) [default: the remote that the branch follows, or origin].
    ///
    /// Where another push was faster, the edits are made anew from what it pushed.
    #[arg(long, value_name = "REMOTE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    push: Option<String>,
    /// Branch to push to [default: the one that is checked out, or the one that the CI system names]; with --pull-request, its branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Author of the commit: 'Name <mail>' [default: git's user].
    #[arg(long, value_name = "AUTHOR", value_parser = Author::parse)]
    author: Option<Author>,
    /// Message of the commit, in which {subject}, {images}, {image}, {old}, {new} and {files} are replaced.
    #[arg(long, value_name = "TEMPLATE", value_parser = MessageTemplate::parse)]
    message: Option<MessageTemplate>,
    /// Open a pull request with the change, or update the one that is open, through the interface of GitHub or GitLab. Nothing is written
    /// here. It is closed once nothing is left to change.
    ///
    /// The token is in `GITHUB_TOKEN` or `GH_TOKEN`, `GITLAB_TOKEN` or `CI_JOB_TOKEN`.
    #[arg(long, conflicts_with_all = ["commit", "push", "author"])]
    pull_request: bool,
    /// Branch that the pull request is for [default: the one that is checked out, or the one that the CI system names].
    #[arg(long, value_name = "NAME", requires = "pull_request")]
    base: Option<String>,
    /// Label of the pull request (repeatable).
    #[arg(long, value_name = "LABEL", requires = "pull_request")]
    label: Vec<String>,
    /// User who is asked to review the pull request, or organization/team on GitHub (repeatable).
    #[arg(long, value_name = "USER", requires = "pull_request")]
    reviewer: Vec<String>,
    /// Have the pull request merged once its checks have passed.
    #[arg(long, requires = "pull_request")]
    auto_merge: bool,
    /// Forge that has the remote origin, where neither its host nor the CI system says it.
    #[arg(long, value_name = "FORGE", requires = "pull_request")]
    forge: Option<ForgeArgument>,
    /// File with the certificates of authorities that the forge is trusted by, instead of the system's.
    #[arg(long, value_name = "FILE", requires = "pull_request")]
    forge_ca_file: Option<PathBuf>,
}

/// How files are written back.
#[derive(Debug)]
pub(super) enum WriteBack {
    /// By a commit here.
    Commit(CommitSettings),
    /// By a pull request.
    Request(PullRequestSettings),
}

/// What happened to the files after they were changed.
#[derive(Debug, Default)]
pub(super) struct WrittenBack {
    committed: Option<Committed>,
    requested: Option<Requested>,
}

impl WriteBackFlags {
    /// Whether files are committed, here or by a forge.
    const fn is_given(&self) -> bool {
        self.given().is_some()
    }

    /// The flag that says so.
    pub(super) const fn given(&self) -> Option<&'static str> {
        match (self.commit, self.push.is_some(), self.pull_request) {
            (true, _, _) => Some("--commit"),
            (_, true, _) => Some("--push"),
            (_, _, true) => Some("--pull-request"),
            _ => None,
        }
    }

    /// Whether a pull request is made, and no file is written here.
    pub(super) const fn is_pull_request(&self) -> bool {
        self.pull_request
    }

    /// The settings, checked before anything is read or written.
    pub(super) fn settings(&self, context: RunContext) -> Result<Option<WriteBack>, CommandError> {
        let usage = |message: &str, hint: &str| Err(CommandError::usage(message).with_hint(hint));
        if self.branch.is_some() && self.push.is_none() && !self.pull_request {
            return usage(
                "--branch is about a push or a pull request",
                "give --push or --pull-request as well",
            );
        }
        if !self.is_given() {
            return if self.author.is_some() || self.message.is_some() {
                usage(
                    "--author and --message are about a commit",
                    "give --commit or --push as well",
                )
            } else {
                Ok(None)
            };
        }
        if self.push.is_some() || self.pull_request {
            refuse_forks(context)?;
        }
        Ok(Some(if self.pull_request {
            WriteBack::Request(self.request_settings(context)?)
        } else {
            WriteBack::Commit(CommitSettings {
                author: self.author.clone(),
                message: self.message.clone(),
                push: self
                    .push
                    .as_deref()
                    .map(|remote| self.push_settings(context, remote))
                    .transpose()?,
            })
        }))
    }

    fn push_settings(&self, context: RunContext, remote: &str) -> Result<PushSettings, CommandError> {
        let remote = Some(remote).filter(|name| !name.is_empty());
        let remote = remote.map(RemoteName::parse).transpose();
        Ok(PushSettings {
            remote: remote.map_err(|error| CommandError::usage(format!("--push: {error}")))?,
            branch: branch("--branch", self.branch.as_deref())?,
            named_by_ci: named_by_ci(context),
        })
    }

    fn request_settings(&self, context: RunContext) -> Result<PullRequestSettings, CommandError> {
        Ok(PullRequestSettings {
            base: branch("--base", self.base.as_deref())?,
            named_by_ci: named_by_ci(context),
            branch: branch("--branch", self.branch.as_deref())?,
            message: self.message.clone(),
            wishes: Wishes {
                labels: self.label.clone(),
                reviewers: self.reviewer.clone(),
                merges_itself: self.auto_merge,
            },
        })
    }

    /// Opens, updates or closes the pull request about a plan.
    pub(super) fn request(
        &self,
        context: RunContext,
        settings: &PullRequestSettings,
        topic: &Topic,
        (plan, links): (&BumpPlan, ImageLinks<'_>),
    ) -> Result<WrittenBack, CommandError> {
        let here = context.working_directory();
        let topic = Topic {
            repositories: topic.repositories.clone(),
            files: topic.files.iter().map(|file| here.join(file)).collect(),
        };
        let directory = topic.files.first().and_then(|file| file.parent()).unwrap_or(&here);
        let tree = WorkTree::of(directory).map_err(|error| write_back_error(error.into()))?;
        let forge = self.forge(context, &tree)?;
        let requested = request_plan(&tree, &*forge, settings, &topic, plan, (links, &ProcessClock));
        let requested = requested.map_err(write_back_error)?;
        for note in requested.iter().flat_map(|requested| &requested.notes) {
            context.report(&format!("note: {note}"));
        }
        Ok(WrittenBack {
            committed: None,
            requested,
        })
    }

    /// Writes a plan in the way that is asked for: as a pull request, as a commit, or to the files alone. Where a file changes meanwhile,
    /// `again` makes `made` anew.
    pub(super) fn carry_out<T>(
        &self,
        context: RunContext,
        settings: Option<&WriteBack>,
        (made, plan_of): (&mut T, fn(&T) -> &BumpPlan),
        again: &dyn Fn() -> Result<T, BumpError>,
        (repositories, links): (Vec<String>, ImageLinks<'_>),
    ) -> Result<WrittenBack, CommandError> {
        let files: Vec<PathBuf> = plan_of(made)
            .files
            .iter()
            .map(|file| PathBuf::from(&file.path))
            .collect();
        let first = files.first().map(|file| file.display().to_string()).unwrap_or_default();
        if let Some(WriteBack::Request(settings)) = settings {
            let topic = Topic { repositories, files };
            return self.request(context, settings, &topic, (plan_of(made), links));
        }
        if plan_of(made).changed_files().next().is_none() {
            return Ok(WrittenBack::default());
        }
        let mut is_first = true;
        let mut plan = || {
            if !std::mem::replace(&mut is_first, false) {
                *made = again()?;
            }
            Ok(plan_of(made).clone())
        };
        if let Some(WriteBack::Commit(settings)) = settings {
            let done = write_back(context, &first, settings, links, &mut plan);
            return done.map(|(_, written)| written).map_err(write_back_error);
        }
        let done = write_planned(|| plan().map_err(WriteError::Plan), &ProcessClock);
        done.map(|_| WrittenBack::default()).map_err(write_error)
    }

    /// The forge that has the remote `origin`.
    fn forge(&self, context: RunContext, tree: &WorkTree) -> Result<Box<dyn Forge>, CommandError> {
        let remote = tree.remote_address(&RemoteName::origin());
        let remote = remote.map_err(|error| write_back_error(error.into()))?;
        let connection = ForgeConnection {
            forge: self.forge,
            ca_file: self.forge_ca_file.as_deref(),
        };
        connection.connect(context, &remote)
    }
}

/// Refuses to write anything elsewhere in a run for a pull request from a fork.
pub(super) fn refuse_forks(context: RunContext) -> Result<(), CommandError> {
    match fork(context) {
        None => Ok(()),
        Some(reason) => Err(CommandError::could_not_run(format!(
            "nothing is written or pushed: {reason}"
        ))),
    }
}

fn branch(flag: &str, name: Option<&str>) -> Result<Option<BranchName>, CommandError> {
    let name = name.map(BranchName::parse).transpose();
    name.map_err(|error| CommandError::usage(format!("{flag}: {error}")))
}

/// The branch that the CI system builds.
pub(super) fn named_by_ci(context: RunContext) -> Option<BranchName> {
    let source = BuildSource::find(&|name| context.variable(name), &context.working_directory());
    match source.git_ref {
        Some(GitRef::Branch(name)) => BranchName::parse(&name).ok(),
        _ => None,
    }
}

/// Writes and commits what `plan` makes of the files; `file` is one of them.
pub(super) fn write_back(
    context: RunContext,
    file: &str,
    settings: &CommitSettings,
    links: ImageLinks<'_>,
    plan: &mut dyn FnMut() -> Result<BumpPlan, BumpError>,
) -> Result<(BumpPlan, WrittenBack), WriteBackError> {
    let file = context.working_directory().join(file);
    let directory = file.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    let (plan, committed) = commit_planned(&directory, settings, links, &ProcessClock, plan)?;
    let written = WrittenBack {
        committed,
        requested: None,
    };
    Ok((plan, written))
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Opened => "opened",
        Action::Updated => "updated",
        Action::Unchanged => "unchanged",
        Action::Closed => "closed",
    }
}

impl WrittenBack {
    /// What happened, a line for people; nothing where nothing did: `committed 0123456789ab on main: Move …`.
    pub(super) fn line(&self) -> String {
        if let Some(committed) = &self.committed {
            let sha = committed.sha.get(..12).unwrap_or(&committed.sha);
            let subject = &committed.subject;
            return shown_line(&match (&committed.remote, &committed.branch) {
                (Some(remote), Some(branch)) => format!("pushed {sha} to {branch} of {remote}: {subject}"),
                (_, Some(branch)) => format!("committed {sha} on {branch}: {subject}"),
                (_, None) => format!("committed {sha}: {subject}"),
            });
        }
        self.requested.as_ref().map_or_else(String::new, |requested| {
            let (number, url) = (requested.number, &requested.url);
            shown_line(&format!("{} pull request {number}: {url}", action(requested.action)))
        })
    }

    /// Notifies of a commit or a pull request, if there is a new one; `changes` are lines about it.
    pub(super) fn notify(&self, context: RunContext, command: &'static str, changes: impl FnOnce() -> String) {
        let is_new = |requested: &Requested| !matches!(requested.action, Action::Unchanged);
        if self.committed.is_none() && !self.requested.as_ref().is_some_and(is_new) {
            return;
        }
        let mut details = json!({});
        self.add_to(&mut details);
        if let Json::Object(details) = details {
            let subject = self.line().trim_end().to_owned();
            let change = NoticedChange {
                subject,
                lines: changes(),
                details,
            };
            notify(context, command, Path::new("."), change);
        }
    }

    /// Adds what happened to a JSON object.
    pub(super) fn add_to(&self, object: &mut Json) {
        let more = match (&self.committed, &self.requested) {
            (Some(committed), _) => json!({
                "commit": committed.sha, "branch": committed.branch, "pushedTo": committed.remote,
            }),
            (None, Some(requested)) => json!({
                "commit": requested.sha,
                "branch": requested.branch,
                "pullRequest": {
                    "number": requested.number,
                    "url": redact_message(&requested.url),
                    "action": action(requested.action),
                },
            }),
            (None, None) => return,
        };
        if let (Some(object), Json::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
        }
    }
}

pub(super) fn write_back_error(error: WriteBackError) -> CommandError {
    let hint = match &error {
        WriteBackError::Git(GitError::NotRun(_)) => "install git, or leave out --commit, --push and --pull-request",
        WriteBackError::Uncommitted { .. } => "commit or stash them first",
        WriteBackError::Ahead { .. } => "push your commits first, or check out the branch itself",
        WriteBackError::NoBranch => "name it with --branch, or with --base for a pull request",
        WriteBackError::OtherUpstream { .. } => "name the branch to push to with --branch",
        WriteBackError::Replaced { .. } => "fetch and check out the branch again",
        WriteBackError::Contended { .. } => "try again",
        WriteBackError::Forge(error) if error.is_about_login() => {
            "the token must be allowed to write contents and pull requests (GitHub), or have the scope `api` (GitLab)"
        }
        WriteBackError::SameBranch(_) => "name another one with --branch or --base",
        WriteBackError::NotAtForge { .. } => {
            "push your commits first; a file that git changes on checkout (line ends, filters) needs --push"
        }
        WriteBackError::OthersCommits { .. } => "merge the pull request, or delete its branch",
        WriteBackError::Plan(_)
        | WriteBackError::Replace(_)
        | WriteBackError::Git(_)
        | WriteBackError::NotUndone { .. }
        | WriteBackError::Lock { .. }
        | WriteBackError::Forge(_)
        | WriteBackError::NoCommit => "",
    };
    let error = match error {
        WriteBackError::Plan(error) => return bump_error(error),
        WriteBackError::Replace(error) => return replace_error(error),
        WriteBackError::OtherUpstream { .. } | WriteBackError::NoBranch | WriteBackError::SameBranch(_) => {
            CommandError::usage(error)
        }
        error => CommandError::could_not_run(redact_message(&error.to_string())),
    };
    if hint.is_empty() { error } else { error.with_hint(hint) }
}
