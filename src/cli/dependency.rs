//! `chartwright dependency build | update | list`: what charts depend on, into `charts/`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value as Json, json};

use crate::artifact::dependency::{
    COLUMN_WIDTH, DependencyError, DependencyRow, DependencyTable, PreparedChart, RepositoryNames, ResolveOptions,
    Saved, SavedState, Way, list_dependencies, outdated, place, prepare, settle,
};
use crate::report::json_document;
use crate::text::redact::{redact_url, redact_users};
use crate::text::visible::{visible, visible_lines, without_commands};

use super::command_error::{CommandError, ErrorKind};
use super::exit_code::Exit;
use super::link_flags::LinkFlags;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct DependencyArguments {
    #[command(subcommand)]
    command: DependencyCommand,
}

#[derive(Debug, Subcommand)]
enum DependencyCommand {
    /// Fill charts/ with the versions that the lock file names; without a lock file, as `update`.
    Build(BuildArguments),
    /// Fill charts/ with the newest versions that satisfy Chart.yaml, and write the lock file.
    #[command(visible_alias = "up")]
    Update(ResolveArguments),
    /// List the dependencies of charts, and whether charts/ has them.
    #[command(visible_alias = "ls")]
    List(ListArguments),
}

#[derive(Debug, Args)]
struct BuildArguments {
    /// List the digests of archives that are not in Chart.lock.sums yet. `update` always does.
    #[arg(long)]
    record_digests: bool,
    #[command(flatten)]
    resolve: ResolveArguments,
}

