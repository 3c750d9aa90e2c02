//! `chartwright promote`: what one environment runs, into the files of another. `chartwright rollback`: what an environment ran before.

use std::io;
use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::delivery::environment::{
    CopiedChartUpdate, Copying, PlannedPromotion, Promotion, RollbackError, commit_before,
};
use crate::delivery::git::{GitError, WorkTree};
use crate::delivery::write_back::ImageLinks;

use super::bump::bump_error;
use super::chart_update_flags::ChartUpdateFlags;
use super::command_error::CommandError;
use super::environment_flags::EnvironmentFlags;
use super::exit_code::Exit;
use super::history::LiveRollbackFlags;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;
use super::write_back_flags::{WriteBackFlags, WrittenBack, write_back_error};

/// Differences between environments that are named one by one.
const NAMED: usize = 20;

#[derive(Debug, Args)]
pub(super) struct PromoteArguments {
    /// The environment whose versions are taken.
    #[arg(value_name = "FROM")]
    from: String,
    /// The environment whose files are edited.
    #[arg(value_name = "TO")]
    to: String,
    /// Releases to promote [default: all that both environments have].
    #[arg(value_name = "RELEASE")]
    release: Vec<String>,
    /// Let versions go down too.
    #[arg(long)]
    allow_downgrade: bool,
    /// Edit files that both environments use.
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    edit: EditFlags,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment: String,
    /// Releases [default: all].
    #[arg(value_name = "RELEASE")]
    release: Vec<String>,
    /// The commit whose versions are wanted [default: the last one at which they were other ones]; with --live, the revision.
    #[arg(long, value_name = "COMMIT")]
    to: Option<String>,
    #[command(flatten)]
    edit: EditFlags,
    #[command(flatten)]
    live: LiveRollbackFlags,
}

#[derive(Debug, Args)]
struct EditFlags {
    #[command(flatten)]
    environments: EnvironmentFlags,
    #[command(flatten)]
    chart_update: ChartUpdateFlags,
    /// Change values that aliases use in other places too.
    #[arg(long)]
    through_anchors: bool,
    /// Show the edits as a unified diff, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    write_back: WriteBackFlags,
}

type Read<'r> = &'r dyn Fn(&Path) -> io::Result<Vec<u8>>;

pub(super) fn run(context: RunContext, arguments: &PromoteArguments) -> Result<Exit, CommandError> {
    if arguments.from == arguments.to {
        return Err(CommandError::usage("FROM and TO are the same environment"));
    }
    let copying = Copying {
        may_be_shared: arguments.shared,
        allows_downgrade: arguments.allow_downgrade,
        is_same_environment: false,
        through_anchors: arguments.edit.through_anchors,
    };
    let names = (arguments.from.as_str(), arguments.to.as_str());
    let promotion = arguments
        .edit
        .promotion(context, names, arguments.release.clone(), copying)?;
    let reader = arguments.edit.environments.reader(context);
    let read = |path: &Path| reader.read(path);
    arguments.edit.carry_out(context, &promotion, (&read, &read), None)
}

pub(super) fn run_rollback(context: RunContext, arguments: &RollbackArguments) -> Result<Exit, CommandError> {
    if arguments.live.live {
        let wanted = (
            arguments.environment.as_str(),
            arguments.release.as_slice(),
            arguments.to.as_deref(),
        );
        return arguments
            .live
            .run(context, &arguments.edit.environments, wanted, arguments.edit.output);
    }
    let copying = Copying {
        may_be_shared: true,
        allows_downgrade: true,
        is_same_environment: true,
        through_anchors: arguments.edit.through_anchors,
    };
    let name = arguments.environment.as_str();
    let promotion = arguments
        .edit
        .promotion(context, (name, name), arguments.release.clone(), copying)?;
    let reader = arguments.edit.environments.reader(context);
    let read = |path: &Path| reader.read(path);
    let tree = WorkTree::of(&promotion.place.working_directory.join(&promotion.place.directory)).map_err(git_error)?;
    let commit = match &arguments.to {
        Some(name) => tree
            .commit_named(name)
            .map_err(|error| CommandError::usage(format!("--to {name}: {error}")))?,
        None => commit_before(&promotion, &tree, &read).map_err(rollback_error)?,
    };
    let read_at = |path: &Path| tree.file_at(&commit, path);
    arguments
        .edit
        .carry_out(context, &promotion, (&read, &read_at), Some(&commit))
}

