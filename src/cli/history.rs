//! `chartwright history`, `trace`, `drift`, `status --live` and `rollback --live`: what runs in clusters, what ran, and the way back.

use clap::Args;
use serde_json::{Value as Json, json};

use crate::cluster::apply::ApplyOptions;
use crate::cluster::history::{HistoryRow, history, is_about, newest};
use crate::cluster::live::LiveCluster;
use crate::cluster::plan::plan_environment;
use crate::cluster::record::{Record, RecordResult, Records};
use crate::cluster::roll_back::{RollBackError, roll_back_release};
use crate::delivery::environment::{Environment, Environments, Release, UnknownName};
use crate::report::{DiffTextOptions, plan_as_json, plan_as_text};

use super::adopt::AdoptFlags;
use super::apply::apply_error;
use super::cluster_run::{ClusterRun, PlanFlags, TargetFlags, now_micros, plan_error, program_error};
use super::command_error::CommandError;
use super::environment_flags::{EnvironmentFlags, environments};
use super::exit_code::Exit;
use super::move_images::table;
use super::notify::notify_of_environment;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;
use super::time_flag::duration;

/// How many images of a revision are named in a line.
const NAMED: usize = 3;

#[derive(Debug, Args)]
pub(super) struct HistoryArguments {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment: String,
    /// Releases [default: all].
    #[arg(value_name = "RELEASE")]
    release: Vec<String>,
    #[command(flatten)]
    environments: EnvironmentFlags,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    target: TargetFlags,
}

#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    /// A commit or its beginning, an image, its tag or digest, a chart's name and version, or ENV/RELEASE/REVISION.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    environments: EnvironmentFlags,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    target: TargetFlags,
}

#[derive(Debug, Args)]
pub(super) struct DriftArguments {
    /// Environments [default: all].
    #[arg(value_name = "ENV")]
    environment: Vec<String>,
    #[command(flatten)]
    environments: EnvironmentFlags,
    /// Show objects that are added or removed with all their lines.
    #[arg(long)]
    full: bool,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    plan: PlanFlags,
    #[command(flatten)]
    adopt: AdoptFlags,
}

fn all_environments(run: &ClusterRun, flags: &EnvironmentFlags) -> Result<Environments, CommandError> {
    let reader = flags.reader(run.context);
    environments(&run.place, &|path| reader.read(path))
}

