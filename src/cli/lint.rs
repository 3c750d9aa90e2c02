//! `chartwright lint`: all rules over all renderings of a chart, as findings with positions; or, with `--helm-rules`, what
//! `helm lint` says, word for word.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::finding::{Finding, Severity};
use crate::check::lint::{ChartSource, LintMessage, LintOptions, LintSeverity, lint_chart, open_secrets};
use crate::config::Config;
use crate::engine::chart::Compat;
use crate::engine::functions::json::to_go_json;
use crate::engine::template::Value;
use crate::kubernetes::validate::Options;
use crate::kubernetes::version::KubeVersion;
use crate::pipeline::{GivenValues, Settings, check_charts};
use crate::text::source::LineIndex;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::helm_flags::GlobalFlags;
use super::report_flags::ReportFlags;
use super::run_context::RunContext;
use super::value_flags::ValueFlags;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct LintArguments {
    /// Charts: directories or .tgz files.
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    #[command(flatten)]
    values: ValueFlags,
    /// Fail on warnings too.
    #[arg(long)]
    strict: bool,
    /// Lint the charts in charts/ too.
    #[arg(long)]
    with_subcharts: bool,
    /// Print warnings and errors only.
    #[arg(long)]
    quiet: bool,
    /// Print what `helm lint` prints, word for word.
    #[arg(long)]
    helm_rules: bool,
    /// Look for open secrets alone: fast enough for a pre-commit hook. Directories need not be charts.
    #[arg(long)]
    secrets_only: bool,
    #[command(flatten)]
    report: ReportFlags,
    /// Do not validate values against values.schema.json.
    #[arg(long)]
    skip_schema_validation: bool,
    /// Kubernetes versions to render and validate for: 1.31, latest, 1.28..1.35, or a list with commas.
    #[arg(long, alias = "kubernetes-version", value_delimiter = ',', value_name = "VERSION")]
    kube_version: Vec<String>,
    /// Namespace of the release.
    #[arg(short, long)]
    namespace: Option<String>,
    /// Without effect on the rules.
    #[arg(long, hide = true)]
    debug: bool,
    #[command(flatten)]
    global: GlobalFlags,
}

/// What became of one chart under Helm's rules.
struct LintedChart {
    path: String,
    outcome: Result<Vec<LintMessage>, String>,
}

impl LintedChart {
    fn has_failed(&self, strict: bool) -> bool {
        let tolerated = if strict {
            LintSeverity::Info
        } else {
            LintSeverity::Warning
        };
        match &self.outcome {
            Ok(messages) => messages.iter().any(|message| message.severity > tolerated),
            Err(_) => true,
        }
    }

    fn has_warnings_or_errors(&self) -> bool {
        match &self.outcome {
            Ok(messages) => messages.iter().any(|message| message.severity > LintSeverity::Info),
            Err(_) => true,
        }
    }

    fn shown(&self, quiet: bool) -> impl Iterator<Item = &LintMessage> {
        let messages = self.outcome.as_ref().map_or(&[][..], Vec::as_slice);
        messages
            .iter()
            .filter(move |message| !quiet || message.severity > LintSeverity::Info)
    }
}

pub(super) fn run(context: RunContext, arguments: &LintArguments) -> Result<Exit, CommandError> {
    if arguments.charts.is_empty() {
        return Err(CommandError::usage("\"chartwright lint\" requires at least 1 argument")
            .with_hint("usage: chartwright lint CHART... [flags]"));
    }
    let mut paths = arguments.charts.clone();
    if arguments.with_subcharts {
        for path in &arguments.charts {
            find_subcharts(&Path::new(path).join("charts"), 0, &mut paths);
        }
    }
    if arguments.secrets_only {
        let findings = secret_findings(&paths);
        return arguments.report.finish(context, findings, &paths);
    }
    if arguments.helm_rules {
        run_helm_rules(context, arguments, paths)
    } else {
        run_all_rules(context, arguments, &paths)
    }
}

fn namespace(context: RunContext, arguments: &LintArguments) -> String {
    let given = arguments
        .namespace
        .clone()
        .or_else(|| context.variable("HELM_NAMESPACE"));
    given.unwrap_or_else(|| "default".to_owned())
}

/// Helm's rules, in Helm's words and order.
fn run_helm_rules(context: RunContext, arguments: &LintArguments, paths: Vec<String>) -> Result<Exit, CommandError> {
    let version = arguments.kube_version.first();
    let options = LintOptions {
        namespace: namespace(context, arguments),
        kube_version: version
            .map(|text| KubeVersion::parse(text))
            .transpose()
            .map_err(CommandError::usage)?,
        skip_schema_validation: arguments.skip_schema_validation,
    };
    let (values, _) = arguments.values.merge(context, Compat::Helm4)?;
    let mut world = context.render_world(false);
    let charts: Vec<LintedChart> = paths
        .into_iter()
        .map(|path| {
            let outcome =
                ChartSource::open(Path::new(&path)).map(|source| lint_chart(&source, &values, &options, &mut world));
            LintedChart { path, outcome }
        })
        .collect();
    print_as_helm(context, arguments, &charts)
}

