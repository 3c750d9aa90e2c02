//! `chartwright status`: the versions of images and charts that each environment runs, and how far it is behind the first one.

use clap::Args;
use serde_json::{Value as Json, json};

use crate::delivery::environment::{Environment, Environments, Lag, StatusRow, status};
use crate::text::redact::redact_url;

use super::cluster_run::{ClusterRun, TargetFlags};
use super::command_error::CommandError;
use super::environment_flags::{EnvironmentFlags, environments, releases};
use super::exit_code::Exit;
use super::history::{live_json, live_lines, live_status};
use super::move_images::table;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    /// Environments to look at [default: all].
    #[arg(value_name = "ENV")]
    environment: Vec<String>,
    /// Ask the clusters what they run.
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    environments: EnvironmentFlags,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    target: TargetFlags,
}

pub(super) fn run(context: RunContext, arguments: &StatusArguments) -> Result<Exit, CommandError> {
    let place = arguments.environments.place(context)?;
    let reader = arguments.environments.reader(context);
    let read = |path: &std::path::Path| reader.read(path);
    let all = environments(&place, &read)?;
    for name in &arguments.environment {
        all.named(name).map_err(CommandError::usage)?;
    }
    let is_named = |name: &String| arguments.environment.is_empty() || arguments.environment.contains(name);
    let mut found = Vec::new();
    for environment in all.list.iter().filter(|environment| is_named(&environment.name.text)) {
        found.extend(releases(context, environment, &[], (&place.working_directory, &read))?);
    }
    let rows = status(&found);
    let live = if arguments.live {
        let run = ClusterRun::new(context, &arguments.environments)?;
        let wanted: Vec<_> = all
            .list
            .iter()
            .filter(|environment| is_named(&environment.name.text))
            .collect();
        Some(live_status(&run, (&all, &wanted), &arguments.target)?)
    } else {
        None
    };
    match arguments.output {
        OutputFormat::Json => {
            let environments = all.list.iter().filter(|environment| is_named(&environment.name.text));
            let environments = environments.map(|environment| declared(environment, &all));
            let repositories = all.chart_repositories.iter();
            let repositories = repositories.map(|one| json!({"name": one.name.text, "url": redact_url(&one.url)}));
            print_json(
                context,
                &json!({
                    "environments": environments.collect::<Vec<_>>(),
                    "chartRepositories": repositories.collect::<Vec<_>>(),
                    "releases": rows.iter().map(as_json).collect::<Vec<_>>(),
                    "live": live.as_deref().map(live_json),
                }),
            )?;
        }
        OutputFormat::Text if rows.is_empty() => context.write_stdout(shown_line("no image is named").as_bytes())?,
        OutputFormat::Text => {
            let head = ["ENVIRONMENT", "RELEASE", "IMAGE OR CHART", "VERSION", "COMPARED"].map(str::to_owned);
            let lines = rows.iter().map(|row| {
                let version = match (row.version.as_str(), row.digest.as_str()) {
                    (version, "") => version.to_owned(),
                    (version, digest) => format!("{version}@{}", digest.get(..19).unwrap_or(digest)),
                };
                [
                    row.environment.clone(),
                    row.release.clone(),
                    row.what.clone(),
                    version,
                    row.lag.words(),
                ]
            });
            let lines: Vec<_> = std::iter::once(head).chain(lines).collect();
            context.write_stdout(table(&lines).as_bytes())?;
        }
    }
    if let (OutputFormat::Text, Some(live)) = (&arguments.output, &live) {
        context.write_stdout(format!("\n{}", table(&live_lines(live))).as_bytes())?;
    }
    Ok(Exit::Clean)
}

/// What is declared of an environment.
fn declared(environment: &Environment, all: &Environments) -> Json {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut entry = json!({
        "name": environment.name.text,
        "policy": environment.policy.name(),
        "namespace": some(&environment.namespace),
        "context": environment.context,
        "cluster": some(&environment.cluster),
        "provider": all.cluster_of(environment).map(|cluster| cluster.provider.to_string()),
    });
    if let Some(entry) = entry.as_object_mut() {
        entry.retain(|_, value| !value.is_null());
    }
    entry
}

fn as_json(row: &StatusRow) -> Json {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut entry = json!({
        "environment": row.environment,
        "release": row.release,
        "name": row.what,
        "version": some(&row.version),
        "digest": some(&row.digest),
        "place": some(&row.place),
        "track": row.track,
    });
    let more = match &row.lag {
        Lag::First => json!({"status": "first"}),
        Lag::Same => json!({"status": "same"}),
        Lag::Other {
            of,
            version,
            order,
            step,
        } => {
            let status = match order {
                Some(std::cmp::Ordering::Less) => "behind",
                Some(std::cmp::Ordering::Greater) => "ahead",
                _ => "other",
            };
            let step = step.map(crate::delivery::track::Step::name);
            json!({"status": status, "comparedWith": of, "versionThere": version, "step": step})
        }
    };
    if let (Some(entry), Json::Object(more)) = (entry.as_object_mut(), more) {
        entry.extend(more);
        entry.retain(|_, value| !value.is_null());
    }
    entry
}
