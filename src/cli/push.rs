//! `chartwright push`: archives to a chart repository.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::artifact::network::{CertificateCheck, RetryPolicy};
use crate::artifact::repository::store::{S3Settings, StoreError, StoreFailure};
use crate::artifact::repository::{
    IndexError, Item, Location, OpenError, Outcome, PublishError, PublishPackagesError, RepositorySettings,
    publish_packages,
};

use crate::text::visible::{visible, visible_lines};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::network::{ProcessClock, network_settings};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct PushArguments {
    /// Archives made by `chartwright package` or `helm package`, then the repository: `file:///directory` or
    /// `s3://bucket/prefix` (with the `AWS_*` variables; `AWS_ENDPOINT_URL` for other stores than Amazon's).
    #[arg(required = true, num_args = 2.., value_names = ["ARCHIVE", "REPOSITORY"])]
    archives_and_repository: Vec<String>,
}

pub(super) fn run(context: RunContext, arguments: &PushArguments) -> Result<Exit, CommandError> {
    let Some((repository, archives)) = arguments.archives_and_repository.split_last() else {
        return Err(CommandError::usage("an archive and a repository are needed"));
    };
    let location = Location::parse(repository, &context.working_directory()).map_err(CommandError::usage)?;
    let items = archives
        .iter()
        .map(|path| read_item(context, path))
        .collect::<Result<Vec<_>, _>>()?;
    let outcomes = publish_items(context, &location, &items)?;
    let mut lines = String::new();
    for (item, outcome) in items.iter().zip(outcomes) {
        lines.push_str(&outcome_line(item, outcome, &location));
    }
    context.write_stdout(lines.as_bytes())?;
    Ok(Exit::Clean)
}

pub(super) fn outcome_line(item: &Item, outcome: Outcome, location: &Location) -> String {
    let (name, version) = (&item.metadata.name, &item.metadata.version);
    let line = match outcome {
        Outcome::Published => format!("Pushed {name} {version} to {location}"),
        Outcome::AlreadyThere => format!("{name} {version} is in {location} already, with the same content"),
    };
    format!("{}\n", visible_lines(&visible(&line)))
}

fn read_item(context: RunContext, path: &str) -> Result<Item, CommandError> {
    let archive = context.read_file(path)?;
    let item = Item::from_archive(archive).map_err(|error| CommandError::findings(format!("{path}: {error}")))?;
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
    Ok(item)
}

/// Publishes to a repository, with the process's clock and environment.
pub(super) fn publish_items(
    context: RunContext,
    location: &Location,
    items: &[Item],
) -> Result<Vec<Outcome>, CommandError> {
    let settings = RepositorySettings {
        network: network_settings(context, CertificateCheck::Verify),
        s3: S3Settings::from_variables(&|name| context.variable(name)),
        retry: RetryPolicy::default(),
        clock: Arc::new(ProcessClock),
    };
    publish_packages(location, items, &settings, &context.now_rfc3339()).map_err(publish_error)
}

fn publish_error(error: PublishPackagesError) -> CommandError {
    let hint = match &error {
        PublishPackagesError::Publish(error) if error.is_finding() => {
            let error = CommandError::findings(error);
            return error.with_hint("raise the chart's version: a published version never changes");
        }
        PublishPackagesError::Publish(PublishError::Index(IndexError::Broken(_))) => {
            Some("restore an earlier index.yaml, or make a new one from the archives with `helm repo index`")
        }
        PublishPackagesError::Publish(PublishError::Contended) => Some("push again: what was written is kept"),
        PublishPackagesError::Publish(PublishError::Store(error))
        | PublishPackagesError::Open(OpenError::Store(error)) => store_hint(error),
        PublishPackagesError::Publish(_) | PublishPackagesError::Open(OpenError::Network(_)) => None,
    };
    let error = CommandError::could_not_run(error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

const fn store_hint(error: &StoreError) -> Option<&'static str> {
    match &error.failure {
        StoreFailure::NoBucket => Some("create the bucket, or correct its name; AWS_ENDPOINT_URL names the store"),
        StoreFailure::Credentials { .. } => {
            Some("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is assigned")
        }
        StoreFailure::Answer { status: 401 | 403, .. } => {
            Some("check the AWS_* credentials, and that they may read and write the bucket")
        }
        _ => None,
    }
}
