//! `chartwright ci`: the whole pipeline as one step.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::repository::{Item, Location};
use crate::check::run::{CheckRequest, find_charts};
use crate::config::{Config, FILE_NAME};
use crate::kubernetes::validate::{KindFilter, Options};
use crate::kubernetes::version::parse_versions;
use crate::pipeline::{CiOutcome, Publish, PublishFailure, run_ci, summary_table};
use crate::report::{Group, concise};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::lint::check_error;
use super::package::package_error;
use super::push::publish_items;
use super::report_flags::{ReportFlags, Reporting};
use super::run_context::RunContext;
use super::schema_flags::FetchFlags;
use super::time_flag::TimeFlag;

#[derive(Debug, Args)]
pub(super) struct CiArguments {
    /// Directory with charts below it.
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Configuration (default: chartwright.yaml in the directory, if there is one).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Repository to publish to when there are no findings, instead of the configured one.
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// Check only, publish nothing.
    #[arg(long)]
    no_push: bool,
    /// Kubernetes versions to render and validate for, instead of the configured ones: 1.31, latest, 1.28..1.35, or a list with
    /// commas.
    #[arg(long, alias = "kube-version", value_delimiter = ',', value_name = "VERSIONS")]
    kubernetes_version: Vec<String>,
    #[command(flatten)]
    schemas: FetchFlags,
    #[command(flatten)]
    time: TimeFlag,
    #[command(flatten)]
    report: ReportFlags,
}

pub(super) fn run(context: RunContext, arguments: &CiArguments) -> Result<Exit, CommandError> {
    arguments.time.start()?;
    let (config, base) = read_config(context, arguments)?;
    let location = location(context, arguments, &config, &base)?;
    let directories = std::slice::from_ref(&arguments.directory);
    let reporting = arguments
        .report
        .prepare(context, directories, config.silenced(), config.fail_on)?;
    let mut request = request(arguments, &config, &base, &reporting)?;
    request.documents = arguments.schemas.documents(context);
    let shows_progress = context.is_interactive() && std::io::stderr().is_terminal();
    let total = request.charts.len();
    let progress = |done: usize| {
        if shows_progress {
            context.report(&format!("{done} of {total} charts"));
        }
    };
    // A baseline is a list of what is wrong: nothing is published while one is made.
    let location = location.filter(|_| !reporting.writes_baseline());
    let mut publish = |items: &[Item]| match &location {
        Some(location) => publish_items(context, location, items),
        None => Ok(Vec::new()),
    };
    let publish: Option<&mut Publish<'_, CommandError>> = match &location {
        Some(_) => Some(&mut publish),
        None => None,
    };
    let outcome = run_ci(&request, &|| context.check_world(), &progress, publish).map_err(check_error)?;
    print(context, &reporting, &outcome)?;
    if let Some(location) = location.filter(|_| outcome.error.is_none() && !outcome.has_failed()) {
        context.report(&format!("published to {location}"));
    }
    match outcome.error {
        Some(PublishFailure::Package(error)) => Err(package_error(error)),
        Some(PublishFailure::Repository(error)) => Err(error),
        None if outcome.has_failed() && !reporting.writes_baseline() => Ok(Exit::Findings),
        None => Ok(Exit::Clean),
    }
}

/// Findings and the summary on standard output; the summary on standard error where standard output may be a report that a
/// program reads.
fn print(context: RunContext, reporting: &Reporting, outcome: &CiOutcome<CommandError>) -> Result<(), CommandError> {
    let findings = outcome.findings();
    let groups: Vec<Group<'_>> = outcome
        .checked
        .charts
        .iter()
        .map(|chart| Group {
            name: &chart.path,
            findings: &chart.findings,
        })
        .collect();
    let summary = summary_table(outcome);
    if reporting.is_asked() {
        reporting.write(context, &findings, &groups)?;
        context.report(summary.trim_end());
        return Ok(());
    }
    let mut text: String = findings.iter().map(|finding| concise(finding) + "\n").collect();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary);
    context.write_stdout(text.as_bytes())?;
    reporting.write_known(&groups)
}

/// The configuration, and the directory its paths are relative to.
fn read_config(context: RunContext, arguments: &CiArguments) -> Result<(Config, PathBuf), CommandError> {
    if !arguments.directory.is_dir() {
        let message = format!("{} is not a directory", arguments.directory.display());
        return Err(CommandError::could_not_run(message));
    }
    let path = arguments
        .config
        .clone()
        .unwrap_or_else(|| arguments.directory.join(FILE_NAME));
    if arguments.config.is_none() && !path.is_file() {
        return Ok((Config::default(), arguments.directory.clone()));
    }
    let text = context.read_file(&path.display().to_string())?;
    let config = Config::parse(&text, &path).map_err(CommandError::usage)?;
    let base = if arguments.config.is_some() {
        arguments.directory.clone()
    } else {
        path.parent().unwrap_or(Path::new(".")).to_owned()
    };
    Ok((config, base))
}

fn location(
    context: RunContext,
    arguments: &CiArguments,
    config: &Config,
    base: &Path,
) -> Result<Option<Location>, CommandError> {
    if arguments.no_push {
        return Ok(None);
    }
    let here = context.working_directory();
    let given = arguments.repository.as_deref().map(|url| (url, here.clone()));
    let configured = || config.repository.as_deref().map(|url| (url, here.join(base)));
    let Some((url, base)) = given.or_else(configured) else {
        return Ok(None);
    };
    Location::parse(url, &base).map(Some).map_err(CommandError::usage)
}

fn request(
    arguments: &CiArguments,
    config: &Config,
    base: &Path,
    reporting: &Reporting,
) -> Result<CheckRequest, CommandError> {
    let mut charts = Vec::new();
    for root in &config.charts {
        let root = if root.as_os_str() == "." {
            base.to_owned()
        } else {
            base.join(root)
        };
        charts.extend(find_charts(&root, &config.exclude).map_err(CommandError::could_not_run)?);
    }
    charts.sort();
    charts.dedup();
    if charts.is_empty() {
        return Err(
            CommandError::usage(format!("no chart below {}", arguments.directory.display()))
                .with_hint("a chart is a directory with a Chart.yaml; `charts` in chartwright.yaml says where to look"),
        );
    }
    let versions = if arguments.kubernetes_version.is_empty() {
        &config.kubernetes_versions
    } else {
        &arguments.kubernetes_version
    };
    let versions = parse_versions(versions).map_err(CommandError::usage)?;
    Ok(CheckRequest {
        values: config.values.clone(),
        validation: Options {
            strict: config.strict,
            ignore_missing_schemas: config.ignore_missing_schemas,
            skip: KindFilter::new(&config.skip_kinds),
            ..Options::default()
        },
        release_name: config.release_name.clone(),
        namespace: config.namespace.clone(),
        judgement: reporting.judgement.clone(),
        ..CheckRequest::new(charts, reporting.root.clone(), versions)
    })
}
