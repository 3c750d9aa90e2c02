//! `chartwright coverage`: which lines and branches of a chart's templates its renderings reach.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::run::{CheckRequest, CheckedChart, check_charts};
use crate::engine::chart::Compat;
use crate::kubernetes::version::parse_versions;
use crate::report::{CoverageFormat, CoveredChart, share_of};
use crate::text::rule::Severity;

use super::chart_reference::{ChartFinder, ChartReferenceFlags, Fetching};
use super::charts_to_check::{ChartToCheck, charts_here};
use super::command_error::CommandError;
use super::dependency_flags::{DependencyFlags, report_notes};
use super::exit_code::Exit;
use super::helm_flags::GlobalFlags;
use super::keyring_flags::KeyringFlags;
use super::link_flags::LinkFlags;
use super::lint::check_error;
use super::release_flags::namespace;
use super::report_flags::write_file;
use super::run_context::RunContext;
use super::schema_flags::FetchFlags;
use super::time_flag::TimeFlag;
use super::value_flags::ValueFlags;

#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(super) struct CoverageArguments {
    /// Charts: directories, .tgz files, or charts of repositories (`repo/name`, `oci://…`, `https://….tgz`, a name with --repo)
    /// [default: the charts of the working directory that `ci` checks].
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    /// Version, or a range of versions, of charts that are fetched [default: the newest that is not a pre-release].
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// How to report: text, json, cobertura, lcov or markdown, each with =FILE to write it to a file (repeatable).
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text")]
    report: Vec<String>,
    /// Fail if less than this share of the lines and branches, in percent, is reached in all charts together.
    #[arg(long, value_name = "PERCENT")]
    fail_under: Option<f64>,
    /// Directory that paths in reports are relative to (default: the root of the repository).
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    time: TimeFlag,
    /// Do not validate values against values.schema.json.
    #[arg(long)]
    skip_schema_validation: bool,
    #[command(flatten)]
    schemas: FetchFlags,
    /// Kubernetes versions to render for: 1.31, latest, 1.28..1.35, or a list with commas.
    #[arg(
        long,
        alias = "kubernetes-version",
        value_delimiter = ',',
        value_name = "VERSION",
        default_value = "latest"
    )]
    kube_version: Vec<String>,
    /// Namespace of the release.
    #[arg(short, long)]
    namespace: Option<String>,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    values: ValueFlags,
    #[command(flatten)]
    reference: ChartReferenceFlags,
    #[command(flatten)]
    keyring: KeyringFlags,
    #[command(flatten)]
    dependencies: DependencyFlags,
    #[command(flatten)]
    global: GlobalFlags,
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
    let charts = find_charts(context, arguments)?;
    let checked = check(context, arguments, &charts)?;
    let covered: Vec<CoveredChart<'_>> = checked
        .iter()
        .filter_map(|chart| {
            Some(CoveredChart {
                path: &chart.path,
                name: &chart.name,
                version: &chart.version,
                coverage: chart.coverage.as_ref()?,
            })
        })
        .collect();
    for report in &wanted {
        let text = report.format.write(&covered);
        match report.file {
            None => context.write_stdout(text.as_bytes())?,
            Some(path) => write_file(path, text.as_bytes())?,
        }
    }
    let unrendered: Vec<&CheckedChart> = checked
        .iter() // A library chart is not rendered, which is not a fault.
        .filter(|chart| chart.rendered.renderings == 0 && (chart.coverage.is_some() || has_error(chart)))
        .collect();
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

fn has_error(chart: &CheckedChart) -> bool {
    chart.findings.iter().any(|finding| finding.severity == Severity::Error)
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

fn find_charts(context: RunContext, arguments: &CoverageArguments) -> Result<Vec<ChartToCheck>, CommandError> {
    let fetching = Fetching {
        version: arguments.version.as_deref(),
        keyring: &arguments.keyring,
        remote: arguments.dependencies.remote(),
    };
    let mut finder = ChartFinder::new(context, &arguments.reference, fetching);
    let names = if arguments.charts.is_empty() {
        charts_here()?
    } else {
        arguments.charts.clone()
    };
    finder.check_flags(&names)?;
    names.iter().map(|name| ChartToCheck::find(&mut finder, name)).collect()
}

fn check(
    context: RunContext,
    arguments: &CoverageArguments,
    charts: &[ChartToCheck],
) -> Result<Vec<CheckedChart>, CommandError> {
    let paths: Vec<PathBuf> = charts
        .iter()
        .filter_map(ChartToCheck::path)
        .map(Path::to_owned)
        .collect();
    let root = context.report_root(arguments.base.as_deref(), &paths);
    let versions = parse_versions(&arguments.kube_version).map_err(CommandError::usage)?;
    let shown = |name: &str| root.shown(Path::new(name));
    let (given, _) = arguments.values.read(context, Compat::Helm4, &shown)?;
    let supply = arguments.dependencies.supply(context)?;
    let mut request = CheckRequest {
        archives: charts.iter().filter_map(ChartToCheck::archive).cloned().collect(),
        links: arguments.links.policy(),
        supply: supply.clone().map(|supply| supply as _),
        namespace: namespace(context, arguments.namespace.as_deref()),
        skip_schema_validation: arguments.skip_schema_validation,
        documents: arguments.schemas.documents(context),
        coverage: true,
        ..CheckRequest::new(paths, root.clone(), versions)
    };
    if !given.is_empty() {
        request.values = Vec::new();
        request.given = Some(given);
    }
    let outcome = check_charts(&request, &|| context.check_world(), &|_| ()).map_err(check_error);
    report_notes(context, supply.as_deref());
    Ok(outcome?.charts)
}
