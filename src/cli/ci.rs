//! `chartwright ci`: the whole pipeline as one step.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::package::{PackageOptions, package_chart};
use crate::artifact::repository::{Item, Location, Outcome};
use crate::check::finding::{Finding, PathRule, Severity};
use crate::config::{Config, FILE_NAME, FailLevel, Ignored};
use crate::kubernetes::validate::{KindFilter, Options};
use crate::pipeline::{CheckedChart, Settings, check_charts, find_charts, summary_table};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::package::package_error;
use super::push::publish_items;
use super::report_flags::ReportFlags;
use super::run_context::RunContext;

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
    /// Kubernetes versions to render and validate for, instead of the configured ones (comma-separated).
    #[arg(long, value_delimiter = ',', value_name = "VERSIONS")]
    kubernetes_version: Vec<String>,
    #[command(flatten)]
    report: ReportFlags,
}

pub(super) fn run(context: RunContext, arguments: &CiArguments) -> Result<Exit, CommandError> {
    let (config, base) = read_config(context, arguments)?;
    let location = location(context, arguments, &config, &base)?;
    let charts = all_charts(&config, &base)?;
    if charts.is_empty() {
        return Err(
            CommandError::usage(format!("no chart below {}", arguments.directory.display()))
                .with_hint("a chart is a directory with a Chart.yaml; `charts` in chartwright.yaml says where to look"),
        );
    }
    let settings = settings(arguments, &config);
    let shows_progress = context.is_interactive() && std::io::stderr().is_terminal();
    let total = charts.len();
    let progress = |done: usize| {
        if shows_progress {
            context.report(&format!("{done} of {total} charts"));
        }
    };
    let checked =
        check_charts(&charts, &settings, &|| context.check_world(), &progress).map_err(CommandError::usage)?;
    let worst = match config.fail_on {
        FailLevel::Error => Severity::Error,
        FailLevel::Warning => Severity::Warning,
        FailLevel::Info => Severity::Info,
    };
    let silenced: Vec<PathRule> = config.ignore.iter().map(path_rule).collect();
    let found: Vec<Finding> = checked.iter().flat_map(|chart| chart.findings.clone()).collect();
    let (findings, exit) = arguments.report.judge(found, silenced, worst)?;
    let is_well = exit == Exit::Clean;
    let worst = arguments.report.worst(worst);
    let has_failed = |chart: &CheckedChart| {
        let inside = format!("{}/", chart.path.trim_end_matches('/'));
        let mut own = findings.iter().filter(|finding| finding.file.starts_with(&inside));
        !is_well && own.any(|finding| finding.severity >= worst)
    };
    let names: Vec<String> = checked.iter().map(|chart| chart.path.clone()).collect();
    let mut text = String::new();
    if arguments.report.is_asked() {
        arguments.report.write(context, &findings, &names)?;
    } else {
        for finding in &findings {
            text.push_str(&format!("{finding}\n"));
        }
    }
    let published = location
        .filter(|_| is_well)
        .map(|location| publish(context, &charts, &location));
    let verdict = |chart: &CheckedChart| if has_failed(chart) { "failed" } else { "ok" }.to_owned();
    let results = match &published {
        Some(Ok(results)) => results.clone(),
        Some(Err(_)) => checked.iter().map(|_| "not published".to_owned()).collect(),
        None => checked.iter().map(verdict).collect(),
    };
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary_table(&checked, &results));
    if arguments.report.is_asked() {
        // Standard output may be a report that a program reads.
        context.report(text.trim_end());
    } else {
        context.write_stdout(text.as_bytes())?;
    }
    if let Some(Err(error)) = published {
        return Err(error);
    }
    Ok(if is_well { Exit::Clean } else { Exit::Findings })
}

fn path_rule(ignored: &Ignored) -> PathRule {
    PathRule {
        rule: ignored.rule.clone(),
        path: ignored.path.clone(),
    }
}

/// The configuration, and the directory its paths are relative to.
fn read_config(context: RunContext, arguments: &CiArguments) -> Result<(Config, PathBuf), CommandError> {
    if !arguments.directory.is_dir() {
        let message = format!("{} is no directory", arguments.directory.display());
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
    let given = arguments
        .repository
        .as_deref()
        .map(|url| (url, context.working_directory()));
    let configured = || {
        let base = std::path::absolute(base).unwrap_or_else(|_| base.to_owned());
        config.repository.as_deref().map(|url| (url, base))
    };
    let Some((url, base)) = given.or_else(configured) else {
        return Ok(None);
    };
    Location::parse(url, &base).map(Some).map_err(CommandError::usage)
}

fn all_charts(config: &Config, base: &Path) -> Result<Vec<PathBuf>, CommandError> {
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
    Ok(charts)
}

fn settings(arguments: &CiArguments, config: &Config) -> Settings {
    let versions = if arguments.kubernetes_version.is_empty() {
        config.kubernetes_versions.clone()
    } else {
        arguments.kubernetes_version.clone()
    };
    Settings {
        given: None,
        finds_random: true,
        values: config.values.clone(),
        kubernetes_versions: versions,
        validation: Options {
            strict: config.strict,
            ignore_missing_schemas: config.ignore_missing_schemas,
            skip: KindFilter::new(&config.skip_kinds),
            ..Options::default()
        },
        release_name: config.release_name.clone(),
        namespace: config.namespace.clone(),
    }
}

/// Packages and publishes every chart; the results are in their order.
fn publish(context: RunContext, charts: &[PathBuf], location: &Location) -> Result<Vec<String>, CommandError> {
    let options = PackageOptions::default();
    let items = charts
        .iter()
        .map(|chart| {
            let package = package_chart(chart, &options).map_err(package_error)?;
            let file_name = package.file_name();
            Ok(Item {
                metadata: package.chart.metadata,
                file_name,
                archive: package.archive,
            })
        })
        .collect::<Result<Vec<_>, CommandError>>()?;
    let outcomes = publish_items(context, location, &items)?;
    let said = |outcome| match outcome {
        Outcome::Published => format!("published to {location}"),
        Outcome::AlreadyThere => "unchanged in the repository".to_owned(),
    };
    Ok(outcomes.into_iter().map(said).collect())
}
