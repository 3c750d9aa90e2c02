//! `chartwright lint`: all rules over all renderings of a chart, as findings with positions; or, with `--helm-rules`, what
//! `helm lint` prints, word for word.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::explore::add_explored;
use crate::check::finding::{Finding, Hidden, join};
use crate::check::lint::chart::check_secrets;
use crate::check::lint::helm::{ChartSource, LintMessage, LintOptions, lint_chart};
use crate::check::run::{CheckError, charts_of_files, check_charts, find_subcharts};
use crate::engine::chart::Compat;
use crate::kubernetes::version::{KubeVersion, parse_versions};
use crate::report::{Group, Remarks, unevaluated_sentence};
use crate::text::rule::Severity;

use super::charts_to_check::{ChartInputFlags, ChartInputs, ChartToCheck, charts_here, paths};
use super::command_error::CommandError;
use super::dependency_flags::report_notes;
use super::exit_code::Exit;
use super::explore_flag::{ExploreFlag, MOST_REFUSALS, begin_time, budget, explored_lines};
use super::policy_flags::PolicyFlags;
use super::release_flags::namespace;
use super::report_flags::{ReportFlags, Reporting};
use super::run_context::RunContext;
use super::time_flag::TimeFlag;

#[derive(Debug, Args)]
#[command(args_override_self = true)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct LintArguments {
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
    /// Look for unencrypted secrets alone: fast enough for a pre-commit hook. Directories need not be charts.
    #[arg(long)]
    secrets_only: bool,
    /// The arguments are files: lint the charts that they belong to, each once. Files of no chart are passed over. For hooks.
    #[arg(long, conflicts_with_all = ["secrets_only", "version"])]
    files: bool,
    #[command(flatten)]
    time: TimeFlag,
    #[command(flatten)]
    report: ReportFlags,
    #[command(flatten)]
    explore: ExploreFlag,
    /// Fail where templates refuse a chart's default values with `fail` or `required`. Without this, that is info if the chart
    /// renders with another of its values files.
    #[arg(long)]
    require_defaults: bool,
    /// Kubernetes versions to render and validate for: 1.31, latest, 1.28..1.35, or a list with commas.
    #[arg(long, alias = "kubernetes-version", value_delimiter = ',', value_name = "VERSION")]
    kube_version: Vec<String>,
    /// Accepted for Helm's sake; the rules do not change.
    #[arg(long, hide = true)]
    debug: bool,
    #[command(flatten)]
    policy: PolicyFlags,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    inputs: ChartInputFlags,
}

impl LintArguments {
    /// Whether the output is Helm's, word for word.
    pub(super) const fn speaks_as_helm(&self) -> bool {
        self.helm_rules
    }
}

/// The result for one chart under Helm's rules.
struct LintedChart {
    path: String,
    outcome: Result<Vec<LintMessage>, String>,
}

impl LintedChart {
    fn has_failed(&self, strict: bool) -> bool {
        let tolerated = if strict { Severity::Info } else { Severity::Warning };
        match &self.outcome {
            Ok(messages) => messages.iter().any(|message| message.finding.severity > tolerated),
            Err(_) => true,
        }
    }

    fn has_warnings_or_errors(&self) -> bool {
        match &self.outcome {
            Ok(messages) => messages.iter().any(|message| message.finding.severity > Severity::Info),
            Err(_) => true,
        }
    }

    fn shown(&self, quiet: bool) -> impl Iterator<Item = &LintMessage> {
        let messages = self.outcome.as_ref().map_or(&[][..], Vec::as_slice);
        messages
            .iter()
            .filter(move |message| !quiet || message.finding.severity > Severity::Info)
    }
}

pub(super) fn run(context: RunContext, arguments: &LintArguments) -> Result<Exit, CommandError> {
    arguments.time.start()?;
    if arguments.policy.are_given() && (arguments.helm_rules || arguments.secrets_only) {
        return Err(CommandError::usage(
            "--policy judges what all rules judge: --helm-rules and --secrets-only exclude it",
        ));
    }
    if arguments.explore.is_given() && (arguments.helm_rules || arguments.secrets_only) {
        return Err(CommandError::usage(
            "--explore judges by all rules: --helm-rules and --secrets-only exclude it",
        ));
    }
    let charts = find_charts(context, arguments)?;
    if arguments.helm_rules {
        return run_helm_rules(context, arguments, &charts);
    }
    let paths = paths(&charts);
    let fail_on = if arguments.strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    let mut reporting = arguments.report.prepare(context, &paths, Vec::new(), fail_on)?;
    if arguments.quiet {
        reporting.shown_from = Severity::Warning;
    }
    if arguments.secrets_only {
        run_secrets(context, &paths, &reporting)
    } else {
        run_all_rules(context, arguments, &charts, &reporting)
    }
}

