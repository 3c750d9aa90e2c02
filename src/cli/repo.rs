//! `chartwright repo`: what looks after a chart repository. Flags, one call each, printing.

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::artifact::repository::maintain::{
    CopyRequest, MaintainError, PruneRules, RebuildRequest, Removed, check_repository, copy_version, delete_version,
    list_versions, prune_versions, rebuild_index,
};
use crate::artifact::repository::{Existing, ListedEntry, Location, Outcome};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::repository_flags::{
    OutputFormat, open_error, parse_location, print_json, publish_packages_error, repository_settings, shown_line,
    update_error,
};
use super::run_context::RunContext;

/// Characters of a digest that a table shows.
const SHORT_DIGEST: usize = 12;

#[derive(Debug, Args)]
pub(super) struct RepoArguments {
    #[command(subcommand)]
    command: RepoCommand,
}

#[derive(Debug, Subcommand)]
enum RepoCommand {
    /// List the versions of all charts, or of one.
    List(ListArguments),
    /// Make index.yaml agree with the archives that are there; entries that are right stay as they are.
    Index(IndexArguments),
    /// Report entries without archive, archives without entry, and digests that differ (exit 1).
    Check(CheckArguments),
    /// Remove a version: its entry first, then its archive.
    Delete(DeleteArguments),
    /// Remove old versions of all charts.
    Prune(PruneArguments),
    /// Copy a version to another repository without packing it again.
    Copy(CopyArguments),
}

#[derive(Debug, Args)]
struct OutputFlag {
    /// How to print the result.
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
}

#[derive(Debug, Args)]
struct DryRunFlag {
    /// Change nothing: say what would be done.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct ListArguments {
    /// `file:///directory`, a directory, `s3://bucket/prefix` or `gs://bucket/prefix`.
    #[arg(value_name = "REPOSITORY")]
    repository: String,
    /// Only this chart.
    #[arg(value_name = "CHART")]
    chart: Option<String>,
    #[command(flatten)]
    output: OutputFlag,
}

#[derive(Debug, Args)]
struct IndexArguments {
    /// `file:///directory`, a directory, `s3://bucket/prefix` or `gs://bucket/prefix`.
    #[arg(value_name = "REPOSITORY")]
    repository: String,
    /// Replace an index.yaml that cannot be read.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    dry_run: DryRunFlag,
    #[command(flatten)]
    output: OutputFlag,
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// `file:///directory`, a directory, `s3://bucket/prefix` or `gs://bucket/prefix`.
    #[arg(value_name = "REPOSITORY")]
    repository: String,
    /// Accepted for uniformity: a check changes nothing.
    #[arg(long, hide = true)]
    dry_run: bool,
    #[command(flatten)]
    output: OutputFlag,
}

#[derive(Debug, Args)]
struct DeleteArguments {
    /// `file:///directory`, a directory, `s3://bucket/prefix` or `gs://bucket/prefix`.
    #[arg(value_name = "REPOSITORY")]
    repository: String,
    /// The chart.
    #[arg(value_name = "CHART")]
    chart: String,
    /// Its version.
    #[arg(value_name = "VERSION")]
    version: String,
    #[command(flatten)]
    dry_run: DryRunFlag,
    #[command(flatten)]
    output: OutputFlag,
}

#[derive(Debug, Args)]
struct PruneArguments {
    /// `file:///directory`, a directory, `s3://bucket/prefix` or `gs://bucket/prefix`.
    #[arg(value_name = "REPOSITORY")]
    repository: String,
    /// How many of the newest versions of each chart stay, at least; 1 if only --older-than is given.
    #[arg(long, value_name = "N", required_unless_present = "older_than")]
    keep: Option<usize>,
    /// Remove only versions that were created before this much time: 90d, 12w, 36h.
    #[arg(long, value_name = "AGE")]
    older_than: Option<String>,
    #[command(flatten)]
    dry_run: DryRunFlag,
    #[command(flatten)]
    output: OutputFlag,
}

#[derive(Debug, Args)]
struct CopyArguments {
    /// The repository that has the version.
    #[arg(value_name = "FROM")]
    from: String,
    /// The repository that gets it.
    #[arg(value_name = "TO")]
    to: String,
    /// The chart.
    #[arg(value_name = "CHART")]
    chart: String,
    /// Its version.
    #[arg(value_name = "VERSION")]
    version: String,
    /// Replace the version if it exists with other content.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    dry_run: DryRunFlag,
    #[command(flatten)]
    output: OutputFlag,
}

pub(super) fn run(context: RunContext, arguments: &RepoArguments) -> Result<Exit, CommandError> {
    match &arguments.command {
        RepoCommand::List(arguments) => list(context, arguments),
        RepoCommand::Index(arguments) => index(context, arguments),
        RepoCommand::Check(arguments) => check(context, arguments),
        RepoCommand::Delete(arguments) => delete(context, arguments),
        RepoCommand::Prune(arguments) => prune(context, arguments),
        RepoCommand::Copy(arguments) => copy(context, arguments),
    }
}

