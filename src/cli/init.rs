//! `chartwright init`: looks at a repository, and writes the settings, the pipeline and the hooks that it lacks.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Proposal, ProposedFile, ProposedKind, Survey, SurveyError};
use crate::text::visible::visible_lines;

use super::ci_plan::no_chart;
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::{RunContext, check_directory};

#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// Directory with charts below it.
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Print what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: RunContext, arguments: &InitArguments) -> Result<Exit, CommandError> {
    check_directory(&arguments.directory)?;
    let survey = Survey::of(&arguments.directory, &|name| context.variable(name));
    let survey = survey.map_err(|error| match error {
        SurveyError::NoChart(directory) => no_chart(&directory),
        SurveyError::Walk(error) => CommandError::could_not_run(error),
    })?;
    let proposal = Proposal::new(&survey);
    if !arguments.dry_run {
        proposal.write().map_err(CommandError::could_not_run)?;
    }
    context.write_stdout(visible_lines(&text(&proposal, arguments.dry_run)).as_bytes())?;
    Ok(Exit::Clean)
}

fn text(proposal: &Proposal, is_dry_run: bool) -> String {
    let mut text = "Found:\n".to_owned();
    for line in &proposal.found {
        text.push_str(&format!("  {line}\n"));
    }
    text.push('\n');
    for ProposedFile { path, kind, why } in &proposal.files {
        match kind {
            ProposedKind::Write(_) if is_dry_run => text.push_str(&format!("{path} would be written:\n")),
            ProposedKind::Write(_) => text.push_str(&format!("{path} is written:\n")),
            ProposedKind::Add(_) => text.push_str(&format!("{path} exists and is not changed. To add to it:\n")),
            ProposedKind::Keep => text.push_str(&format!("{path}:\n")),
        }
        for line in why {
            text.push_str(&format!("  {line}\n"));
        }
        match kind {
            ProposedKind::Write(content) if is_dry_run => text.push_str(&format!("\n{content}\n")),
            ProposedKind::Add(lines) => text.push_str(&format!("\n{lines}\n")),
            _ => {}
        }
    }
    text.push_str("\nNext:\n");
    for (command, purpose) in &proposal.next {
        text.push_str(&format!("  {command}\n      {purpose}\n"));
    }
    text
}
