//! `chartwright lint`: `helm lint`'s rules, as findings with positions or, with `--helm-rules`, word for word.

use std::path::Path;

use clap::Args;

use crate::chart::Compat;
use crate::lint::{ChartSource, LintMessage, LintOptions, LintSeverity, UnusedValue, lint_chart, unused_values};
use crate::render::KubeVersion;
use crate::source::LineIndex;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::helm_flags::GlobalFlags;
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
    /// Do not validate values against values.schema.json.
    #[arg(long)]
    skip_schema_validation: bool,
    /// Kubernetes version for capabilities and deprecated APIs.
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// Namespace of the release.
    #[arg(short, long)]
    namespace: Option<String>,
    /// Without effect on the rules.
    #[arg(long, hide = true)]
    debug: bool,
    #[command(flatten)]
    global: GlobalFlags,
}

/// What became of one chart.
struct LintedChart {
    path: String,
    outcome: Result<(ChartSource, Vec<LintMessage>), String>,
    /// Found by our own rules.
    unused: Vec<UnusedValue>,
}

impl LintedChart {
    fn has_failed(&self, strict: bool) -> bool {
        if strict && !self.unused.is_empty() {
            return true;
        }
        let tolerated = if strict {
            LintSeverity::Info
        } else {
            LintSeverity::Warning
        };
        match &self.outcome {
            Ok((_, messages)) => messages.iter().any(|message| message.severity > tolerated),
            Err(_) => true,
        }
    }

    fn has_warnings_or_errors(&self) -> bool {
        match &self.outcome {
            Ok((_, messages)) => messages.iter().any(|message| message.severity > LintSeverity::Info),
            Err(_) => true,
        }
    }

    fn shown(&self, quiet: bool) -> impl Iterator<Item = &LintMessage> {
        let messages = self.outcome.as_ref().map_or(&[][..], |(_, messages)| messages);
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
    let options = LintOptions {
        namespace: arguments
            .namespace
            .clone()
            .or_else(|| context.variable("HELM_NAMESPACE"))
            .unwrap_or_else(|| "default".to_owned()),
        kube_version: arguments
            .kube_version
            .as_deref()
            .map(KubeVersion::parse)
            .transpose()
            .map_err(CommandError::usage)?,
        skip_schema_validation: arguments.skip_schema_validation,
    };
    let (values, given) = arguments.values.merge(context, Compat::Helm4)?;
    let mut paths = arguments.charts.clone();
    if arguments.with_subcharts {
        for path in &arguments.charts {
            find_subcharts(&Path::new(path).join("charts"), 0, &mut paths);
        }
    }
    let mut world = context.render_world(false);
    let charts: Vec<LintedChart> = paths
        .into_iter()
        .map(|path| {
            let outcome = ChartSource::open(Path::new(&path)).map(|source| {
                let messages = lint_chart(&source, &values, &options, &mut world);
                (source, messages)
            });
            let unused = match &outcome {
                Ok((source, _)) if !arguments.helm_rules => {
                    unused_values(source, &path, &values, &given, &options, &mut world)
                }
                _ => Vec::new(),
            };
            LintedChart { path, outcome, unused }
        })
        .collect();
    if arguments.helm_rules {
        print_as_helm(context, arguments, &charts)
    } else {
        print(context, arguments, &charts)
    }
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

fn print(context: RunContext, arguments: &LintArguments, charts: &[LintedChart]) -> Result<Exit, CommandError> {
    let mut text = String::new();
    for chart in charts {
        if let Err(error) = &chart.outcome {
            text.push_str(&format!("{}: error: {error} [chart-load]\n", chart.path));
        }
        for message in chart.shown(arguments.quiet) {
            text.push_str(&finding_line(chart, message));
        }
        for unused in &chart.unused {
            text.push_str(&unused_line(unused));
        }
    }
    let failed = charts.iter().filter(|chart| chart.has_failed(arguments.strict)).count();
    context.write_stdout(text.as_bytes())?;
    context.report(&format!("{} chart(s) linted, {failed} chart(s) failed", charts.len()));
    Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
}

fn unused_line(unused: &UnusedValue) -> String {
    let place = unused.origin.place();
    let path = &unused.path;
    match &unused.meant {
        Some(meant) => {
            format!("{place}: warning: no template reads `{path}`; did you mean `{meant}`? [misspelt-value]\n")
        }
        None => format!("{place}: warning: no template reads `{path}` [unused-value]\n"),
    }
}

fn finding_line(chart: &LintedChart, message: &LintMessage) -> String {
    let severity = match message.severity {
        LintSeverity::Info => "info",
        LintSeverity::Warning => "warning",
        LintSeverity::Error => "error",
    };
    let (file, line, column) = match (&message.place, &chart.outcome) {
        (Some(place), Ok((source, _))) => {
            let position = source
                .content(&place.file)
                .map(|content| LineIndex::new(&content).position(&content, place.span.start))
                .map_or((1, 1), |position| (position.line, position.column));
            (
                format!("{}/{}", chart.path.trim_end_matches('/'), place.file),
                position.0,
                position.1,
            )
        }
        _ => (format!("{}/{}", chart.path.trim_end_matches('/'), message.path), 1, 1),
    };
    format!(
        "{file}:{line}:{column}: {severity}: {} [{}]\n",
        message.text.trim_end(),
        message.rule
    )
}
