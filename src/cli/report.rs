//! `chartwright report merge`: the JSON reports of several runs as one, in any format.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::report::{merge_reports, step_summary};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file, replace_file};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::report_flags::{CHECKS, Wanted};
use super::run_context::{RunContext, open_error};
use super::summary_flags::{Summary, SummaryFlags};

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
    /// File to write as JSON, instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to report, as in `ci`: text, json, sarif, junit, tap, github, gitlab, markdown, html or dotenv, each with =FILE to write it to
    /// a file (repeatable). Lines of files are in none of them.
    #[arg(long, value_name = "FORMAT[=FILE]")]
    report: Vec<String>,
    #[command(flatten)]
    summary: SummaryFlags,
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
    let wanted = arguments.report.iter().map(|text| Wanted::parse(text));
    let wanted = wanted.collect::<Result<Vec<_>, CommandError>>()?;
    let reports = arguments
        .files
        .iter()
        .map(read)
        .collect::<Result<Vec<_>, CommandError>>()?;
    let merged = merge_reports(&reports).map_err(CommandError::could_not_run)?;
    let [errors, warnings, infos] = merged.counts();
    if let Some(path) = &arguments.output {
        replace_file(path, merged.as_json().as_bytes())
            .map_err(|error| CommandError::could_not_run(format!("cannot write {}: {error}", path.display())))?;
    } else if wanted.is_empty() {
        context.write_stdout(merged.as_json().as_bytes())?;
    }
    let places = arguments.summary.places(context, CHECKS);
    if !wanted.is_empty() || places.are_wanted() {
        let outputs = [
            ("findings", (errors + warnings + infos).to_string()),
            ("errors", errors.to_string()),
            ("warnings", warnings.to_string()),
        ];
        let written = merged.with_report(|report| {
            let summary = Summary {
                says_something: report.says_something(),
                text: &|most_bytes| step_summary(report, most_bytes),
                outputs: &outputs,
            };
            places.write(context, summary);
            wanted.iter().try_for_each(|wanted| wanted.write(context, report))
        });
        written.map_err(CommandError::could_not_run)??;
    }
    context.report(&merged.sentence());
    Ok(if arguments.fail && errors > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    })
}
