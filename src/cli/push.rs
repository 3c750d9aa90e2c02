//! `chartwright push`: archives to chart repositories.

use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::artifact::oci::OciReference;
use crate::artifact::remote::{RegistryPush, RegistryPushError};
use crate::artifact::repository::{Existing, Item, Location, Outcome, PublishRequest, Published, publish_packages};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repository_flags::{
    OutputFormat, parse_location, print_json, publish_error, publish_packages_error, repository_settings, shown_line,
};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct PushArguments {
    /// Archives made by `chartwright package` or `helm package`, then the repository: `file:///directory`, `oci://host/charts`,
    /// `s3://bucket/prefix` (with the `AWS_*` variables; `AWS_ENDPOINT_URL` for other stores than Amazon's) or
    /// `gs://bucket/prefix` (with the login of gcloud or the environment). A provenance file beside an archive is pushed as well.
    #[arg(required = true, num_args = 1.., value_names = ["ARCHIVE", "REPOSITORY"])]
    archives_and_repository: Vec<String>,
    /// Another repository to push to. Nothing is pushed to any of them unless all can be written to and accept all archives.
    #[arg(long, value_name = "URL")]
    repository: Vec<String>,
    /// Replace versions that exist with other content.
    #[arg(long, conflicts_with = "skip_existing")]
    force: bool,
    /// Leave out versions that exist with other content, instead of refusing all.
    #[arg(long)]
    skip_existing: bool,
    /// Compare only: say what would be pushed.
    #[arg(long)]
    dry_run: bool,
    /// How to print what was done.
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    login: LoginFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

/// A repository with an index, or a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Indexed(Location),
    Registry(OciReference),
}

impl Target {
    /// The address of one.
    pub(super) fn parse(context: RunContext, text: &str) -> Result<Self, CommandError> {
        Ok(if text.starts_with("oci://") {
            Self::Registry(OciReference::parse(text).map_err(CommandError::usage)?)
        } else {
            Self::Indexed(parse_location(context, text)?)
        })
    }
}

/// How charts are published.
pub(super) struct Way<'w> {
    pub(super) existing: Existing,
    pub(super) is_dry_run: bool,
    pub(super) login: &'w LoginFlags,
    pub(super) remote: &'w RemoteFlags,
}

/// What was done in one of the targets.
pub(super) struct TargetOutcome {
    pub(super) place: String,
    pub(super) result: Result<Vec<Published>, CommandError>,
}

