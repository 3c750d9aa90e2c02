//! `chartwright repo`: what looks after charts in a repository or a registry. One call each, and printing.

mod arguments;

use std::path::Path;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::artifact::oci::OciError;
use crate::artifact::remote::{CopyVersion, IndexedTarget, MaintainRemoteError, PublishTarget, RemoteCharts};
use crate::artifact::repository::maintain::{Kept, LeftOut, MaintainError, PruneRules, RebuildRequest, StoredVersion};
use crate::artifact::repository::{Existing, ListedEntry, Location, Outcome};
use crate::pipeline::BuildSource;
use crate::report::JsonRows;
use crate::text::counted::counted;

use super::chart_json::ChartJson;
use super::command_error::CommandError;
use super::destination_flags::{check_names_are_trusted, no_destination, read_settings};
use super::exit_code::Exit;
use super::publish::{NamesServer, parse_target, target_error};
use super::remote_flags::{LoginFlags, RemoteFlags, source_error};
use super::repository_flags::{OutputFormat, open_error, print_json, publish_packages_error, shown_line, update_error};
use super::run_context::RunContext;

pub(super) use arguments::RepoArguments;
use arguments::{
    AnyRepository, CheckArguments, ConfigurationFlag, CopyArguments, DeleteArguments, IndexArguments, ListArguments,
    OutputFlag, PruneArguments, RepoCommand, SharedFlags,
};

/// Characters of a digest that a table shows.
const SHORT_DIGEST: usize = 12;

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

/// A repository: an address, a name in the configuration, or a directory, which goes before a name.
pub(super) fn repository(
    context: RunContext,
    text: &str,
    config: Option<&Path>,
) -> Result<PublishTarget, CommandError> {
    if text.contains("://") {
        return parse_target(context, text);
    }
    let here = context.working_directory();
    if config.is_none() && (here.join(text).is_dir() || text.contains(['/', '\\'])) {
        return parse_target(context, &format!("file://{text}"));
    }
    let settings = read_settings(config, Path::new("."))?;
    let named = settings.repositories(&here).map_err(CommandError::usage)?;
    if config.is_none() && named.named.is_empty() {
        return parse_target(context, &format!("file://{text}"));
    }
    let consequence = format!("`{text}` is not looked up in chartwright.yaml");
    check_names_are_trusted(context, config.is_some(), &consequence)?;
    let source = BuildSource::find(&|name| context.variable(name), &here);
    let destination = named.named_destination(text, source.git_ref.as_ref());
    let destination = destination.map_err(no_destination)?;
    context.report(&destination.reason);
    Ok(destination.target)
}

/// What reaches a repository. A broken list of Helm's does not keep anybody from a bucket.
pub(super) fn charts(
    context: RunContext,
    remote: &RemoteFlags,
    login: &LoginFlags,
    repositories: &[&PublishTarget],
) -> Result<RemoteCharts, CommandError> {
    let addresses: Vec<String> = repositories.iter().map(ToString::to_string).collect();
    login.check_is_used(addresses.iter().map(String::as_str))?;
    if repositories.iter().any(|one| one.needs_logins()) {
        remote.charts(context, login, true)
    } else {
        remote.charts_of_stores(context)
    }
}

/// A repository that must exist.
fn existing(context: RunContext, text: &str, configuration: &ConfigurationFlag) -> Result<PublishTarget, CommandError> {
    match repository(context, text, configuration.config.as_deref())? {
        PublishTarget::Indexed(IndexedTarget {
            location: Location::Disk(directory),
            ..
        }) if !directory.is_dir() => Err(CommandError::could_not_run(format!(
            "{} is not a directory",
            directory.display()
        ))),
        repository => Ok(repository),
    }
}

impl SharedFlags {
    /// A repository that must exist, and what reaches it.
    fn open(
        &self,
        context: RunContext,
        AnyRepository { repository }: &AnyRepository,
    ) -> Result<(PublishTarget, RemoteCharts), CommandError> {
        let location = existing(context, repository, &self.configuration)?;
        let charts = charts(context, &self.remote, &self.login, &[&location])?;
        Ok((location, charts))
    }
}

/// Prints what the user should know besides the result.
fn report_notes(context: RunContext, charts: &RemoteCharts) {
    for note in charts.take_notes() {
        context.report(&format!("note: {note}"));
    }
}

