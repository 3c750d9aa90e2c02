//! What the commands that publish share: the connections of the process, lines about what was done, and errors with what to do.

use crate::artifact::oci::OciError;
use crate::artifact::remote::{
    PublishTarget, PublishTargetError, RefusedTarget, RegistryPushError, TargetAddressError, TargetOutcome,
    TargetsRequest, UploadApi, UploadError, publish_to_targets,
};
use crate::artifact::repository::{Item, Outcome, Published};
use crate::report::PublishedPackage;

use super::command_error::CommandError;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repository_flags::{RENAME, publish_packages_error, shown_line};
use super::run_context::RunContext;

/// How repositories and registries are reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connections<'c> {
    pub(super) login: &'c LoginFlags,
    pub(super) remote: &'c RemoteFlags,
    /// How the command has the server behind an `https://` repository named.
    pub(super) names_server: NamesServer,
}

/// How a command has the server behind an `https://` repository named, where it does not say which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamesServer {
    /// With a flag, or the configuration.
    ByFlag,
    /// In the configuration.
    ByConfiguration,
    /// The command only knows servers that say what they are.
    Not,
}

impl NamesServer {
    fn advice(self) -> String {
        let names = UploadApi::names();
        match self {
            Self::ByFlag => {
                format!("name the server with --api, or with `api` of the repository in chartwright.yaml: {names}")
            }
            Self::ByConfiguration => format!(
                "list the repository under `repositories` in chartwright.yaml, and name its server there with `api`: {names}"
            ),
            Self::Not => format!(
                "the command recognises these servers by their address or answer: {names}; `chartwright push --api` uploads to one that it does not recognise"
            ),
        }
    }
}

/// The address of something to publish to, as the user wrote it.
pub(super) fn parse_target(context: RunContext, text: &str) -> Result<PublishTarget, CommandError> {
    PublishTarget::parse(text, &context.working_directory()).map_err(|error| match error {
        TargetAddressError::Location(_) => {
            CommandError::usage(error).with_hint("a registry is oci://host/path, and a server https://host/path")
        }
        error => CommandError::usage(error),
    })
}

