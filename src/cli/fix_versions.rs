//! `ci --fix`: raises the versions of charts that have changed, before anything is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::check::lint::chart::VersionBase;
use crate::delivery::bump::{BumpPlan, WriteError, plan_versions, write_planned};
use crate::delivery::write_back::{CommitSettings, MessageTemplate, PushSettings};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file};
use crate::text::visible::shown_line;

use super::bump::{bump_error, write_error};
use super::command_error::CommandError;
use super::network::ProcessClock;
use super::run_context::RunContext;
use super::write_back_flags::{named_by_ci, refuse_forks, write_back, write_back_error};

/// What happens to the files that change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Fix {
    /// They are written.
    Files,
    /// They are committed too, with one commit and nothing else.
    Commit,
    /// The commit is pushed too.
    Push,
}

/// Raises the versions that are not higher than those of their bases. Says whether there were some.
pub(super) fn fix_versions(
    context: RunContext,
    fix: Fix,
    bases: &BTreeMap<PathBuf, VersionBase>,
) -> Result<bool, CommandError> {
    let here = context.working_directory();
    let read = |path: &Path| read_file(path, Named::ByInput, FILE_BYTES);
    let plan = || plan_versions(bases, &here, &read);
    let first = plan().map_err(bump_error)?;
    let Some(file) = first.changed_files().next().map(|file| file.path.clone()) else {
        return Ok(false);
    };
    if fix == Fix::Files {
        let written = write_planned(|| plan().map_err(WriteError::Plan), &ProcessClock).map_err(write_error)?;
        report(context, &written);
        return Ok(true);
    }
    let mut settings = CommitSettings {
        message: Some(message(&first)?),
        ..CommitSettings::default()
    };
    if fix == Fix::Push {
        refuse_forks(context)?;
        settings.push = Some(PushSettings {
            named_by_ci: named_by_ci(context),
            ..PushSettings::default()
        });
    }
    let (written, done) =
        write_back(context, &file, &settings, &|_| Vec::new(), &mut || plan()).map_err(write_back_error)?;
    report(context, &written);
    context.report(&done.line());
    Ok(true)
}

fn report(context: RunContext, plan: &BumpPlan) {
    for file in plan.changed_files() {
        for applied in &file.applied {
            let line = format!("{}: version {} -> {}", file.path, applied.old, applied.new);
            context.report(&shown_line(&line));
        }
    }
}

/// `Raise the version of charts/web to 1.2.4`, or of how many charts, then their files.
fn message(plan: &BumpPlan) -> Result<MessageTemplate, CommandError> {
    let mut files = plan.changed_files();
    let text = match (files.next(), files.next()) {
        (Some(file), None) => {
            let version = file
                .applied
                .first()
                .map(|applied| applied.new.as_str())
                .unwrap_or_default();
            format!("Raise the version in {{files}} to {version}")
        }
        _ => format!(
            "Raise the versions of {} charts\n\nIn {{files}}",
            plan.changed_files().count()
        ),
    };
    MessageTemplate::parse(&text).map_err(CommandError::could_not_run)
}