fn list(context: RunContext, arguments: &ListArguments) -> Result<Exit, CommandError> {
    let (location, charts) = arguments.shared.open(context, &arguments.repository)?;
    let entries = charts.list(&location, arguments.chart.as_deref()).map_err(error)?;
    report_notes(context, &charts);
    match arguments.shared.output.output {
        OutputFormat::Text => context.write_stdout(table(&entries).as_bytes())?,
        OutputFormat::Json => {
            let list = ChartList {
                repository: location.to_string(),
                charts: JsonRows(|| entries.iter().map(entry_json)),
            };
            print_json(context, &list)?;
        }
    }
    Ok(Exit::Clean)
}

#[derive(Serialize)]
struct ChartList<C> {
    repository: String,
    charts: C,
}

fn entry_json(entry: &ListedEntry) -> Json {
    let chart = ChartJson {
        name: &entry.name,
        version: &entry.version,
        digest: entry.digest.as_deref().unwrap_or_default(),
        manifest: entry.manifest.as_deref(),
    };
    chart.with(json!({
        "appVersion": entry.app_version,
        "description": entry.description,
        "deprecated": entry.deprecated,
        "created": entry.created,
        "urls": entry.urls,
    }))
}

/// A version with its place in a repository.
fn version_json(location: &PublishTarget, one: &StoredVersion) -> Json {
    let chart = ChartJson {
        name: &one.chart,
        version: &one.version,
        digest: &one.digest,
        manifest: one.manifest.as_deref(),
    };
    chart.with(json!({"url": url(location, one)}))
}

/// Where the archive of a version is, if it is there.
fn url(location: &PublishTarget, one: &StoredVersion) -> Option<String> {
    one.object.as_ref().map(|object| match location {
        PublishTarget::Indexed(_) => format!("{location}/{object}"),
        PublishTarget::Registry(_) | PublishTarget::Server(_) => object.clone(),
    })
}