/// A repository that must exist; a path without a scheme is a directory.
fn existing(context: RunContext, text: &str) -> Result<Location, CommandError> {
    let location = if text.contains("://") {
        parse_location(context, text)?
    } else {
        parse_location(context, &format!("file://{text}"))?
    };
    match &location {
        Location::Disk(directory) if !Path::new(directory).is_dir() => Err(CommandError::could_not_run(format!(
            "{} is not a directory",
            directory.display()
        ))),
        _ => Ok(location),
    }
}

fn list(context: RunContext, arguments: &ListArguments) -> Result<Exit, CommandError> {
    let location = existing(context, &arguments.repository)?;
    let entries = list_versions(&location, arguments.chart.as_deref(), &repository_settings(context)).map_err(error)?;
    match arguments.output.output {
        OutputFormat::Text => context.write_stdout(table(&entries).as_bytes())?,
        OutputFormat::Json => {
            let charts: Vec<Json> = entries.iter().map(entry_json).collect();
            print_json(context, &json!({"repository": location.to_string(), "charts": charts}))?;
        }
    }
    Ok(Exit::Clean)
}

fn entry_json(entry: &ListedEntry) -> Json {
    json!({
        "name": entry.metadata.name,
        "version": entry.version,
        "appVersion": entry.metadata.app_version,
        "description": entry.metadata.description,
        "deprecated": entry.metadata.deprecated,
        "created": entry.created,
        "digest": entry.digest,
        "urls": entry.urls,
    })
}

