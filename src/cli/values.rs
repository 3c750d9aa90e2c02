//! `chartwright values`: the values of a release in an environment, and where each comes from. `chartwright vars`: the keys that one
//! environment sets and another does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::check::finding::{SecretValues, may_name_secret};
use crate::delivery::environment::{Layer, Leaf, Running, dotted};
use crate::text::visible::fitting;

use super::command_error::CommandError;
use super::environment_flags::{EnvironmentFlags, ReadBelow, environments, releases};
use super::exit_code::Exit;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;

/// Shown instead of a secret.
const MASK: &str = "***";

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
    let place = arguments.environments.place(context);
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
    let secrets = secrets_of(running, &place.working_directory, &reader);
    let shown = |path: &[String], leaf: &Leaf| shown_value(path, leaf, &secrets);
    match arguments.output {
        OutputFormat::Json => {
            let values = running.values.iter().map(|(path, leaf)| {
                let mut entry = written(&shown(path, leaf), leaf);
                if let Some(entry) = entry.as_object_mut() {
                    entry.insert("key".to_owned(), Json::from(dotted(path)));
                    let earlier = overridden(&running.layers, path, leaf);
                    let earlier = earlier.map(|leaf| written(&shown(path, leaf), leaf));
                    entry.insert("overrides".to_owned(), Json::Array(earlier.collect()));
                }
                entry
            });
            print_json(context, &json!({"values": values.collect::<Vec<_>>()}))?;
        }
        OutputFormat::Text => {
            let mut text = String::new();
            for (path, leaf) in &running.values {
                let value = shown(path, leaf);
                if arguments.explain {
                    text.push_str(&shown_line(&format!("{}: {value}  # {}", dotted(path), at(leaf))));
                    for earlier in overridden(&running.layers, path, leaf) {
                        let value = shown(path, earlier);
                        text.push_str(&shown_line(&format!("    wins over {value}  # {}", at(earlier))));
                    }
                } else {
                    text.push_str(&shown_line(&format!("{}: {value}", dotted(path))));
                }
            }
            context.write_stdout(text.as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

fn at(leaf: &Leaf) -> String {
    format!("{}:{}", leaf.place.file.path(), leaf.place.position().line)
}

fn written(value: &str, leaf: &Leaf) -> Json {
    json!({"value": value, "file": leaf.place.file.path(), "line": leaf.place.position().line})
}

/// What earlier sources give for a key, the latest first.
fn overridden<'l>(layers: &'l [Layer], path: &'l [String], winner: &'l Leaf) -> impl Iterator<Item = &'l Leaf> {
    let all = layers.iter().rev().filter_map(move |layer| layer.leaves.get(path));
    all.filter(move |leaf| leaf.place != winner.place)
}

/// The secrets in the files of a release.
fn secrets_of(running: &Running<'_>, directory: &Path, reader: &ReadBelow) -> SecretValues {
    let mut secrets = SecretValues::default();
    for layer in &running.layers {
        if let Ok(text) = reader.read(&directory.join(&layer.path)) {
            secrets.add_text(&text);
        }
        for (path, leaf) in &layer.leaves {
            secrets.add_assignment(&dotted(path), &leaf.text);
        }
    }
    secrets
}

/// A value that may be shown: `***` where a key on its way names a secret. Those that sops encrypted are shown as such.
fn shown_value(path: &[String], leaf: &Leaf, secrets: &SecretValues) -> String {
    if leaf.text.starts_with("ENC[") {
        return "(encrypted by sops)".to_owned();
    }
    if leaf.is_null {
        return "null".to_owned();
    }
    if !leaf.text.is_empty() && path.iter().any(|key| may_name_secret(key)) {
        return MASK.to_owned();
    }
    let text = secrets.hide(&leaf.text).into_owned();
    let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\u{240a}");
    fitting(&text).into_owned()
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

/// An environment, and the keys that it sets.
type EnvironmentKeys = (String, BTreeSet<Vec<String>>);

/// A key, and the environments that set it and that do not.
#[derive(Debug)]
struct Lacking {
    release: String,
    key: String,
    has: Vec<String>,
    lacks: Vec<String>,
}

pub(super) fn run_vars(context: RunContext, arguments: &VarsArguments) -> Result<Exit, CommandError> {
    let place = arguments.environments.place(context);
    let reader = arguments.environments.reader(context);
    let read = |path: &Path| reader.read(path);
    let all = environments(&place, &read)?;
    for name in &arguments.environment {
        all.named(name).map_err(CommandError::usage)?;
    }
    let is_named = |name: &String| arguments.environment.is_empty() || arguments.environment.contains(name);
    let mut set: BTreeMap<String, Vec<EnvironmentKeys>> = BTreeMap::new();
    for environment in all.list.iter().filter(|environment| is_named(&environment.name.text)) {
        for running in releases(context, environment, &[], (&place.working_directory, &read))? {
            let own = running.layers.iter().filter(|layer| !layer.is_of_chart);
            let keys = own.flat_map(|layer| layer.leaves.keys().cloned()).collect();
            let release = set.entry(running.release.name.text.clone()).or_default();
            release.push((environment.name.text.clone(), keys));
        }
    }
    let mut lacking = Vec::new();
    for (release, environments) in &set {
        let keys: BTreeSet<&Vec<String>> = environments.iter().flat_map(|(_, keys)| keys).collect();
        for key in keys {
            // A key below or above it is the same value, written otherwise.
            let has =
                |keys: &BTreeSet<Vec<String>>| keys.iter().any(|one| one.starts_with(key) || key.starts_with(one));
            let (with, without): (Vec<_>, Vec<_>) = environments.iter().partition(|(_, keys)| has(keys));
            if !without.is_empty() {
                let names = |list: Vec<&(String, _)>| list.into_iter().map(|(name, _)| name.clone()).collect();
                lacking.push(Lacking {
                    release: release.clone(),
                    key: dotted(key),
                    has: names(with),
                    lacks: names(without),
                });
            }
        }
    }
    match arguments.output {
        OutputFormat::Json => {
            let keys = lacking
                .iter()
                .map(|one| json!({"release": one.release, "key": one.key, "has": one.has, "lacks": one.lacks}));
            print_json(context, &json!({"keys": keys.collect::<Vec<_>>()}))?;
        }
        OutputFormat::Text if lacking.is_empty() => {
            context.write_stdout(shown_line("all environments set the same keys").as_bytes())?;
        }
        OutputFormat::Text => {
            let line = |one: &Lacking| {
                let (has, lacks) = (one.has.join(", "), one.lacks.join(", "));
                shown_line(&format!("{}: {} is set in {has}, not in {lacks}", one.release, one.key))
            };
            let text: String = lacking.iter().map(line).collect();
            context.write_stdout(text.as_bytes())?;
        }
    }
    Ok(if arguments.detailed_exitcode && !lacking.is_empty() {
        Exit::Updates
    } else {
        Exit::Clean
    })
}
