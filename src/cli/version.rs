//! `chartwright version`: the version, the commit it was built from, and what it follows.

use clap::Args;
use serde_json::json;

use crate::engine::render::{HELM_VERSION, HELM3_VERSION};
use crate::kubernetes::version::EMBEDDED_MINORS;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::repository_flags::{OutputFormat, print_json};
use super::run_context::RunContext;

/// The commit, where the build script knows it.
const COMMIT: Option<&str> = option_env!("CHARTWRIGHT_COMMIT");
/// The day of that commit.
pub(super) const COMMIT_DATE: Option<&str> = option_env!("CHARTWRIGHT_COMMIT_DATE");

#[derive(Debug, Args)]
pub(super) struct VersionArguments {
    /// How to print.
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
}

pub(super) fn run(context: RunContext, arguments: &VersionArguments) -> Result<Exit, CommandError> {
    if arguments.output == OutputFormat::Json {
        print_json(
            context,
            &json!({
                "version": env!("CARGO_PKG_VERSION"),
                "commit": COMMIT,
                "date": COMMIT_DATE,
                "helm": {"default": HELM_VERSION, "compat": HELM3_VERSION},
                "kubernetes": {
                    "oldest": format!("1.{}", EMBEDDED_MINORS.start()),
                    "newest": format!("1.{}", EMBEDDED_MINORS.end()),
                },
            }),
        )?;
        return Ok(Exit::Clean);
    }
    print(context)
}

/// Prints the version as text.
pub(super) fn print(context: RunContext) -> Result<Exit, CommandError> {
    let version = env!("CARGO_PKG_VERSION");
    let (oldest, newest) = (EMBEDDED_MINORS.start(), EMBEDDED_MINORS.end());
    let commit = COMMIT.zip(COMMIT_DATE);
    let commit = commit.map_or_else(String::new, |(commit, date)| format!(" ({commit}, {date})"));
    let helm = format!("Helm {HELM_VERSION}, with --compat helm3 {HELM3_VERSION}");
    let text = format!("chartwright {version}{commit}\n{helm}\nKubernetes 1.{oldest} to 1.{newest}\n");
    context.write_stdout(text.as_bytes())?;
    Ok(Exit::Clean)
}