fn table(entries: &[ListedEntry]) -> String {
    let header = ["NAME", "VERSION", "APP VERSION", "CREATED", "DIGEST"].map(str::to_owned);
    let rows = entries.iter().map(|entry| {
        let created = entry.created.split('T').next().unwrap_or_default().to_owned();
        let digest = entry.digest.iter().flat_map(|digest| digest.chars());
        [
            entry.name.clone(),
            entry.version.clone(),
            entry.app_version.clone(),
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
    let location = existing(context, &arguments.repository.repository, &arguments.configuration)?;
    let is_dry_run = arguments.dry_run.dry_run;
    let request = RebuildRequest {
        now: context.now_rfc3339(),
        replaces_broken: arguments.force,
        is_dry_run,
    };
    let charts = RemoteFlags::default().charts_of_stores(context)?;
    let rebuilt = charts.rebuild(&location, &request).map_err(error)?;
    match arguments.output.output {
        OutputFormat::Json => {
            let versions = |versions: &[StoredVersion]| -> Vec<Json> {
                versions.iter().map(|one| version_json(&location, one)).collect()
            };
            let left_out = rebuilt.left_out.iter().map(
                |one| json!({"url": format!("{location}/{}", one.object), "digest": one.digest, "reason": one.reason}),
            );
            let report = json!({
                "repository": location.to_string(),
                "dryRun": is_dry_run,
                "kept": rebuilt.kept,
                "added": versions(&rebuilt.added),
                "replaced": versions(&rebuilt.replaced),
                "removed": versions(&rebuilt.removed),
                "leftOut": left_out.collect::<Vec<_>>(),
            });
            print_json(context, &report)?;
        }
        OutputFormat::Text => {
            let mut lines = String::new();
            for (what, versions) in [
                ("added", &rebuilt.added),
                ("replaced", &rebuilt.replaced),
                ("removed", &rebuilt.removed),
            ] {
                let shown = |one: &StoredVersion| shown_line(&format!("{what} {} {}", one.chart, one.version));
                lines.extend(versions.iter().map(shown));
            }
            let shown = |one: &LeftOut| shown_line(&format!("left out {}: {}", one.object, one.reason));
            lines.extend(rebuilt.left_out.iter().map(shown));
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
    let (location, charts) = arguments.shared.open(context, &arguments.repository)?;
    let faults = charts.check(&location).map_err(error)?;
    report_notes(context, &charts);
    match arguments.shared.output.output {
        OutputFormat::Json => {
            let found: Vec<Json> = faults
                .iter()
                .map(|fault| json!({"kind": fault.name(), "object": fault.object(), "message": fault.to_string()}))
                .collect();
            print_json(context, &json!({"repository": location.to_string(), "faults": found}))?;
        }
        OutputFormat::Text => {
            let mut lines: String = faults.iter().map(|fault| shown_line(&fault.to_string())).collect();
            lines.push_str(&shown_line(&match (faults.len(), &location) {
                (0, PublishTarget::Indexed(_)) => format!("{location}: the index and the archives agree"),
                (0, PublishTarget::Registry(_) | PublishTarget::Server(_)) => {
                    format!("{location}: the tags have the charts that they name")
                }
                (count, PublishTarget::Indexed(_)) => {
                    let count = counted(count, "fault");
                    format!("{location}: {count}; `chartwright repo index` makes the index agree")
                }
                (count, PublishTarget::Registry(_) | PublishTarget::Server(_)) => {
                    let count = counted(count, "fault");
                    format!("{location}: {count}; push the packages again with `push --force`")
                }
            }));
            context.write_stdout(lines.as_bytes())?;
        }
    }
    Ok(if faults.is_empty() { Exit::Clean } else { Exit::Findings })
}

fn delete(context: RunContext, arguments: &DeleteArguments) -> Result<Exit, CommandError> {
    let (location, charts) = arguments.shared.open(context, &arguments.repository)?;
    let is_dry_run = arguments.dry_run.dry_run;
    let removed = charts.delete(
        &location,
        &arguments.chart,
        &arguments.version,
        is_dry_run,
        &context.now_rfc3339(),
    );
    let removed = removed.map_err(error)?;
    report_notes(context, &charts);
    print_removed(
        context,
        &location,
        &[removed],
        None,
        is_dry_run,
        &arguments.shared.output,
    )?;
    Ok(Exit::Clean)
}

fn prune(context: RunContext, arguments: &PruneArguments) -> Result<Exit, CommandError> {
    if arguments.keep == Some(0) && arguments.older_than.is_none() {
        return Err(
            CommandError::usage("--keep 0 would remove every version of every chart").with_hint(
                "keep at least 1, say how old they must be with --older-than, or name a version to `repo delete`",
            ),
        );
    }
    let (location, charts) = arguments.shared.open(context, &arguments.repository)?;
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
    let pruned = charts.prune(&location, &rules, is_dry_run, &now).map_err(error)?;
    report_notes(context, &charts);
    print_removed(
        context,
        &location,
        &pruned.removed,
        Some(&pruned.kept),
        is_dry_run,
        &arguments.shared.output,
    )?;
    pruned.error.map_or(Ok(Exit::Clean), |failed| Err(error(failed)))
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
    location: &PublishTarget,
    removed: &[StoredVersion],
    kept: Option<&[Kept]>,
    is_dry_run: bool,
    output: &OutputFlag,
) -> Result<(), CommandError> {
    match output.output {
        OutputFormat::Json => {
            let versions: Vec<Json> = removed.iter().map(|one| version_json(location, one)).collect();
            let mut report = json!({"repository": location.to_string(), "dryRun": is_dry_run, "removed": versions});
            if let (Some(kept), Some(members)) = (kept, report.as_object_mut()) {
                let kept = kept
                    .iter()
                    .map(|one| json!({"name": one.chart, "version": one.version, "tags": one.tags}));
                members.insert("kept".to_owned(), kept.collect());
            }
            print_json(context, &report)?;
        }
        OutputFormat::Text => {
            let done = if is_dry_run { "Would remove" } else { "Removed" };
            let mut lines = String::new();
            for one in removed {
                let place = url(location, one).unwrap_or_else(|| "no archive".to_owned());
                let (chart, version, digest) = (&one.chart, &one.version, &one.digest);
                // What an interrupted run left has no entry, so no digest is known.
                let digest = if digest.is_empty() {
                    String::new()
                } else {
                    format!(", sha256:{digest}")
                };
                lines.push_str(&shown_line(&format!("{done} {chart} {version} ({place}{digest})")));
            }
            let kept = kept.unwrap_or_default();
            for one in kept {
                let (chart, version, tags) = (&one.chart, &one.version, one.tags.join(", "));
                lines.push_str(&shown_line(&format!(
                    "Kept {chart} {version}, which is also tagged {tags}"
                )));
            }
            if removed.is_empty() && kept.is_empty() {
                lines.push_str(&shown_line(&format!("Nothing to remove from {location}")));
            }
            context.write_stdout(lines.as_bytes())?;
        }
    }
    Ok(())
}

fn copy(context: RunContext, arguments: &CopyArguments) -> Result<Exit, CommandError> {
    let from = existing(context, &arguments.from, &arguments.configuration)?;
    let to = repository(context, &arguments.to, arguments.configuration.config.as_deref())?;
    let is_dry_run = arguments.dry_run.dry_run;
    let request = CopyVersion {
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
    let charts = charts(context, &arguments.remote, &LoginFlags::default(), &[&from, &to])?;
    let copied = charts.copy(request, &context.now_rfc3339()).map_err(error)?;
    report_notes(context, &charts);
    let published = &copied.published;
    let url = format!("{to}/{}", published.object);
    match arguments.output.output {
        OutputFormat::Json => {
            let chart = ChartJson {
                name: &arguments.chart,
                version: &arguments.version,
                digest: &published.digest,
                manifest: published.manifest.as_deref(),
            };
            let report = chart.with(json!({
                "url": url,
                "outcome": published.outcome.name(),
                "from": from.to_string(),
                "to": to.to_string(),
                "dryRun": is_dry_run,
                "provenance": copied.has_provenance,
            }));
            print_json(context, &report)?;
        }
        OutputFormat::Text => {
            let done = match (published.outcome, is_dry_run) {
                (Outcome::AlreadyThere, _) => "Unchanged:",
                (_, true) => "Would copy",
                (_, false) => "Copied",
            };
            let (chart, version) = (&arguments.chart, &arguments.version);
            let line = format!(
                "{done} {chart} {version} from {from} to {url} (sha256:{})",
                published.shown_digest()
            );
            context.write_stdout(shown_line(&line).as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

pub(super) fn error(error: MaintainRemoteError) -> CommandError {
    match error {
        MaintainRemoteError::Indexed(error) => indexed_error(*error),
        MaintainRemoteError::Target(error) => target_error(*error, NamesServer::Not),
        MaintainRemoteError::Source(error) => source_error(error),
        MaintainRemoteError::Registry(error) => {
            let shown = match *error {
                OciError::Reference(_) => CommandError::usage(&error),
                _ if error.is_finding() => CommandError::findings(&error),
                _ => CommandError::could_not_run(&error),
            };
            match error.hint() {
                Some(hint) => shown.with_hint(hint),
                None => shown,
            }
        }
        MaintainRemoteError::NoVersion { .. } | MaintainRemoteError::NoChart { .. } => {
            CommandError::could_not_run(error).with_hint("`chartwright repo list` shows what the registry has")
        }
        MaintainRemoteError::Chart { .. } => CommandError::findings(error)
            .with_hint("`chartwright repo check` shows all tags that do not have what they should have"),
        MaintainRemoteError::NoIndex(_) => CommandError::usage(error)
            .with_hint("`chartwright repo check` verifies the charts of a registry, and `repo list` lists them"),
        MaintainRemoteError::Served(_) => CommandError::usage(error)
            .with_hint("`chartwright repo list` and `repo copy` work with it; remove versions in its own page or API"),
        MaintainRemoteError::NoList { .. } => CommandError::could_not_run(error).with_hint(
            "name one chart: its own address, `oci://host/path/CHART`, is accepted instead of the one above it",
        ),
    }
}

fn indexed_error(error: MaintainError) -> CommandError {
    match error {
        MaintainError::Open(error) => open_error(error),
        MaintainError::Update(error) => update_error(error),
        MaintainError::Publish(error) => publish_packages_error(*error),
        MaintainError::NoChart { .. } | MaintainError::NoVersion { .. } => {
            CommandError::could_not_run(error).with_hint("`chartwright repo list` shows what the repository has")
        }
        MaintainError::NoArchive { .. } | MaintainError::Digest { .. } | MaintainError::Item { .. } => {
            CommandError::findings(error)
                .with_hint("`chartwright repo check` shows all entries and archives that do not agree")
        }
    }
}