/// The charts of the command line. Secrets are looked for in files of this machine alone.
fn find_charts(context: RunContext, arguments: &LintArguments) -> Result<Vec<ChartToCheck>, CommandError> {
    let mut finder = arguments.inputs.finder(context);
    let names = names(arguments)?;
    finder.check_flags(&names)?;
    let find = |name: &String| {
        if arguments.secrets_only {
            return Ok(ChartToCheck::Here(PathBuf::from(name)));
        }
        ChartToCheck::find(&mut finder, name)
    };
    if arguments.files {
        return Ok(charts_of_changed_files(context, arguments));
    }
    names.iter().map(find).collect()
}

/// The charts of the command line; without any, those of the working directory that `ci` would check. Secrets are about all of its
/// files. Helm's rules need a name, as `helm lint` does.
fn names(arguments: &LintArguments) -> Result<Vec<String>, CommandError> {
    if !arguments.inputs.charts.is_empty() {
        return Ok(arguments.inputs.charts.clone());
    }
    if arguments.files || arguments.inputs.reference.names_repository() {
        let what = if arguments.files { "--files" } else { "--repo" };
        return Err(CommandError::usage(format!("{what} needs at least 1 argument"))
            .with_hint("usage: chartwright lint [CHART]... [flags]"));
    }
    if arguments.helm_rules {
        return Err(
            CommandError::usage("\"chartwright lint --helm-rules\" requires at least 1 argument")
                .with_hint("usage: chartwright lint --helm-rules CHART... [flags]"),
        );
    }
    if arguments.secrets_only {
        return Ok(vec![".".to_owned()]);
    }
    charts_here()
}

/// The charts that the files of the command line belong to.
fn charts_of_changed_files(context: RunContext, arguments: &LintArguments) -> Vec<ChartToCheck> {
    let files: Vec<PathBuf> = arguments.inputs.charts.iter().map(PathBuf::from).collect();
    let found = charts_of_files(&files, &context.working_directory());
    if !arguments.quiet {
        for file in &found.outside {
            context.report(&format!("{}: in no chart, passed over", file.display()));
        }
    }
    found.charts.into_iter().map(ChartToCheck::Here).collect()
}

/// The error of charts that cannot be checked at all.
pub(super) fn check_error(error: CheckError) -> CommandError {
    match error {
        CheckError::NotFound(_) => {
            CommandError::could_not_run(error).with_hint("name the directory of a chart, or a .tgz")
        }
        CheckError::Version(_) => CommandError::usage(error),
    }
}

/// The subcharts of charts, if they are requested.
fn subcharts(arguments: &LintArguments, charts: &[ChartToCheck]) -> Vec<PathBuf> {
    let charts = charts.iter().filter(|_| arguments.with_subcharts);
    charts
        .filter_map(ChartToCheck::path)
        .flat_map(|chart| find_subcharts(chart, arguments.inputs.links.policy()))
        .collect()
}

/// Helm's rules, in Helm's words and order.
fn run_helm_rules(
    context: RunContext,
    arguments: &LintArguments,
    charts: &[ChartToCheck],
) -> Result<Exit, CommandError> {
    let version = arguments.kube_version.first();
    let options = LintOptions {
        namespace: namespace(context, arguments.inputs.namespace.as_deref()),
        kube_version: version
            .map(|text| KubeVersion::parse(text))
            .transpose()
            .map_err(CommandError::usage)?,
        api_versions: arguments.inputs.api_versions.clone(),
        skip_schema_validation: arguments.inputs.skip_schema_validation,
        documents: arguments.inputs.schemas.documents(context),
    };
    let (_, values) = arguments.inputs.values.read(context, Compat::Helm4, &str::to_owned)?;
    let mut world = context.render_world(false);
    let open = |chart: &ChartToCheck| match chart {
        ChartToCheck::Here(path) => {
            let shown = path.display().to_string();
            (ChartSource::open(path, &shown), shown)
        }
        ChartToCheck::Fetched(archive) => {
            let source = ChartSource::from_archive(Path::new(&archive.name), &archive.name, &archive.bytes);
            (source, archive.name.clone())
        }
    };
    let below: Vec<ChartToCheck> = subcharts(arguments, charts)
        .into_iter()
        .map(ChartToCheck::Here)
        .collect();
    let charts: Vec<LintedChart> = charts
        .iter()
        .chain(&below)
        .map(|chart| {
            let (source, path) = open(chart);
            let outcome = source.map(|source| {
                let linted = lint_chart(&source, &values, &options, &mut world);
                for notice in &linted.notices {
                    context.report(notice);
                }
                linted.messages
            });
            LintedChart { path, outcome }
        })
        .collect();
    print_as_helm(context, arguments, &charts)
}