/// Publishes with the process's clock, environment and logins.
pub(super) fn publish(
    context: RunContext,
    connections: Connections<'_>,
    request: TargetsRequest<'_>,
) -> Result<Vec<TargetOutcome>, CommandError> {
    let Connections {
        login,
        remote,
        names_server,
    } = connections;
    let addresses: Vec<String> = request.targets.iter().map(PublishTarget::to_string).collect();
    login.check_is_used(addresses.iter().map(String::as_str))?;
    // A broken list of Helm's is not in the way of publishing to a bucket.
    let charts = if request.targets.iter().any(PublishTarget::needs_logins) {
        remote.charts(context, login, false)?
    } else {
        remote.charts_of_stores(context)?
    };
    let outcomes = publish_to_targets(&charts, request, &context.now_rfc3339());
    for note in charts.take_notes() {
        context.report(&format!("note: {note}"));
    }
    outcomes.map_err(|refused| {
        let RefusedTarget { target, error } = *refused;
        let error = target_error(error, names_server);
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
pub(super) fn target_error(error: PublishTargetError, names_server: NamesServer) -> CommandError {
    match error {
        PublishTargetError::Indexed(error) => publish_packages_error(*error),
        PublishTargetError::Registry(error) => registry_error(&error),
        PublishTargetError::Server(error) => upload_error(&error, names_server),
        PublishTargetError::Name(error) => CommandError::findings(error).with_hint(RENAME),
    }
}

/// The first target that failed, as the error of a command about all of them.
pub(super) fn first_failure(outcomes: Vec<TargetOutcome>) -> Result<(), CommandError> {
    let count = outcomes.len();
    for outcome in outcomes {
        if let Some(error) = outcome.error {
            let error = target_error(error, NamesServer::Not);
            return Err(if count > 1 {
                error.with_hint(format!("the repository is {}", outcome.target))
            } else {
                error
            });
        }
    }
    Ok(())
}

/// What was done in one repository, a line for each chart.
pub(super) fn outcome_lines(items: &[Item], outcome: &TargetOutcome, is_dry_run: bool) -> String {
    let place = outcome.target.to_string();
    let mut lines: String = items
        .iter()
        .zip(&outcome.published)
        .map(|(item, published)| outcome_line(item, published, &place, is_dry_run))
        .collect();
    if outcome.error.is_some() {
        let rest = items.iter().skip(outcome.published.len());
        let rest: Vec<String> = rest
            .map(|item| format!("{} {}", item.metadata.name, item.metadata.version))
            .collect();
        lines.push_str(&shown_line(&format!(
            "Failed in {place}: not pushed: {}",
            rest.join(", ")
        )));
    }
    lines
}

/// The packages that a target has now, as the outputs of a step name them.
pub(super) fn published_packages<'i>(
    items: &'i [Item],
    outcome: &'i TargetOutcome,
) -> impl Iterator<Item = PublishedPackage> + 'i {
    // One that was skipped is another chart with the same version.
    packages_with(items, outcome, |outcome| outcome != Outcome::Skipped)
}

/// Those of them that it did not have before.
pub(super) fn new_packages(items: &[Item], outcomes: &[TargetOutcome]) -> Vec<PublishedPackage> {
    let is_new = |outcome| matches!(outcome, Outcome::Published | Outcome::Replaced);
    let new = outcomes
        .iter()
        .flat_map(|outcome| packages_with(items, outcome, is_new));
    new.collect()
}

fn packages_with<'i>(
    items: &'i [Item],
    outcome: &'i TargetOutcome,
    is_meant: impl Fn(Outcome) -> bool + 'i,
) -> impl Iterator<Item = PublishedPackage> + 'i {
    let published = items.iter().zip(&outcome.published);
    let published = published.filter(move |(_, published)| is_meant(published.outcome));
    published.map(|(item, published)| PublishedPackage {
        name: item.metadata.name.clone(),
        version: item.metadata.version.clone(),
        repository: outcome.target.to_string(),
        digest: published.shown_digest().to_owned(),
    })
}

/// What was done with one chart, with its digest and place.
fn outcome_line(item: &Item, published: &Published, location: &str, is_dry_run: bool) -> String {
    let (name, version) = (&item.metadata.name, &item.metadata.version);
    let place = format!("{}, sha256:{}", published.object, published.shown_digest());
    let line = match (published.outcome, is_dry_run) {
        (Outcome::Published, false) => format!("Pushed {name} {version} to {location} ({place})"),
        (Outcome::Published, true) => format!("Would push {name} {version} to {location} ({place})"),
        (Outcome::Replaced, false) => format!("Replaced {name} {version} in {location} ({place})"),
        (Outcome::Replaced, true) => format!("Would replace {name} {version} in {location} ({place})"),
        (Outcome::AlreadyThere, _) => {
            format!("{name} {version} is in {location} already, with the same content ({place})")
        }
        (Outcome::Skipped, _) => format!("Skipped {name} {version}: it is in {location} already, with other content"),
    };
    shown_line(&line)
}

fn upload_error(error: &UploadError, names_server: NamesServer) -> CommandError {
    let shown = match error {
        error if error.is_finding() => CommandError::findings(error),
        error if error.is_usage() => CommandError::usage(error),
        error => CommandError::could_not_run(error),
    };
    let hint = match error {
        UploadError::UnknownServer(_) => Some(names_server.advice()),
        error => error.hint(),
    };
    match hint {
        Some(hint) => shown.with_hint(hint),
        None => shown,
    }
}

fn registry_error(error: &RegistryPushError) -> CommandError {
    let (shown, hint) = match error {
        // The address of the registry is one, so that the name of the chart, or its version, makes it something else.
        RegistryPushError::Registry(error @ OciError::Reference(_)) => {
            (CommandError::findings(error), Some(RENAME.to_owned()))
        }
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