fn git_error(error: GitError) -> CommandError {
    write_back_error(error.into())
}

fn rollback_error(error: RollbackError) -> CommandError {
    match error {
        RollbackError::Git(error) => git_error(error),
        RollbackError::Plan(error) => bump_error(error),
        RollbackError::NoCommit(_) => CommandError::findings(error).with_hint("name a commit with --to"),
    }
}

impl EditFlags {
    fn promotion(
        &self,
        context: RunContext,
        (from, to): (&str, &str),
        releases: Vec<String>,
        copying: Copying,
    ) -> Result<Promotion, CommandError> {
        Ok(Promotion {
            place: self.environments.place(context)?,
            from: from.to_owned(),
            to: to.to_owned(),
            releases,
            copying,
            chart_update: CopiedChartUpdate {
                version: self.chart_update.raise(),
                app_version_from: self.chart_update.app_version_from()?,
            },
        })
    }

    /// Plans the edits, writes them in the way that is asked for, and says what was done.
    fn carry_out(
        &self,
        context: RunContext,
        promotion: &Promotion,
        (read, read_from): (Read<'_>, Read<'_>),
        commit: Option<&str>,
    ) -> Result<Exit, CommandError> {
        let settings = self.write_back.settings(context)?;
        let mut made = promotion.plan(&read, &read_from).map_err(bump_error)?;
        let is_change = made.plan.changed_files().next().is_some();
        let written = if self.dry_run || !is_change {
            WrittenBack::default()
        } else {
            let moved = made.plan.moved.iter().map(|moved| moved.new.repository.clone());
            let about = (moved.collect(), &(|_: &_| Vec::new()) as ImageLinks<'_>);
            let again = || promotion.plan(&read, &read_from);
            let planned = (&mut made, (|made| &made.plan) as fn(&PlannedPromotion) -> &_);
            self.write_back
                .carry_out(context, settings.as_ref(), planned, &again, about)?
        };
        self.report(context, promotion, &made, (&written, commit))
    }

    fn report(
        &self,
        context: RunContext,
        promotion: &Promotion,
        made: &PlannedPromotion,
        (written, commit): (&WrittenBack, Option<&str>),
    ) -> Result<Exit, CommandError> {
        let is_change = made.plan.changed_files().next().is_some();
        let secrets = made.request.as_ref().map(|request| made.plan.secrets(request));
        match self.output {
            OutputFormat::Json => {
                let moved = made.plan.moved.iter().map(|moved| {
                    json!({
                        "image": moved.new.repository,
                        "file": moved.file,
                        "oldTag": moved.old.tag,
                        "oldDigest": moved.old.digest,
                        "newTag": moved.new.tag,
                        "newDigest": moved.new.digest,
                    })
                });
                let mut json = json!({
                    "from": promotion.from,
                    "to": promotion.to,
                    "fromCommit": commit,
                    "images": moved.collect::<Vec<_>>(),
                    "files": made.plan.changed_files().map(|file| &file.path).collect::<Vec<_>>(),
                    "left": made.plan.left,
                    "differences": made.differences,
                    "written": is_change && !self.dry_run && !self.write_back.is_pull_request(),
                });
                written.add_to(&mut json);
                print_json(context, &json)?;
            }
            OutputFormat::Text if !is_change => {
                let what = match commit {
                    Some(commit) => format!("{} runs the versions of {commit} already", promotion.to),
                    None => format!("{} runs the versions of {} already", promotion.to, promotion.from),
                };
                context.write_stdout(shown_line(&what).as_bytes())?;
            }
            OutputFormat::Text => {
                let text = if self.dry_run {
                    made.plan.shown_diff(secrets.as_ref())
                } else {
                    made.plan.shown_changes(secrets.as_ref())
                };
                context.write_stdout((text + &written.line()).as_bytes())?;
            }
        }
        let command = if commit.is_some() { "rollback" } else { "promote" };
        written.notify(context, command, || made.plan.shown_changes(secrets.as_ref()));
        for left in &made.plan.left {
            context.report(&format!("note: {left}"));
        }
        if !made.differences.is_empty() && commit.is_none() {
            let named: Vec<&str> = made.differences.iter().take(NAMED).map(String::as_str).collect();
            let more = made.differences.len().saturating_sub(NAMED);
            let more = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            context.report(&format!(
                "note: {} and {} differ in other values too: {}{more}",
                promotion.from,
                promotion.to,
                named.join(", ")
            ));
        }
        Ok(Exit::Clean)
    }
}