#[derive(Debug, Args)]
struct ResolveArguments {
    /// Directories of charts. If the dependencies of one cannot be had, no chart is changed.
    #[arg(default_value = ".", value_name = "CHART")]
    charts: Vec<PathBuf>,
    /// Only print what would be done.
    #[arg(long)]
    dry_run: bool,
    /// How to print what was done.
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Directories or archives of charts.
    #[arg(default_value = ".", value_name = "CHART")]
    charts: Vec<PathBuf>,
    /// Widest column of the table.
    #[arg(long, default_value_t = COLUMN_WIDTH, value_name = "CHARACTERS")]
    max_col_width: usize,
    /// How to print the list.
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(super) fn run(context: RunContext, arguments: &DependencyArguments) -> Result<Exit, CommandError> {
    match &arguments.command {
        DependencyCommand::Build(build) => resolve(context, &build.resolve, Way::Build, build.record_digests),
        DependencyCommand::Update(update) => resolve(context, update, Way::Update, false),
        DependencyCommand::List(list) => run_list(context, list),
    }
}

fn resolve(
    context: RunContext,
    arguments: &ResolveArguments,
    way: Way,
    record_digests: bool,
) -> Result<Exit, CommandError> {
    let source = arguments.remote.charts(context, &LoginFlags::default(), false)?;
    let names: RepositoryNames<'_> = &|name| source.resolve_alias(&format!("@{name}")).ok();
    let is_interactive = context.is_interactive();
    let options = ResolveOptions {
        way,
        names,
        links: arguments.links.policy(),
        record_digests,
        now_nanos: context.now_unix_nanos(),
        progress: &|done, total| {
            if is_interactive {
                context.report(&format!("{done} of {total} charts fetched"));
            }
        },
    };
    settle(&arguments.charts).map_err(CommandError::could_not_run)?;
    let prepared = prepare(&arguments.charts, &source, &options);
    for note in source.take_notes() {
        context.report(&format!("note: {note}"));
    }
    let (mut ready, mut errors) = (Vec::new(), Vec::new());
    for (path, chart) in arguments.charts.iter().zip(prepared) {
        match chart {
            Ok(chart) => ready.push(chart),
            Err(reasons) => errors.extend(reasons.into_iter().map(|reason| (path.as_path(), reason))),
        }
    }
    if !errors.is_empty() {
        return Err(command_error(&errors));
    }
    let mut done = Vec::new();
    for chart in ready {
        let deleted = if arguments.dry_run {
            outdated(&chart)
        } else {
            place(&chart)
        };
        let deleted = deleted.map_err(|error| command_error(&[(&chart.directory, error)]))?;
        for note in &chart.notes {
            context.report(&format!("note: {}: {note}", chart.directory.display()));
        }
        done.push((chart, deleted));
    }
    let text = match arguments.output {
        Output::Text => done
            .iter()
            .map(|(chart, deleted)| lines(chart, deleted, arguments.dry_run))
            .collect(),
        Output::Json => {
            let charts: Vec<Json> = done.iter().map(|(chart, deleted)| chart_json(chart, deleted)).collect();
            json_document(&json!({"charts": charts, "dryRun": arguments.dry_run}))
        }
    };
    context.write_stdout(text.as_bytes())?;
    Ok(Exit::Clean)
}

/// All that is wrong as one error. The exit code is that of a finding only if the charts alone are at fault.
fn command_error(errors: &[(&Path, DependencyError)]) -> CommandError {
    let kind = if errors.iter().all(|(_, error)| error.is_finding()) {
        ErrorKind::Findings
    } else {
        ErrorKind::CouldNotRun
    };
    let (mut lines, mut hints): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (path, error) in errors {
        let (path, message) = (path.display().to_string(), error.to_string());
        let line = if message.starts_with(&path) {
            message
        } else {
            format!("{path}: {message}")
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
        hints.extend(error.hint().filter(|hint| !hints.contains(hint)));
    }
    let message = lines.join("\n");
    hints
        .into_iter()
        .fold(CommandError::new(kind, message), CommandError::with_hint)
}

/// What was done about a chart: one line for each dependency, each deleted archive and each file.
fn lines(chart: &PreparedChart, deleted: &[String], is_dry_run: bool) -> String {
    let path = chart.directory.display();
    let would = if is_dry_run { "would be " } else { "" };
    let mut lines = Vec::new();
    if !chart.has_dependencies {
        lines.push(format!("{path}: no dependencies"));
    }
    for Saved {
        name,
        version,
        state,
        fetched,
    } in &chart.saved
    {
        let Some(fetched) = fetched else {
            lines.push(format!("{path}: {name} {version} is charts/{name}"));
            continue;
        };
        let done = match state {
            SavedState::Unchanged => "unchanged".to_owned(),
            _ => format!("{would}written"),
        };
        lines.push(format!(
            "{path}: {name} {version} {done}: charts/{} sha256:{} from {}",
            fetched.file_name,
            fetched.digest,
            redact_url(&fetched.url)
        ));
    }
    lines.extend(
        deleted
            .iter()
            .map(|name| format!("{path}: charts/{name} {would}deleted")),
    );
    lines.extend(
        chart
            .files
            .iter()
            .map(|(name, _)| format!("{path}: {name} {would}written")),
    );
    let lines = lines.iter().map(|line| format!("{}\n", visible_lines(&visible(line))));
    lines.collect()
}

fn chart_json(chart: &PreparedChart, deleted: &[String]) -> Json {
    let dependencies = chart.saved.iter().map(|saved| {
        let status = match saved.state {
            SavedState::Written => "written",
            SavedState::Unchanged => "unchanged",
            SavedState::Unpacked => "unpacked",
        };
        let mut dependency = json!({"name": saved.name, "version": saved.version, "status": status});
        if let (Some(fetched), Some(fields)) = (&saved.fetched, dependency.as_object_mut()) {
            fields.insert("file".to_owned(), json!(format!("charts/{}", fetched.file_name)));
            fields.insert("digest".to_owned(), json!(fetched.digest));
            fields.insert("url".to_owned(), json!(redact_url(&fetched.url)));
        }
        dependency
    });
    let deleted = deleted.iter().map(|name| format!("charts/{name}"));
    let files = chart.files.iter().map(|(name, _)| name);
    json!({
        "chart": chart.directory.display().to_string(),
        "dependencies": dependencies.collect::<Vec<_>>(),
        "deleted": deleted.collect::<Vec<_>>(),
        "written": files.collect::<Vec<_>>(),
        "notes": chart.notes,
    })
}

fn run_list(context: RunContext, arguments: &ListArguments) -> Result<Exit, CommandError> {
    let mut tables = Vec::new();
    for path in &arguments.charts {
        let table = list_dependencies(path).map_err(|error| {
            let (shown, message) = (path.display().to_string(), error.to_string());
            let message = if message.contains(&shown) {
                message
            } else {
                format!("{shown}: {message}")
            };
            if path.exists() {
                CommandError::findings(message)
            } else {
                CommandError::could_not_run(message)
            }
        })?;
        tables.push((path, table));
    }
    let text = match arguments.output {
        Output::Json => {
            let charts: Vec<Json> = tables.iter().map(|(path, table)| table_json(path, table)).collect();
            json_document(&json!({"charts": charts}))
        }
        Output::Text => {
            let text = tables.iter().map(|(path, table)| {
                let table = table_text(table, arguments.max_col_width);
                if tables.len() > 1 {
                    format!("{}:\n{table}\n", visible(&path.display().to_string()))
                } else {
                    table
                }
            });
            without_commands(&text.collect::<String>()).into_owned()
        }
    };
    context.write_stdout(text.as_bytes())?;
    Ok(Exit::Clean)
}

/// The table and the warnings as Helm prints them.
fn table_text(table: &DependencyTable, width: usize) -> String {
    let mut text = String::new();
    if let Some(rows) = &table.rows {
        let rows: Vec<DependencyRow> = rows.iter().map(shown).collect();
        text = DependencyTable::text(&rows, width) + "\n\n";
    }
    for warning in &table.warnings {
        text.push_str(&visible(warning));
        text.push('\n');
    }
    text
}

/// A row as it may be shown.
fn shown(row: &DependencyRow) -> DependencyRow {
    let [name, version, repository] =
        [&row.name, &row.version, &redact_users(&row.repository)].map(|text| visible(text).into_owned());
    DependencyRow {
        name,
        version,
        repository,
        status: row.status,
    }
}

fn table_json(path: &Path, table: &DependencyTable) -> Json {
    let rows = table.rows.iter().flatten().map(shown);
    let rows = rows.map(
        |row| json!({"name": row.name, "version": row.version, "repository": row.repository, "status": row.status}),
    );
    json!({
        "chart": path.display().to_string(),
        "dependencies": rows.collect::<Vec<_>>(),
        "warnings": table.warnings,
    })
}