/// All rules over all renderings.
fn run_all_rules(
    context: RunContext,
    arguments: &LintArguments,
    charts: &[ChartToCheck],
    reporting: &Reporting,
) -> Result<Exit, CommandError> {
    let versions = if arguments.kube_version.is_empty() {
        vec!["latest".to_owned()]
    } else {
        arguments.kube_version.clone()
    };
    let versions = parse_versions(&versions).map_err(CommandError::usage)?;
    let inputs = arguments.inputs.inputs(context, charts, &reporting.root, versions)?;
    let ChartInputs { mut request, supply } = inputs;
    let options = (request.links, request.namespace.as_str());
    request.validation.policies = arguments.policy.read(context, options, &[])?;
    request.require_defaults = arguments.require_defaults;
    request.subcharts = subcharts(arguments, charts);
    request.judgement = reporting.judgement.clone();
    let total = request.charts.len() + request.archives.len() + request.subcharts.len();
    let shows_progress = context.is_interactive();
    let progress = |done: usize| {
        if shows_progress && total > 1 {
            context.report(&format!("{done} of {total} charts"));
        }
    };
    let outcome = check_charts(&request, &|| context.check_world(), &progress).map_err(check_error);
    report_notes(context, supply.as_deref());
    let mut outcome = outcome?;
    if let Some(limit) = arguments.explore.limit()? {
        let begin = || begin_time(limit);
        let world = || context.check_world();
        let explored = add_explored(&mut outcome, &request, budget(&begin), &world, &|_, _| ());
        explored_lines(context, &explored.map_err(check_error)?, MOST_REFUSALS);
    }
    let findings = outcome.findings();
    let groups: Vec<Group<'_>> = outcome
        .charts
        .iter()
        .map(|chart| Group {
            name: &chart.path,
            findings: &chart.findings,
            version: &chart.version,
            ..Group::default()
        })
        .collect();
    let unevaluated = outcome.unevaluated();
    let remarks = Remarks {
        unevaluated,
        ..remarks(outcome.hidden)
    };
    reporting.write(context, &findings, &groups, remarks)?;
    reporting.write_summary(context, &findings, &groups, remarks, &[]);
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    context.report(&format!(
        "{total} chart(s) linted, {errors} error(s), {warnings} warning(s)"
    ));
    report_hidden(context, outcome.hidden);
    report_unevaluated(context, unevaluated);
    Ok(reporting.exit(&findings))
}

/// Says how many rules were not evaluated, if any.
pub(super) fn report_unevaluated(context: RunContext, count: usize) {
    if let Some(sentence) = unevaluated_sentence(count) {
        context.report(&sentence);
    }
}

fn remarks(hidden: Hidden) -> Remarks<'static> {
    Remarks {
        hidden,
        ..Remarks::default()
    }
}

/// Says how many findings are left out, if there are any.
pub(super) fn report_hidden(context: RunContext, hidden: Hidden) {
    if let Some(sentence) = hidden.sentence() {
        context.report(&sentence);
    }
}

/// Unencrypted secrets alone.
fn run_secrets(context: RunContext, paths: &[PathBuf], reporting: &Reporting) -> Result<Exit, CommandError> {
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        return Err(check_error(CheckError::NotFound(path.clone())));
    }
    let mut judge = reporting.judgement.start();
    let mut files = 0;
    let found: Vec<(String, Vec<Finding>)> = paths
        .iter()
        .map(|path| {
            let searched = check_secrets(std::slice::from_ref(path), &reporting.root);
            files += searched.files;
            (reporting.root.shown(path), judge.keep(join(searched.findings)))
        })
        .collect();
    if files == 0 {
        context.report("no file was looked at: none is a text of at most 8 MiB");
    }
    let findings = join(found.iter().flat_map(|(_, findings)| findings.clone()).collect());
    let groups: Vec<Group<'_>> = found
        .iter()
        .map(|(name, findings)| Group {
            name,
            findings,
            ..Group::default()
        })
        .collect();
    let remarks = remarks(judge.hidden());
    reporting.write(context, &findings, &groups, remarks)?;
    reporting.write_summary(context, &findings, &groups, remarks, &[]);
    report_hidden(context, judge.hidden());
    Ok(reporting.exit(&findings))
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
