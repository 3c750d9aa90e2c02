//! `chartwright doctor`: what of git, the settings, the credentials and the repositories works, a line each.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::artifact::remote::{IndexedTarget, MaintainRemoteError, PublishTarget};
use crate::artifact::repository::Location;
use crate::config::{Check, Settings, State, check_forge, check_git, check_login, check_settings};
use crate::delivery::git::{RemoteName, WorkTree};
use crate::text::visible::shown_line;

use super::command_error::CommandError;
use super::destination_flags::{fork, read_event};
use super::exit_code::Exit;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repo;
use super::repository_flags::{OutputFormat, print_json};
use super::run_context::{RunContext, check_directory};

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Directory with charts below it.
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Configuration, instead of the chartwright.yaml of the directory, or of the nearest one above it in the repository.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask no repository.
    #[arg(long)]
    offline: bool,
    /// How to print.
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    remote: RemoteFlags,
}

pub(super) fn run(context: RunContext, arguments: &DoctorArguments) -> Result<Exit, CommandError> {
    let directory = &arguments.directory;
    check_directory(directory)?;
    let settings = Settings::read(arguments.config.as_deref(), directory);
    let variables = |name: &str| context.variable(name);
    let ct = settings.as_ref().ok().and_then(|settings| settings.config.ct.as_ref());
    let mut checks = check_git(directory, ct, &variables, &read_event);
    checks.extend(check_settings(directory, &settings, arguments.config.as_deref()));
    let remote = ct.map_or_else(RemoteName::origin, |ct| ct.remote.clone());
    let address = WorkTree::of(directory).and_then(|tree| tree.remote_address(&remote));
    if let Ok(address) = address {
        checks.push(check_forge(&address, &variables));
    }
    if let Ok(settings) = &settings {
        checks.extend(check_repositories(context, arguments, settings));
    }
    match arguments.output {
        OutputFormat::Text => context.write_stdout(table(&checks).as_bytes())?,
        OutputFormat::Json => print_json(
            context,
            &json!({"checks": checks.iter().map(as_json).collect::<Vec<_>>()}),
        )?,
    }
    let has_failed = checks.iter().any(|check| check.state == State::Failed);
    Ok(if has_failed { Exit::Findings } else { Exit::Clean })
}

/// The repositories of the settings: their logins, and whether they answer. Whoever opens a pull request from a fork writes the settings
/// in it, so nothing is sent to what those name.
fn check_repositories(context: RunContext, arguments: &DoctorArguments, settings: &Settings) -> Vec<Check> {
    let configured = match settings.repositories(&context.working_directory()) {
        Ok(configured) => configured,
        Err(error) => return vec![Check::failed("repositories", error.to_string(), None)],
    };
    let named = configured
        .named
        .into_iter()
        .map(|one| (format!("repository {}", one.name), one.target));
    let unnamed = configured.unnamed.map(|target| ("repository".to_owned(), target));
    let targets: Vec<(String, PublishTarget)> = named.chain(unnamed).collect();
    if targets.is_empty() {
        let advice =
            "none is needed to check charts; to publish them, name one in chartwright.yaml, or with `ci --repository`";
        return vec![Check::warning("repositories", "the settings name none", advice)];
    }
    if let Some(reason) = fork(context).filter(|_| arguments.config.is_none()) {
        let advice = "name settings that are not from the pull request with --config";
        return vec![Check::warning("repositories", format!("not asked: {reason}"), advice)];
    }
    let mut checks = Vec::new();
    match arguments.remote.logins(context) {
        Ok(logins) => checks.extend(
            targets
                .iter()
                .filter_map(|(topic, target)| check_login(topic, target, &logins)),
        ),
        Err(error) => checks.push(failed("logins", &error)),
    }
    if !arguments.offline {
        checks.extend(
            targets
                .iter()
                .map(|(topic, target)| check_answer(context, arguments, topic, target)),
        );
    }
    checks
}

/// Whether a repository answers, and its list of charts can be read.
fn check_answer(context: RunContext, arguments: &DoctorArguments, topic: &str, target: &PublishTarget) -> Check {
    if let PublishTarget::Indexed(IndexedTarget {
        location: Location::Disk(directory),
        ..
    }) = target
        && !directory.exists()
    {
        let found = format!("{} does not exist", directory.display());
        return Check::warning(topic, found, "the first push makes it");
    }
    let charts = match repo::charts(context, &arguments.remote, &LoginFlags::default(), &[target]) {
        Ok(charts) => charts,
        Err(error) => return failed(topic, &error),
    };
    match charts.list(target, None) {
        Ok(versions) => Check::works(
            topic,
            format!("{target} answers, versions of charts: {}", versions.len()),
        ),
        Err(error @ MaintainRemoteError::NoList { .. }) => {
            let advice = "it answers and lists no charts, which pushing and pulling do not need";
            Check::warning(topic, error.to_string(), advice)
        }
        Err(error) => failed(topic, &repo::error(error)),
    }
}

fn failed(topic: &str, error: &CommandError) -> Check {
    Check::failed(topic, error.message(), error.advice())
}

/// A line for each check, with the advice below it, and a line with what they come to.
fn table(checks: &[Check]) -> String {
    let width = checks
        .iter()
        .map(|check| check.topic.chars().count())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let (state, topic) = (check.state.word(), shown_line(&check.topic));
        text.push_str(&format!("{state:<7}  {topic:<width$}  {}\n", shown_line(&check.found)));
        if let Some(advice) = &check.advice {
            text.push_str(&format!("{:7}  {:width$}  help: {}\n", "", "", shown_line(advice)));
        }
    }
    let count = |state: State| checks.iter().filter(|check| check.state == state).count();
    let (failed, warnings) = (count(State::Failed), count(State::Warning));
    text.push_str(&format!(
        "\n{} checks: {failed} failed, {warnings} with a warning\n",
        checks.len()
    ));
    text
}

fn as_json(check: &Check) -> Json {
    json!({
        "check": shown_line(&check.topic),
        "result": check.state.word(),
        "found": shown_line(&check.found),
        "advice": check.advice.as_deref().map(shown_line),
    })
}