/// All rules over all renderings.
fn run_all_rules(context: RunContext, arguments: &LintArguments, paths: &[String]) -> Result<Exit, CommandError> {
    let settings = settings(context, arguments)?;
    let charts: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let shows_progress = context.is_interactive();
    let progress = |done: usize| {
        if shows_progress && charts.len() > 1 {
            context.report(&format!("{done} of {} charts", charts.len()));
        }
    };
    let checked =
        check_charts(&charts, &settings, &|| context.check_world(), &progress).map_err(CommandError::usage)?;
    let mut findings: Vec<Finding> = checked.into_iter().flat_map(|chart| chart.findings).collect();
    findings.extend(secret_findings(paths));
    if arguments.quiet {
        findings.retain(|finding| finding.severity > Severity::Info);
    }
    let worst = if arguments.strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    let (findings, exit) = arguments.report.judge(findings, Vec::new(), worst)?;
    let total = paths.len();
    arguments.report.write(context, &findings, paths)?;
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    context.report(&format!(
        "{total} chart(s) linted, {errors} error(s), {warnings} warning(s)"
    ));
    Ok(exit)
}

fn settings(context: RunContext, arguments: &LintArguments) -> Result<Settings, CommandError> {
    let (values, sources) = arguments.values.merge(context, Compat::Helm4)?;
    let is_given = !sources.files.is_empty() || !sources.flags.is_empty();
    let names: Vec<&str> = sources.files.iter().map(|file| file.name.as_str()).collect();
    let label = if names.is_empty() {
        "the values given".to_owned()
    } else {
        names.join(" + ")
    };
    let json = to_go_json(&Value::Map(values)).map_err(CommandError::could_not_run)?;
    let given = is_given.then_some(GivenValues { label, json, sources });
    let versions = if arguments.kube_version.is_empty() {
        vec!["latest".to_owned()]
    } else {
        arguments.kube_version.clone()
    };
    Ok(Settings {
        // Values that are given are what the chart is linted with; else those it is deployed with.
        values: if is_given { Vec::new() } else { Config::default().values },
        given,
        finds_random: true,
        kubernetes_versions: versions,
        validation: Options {
            strict: true,
            ignore_missing_schemas: true,
            ..Options::default()
        },
        release_name: "release-name".to_owned(),
        namespace: namespace(context, arguments),
    })
}

/// Secrets that lie open below the given paths.
fn secret_findings(paths: &[String]) -> Vec<Finding> {
    let roots: Vec<PathBuf> = paths
        .iter()
        .map(PathBuf::from)
        .filter(|path| !path.to_string_lossy().ends_with(".tgz"))
        .collect();
    let secrets = open_secrets(&roots).into_iter();
    secrets
        .map(|secret| {
            let text = std::fs::read(&secret.path).unwrap_or_default();
            let at = LineIndex::new(&text).position(&text, u32::try_from(secret.offset).unwrap_or(u32::MAX));
            let file = secret.path.display().to_string();
            let place = (at.line, at.column);
            Finding::new(
                file.trim_start_matches("./"),
                place,
                Severity::Error,
                secret.rule,
                secret.message,
            )
        })
        .collect()
}

/// Deepest directory searched for subcharts.
const MAX_DEPTH: usize = 32;

/// Charts below a `charts/` directory, in the order of a walk.
fn find_subcharts(directory: &Path, depth: usize, paths: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() && depth < MAX_DEPTH {
            find_subcharts(&path, depth + 1, paths);
        } else if path.file_name().is_some_and(|name| name == "Chart.yaml") {
            paths.push(directory.to_string_lossy().into_owned());
        } else if path.extension().is_some_and(|extension| extension == "tgz") || name.ends_with(".tar.gz") {
            paths.push(name);
        }
    }
}

fn print_as_helm(context: RunContext, arguments: &LintArguments, charts: &[LintedChart]) -> Result<Exit, CommandError> {
    let mut text = String::new();
    for chart in charts {
        if arguments.quiet && !chart.has_warnings_or_errors() {
            continue;
        }
        text.push_str(&format!("==> Linting {}\n", chart.path));
        if let Err(error) = &chart.outcome {
            text.push_str(&format!("Error {error}\n"));
        }
        for message in chart.shown(arguments.quiet) {
            text.push_str(&format!("{message}\n"));
        }
        text.push('\n');
    }
    let failed = charts.iter().filter(|chart| chart.has_failed(arguments.strict)).count();
    let summary = format!("{} chart(s) linted, {failed} chart(s) failed", charts.len());
    if failed == 0 && (!arguments.quiet || charts.iter().any(LintedChart::has_warnings_or_errors)) {
        text.push_str(&format!("{summary}\n"));
    }
    context.write_stdout(text.as_bytes())?;
    if failed > 0 {
        context.report(&format!("Error: {summary}"));
        return Ok(Exit::Findings);
    }
    Ok(Exit::Clean)
}