fn table(entries: &[ListedEntry]) -> String {
    let header = ["NAME", "VERSION", "APP VERSION", "CREATED", "DIGEST"].map(str::to_owned);
    let rows = entries.iter().map(|entry| {
        let created = entry.created.split('T').next().unwrap_or_default().to_owned();
        let digest = entry.digest.iter().flat_map(|digest| digest.chars());
        [
            entry.metadata.name.clone(),
            entry.version.clone(),
            entry.metadata.app_version.clone(),
            created,
            digest.take(SHORT_DIGEST).collect(),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut lines = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        lines.push_str(&shown_line(cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
    lines
}

fn index(context: RunContext, arguments: &IndexArguments) -> Result<Exit, CommandError> {
    let location = existing(context, &arguments.repository)?;
    let is_dry_run = arguments.dry_run.dry_run;
    let request = RebuildRequest {
        now: context.now_rfc3339(),
        replaces_broken: arguments.force,
        is_dry_run,
    };
    let rebuilt = rebuild_index(&location, &request, &repository_settings(context)).map_err(error)?;
    match arguments.output.output {
        OutputFormat::Json => print_json(
            context,
            &json!({
                "repository": location.to_string(),
                "dryRun": is_dry_run,
                "kept": rebuilt.kept,
                "added": rebuilt.added,
                "replaced": rebuilt.replaced,
                "removed": rebuilt.removed,
                "leftOut": rebuilt.left_out,
            }),
        )?,
        OutputFormat::Text => {
            let mut lines = String::new();
            for (what, versions) in [
                ("added", &rebuilt.added),
                ("replaced", &rebuilt.replaced),
                ("removed", &rebuilt.removed),
                ("left out", &rebuilt.left_out),
            ] {
                lines.extend(versions.iter().map(|version| shown_line(&format!("{what} {version}"))));
            }
            let done = if is_dry_run { "Would index" } else { "Indexed" };
            lines.push_str(&shown_line(&format!(
                "{done} {location}: {} kept, {} added, {} replaced, {} removed, {} left out",
                rebuilt.kept,
                rebuilt.added.len(),
                rebuilt.replaced.len(),
                rebuilt.removed.len(),
                rebuilt.left_out.len()
            )));
            context.write_stdout(lines.as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

fn check(context: RunContext, arguments: &CheckArguments) -> Result<Exit, CommandError> {
    let location = existing(context, &arguments.repository)?;
    let faults = check_repository(&location, &repository_settings(context)).map_err(error)?;
    match arguments.output.output {
        OutputFormat::Json => {
            let found: Vec<Json> = faults
                .iter()
                .map(|fault| json!({"kind": fault.name(), "object": fault.object(), "message": fault.to_string()}))
                .collect();
            print_json(context, &json!({"repository": location.to_string(), "faults": found}))?;
        }
        OutputFormat::Text => {
            let mut lines: String = faults.iter().map(|fault| shown_line(&fault.to_string())).collect();
            lines.push_str(&shown_line(&match faults.len() {
                0 => format!("{location}: the index and the archives agree"),
                count => format!("{location}: {count} faults; `chartwright repo index` makes the index agree"),
            }));
            context.write_stdout(lines.as_bytes())?;
        }
    }
    Ok(if faults.is_empty() { Exit::Clean } else { Exit::Findings })
}

fn delete(context: RunContext, arguments: &DeleteArguments) -> Result<Exit, CommandError> {
    let location = existing(context, &arguments.repository)?;
    let is_dry_run = arguments.dry_run.dry_run;
    let removed = delete_version(
        &location,
        &arguments.chart,
        &arguments.version,
        is_dry_run,
        &repository_settings(context),
        &context.now_rfc3339(),
    );
    print_removed(
        context,
        &location,
        &[removed.map_err(error)?],
        is_dry_run,
        &arguments.output,
    )
}

fn prune(context: RunContext, arguments: &PruneArguments) -> Result<Exit, CommandError> {
    let location = existing(context, &arguments.repository)?;
    let is_dry_run = arguments.dry_run.dry_run;
    let now = context.now_rfc3339();
    let created_before = match &arguments.older_than {
        Some(age) => Some(before(&now, age)?),
        None => None,
    };
    let rules = PruneRules {
        keep: arguments.keep.unwrap_or(1),
        created_before,
    };
    let removed = prune_versions(&location, &rules, is_dry_run, &repository_settings(context), &now).map_err(error)?;
    print_removed(context, &location, &removed, is_dry_run, &arguments.output)
}

/// The time that is an age before another.
fn before(now: &str, age: &str) -> Result<jiff::Timestamp, CommandError> {
    let wrong = || CommandError::usage(format!("`{age}` is not an age such as 90d, 12w or 36h"));
    let unit = age.chars().last().ok_or_else(wrong)?;
    let count: i64 = age.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 24 * 7,
        _ => return Err(wrong()),
    };
    let hours = count.checked_mul(hours).filter(|hours| *hours >= 0).ok_or_else(wrong)?;
    let now: jiff::Timestamp = now.parse().map_err(CommandError::could_not_run)?;
    let seconds = hours.checked_mul(3600).ok_or_else(wrong)?;
    now.checked_sub(jiff::SignedDuration::from_secs(seconds))
        .map_err(|_| wrong())
}

fn print_removed(
    context: RunContext,
    location: &Location,
    removed: &[Removed],
    is_dry_run: bool,
    output: &OutputFlag,
) -> Result<Exit, CommandError> {
    let url = |one: &Removed| one.object.as_ref().map(|object| format!("{location}/{object}"));
    match output.output {
        OutputFormat::Json => {
            let versions: Vec<Json> = removed
                .iter()
                .map(|one| json!({"name": one.chart, "version": one.version, "digest": one.digest, "url": url(one)}))
                .collect();
            let report = json!({"repository": location.to_string(), "dryRun": is_dry_run, "removed": versions});
            print_json(context, &report)?;
        }
        OutputFormat::Text => {
            let done = if is_dry_run { "Would remove" } else { "Removed" };
            let mut lines = String::new();
            for one in removed {
                let place = url(one).unwrap_or_else(|| "no archive".to_owned());
                let (chart, version, digest) = (&one.chart, &one.version, &one.digest);
                lines.push_str(&shown_line(&format!(
                    "{done} {chart} {version} ({place}, sha256:{digest})"
                )));
            }
            if removed.is_empty() {
                lines.push_str(&shown_line(&format!("Nothing to remove from {location}")));
            }
            context.write_stdout(lines.as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

fn copy(context: RunContext, arguments: &CopyArguments) -> Result<Exit, CommandError> {
    let from = existing(context, &arguments.from)?;
    let to = parse_location(context, &arguments.to)?;
    let is_dry_run = arguments.dry_run.dry_run;
    let request = CopyRequest {
        from: &from,
        to: &to,
        chart: &arguments.chart,
        version: &arguments.version,
        existing: if arguments.force {
            Existing::Replace
        } else {
            Existing::Refuse
        },
        is_dry_run,
    };
    let copied = copy_version(request, &repository_settings(context), &context.now_rfc3339()).map_err(error)?;
    let published = &copied.published;
    let url = format!("{to}/{}", published.object);
    match arguments.output.output {
        OutputFormat::Json => print_json(
            context,
            &json!({
                "from": from.to_string(),
                "to": to.to_string(),
                "dryRun": is_dry_run,
                "name": arguments.chart,
                "version": arguments.version,
                "outcome": published.outcome.name(),
                "digest": published.digest,
                "url": url,
                "provenance": copied.has_provenance,
            }),
        )?,
        OutputFormat::Text => {
            let done = match (published.outcome, is_dry_run) {
                (Outcome::AlreadyThere, _) => "Unchanged:",
                (_, true) => "Would copy",
                (_, false) => "Copied",
            };
            let (chart, version) = (&arguments.chart, &arguments.version);
            let line = format!(
                "{done} {chart} {version} from {from} to {url} (sha256:{})",
                published.digest
            );
            context.write_stdout(shown_line(&line).as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

fn error(error: MaintainError) -> CommandError {
    match error {
        MaintainError::Open(error) => open_error(error),
        MaintainError::Update(error) => update_error(error),
        MaintainError::Publish(error) => publish_packages_error(*error),
        MaintainError::NoChart { .. } | MaintainError::NoVersion { .. } => {
            CommandError::findings(error).with_hint("`chartwright repo list` shows what the repository has")
        }
        MaintainError::NoArchive { .. } | MaintainError::Digest { .. } | MaintainError::Item { .. } => {
            CommandError::findings(error)
                .with_hint("`chartwright repo check` shows all entries and archives that do not agree")
        }
    }
}
