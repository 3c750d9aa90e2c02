//! `chartwright report merge`: the JSON reports of several runs as one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::report::merge_reports;
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file, replace_file};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::{RunContext, open_error};

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Join the JSON reports of several runs, such as those of `ci --shard`, into one.
    Merge(MergeArguments),
}

#[derive(Debug, Args)]
struct MergeArguments {
    /// Reports that were written by `--report json=FILE`.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// File to write, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit with 1 if there are errors.
    #[arg(long)]
    fail: bool,
}

pub(super) fn run(context: RunContext, arguments: &ReportArguments) -> Result<Exit, CommandError> {
    let ReportCommand::Merge(arguments) = &arguments.command;
    let read = |path: &PathBuf| {
        let text = read_file(path, Named::ByUser, FILE_BYTES);
        let text = text.map_err(|error| CommandError::could_not_run(open_error(path, &error)))?;
        Ok((path.display().to_string(), text))
    };
    let reports = arguments
        .files
        .iter()
        .map(read)
        .collect::<Result<Vec<_>, CommandError>>()?;
    let merged = merge_reports(&reports).map_err(CommandError::could_not_run)?;
    match &arguments.output {
        None => context.write_stdout(merged.text.as_bytes())?,
        Some(path) => replace_file(path, merged.text.as_bytes())
            .map_err(|error| CommandError::could_not_run(format!("cannot write {}: {error}", path.display())))?,
    }
    let [errors, warnings, _] = merged.counts;
    context.report(&format!(
        "{} charts in {} reports: {errors} errors, {warnings} warnings",
        merged.checked,
        reports.len()
    ));
    Ok(if arguments.fail && errors > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    })
}
