//! `chartwright push`: archives to a chart repository.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::artifact::repository::{Item, Location, Outcome, PublishError, Timing, publish};
use crate::engine::chart::{load_files, read_archive};

use super::command_error::CommandError;
use super::exit_code::Exit;
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
    let mut said = String::new();
    for (item, outcome) in items.iter().zip(outcomes) {
        said.push_str(&outcome_line(item, outcome, &location));
    }
    context.write_stdout(said.as_bytes())?;
    Ok(Exit::Clean)
}

pub(super) fn outcome_line(item: &Item, outcome: Outcome, location: &Location) -> String {
    let (name, version) = (&item.metadata.name, &item.metadata.version);
    match outcome {
        Outcome::Published => format!("Pushed {name} {version} to {location}\n"),
        Outcome::AlreadyThere => format!("{name} {version} is in {location} already, with the same content\n"),
    }
}

fn read_item(context: RunContext, path: &str) -> Result<Item, CommandError> {
    let archive = context.read_file(path)?;
    let files = read_archive(&archive).map_err(|error| CommandError::findings(format!("{path}: {error}")))?;
    let chart = load_files(files).map_err(|error| CommandError::findings(format!("{path}: {error}")))?;
    let file_name = format!("{}-{}.tgz", chart.name(), chart.metadata.version);
    let given = Path::new(path)
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if given != file_name {
        context.report(&format!(
            "note: {path} holds {file_name} and is published under that name"
        ));
    }
    Ok(Item {
        metadata: chart.metadata,
        file_name,
        archive,
    })
}

/// Publishes to a repository, with the process's clock, dice and environment.
pub(super) fn publish_items(
    context: RunContext,
    location: &Location,
    items: &[Item],
) -> Result<Vec<Outcome>, CommandError> {
    let endpoint = context
        .variable("AWS_ENDPOINT_URL_S3")
        .or_else(|| context.variable("AWS_ENDPOINT_URL"));
    let mut store = location
        .open(endpoint.as_deref())
        .map_err(CommandError::could_not_run)?;
    let mut timing = Timing {
        now: context.now_rfc3339(),
        random: &mut random,
        sleep: &mut |pause: Duration| std::thread::sleep(pause),
    };
    publish(store.as_mut(), items, &mut timing).map_err(|error| match error {
        error if error.is_finding() => {
            CommandError::findings(error).with_hint("raise the chart's version: a published version never changes")
        }
        PublishError::Contended => CommandError::could_not_run(error).with_hint("push again: what was written stays"),
        error => CommandError::could_not_run(error),
    })
}

/// A number from 0 to 1; the middle where there are no random numbers.
fn random() -> f64 {
    let mut bytes = [0u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