pub(super) fn run(context: RunContext, arguments: &PushArguments) -> Result<Exit, CommandError> {
    let (archives, repositories) = arguments.split();
    if archives.is_empty() || repositories.is_empty() {
        return Err(CommandError::usage("an archive and a repository are needed"));
    }
    let mut targets: Vec<Target> = Vec::new();
    for repository in repositories {
        let target = Target::parse(context, repository)?;
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    let items = archives
        .iter()
        .map(|path| read_item(context, path))
        .collect::<Result<Vec<_>, _>>()?;
    check_different(&items)?;
    let way = Way {
        existing: match (arguments.force, arguments.skip_existing) {
            (true, _) => Existing::Replace,
            (false, true) => Existing::Skip,
            (false, false) => Existing::Refuse,
        },
        is_dry_run: arguments.dry_run,
        login: &arguments.login,
        remote: &arguments.remote,
    };
    let outcomes = publish_all(context, &way, &targets, &items)?;
    match arguments.output {
        OutputFormat::Text => {
            let lines: String = outcomes
                .iter()
                .map(|one| lines(&items, one, arguments.dry_run))
                .collect();
            context.write_stdout(lines.as_bytes())?;
        }
        OutputFormat::Json => {
            let repositories: Vec<_> = outcomes.iter().map(|one| as_json(&items, one)).collect();
            let report = json!({"dryRun": arguments.dry_run, "repositories": repositories});
            print_json(context, &report)?;
        }
    }
    let failed = outcomes
        .into_iter()
        .find_map(|outcome| outcome.result.err().map(|error| (outcome.place, error)));
    match failed {
        Some((place, error)) => Err(at(targets.len(), &place, error)),
        None => Ok(Exit::Clean),
    }
}

/// Publishes to all targets. Everything is compared in all of them before anything is written to one.
pub(super) fn publish_all(
    context: RunContext,
    way: &Way<'_>,
    targets: &[Target],
    items: &[Item],
) -> Result<Vec<TargetOutcome>, CommandError> {
    let existing = way.existing;
    let mut locations = Vec::new();
    let mut registries = Vec::new();
    for target in targets {
        match target {
            Target::Indexed(location) => locations.push(location.clone()),
            Target::Registry(below) => registries.push(below),
        }
    }
    let mut compared = Vec::new();
    if !registries.is_empty() {
        let charts = way.remote.charts(context, way.login, false)?;
        for below in registries {
            let push = RegistryPush::compare(&charts, below, items, existing);
            let push = push.map_err(|error| at(targets.len(), &below.to_string(), registry_error(&error)))?;
            compared.push((below, push));
        }
        for note in charts.take_notes() {
            context.report(&format!("note: {note}"));
        }
    }
    let request = PublishRequest {
        locations: &locations,
        items,
        existing,
        is_dry_run: way.is_dry_run,
    };
    let indexed = publish_packages(request, &repository_settings(context), &context.now_rfc3339())
        .map_err(|(location, error)| at(targets.len(), &location.to_string(), publish_packages_error(*error)))?;
    let indexed = indexed.into_iter().map(|outcome| TargetOutcome {
        place: outcome.location.to_string(),
        result: outcome.result.map_err(publish_error),
    });
    let in_registries = compared.into_iter().map(|(below, push)| TargetOutcome {
        place: below.to_string(),
        result: if way.is_dry_run {
            Ok(push.steps())
        } else {
            push.carry_out(items).map_err(|error| registry_error(&error))
        },
    });
    Ok(indexed.chain(in_registries).collect())
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

impl PushArguments {
    /// The archives and the repositories. Without `--repository`, the last argument is the repository; with it, only if it is
    /// the address of one.
    fn split(&self) -> (&[String], Vec<&String>) {
        let all = self.archives_and_repository.as_slice();
        match all.split_last() {
            Some((last, archives)) if self.repository.is_empty() || last.contains("://") => {
                (archives, std::iter::once(last).chain(&self.repository).collect())
            }
            _ => (all, self.repository.iter().collect()),
        }
    }
}

/// An error of one of several repositories names it.
fn at(targets: usize, place: &str, error: CommandError) -> CommandError {
    if targets > 1 {
        error.with_hint(format!("the repository is {place}"))
    } else {
        error
    }
}

/// The same version twice would be in conflict with itself.
fn check_different(items: &[Item]) -> Result<(), CommandError> {
    for (number, item) in items.iter().enumerate() {
        if items
            .iter()
            .skip(number + 1)
            .any(|other| other.file_name == item.file_name)
        {
            return Err(CommandError::usage(format!("{} is given twice", item.file_name)));
        }
    }
    Ok(())
}

fn lines(items: &[Item], outcome: &TargetOutcome, is_dry_run: bool) -> String {
    let Ok(published) = &outcome.result else {
        return shown_line(&format!("Failed in {}", outcome.place));
    };
    let lines = items.iter().zip(published);
    lines
        .map(|(item, published)| outcome_line(item, published, &outcome.place, is_dry_run))
        .collect()
}

/// What was done with one chart, with its digest and place.
fn outcome_line(item: &Item, published: &Published, location: &str, is_dry_run: bool) -> String {
    let (name, version) = (&item.metadata.name, &item.metadata.version);
    let place = format!("{}, sha256:{}", published.object, published.digest);
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

fn as_json(items: &[Item], outcome: &TargetOutcome) -> serde_json::Value {
    let location = &outcome.place;
    match &outcome.result {
        Ok(published) => {
            let charts = items.iter().zip(published).map(|(item, published)| {
                json!({
                    "name": item.metadata.name,
                    "version": item.metadata.version,
                    "outcome": published.outcome.name(),
                    "digest": published.digest,
                    "url": format!("{location}/{}", published.object),
                })
            });
            json!({"repository": location, "charts": charts.collect::<Vec<_>>()})
        }
        Err(error) => json!({"repository": location, "error": error.message()}),
    }
}

fn read_item(context: RunContext, path: &str) -> Result<Item, CommandError> {
    let archive = context.read_file(path)?;
    let mut item = Item::from_archive(archive).map_err(|error| CommandError::findings(format!("{path}: {error}")))?;
    let given = Path::new(path)
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if given != item.file_name {
        context.report(&format!(
            "note: {path} holds {} and is published under that name",
            item.file_name
        ));
    }
    let provenance = format!("{path}.prov");
    if Path::new(&provenance).exists() {
        item.provenance = Some(context.read_file(&provenance)?);
    }
    Ok(item)
}

/// Publishes to one repository, with the process's clock and environment.
pub(super) fn publish_to(
    context: RunContext,
    location: &Location,
    items: &[Item],
) -> Result<Vec<Outcome>, CommandError> {
    let request = PublishRequest {
        locations: std::slice::from_ref(location),
        items,
        existing: Existing::Refuse,
        is_dry_run: false,
    };
    let outcomes = publish_packages(request, &repository_settings(context), &context.now_rfc3339())
        .map_err(|(_, error)| publish_packages_error(*error))?;
    let mut results = Vec::new();
    for outcome in outcomes {
        let published = outcome.result.map_err(publish_error)?;
        results.extend(published.into_iter().map(|one| one.outcome));
    }
    Ok(results)
}
