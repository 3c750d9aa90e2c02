//! `chartwright completion`: the script with which a shell completes commands and flags.

use clap::{Args, ValueEnum};
use clap_complete::aot::{Bash, Fish, PowerShell, Zsh, generate};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct CompletionArguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// Writes the script for all commands of the program.
pub(super) fn run(
    context: RunContext,
    arguments: &CompletionArguments,
    mut program: clap::Command,
) -> Result<Exit, CommandError> {
    let name = "chartwright";
    let mut script = Vec::new();
    match arguments.shell {
        Shell::Bash => generate(Bash, &mut program, name, &mut script),
        Shell::Zsh => generate(Zsh, &mut program, name, &mut script),
        Shell::Fish => generate(Fish, &mut program, name, &mut script),
        Shell::Powershell => generate(PowerShell, &mut program, name, &mut script),
    }
    context.write_stdout(&script)?;
    Ok(Exit::Clean)
}