pub(super) fn run(context: RunContext, arguments: &HistoryArguments) -> Result<Exit, CommandError> {
    let run = ClusterRun::new(context, &arguments.environments)?;
    let all = all_environments(&run, &arguments.environments)?;
    let environment = all.named(&arguments.environment).map_err(CommandError::usage)?;
    let cluster = run.cluster((&all, environment), &arguments.target)?;
    let records = Records::read(&cluster, &environment.name.text).map_err(program_error)?;
    // Releases that the files do not have any more have a history too.
    let wanted: Vec<(String, Vec<String>)> = if arguments.release.is_empty() {
        let named = environment.releases.iter().filter(|one| !one.name.text.is_empty());
        named.map(|one| (one.name.text.clone(), one.helm_names())).collect()
    } else {
        let helm_names = |name: &String| {
            let declared = environment.release(name).map(Release::helm_names);
            declared.unwrap_or_else(|_| vec![name.clone()])
        };
        let given = arguments.release.iter();
        given.map(|name| (name.clone(), helm_names(name))).collect()
    };
    let mut rows = Vec::new();
    for (release, names) in &wanted {
        let mut found = Vec::new();
        for name in names {
            found.extend(history(&cluster, &records, name).map_err(program_error)?);
        }
        if found.is_empty()
            && let Err(error) = environment.release(release)
        {
            return Err(unknown_release(&cluster, error));
        }
        rows.extend(found);
    }
    match arguments.output {
        OutputFormat::Json => print_json(
            context,
            &json!({"releases": rows.iter().map(row_as_json).collect::<Vec<_>>()}),
        )?,
        OutputFormat::Text if rows.is_empty() => {
            context.write_stdout(shown_line("nothing was released there yet").as_bytes())?;
        }
        OutputFormat::Text => {
            let head = [
                "RELEASE", "REVISION", "TIME", "CHART", "IMAGES", "COMMIT", "WHO", "RESULT",
            ]
            .map(str::to_owned);
            let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(row_line)).collect();
            context.write_stdout(table(&lines).as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

/// The error about a release that neither the files nor the cluster have.
fn unknown_release(cluster: &LiveCluster<'_>, error: UnknownName) -> CommandError {
    let error = CommandError::usage(error);
    match cluster.newest_releases() {
        Ok(known) if !known.is_empty() => {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            error.with_hint(format!("the cluster has {}", names.join(", ")))
        }
        _ => error,
    }
}

fn row_line(row: &HistoryRow) -> [String; 8] {
    let record = row.record.as_ref();
    let commit = record.map(|record| short(&record.commit)).unwrap_or_default();
    [
        row.release.clone(),
        row.revision.to_string(),
        row.time.split('.').next().unwrap_or_default().to_owned(),
        row.chart.clone(),
        images(&row.images),
        commit,
        record.map(|record| record.who.clone()).unwrap_or_default(),
        row.result().to_owned(),
    ]
}

/// The beginning of a commit.
fn short(commit: &str) -> String {
    let (sha, more) = commit.split_once('-').map_or((commit, ""), |(sha, _)| (sha, "-dirty"));
    format!("{}{more}", sha.get(..10).unwrap_or(sha))
}

fn images(images: &[String]) -> String {
    let mut shown: Vec<String> = images
        .iter()
        .take(NAMED)
        .map(|image| image.rsplit('/').next().unwrap_or(image).to_owned())
        .collect();
    if images.len() > NAMED {
        shown.push(format!("{} more", images.len() - NAMED));
    }
    shown.join(", ")
}

fn row_as_json(row: &HistoryRow) -> Json {
    json!({
        "release": row.release,
        "revision": row.revision,
        "time": row.time,
        "chart": row.chart,
        "images": row.images,
        "status": row.status,
        "description": row.description,
        "result": row.result(),
        "record": row.record,
    })
}

/// What runs in environments: a line for each release, as the cluster has it.
pub(super) fn live_status(
    run: &ClusterRun,
    (all, wanted): (&Environments, &[&Environment]),
    target: &TargetFlags,
) -> Result<Vec<(String, HistoryRow)>, CommandError> {
    let mut rows = Vec::new();
    for environment in wanted {
        let cluster = run.cluster((all, environment), target)?;
        let name = environment.name.text.clone();
        let records = Records::read(&cluster, &name).map_err(program_error)?;
        let found = newest(&cluster, &records).map_err(program_error)?;
        let declared: Vec<String> = environment.releases.iter().flat_map(Release::helm_names).collect();
        let is_declared = |row: &HistoryRow| declared.contains(&row.release);
        rows.extend(found.into_iter().filter(is_declared).map(|row| (name.clone(), row)));
    }
    Ok(rows)
}

/// The lines of what runs.
pub(super) fn live_lines(rows: &[(String, HistoryRow)]) -> Vec<[String; 7]> {
    let head = [
        "ENVIRONMENT",
        "RELEASE",
        "REVISION",
        "CHART",
        "IMAGES",
        "COMMIT",
        "STATUS",
    ]
    .map(str::to_owned);
    let line = |(environment, row): &(String, HistoryRow)| {
        let [release, revision, _, chart, images, commit, _, result] = row_line(row);
        [environment.clone(), release, revision, chart, images, commit, result]
    };
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

/// The same for programs.
pub(super) fn live_json(rows: &[(String, HistoryRow)]) -> Json {
    let rows = rows.iter().map(|(environment, row)| {
        let mut entry = row_as_json(row);
        if let Some(entry) = entry.as_object_mut() {
            entry.insert("environment".to_owned(), Json::from(environment.as_str()));
        }
        entry
    });
    rows.collect()
}

pub(super) fn run_trace(context: RunContext, arguments: &TraceArguments) -> Result<Exit, CommandError> {
    let run = ClusterRun::new(context, &arguments.environments)?;
    let all = all_environments(&run, &arguments.environments)?;
    let parts: Vec<&str> = arguments.id.split('/').collect();
    let revision = match parts.as_slice() {
        [environment, release, revision] => revision
            .parse::<u64>()
            .ok()
            .map(|number| (*environment, *release, number)),
        _ => None,
    };
    let mut found: Vec<(String, Record)> = Vec::new();
    for environment in &all.list {
        let cluster = run.cluster((&all, environment), &arguments.target)?;
        let name = &environment.name.text;
        let records = Records::read(&cluster, name).map_err(program_error)?;
        let is_wanted = |record: &Record| match revision {
            Some((own, release, number)) => own == name && record.release == release && record.revision == number,
            None => is_about(record, &arguments.id),
        };
        found.extend(
            records
                .list
                .into_iter()
                .filter(is_wanted)
                .map(|record| (name.clone(), record)),
        );
    }
    match arguments.output {
        OutputFormat::Json => {
            let records = found
                .iter()
                .map(|(environment, record)| json!({"environment": environment, "record": record}));
            print_json(context, &json!({"records": records.collect::<Vec<_>>()}))?;
        }
        OutputFormat::Text if found.is_empty() => {
            let line = format!("nothing that was applied is about {}", arguments.id);
            context.write_stdout(shown_line(&line).as_bytes())?;
        }
        OutputFormat::Text => {
            let head = [
                "ENVIRONMENT",
                "RELEASE",
                "REVISION",
                "TIME",
                "CHART",
                "IMAGES",
                "COMMIT",
                "RESULT",
            ]
            .map(str::to_owned);
            let lines = found.iter().map(|(environment, record)| {
                [
                    environment.clone(),
                    record.release.clone(),
                    record.revision.to_string(),
                    record.started.split('.').next().unwrap_or_default().to_owned(),
                    record.chart.clone(),
                    record.images.join(", "),
                    record.commit.clone(),
                    record.result.name().to_owned(),
                ]
            });
            let lines: Vec<_> = std::iter::once(head).chain(lines).collect();
            context.write_stdout(table(&lines).as_bytes())?;
        }
    }
    Ok(if found.is_empty() { Exit::Findings } else { Exit::Clean })
}

pub(super) fn run_drift(context: RunContext, arguments: &DriftArguments) -> Result<Exit, CommandError> {
    arguments.adopt.check()?;
    let run = ClusterRun::new(context, &arguments.environments)?;
    let all = all_environments(&run, &arguments.environments)?;
    let named = arguments
        .environment
        .iter()
        .map(|name| all.named(name).map_err(CommandError::usage));
    let mut wanted = named.collect::<Result<Vec<_>, _>>()?;
    if wanted.is_empty() {
        wanted = all.list.iter().collect();
    }
    if arguments.adopt.adopt {
        let how = (&arguments.environments, &arguments.plan, arguments.output);
        return arguments.adopt.run(&run, (&all, &wanted), how);
    }
    compare(
        &run,
        (&all, &wanted),
        (arguments.output, arguments.full),
        &arguments.plan,
    )
    .map(|differs| if differs { Exit::Drift } else { Exit::Clean })
}

/// Prints what differs between the cluster and what the files of environments say; whether anything does.
pub(super) fn compare(
    run: &ClusterRun,
    environments: (&Environments, &[&Environment]),
    (output, is_full): (OutputFormat, bool),
    flags: &PlanFlags,
) -> Result<bool, CommandError> {
    let context = run.context;
    let (mut differs, mut json) = (false, Vec::new());
    run.with_requests(environments, flags, None, &mut |request, cluster| {
        let plan = plan_environment(request, cluster).map_err(plan_error)?;
        differs |= plan.has_changes() || !plan.refused.is_empty();
        match output {
            OutputFormat::Json => json.push(plan_as_json(&plan, &cluster.target)),
            OutputFormat::Text => {
                let options = DiffTextOptions {
                    is_coloured: context.has_colour(),
                    is_full,
                };
                context.write_stdout(plan_as_text(&plan, &cluster.target, options).as_bytes())?;
            }
        }
        Ok(true)
    })?;
    if matches!(output, OutputFormat::Json) {
        print_json(context, &json!({"environments": json}))?;
    }
    Ok(differs)
}

/// Flags of `rollback --live`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cluster")]
pub(super) struct LiveRollbackFlags {
    /// Roll the release back in its cluster, to a revision that Helm has; the files stay as they are.
    #[arg(long)]
    pub(super) live: bool,
    #[command(flatten)]
    target: TargetFlags,
    /// Longest time for the release to become ready, with --live.
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    timeout: String,
}

impl LiveRollbackFlags {
    /// Rolls releases back in their cluster.
    pub(super) fn run(
        &self,
        context: RunContext,
        flags: &EnvironmentFlags,
        (name, releases, to): (&str, &[String], Option<&str>),
        output: OutputFormat,
    ) -> Result<Exit, CommandError> {
        let run = ClusterRun::new(context, flags)?;
        let all = all_environments(&run, flags)?;
        let environment = all.named(name).map_err(CommandError::usage)?;
        let [release] = releases else {
            return Err(CommandError::usage("--live needs one RELEASE")
                .with_hint("write: rollback --live ENV RELEASE [--to REVISION]"));
        };
        let revision = to
            .map(|to| {
                to.parse::<u64>().map_err(|_| {
                    CommandError::usage(format!("--to {to}: with --live it is a revision of Helm's, a number"))
                })
            })
            .transpose()?;
        let strategy = environment
            .release(release)
            .ok()
            .and_then(|declared| declared.strategy.as_ref());
        let cluster = run.cluster((&all, environment), &self.target)?;
        let timeout = duration("--timeout", &self.timeout)?;
        let options = ApplyOptions {
            timeout,
            fails_fast: true,
            tests: false,
            forces_conflicts: false,
            creates_namespace: false,
            writes_nothing: false,
            is_approved: false,
            patience: timeout,
            takes_over: true,
            identity: &run.identity,
            about: run.about((false, None), false)?,
            agreed: None,
            now: now_micros,
        };
        let notify = |subject: &str, details: Json| {
            notify_of_environment(context, ("rollback", flags.directory()), name, (subject, details));
        };
        notify(
            &format!("begins: roll back {release}"),
            json!({"begins": [format!("rollback {release}")]}),
        );
        let mut waits = |holder: &str| context.report(&format!("waiting for another run, {holder}"));
        let done = roll_back_release(&cluster, (name, (release, strategy), revision), &options, &mut waits);
        let record = done.map_err(|error| {
            notify(
                &format!("{release}: not rolled back: {error}"),
                json!({"failed": release}),
            );
            match error {
                RollBackError::Apply(error) => apply_error(error),
                error => CommandError::findings(error),
            }
        })?;
        let is_done = record.result == RecordResult::Deployed;
        let said = if is_done {
            format!("{release}: rolled back to revision {}", record.restored)
        } else {
            format!("{release}: not rolled back: {}", record.message)
        };
        notify(&said, json!({"release": record}));
        match output {
            OutputFormat::Json => print_json(context, &json!({"environment": name, "record": record}))?,
            OutputFormat::Text if is_done => {
                let line = format!(
                    "{release}: revision {} of {} runs again, as revision {}",
                    record.restored, record.chart, record.revision
                );
                context.write_stdout(shown_line(&line).as_bytes())?;
                context.report("note: the files still say what was rolled back; `chartwright rollback` without --live changes them");
            }
            OutputFormat::Text => context.report(&format!("Error: {release} was not rolled back: {}", record.message)),
        }
        Ok(if is_done { Exit::Clean } else { Exit::Findings })
    }
}
