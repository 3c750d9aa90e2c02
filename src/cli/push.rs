//! `chartwright push`: archives to chart repositories.

use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::artifact::remote::{PublishTarget, TargetOutcome, TargetsRequest, UploadApi};
use crate::artifact::repository::{Existing, Item, Outcome, Published};
use crate::text::redact::redact_message;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::publish::{Connections, first_failure, parse_target, publish};
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct PushArguments {
    /// Archives made by `chartwright package` or `helm package`, then the repository: `file:///directory`, `oci://host/charts`,
    /// `https://host/path` of ChartMuseum, Artifactory, Nexus, GitLab or Gitea, `s3://bucket/prefix` (with the `AWS_*` variables; `AWS_ENDPOINT_URL` for other stores than Amazon's) or
    /// `gs://bucket/prefix` (with the login of gcloud or the environment). A provenance file beside an archive is pushed as well.
    #[arg(required = true, num_args = 1.., value_names = ["ARCHIVE", "REPOSITORY"])]
    archives_and_repository: Vec<String>,
    /// Another repository to push to. Nothing is pushed to any of them unless all can be written to and accept all archives.
    #[arg(long, value_name = "URL")]
    repository: Vec<String>,
    /// The server behind an `https://` repository, where it does not say which it is: chartmuseum, artifactory, nexus, gitlab or
    /// gitea.
    #[arg(long, value_name = "SERVER")]
    api: Option<UploadApi>,
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

pub(super) fn run(context: RunContext, arguments: &PushArguments) -> Result<Exit, CommandError> {
    let (archives, repositories) = arguments.split();
    if archives.is_empty() || repositories.is_empty() {
        return Err(CommandError::usage("an archive and a repository are needed"));
    }
    let mut targets: Vec<PublishTarget> = Vec::new();
    for repository in repositories {
        let target = parse_target(context, repository)?.with_api(arguments.api);
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    let items = archives
        .iter()
        .map(|path| read_item(context, path))
        .collect::<Result<Vec<_>, _>>()?;
    check_different(&items)?;
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
    };
    let outcomes = publish(context, connections, request)?;
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
    first_failure(outcomes)?;
    Ok(Exit::Clean)
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
    let location = outcome.target.to_string();
    let charts = items.iter().zip(&outcome.published).map(|(item, published)| {
        json!({
            "name": item.metadata.name,
            "version": item.metadata.version,
            "outcome": published.outcome.name(),
            "digest": published.digest,
            "url": format!("{location}/{}", published.object),
        })
    });
    let mut report = json!({"repository": location, "charts": charts.collect::<Vec<_>>()});
    if let (Some(error), Some(fields)) = (&outcome.error, report.as_object_mut()) {
        fields.insert("error".to_owned(), json!(redact_message(&error.to_string())));
    }
    report
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
