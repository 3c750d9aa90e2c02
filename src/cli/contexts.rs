//! `chartwright contexts` and `use`: environments are made reachable with the user's own programs, and one of them the current one.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::cluster::commands::use_context;
use crate::cluster::contexts::{ContextsError, Initialisation, initialise};
use crate::cluster::program::{ProgramCall, Programs};
use crate::cluster::target::target_of;
use crate::delivery::environment::{Environment, Environments};
use crate::text::redact::redact_message;

use super::command_error::CommandError;
use super::environment_flags::{EnvironmentFlags, chosen, environments};
use super::exit_code::Exit;
use super::repository_flags::shown_line;
use super::run_context::RunContext;

/// Longest time for one of these programs: some ask servers far away.
const LIMIT: Duration = Duration::from_mins(5);

#[derive(Debug, Args)]
pub(super) struct ContextsArguments {
    /// Environments to make reachable [default: all].
    #[arg(value_name = "ENV", conflicts_with = "cluster")]
    environment: Vec<String>,
    /// Make the environments of this cluster reachable.
    #[arg(short, long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// Use the access that GitLab gives to its jobs, whatever the provider: a cluster and a user named gitlab-deploy.
    #[arg(long)]
    gitlab: bool,
    /// Make contexts only: repositories and credentials are there already.
    #[arg(long)]
    contexts_only: bool,
    /// Print the commands and run nothing.
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    environments: EnvironmentFlags,
}

#[derive(Debug, Args)]
pub(super) struct UseArguments {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment: String,
    /// Print the command and do not run it.
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    environments: EnvironmentFlags,
}

pub(super) fn run(context: RunContext, arguments: &ContextsArguments) -> Result<Exit, CommandError> {
    let place = arguments.environments.place(context)?;
    let reader = arguments.environments.reader(context);
    let read = |path: &Path| reader.read(path);
    let all = environments(&place, &read)?;
    let names = chosen(context, &place, &arguments.environment)?;
    for name in &names {
        all.named(name).map_err(CommandError::usage)?;
    }
    let meant = if let Some(cluster) = &arguments.cluster {
        all.in_cluster(cluster).map_err(CommandError::usage)?
    } else {
        // `auto` may stand for none of them.
        let is_meant = |one: &&Environment| arguments.environment.is_empty() || names.contains(&one.name.text);
        all.list.iter().filter(is_meant).collect()
    };
    for environment in &meant {
        if let Some(note) = without_cluster(environment, &all) {
            context.report(&format!("note: {note}"));
        }
    }
    let initialisation = Initialisation {
        environments: &all,
        meant,
        is_gitlab: arguments.gitlab,
        contexts_only: arguments.contexts_only,
    };
    make_reachable(context, &initialisation, arguments.dry_run)?;
    Ok(Exit::Clean)
}

/// Makes environments reachable, or prints the commands that would.
pub(super) fn make_reachable(
    context: RunContext,
    initialisation: &Initialisation<'_>,
    is_dry_run: bool,
) -> Result<(), CommandError> {
    let variables = |name: &str| context.variable(name);
    if is_dry_run {
        let steps = initialisation.steps(&variables).map_err(contexts_error)?;
        for call in steps.iter().flat_map(crate::cluster::contexts::ContextStep::calls) {
            context.write_stdout(shown(&call).as_bytes())?;
        }
        return Ok(());
    }
    let show = |call: &ProgramCall| context.report(&call.to_string());
    initialise(initialisation, &variables, &programs(context), &show).map_err(contexts_error)
}

pub(super) fn run_use(context: RunContext, arguments: &UseArguments) -> Result<Exit, CommandError> {
    let place = arguments.environments.place(context)?;
    let reader = arguments.environments.reader(context);
    let all = environments(&place, &|path: &Path| reader.read(path))?;
    let environment = all.named(&arguments.environment).map_err(CommandError::usage)?;
    let Some(call) = use_context(&target_of(environment, &all, None, false)) else {
        let message = format!("environment `{}` has no context", environment.name.text);
        return Err(CommandError::usage(message).with_hint(
            "an environment of environments.yaml has one unless its provider is `inCluster`, one of chartwright.yaml where it has a `context`",
        ));
    };
    if arguments.dry_run {
        context.write_stdout(shown(&call).as_bytes())?;
        return Ok(Exit::Clean);
    }
    context.report(&call.to_string());
    let output = programs(context).output(&call, b"").map_err(|error| {
        let error = CommandError::could_not_run(error);
        error.with_hint("`chartwright contexts` makes the contexts of environments")
    })?;
    context.write_stdout(shown_line(String::from_utf8_lossy(&output).trim_end()).as_bytes())?;
    Ok(Exit::Clean)
}

/// Why there is nothing to do for an environment.
fn without_cluster(environment: &Environment, all: &Environments) -> Option<String> {
    if all.cluster_of(environment).is_some() {
        return None;
    }
    let with = match &environment.context {
        Some(context) => format!("the context `{context}`"),
        None => "the current context".to_owned(),
    };
    Some(format!(
        "{} names no cluster, and is reached with {with} of the kubeconfig",
        environment.name.text
    ))
}

/// The user's programs, as this run starts them.
fn programs(context: RunContext) -> Programs {
    Programs {
        run: context.random_name(),
        limit: LIMIT,
        hidden: Vec::new(),
    }
}

/// A command as a line.
fn shown(call: &ProgramCall) -> String {
    shown_line(&redact_message(&call.to_string()))
}

fn contexts_error(error: ContextsError) -> CommandError {
    match error {
        ContextsError::Repository(_) => CommandError::usage(error),
        ContextsError::Program(_) => CommandError::could_not_run(error),
        ContextsError::Context { .. } => {
            CommandError::could_not_run(error).with_hint("`kubectl config get-contexts` lists them")
        }
    }
}
