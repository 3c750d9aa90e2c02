//! `chartwright values`: the values of a release in an environment, and where each comes from. `chartwright vars`: the keys that one
//! environment sets and another does not.

use std::path::Path;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::delivery::environment::{MissingKey, ShownSource, ShownValue, missing_keys, shown_values};

use super::command_error::CommandError;
use super::environment_flags::{EnvironmentFlags, environments, releases};
use super::exit_code::Exit;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct ValuesArguments {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment: String,
    /// The release [default: the only one].
    #[arg(value_name = "RELEASE")]
    release: Option<String>,
    /// Say where each value comes from, and what it wins over.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    environments: EnvironmentFlags,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
}

pub(super) fn run(context: RunContext, arguments: &ValuesArguments) -> Result<Exit, CommandError> {
    let place = arguments.environments.place(context)?;
    let reader = arguments.environments.reader(context);
    let read = |path: &Path| reader.read(path);
    let all = environments(&place, &read)?;
    let environment = all.named(&arguments.environment).map_err(CommandError::usage)?;
    let names: Vec<String> = match (&arguments.release, environment.releases.as_slice()) {
        (Some(name), _) => vec![name.clone()],
        (None, [only]) => vec![only.name.text.clone()],
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|release| release.name.text.as_str()).collect();
            return Err(CommandError::usage(format!(
                "environment `{}` has {} releases: name one of {}",
                environment.name.text,
                names.len(),
                names.join(", ")
            )));
        }
    };
    let found = releases(context, environment, &names, (&place.working_directory, &read))?;
    let Some(running) = found.first() else {
        return Ok(Exit::Clean);
    };
    let values = shown_values(running, &place.working_directory, &read);
    match arguments.output {
        OutputFormat::Json => print_json(
            context,
            &json!({"values": values.iter().map(as_json).collect::<Vec<_>>()}),
        )?,
        OutputFormat::Text => {
            let text: String = values.iter().map(|value| as_text(value, arguments.explain)).collect();
            context.write_stdout(text.as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

fn as_text(shown: &ShownValue, explains: bool) -> String {
    let ShownValue { key, source, overrides } = shown;
    if !explains {
        return shown_line(&format!("{key}: {}", source.value));
    }
    let at = |source: &ShownSource| format!("{}  # {}:{}", source.value, source.file, source.line);
    let earlier = overrides
        .iter()
        .map(|earlier| shown_line(&format!("    wins over {}", at(earlier))));
    shown_line(&format!("{key}: {}", at(source))) + &earlier.collect::<String>()
}

fn as_json(shown: &ShownValue) -> Json {
    let source = |source: &ShownSource| json!({"value": source.value, "file": source.file, "line": source.line});
    let mut entry = source(&shown.source);
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("key".to_owned(), Json::from(shown.key.as_str()));
        let overrides = shown.overrides.iter().map(source);
        entry.insert("overrides".to_owned(), Json::Array(overrides.collect()));
    }
    entry
}

#[derive(Debug, Args)]
pub(super) struct VarsArguments {
    /// Environments to compare [default: all].
    #[arg(value_name = "ENV")]
    environment: Vec<String>,
    #[command(flatten)]
    environments: EnvironmentFlags,
    /// End with exit code 10 when an environment lacks a key.
    #[arg(long)]
    detailed_exitcode: bool,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
}

pub(super) fn run_vars(context: RunContext, arguments: &VarsArguments) -> Result<Exit, CommandError> {
    let place = arguments.environments.place(context)?;
    let reader = arguments.environments.reader(context);
    let read = |path: &Path| reader.read(path);
    let all = environments(&place, &read)?;
    for name in &arguments.environment {
        all.named(name).map_err(CommandError::usage)?;
    }
    let is_named = |name: &String| arguments.environment.is_empty() || arguments.environment.contains(name);
    let mut found = Vec::new();
    for environment in all.list.iter().filter(|environment| is_named(&environment.name.text)) {
        found.extend(releases(context, environment, &[], (&place.working_directory, &read))?);
    }
    let missing = missing_keys(&found);
    match arguments.output {
        OutputFormat::Json => {
            let keys = missing
                .iter()
                .map(|one| json!({"release": one.release, "key": one.key, "has": one.has, "lacks": one.lacks}));
            print_json(context, &json!({"keys": keys.collect::<Vec<_>>()}))?;
        }
        OutputFormat::Text if missing.is_empty() => {
            context.write_stdout(shown_line("all environments set the same keys").as_bytes())?;
        }
        OutputFormat::Text => {
            let line = |one: &MissingKey| {
                let (has, lacks) = (one.has.join(", "), one.lacks.join(", "));
                shown_line(&format!("{}: {} is set in {has}, not in {lacks}", one.release, one.key))
            };
            let text: String = missing.iter().map(line).collect();
            context.write_stdout(text.as_bytes())?;
        }
    }
    Ok(if arguments.detailed_exitcode && !missing.is_empty() {
        Exit::Updates
    } else {
        Exit::Clean
    })
}
