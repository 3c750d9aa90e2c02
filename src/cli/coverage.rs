//! `chartwright coverage`: which lines and branches of a chart's templates its renderings reach.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::run::{CheckedChart, LIBRARY_CHART, check_charts};
use crate::kubernetes::version::parse_versions;
use crate::report::{CoverageFormat, CoveredChart, share_of};
use crate::text::rule::Severity;

use super::charts_to_check::{ChartInputFlags, ChartInputs, ChartToCheck, paths};
use super::command_error::CommandError;
use super::dependency_flags::report_notes;
use super::exit_code::Exit;
use super::lint::check_error;
use super::report_flags::write_file;
use super::run_context::RunContext;
use super::time_flag::TimeFlag;

#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(super) struct CoverageArguments {
    /// How to report: text, json, cobertura, lcov, markdown or html, each with =FILE to write it to a file (repeatable).
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text")]
    report: Vec<String>,
    /// Fail if less than this share of the lines and branches, in percent, is reached in all charts together.
    #[arg(long, value_name = "PERCENT")]
    fail_under: Option<f64>,
    /// Directory that paths in reports are relative to (default: the root of the repository).
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    #[command(flatten)]
    time: TimeFlag,
    /// Kubernetes versions to render for: 1.31, latest, 1.28..1.35, or a list with commas.
    #[arg(
        long,
        alias = "kubernetes-version",
        value_delimiter = ',',
        value_name = "VERSION",
        default_value = "latest"
    )]
    kube_version: Vec<String>,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    inputs: ChartInputFlags,
}

/// A report, and the file that it is for.
struct WantedReport<'a> {
    format: CoverageFormat,
    file: Option<&'a Path>,
}

pub(super) fn run(context: RunContext, arguments: &CoverageArguments) -> Result<Exit, CommandError> {
    arguments.time.start()?;
    let wanted = arguments.report.iter().map(|text| wanted_report(text));
    let wanted: Vec<WantedReport<'_>> = wanted.collect::<Result<_, _>>()?;
    let least = least_share(arguments.fail_under)?;
    let charts = arguments.inputs.find(context)?;
    let checked = check(context, arguments, &charts)?;
    let covered = covered_charts(&checked);
    for report in &wanted {
        let text = report.format.write(&covered);
        match report.file {
            None => context.write_stdout(text.as_bytes())?,
            Some(path) => write_file(path, text.as_bytes())?,
        }
    }
    let unrendered: Vec<&CheckedChart> = checked.iter().filter(|chart| chart.is_unrendered()).collect();
    for chart in &unrendered {
        let finding = chart
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        let reason = finding.map(|finding| format!(": {}: {}", finding.primary, finding.message));
        context.report(&format!(
            "{}: no rendering is complete{}; `chartwright lint` says why",
            chart.path,
            reason.unwrap_or_default()
        ));
    }
    let is_library = |chart: &&CheckedChart| chart.coverage.is_none() && !chart.is_unrendered();
    for chart in checked.iter().filter(is_library) {
        context.report(&format!(
            "{}: {LIBRARY_CHART}; coverage is that of the charts that use it",
            chart.path
        ));
    }
    if !unrendered.is_empty() {
        return Ok(Exit::Findings);
    }
    let share = share_of(&covered);
    if least.is_some_and(|least| share < least) {
        context.report(&format!(
            "{}.{:02} % of the lines and branches are reached, less than the {} % of --fail-under",
            share / 100,
            share % 100,
            arguments.fail_under.unwrap_or_default()
        ));
        return Ok(Exit::Findings);
    }
    Ok(Exit::Clean)
}

/// The charts whose renderings were watched.
pub(super) fn covered_charts(checked: &[CheckedChart]) -> Vec<CoveredChart<'_>> {
    let covered = checked.iter().filter_map(|chart| {
        Some(CoveredChart {
            path: &chart.path,
            name: &chart.name,
            version: &chart.version,
            coverage: chart.coverage.as_ref()?,
        })
    });
    covered.collect()
}

/// Reads `FORMAT` or `FORMAT=FILE`.
fn wanted_report(text: &str) -> Result<WantedReport<'_>, CommandError> {
    let (name, file) = text
        .split_once('=')
        .map_or((text, None), |(name, file)| (name, Some(file)));
    let found = CoverageFormat::ALL.iter().find(|(known, _)| *known == name);
    let (_, format) = found.ok_or_else(|| {
        let known = CoverageFormat::ALL.map(|(name, _)| name).join(", ");
        CommandError::usage(format!("--report {name}: unknown format; known are {known}"))
    })?;
    Ok(WantedReport {
        format: *format,
        file: file.filter(|file| *file != "-").map(Path::new),
    })
}

/// The least share in hundredths of a percent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is between 0 and 100"
)]
fn least_share(percent: Option<f64>) -> Result<Option<u64>, CommandError> {
    match percent {
        Some(percent) if !(0.0..=100.0).contains(&percent) => Err(CommandError::usage(format!(
            "--fail-under {percent}: a share in percent is a number from 0 to 100"
        ))),
        percent => Ok(percent.map(|percent| (percent * 100.0).round() as u64)),
    }
}

fn check(
    context: RunContext,
    arguments: &CoverageArguments,
    charts: &[ChartToCheck],
) -> Result<Vec<CheckedChart>, CommandError> {
    let root = context.report_root(arguments.base.as_deref(), &paths(charts));
    let versions = parse_versions(&arguments.kube_version).map_err(CommandError::usage)?;
    let ChartInputs { mut request, supply } = arguments.inputs.inputs(context, charts, &root, versions)?;
    request.coverage = true;
    let outcome = check_charts(&request, &|| context.check_world(), &|_| ()).map_err(check_error);
    report_notes(context, supply.as_deref());
    Ok(outcome?.charts)
}
