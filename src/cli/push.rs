//! `chartwright push`: archives to chart repositories.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::artifact::remote::{
    Destination, NamedRepositories, PublishTarget, TargetOutcome, TargetsRequest, UploadApi,
};
use crate::artifact::repository::{Existing, Item};
use crate::pipeline::NoticedChange;
use crate::text::redact::{redact_message, redact_url};

use super::chart_json::ChartJson;
use super::command_error::CommandError;
use super::destination_flags::{DestinationFlags, check_names_are_trusted, each_once, read_settings};
use super::exit_code::Exit;
use super::notify::notify;
use super::publish::{Connections, NamesServer, first_failure, new_packages, outcome_lines, parse_target, publish};
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repository_flags::{OutputFormat, print_json};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct PushArguments {
    /// Archives made by `chartwright package` or `helm package`, then the repository: `file:///directory`, `oci://host/charts`,
    /// `https://host/path` of ChartMuseum, Artifactory, Nexus, GitLab or Gitea, `s3://bucket/prefix` (with the `AWS_*` variables;
    /// `AWS_ENDPOINT_URL` for other stores than Amazon's) or `gs://bucket/prefix` (with the login of gcloud or the environment).
    /// Without a repository, one of those in chartwright.yaml. A provenance file beside an archive is pushed as well.
    #[arg(required = true, num_args = 1.., value_names = ["ARCHIVE", "REPOSITORY"])]
    archives_and_repository: Vec<String>,
    /// Another repository to push to. Nothing is pushed to any of them unless all can be written to and accept all archives.
    #[arg(long, value_name = "URL")]
    repository: Vec<String>,
    /// The server behind an `https://` repository, where it does not say which it is: chartmuseum, artifactory, nexus, gitlab or
    /// gitea.
    #[arg(long, value_name = "SERVER")]
    api: Option<UploadApi>,
    /// Configuration with the names of repositories, instead of the chartwright.yaml in the working directory, or in the nearest one above
    /// it in the repository. It may name any directory; one that was found only names what is below its own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
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
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    destination: DestinationFlags,
    #[command(flatten)]
    login: LoginFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

pub(super) fn run(context: RunContext, arguments: &PushArguments) -> Result<Exit, CommandError> {
    let configured = arguments.configured(context)?;
    let (archives, urls) = arguments.split(&configured);
    check_are_archives(archives)?;
    check_is_complete(archives, !urls.is_empty() || arguments.names_repository(&configured))?;
    let destinations = arguments.destinations(context, &urls, &configured)?;
    let items = archives
        .iter()
        .map(|path| read_item(context, path))
        .collect::<Result<Vec<_>, _>>()?;
    check_different(&items)?;
    for destination in destinations.iter().filter(|destination| destination.name.is_some()) {
        context.report(&destination.reason);
    }
    let targets: Vec<PublishTarget> = destinations.iter().map(|one| one.target.clone()).collect();
    let request = TargetsRequest {
        targets: &targets,
        items: &items,
        existing: match (arguments.force, arguments.skip_existing) {
            (true, _) => Existing::Replace,
            (false, true) => Existing::Skip,
            (false, false) => Existing::Refuse,
        },
        is_dry_run: arguments.dry_run,
    };
    let connections = Connections {
        login: &arguments.login,
        remote: &arguments.remote,
        names_server: NamesServer::ByFlag,
    };
    let outcomes = publish(context, connections, request);
    if let (Err(error), OutputFormat::Json) = (&outcomes, arguments.output) {
        // One repository refused, and nothing was written to any.
        let error = redact_message(error.message());
        let refused = |one: &Destination| {
            let repository = json!({"repository": one.target.to_string(), "charts": [], "error": error});
            named(repository, one.name.as_deref())
        };
        let repositories: Vec<_> = destinations.iter().map(refused).collect();
        let report = json!({"dryRun": arguments.dry_run, "repositories": repositories});
        print_json(context, &report)?;
    }
    let outcomes = outcomes?;
    if !arguments.dry_run
        && let Some(change) = NoticedChange::published(&new_packages(&items, &outcomes))
    {
        notify(context, "push", Path::new("."), change);
    }
    match arguments.output {
        OutputFormat::Text => {
            let lines: String = outcomes
                .iter()
                .map(|one| outcome_lines(&items, one, arguments.dry_run))
                .collect();
            context.write_stdout(lines.as_bytes())?;
        }
        OutputFormat::Json => {
            let names = destinations.iter().map(|destination| destination.name.as_deref());
            let repositories = outcomes.iter().zip(names).map(|(one, name)| as_json(&items, one, name));
            let repositories: Vec<_> = repositories.collect();
            let report = json!({"dryRun": arguments.dry_run, "repositories": repositories});
            print_json(context, &report)?;
        }
    }
    first_failure(outcomes)?;
    Ok(Exit::Clean)
}

impl PushArguments {
    /// The repositories of the configuration. One that is not used is not in the way of pushing to an address.
    fn configured(&self, context: RunContext) -> Result<NamedRepositories, CommandError> {
        let has_url = !self.repository.is_empty() || self.last_url().is_some();
        if has_url && !self.destination.is_given() && self.config.is_none() {
            return Ok(NamedRepositories::default());
        }
        let settings = read_settings(self.config.as_deref(), Path::new("."))?;
        let repositories = settings.repositories(&context.working_directory());
        repositories.map_err(CommandError::usage)
    }

    /// The last argument, if it is an address.
    fn last_url(&self) -> Option<&String> {
        self.archives_and_repository.last().filter(|last| last.contains("://"))
    }

    /// Whether a repository is named otherwise than by the last argument.
    fn names_repository(&self, configured: &NamedRepositories) -> bool {
        !self.repository.is_empty() || self.destination.is_given() || !configured.is_empty()
    }

    /// The archives and the addresses of repositories. The last argument is an address if it looks like one, or if no repository is
    /// named otherwise and it does not look like an archive: the error then says how an address is written.
    fn split(&self, configured: &NamedRepositories) -> (&[String], Vec<&String>) {
        let all = self.archives_and_repository.as_slice();
        let is_named = self.names_repository(configured);
        match all.split_last() {
            Some((last, archives)) if self.last_url().is_some() || !is_named && !is_archive(last) => {
                (archives, std::iter::once(last).chain(&self.repository).collect())
            }
            _ => (all, self.repository.iter().collect()),
        }
    }

    /// Where archives are pushed: to the addresses, and to the repositories that are named or chosen.
    fn destinations(
        &self,
        context: RunContext,
        urls: &[&String],
        configured: &NamedRepositories,
    ) -> Result<Vec<Destination>, CommandError> {
        let mut destinations: Vec<Destination> = Vec::new();
        for url in urls {
            let target = parse_target(context, url)?.with_api(self.api);
            destinations.push(Destination {
                name: None,
                reason: format!("repository {target}"),
                target,
                suffix: None,
            });
        }
        if self.destination.is_given() || urls.is_empty() {
            let is_named = self.config.is_some() && !self.destination.chooses_by_rule();
            check_names_are_trusted(context, is_named, "not pushed")?;
            let source = self.destination.source(context, &context.working_directory());
            destinations.extend(self.destination.destinations(configured, &source)?);
        }
        Ok(each_once(destinations))
    }
}

/// Whether an argument is the name of an archive, which may be missing.
fn is_archive(argument: &str) -> bool {
    let path = Path::new(argument);
    path.extension().is_some_and(|extension| extension == "tgz") || path.is_file()
}

/// Only the last argument may be an address.
fn check_are_archives(archives: &[String]) -> Result<(), CommandError> {
    match archives.iter().find(|archive| archive.contains("://")) {
        None => Ok(()),
        Some(address) => Err(CommandError::usage(format!(
            "`{}` is an address, and not an archive: only the last argument is a repository",
            redact_url(address)
        ))
        .with_hint("name each further repository with --repository, or several of chartwright.yaml with --to")),
    }
}

/// Says which of the two kinds of arguments is missing.
fn check_is_complete(archives: &[String], has_repository: bool) -> Result<(), CommandError> {
    match archives.first() {
        None => Err(CommandError::usage("no archive to push is given")
            .with_hint("name archives before the repository: `chartwright push web-1.0.0.tgz oci://registry.example.com/charts`")),
        Some(archive) if !has_repository => Err(CommandError::usage(
            "no repository to push to is given, and none is configured in chartwright.yaml",
        )
        .with_hint(format!(
            "give an address as the last argument: `chartwright push {} oci://registry.example.com/charts` (or https://, s3://, gs://, file://)",
            redact_url(archive)
        ))
        .with_hint(
            "or name it in chartwright.yaml: `repositories: [{name: main, url: \"oci://registry.example.com/charts\", branches: [main]}]`",
        )),
        Some(_) => Ok(()),
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

fn as_json(items: &[Item], outcome: &TargetOutcome, name: Option<&str>) -> serde_json::Value {
    let location = outcome.target.to_string();
    let charts = items.iter().zip(&outcome.published).map(|(item, published)| {
        let chart = ChartJson {
            name: &item.metadata.name,
            version: &item.metadata.version,
            digest: &published.digest,
            manifest: published.manifest.as_deref(),
        };
        let url = format!("{location}/{}", published.object);
        chart.with(json!({"url": url, "outcome": published.outcome.name()}))
    });
    let mut report = json!({"repository": location, "charts": charts.collect::<Vec<_>>()});
    if let (Some(fields), Some(error)) = (report.as_object_mut(), &outcome.error) {
        fields.insert("error".to_owned(), json!(redact_message(&error.to_string())));
    }
    named(report, name)
}

/// A repository with the name that it has in the configuration.
fn named(mut repository: serde_json::Value, name: Option<&str>) -> serde_json::Value {
    if let (Some(fields), Some(name)) = (repository.as_object_mut(), name) {
        fields.insert("name".to_owned(), json!(name));
    }
    repository
}

fn read_item(context: RunContext, path: &str) -> Result<Item, CommandError> {
    let archive = context.read_file(path).map_err(|error| {
        if Path::new(path).is_dir() {
            error.with_hint("package the chart first: `chartwright package` makes the archive")
        } else {
            error
        }
    })?;
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
