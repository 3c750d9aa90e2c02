//! What the commands that publish share: the connections of the process, and errors with what to do.

use crate::artifact::remote::{
    PublishTarget, PublishTargetError, RefusedTarget, RegistryPushError, TargetOutcome, TargetsRequest, UploadError,
    publish_to_targets,
};

use super::command_error::CommandError;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repository_flags::publish_packages_error;
use super::run_context::RunContext;

/// How repositories and registries are reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connections<'c> {
    pub(super) login: &'c LoginFlags,
    pub(super) remote: &'c RemoteFlags,
}

/// The address of something to publish to, as the user wrote it.
pub(super) fn parse_target(context: RunContext, text: &str) -> Result<PublishTarget, CommandError> {
    PublishTarget::parse(text, &context.working_directory()).map_err(CommandError::usage)
}

/// Publishes with the process's clock, environment and logins.
pub(super) fn publish(
    context: RunContext,
    connections: Connections<'_>,
    request: TargetsRequest<'_>,
) -> Result<Vec<TargetOutcome>, CommandError> {
    let Connections { login, remote } = connections;
    // A broken list of Helm's is not in the way of publishing to a bucket.
    let charts = if request.targets.iter().any(PublishTarget::needs_logins) {
        remote.charts(context, login, false)?
    } else {
        remote.charts_of_stores(context)
    };
    let outcomes = publish_to_targets(&charts, request, &context.now_rfc3339());
    for note in charts.take_notes() {
        context.report(&format!("note: {note}"));
    }
    outcomes.map_err(|refused| {
        let RefusedTarget { target, error } = *refused;
        let error = target_error(error);
        if request.targets.len() > 1 {
            error.with_hint(format!(
                "the repository is {target}; nothing was written to any of the repositories"
            ))
        } else {
            error
        }
    })
}

/// The error of one target.
pub(super) fn target_error(error: PublishTargetError) -> CommandError {
    match error {
        PublishTargetError::Indexed(error) => publish_packages_error(*error),
        PublishTargetError::Registry(error) => registry_error(&error),
        PublishTargetError::Server(error) => upload_error(&error),
    }
}

/// The first target that failed, as the error of a command about all of them.
pub(super) fn first_failure(outcomes: Vec<TargetOutcome>) -> Result<(), CommandError> {
    let count = outcomes.len();
    for outcome in outcomes {
        if let Some(error) = outcome.error {
            let error = target_error(error);
            return Err(if count > 1 {
                error.with_hint(format!("the repository is {}", outcome.target))
            } else {
                error
            });
        }
    }
    Ok(())
}

fn upload_error(error: &UploadError) -> CommandError {
    let shown = match error {
        error if error.is_finding() => CommandError::findings(error),
        error if error.is_usage() => CommandError::usage(error),
        error => CommandError::could_not_run(error),
    };
    match error.hint() {
        Some(hint) => shown.with_hint(hint),
        None => shown,
    }
}

fn registry_error(error: &RegistryPushError) -> CommandError {
    let (shown, hint) = match error {
        RegistryPushError::Registry(error) if error.is_finding() => {
            (CommandError::findings(error), error.hint().map(str::to_owned))
        }
        RegistryPushError::Registry(error) => (CommandError::could_not_run(error), error.hint().map(str::to_owned)),
        RegistryPushError::Source(error) => (CommandError::could_not_run(error), error.hint.clone()),
    };
    match hint {
        Some(hint) => shown.with_hint(hint),
        None => shown,
    }
}
