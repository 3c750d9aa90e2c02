//! `chartwright explore`: values that break a chart, found by following the decisions of its templates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::explore::{Budget, Exploration, TESTS_END, explore_charts, is_written};
use crate::check::finding::{Finding, join};
use crate::check::run::CheckRequest;
use crate::delivery::git::{BaseName, RemoteName};
use crate::kubernetes::version::parse_versions;
use crate::pipeline::earlier_charts;
use crate::report::{Group, Remarks};
use crate::text::limits::FILE_BYTES;
use crate::text::rule::Severity;
use crate::text::source::{Links, Named, Replacement, Visit, WalkLimits, read_file, replace_files, walk};
use crate::text::stop;

use super::charts_to_check::{ChartInputFlags, ChartInputs, paths};
use super::command_error::CommandError;
use super::dependency_flags::report_notes;
use super::exit_code::Exit;
use super::explore_flag::{MOST_REFUSALS, begin_time, explored_lines};
use super::lint::{check_error, report_hidden, report_unevaluated};
use super::policy_flags::PolicyFlags;
use super::report_flags::ReportFlags;
use super::run_context::RunContext;
use super::time_flag::{TimeFlag, seconds_or_duration};

/// A directory of values files alone, without what is in directories below it.
const HERE: WalkLimits = WalkLimits {
    depth: 1,
    entries: 10_000,
    links: Links::PassedOver,
};

#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub(super) struct ExploreArguments {
    /// Maximum time for each chart, such as 10 (seconds) or 2m; 0 for no limit. Renderings are tried in the same order in every run.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    budget: String,
    /// Maximum number of renderings tried for each chart: unlike a time, the same in every run.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    renderings: u32,
    /// Show everything: what breaks under values that are made up, and all that the chart refuses on purpose.
    #[arg(long)]
    all: bool,
    /// Look only at what has changed since the commit at which HEAD left this branch or commit: templates, what includes them, values.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Write values files that reach most of the templates to a directory, such as `ci`, and those that show what breaks to `failing` in it.
    #[arg(long, value_name = "DIR")]
    write_tests: Option<PathBuf>,
    #[command(flatten)]
    time: TimeFlag,
    #[command(flatten)]
    report: ReportFlags,
    /// Kubernetes version to render and validate for, besides those that templates ask for: 1.31, latest.
    #[arg(
        long,
        alias = "kubernetes-version",
        value_delimiter = ',',
        value_name = "VERSION",
        default_value = "latest"
    )]
    kube_version: Vec<String>,
    #[command(flatten)]
    policy: PolicyFlags,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    inputs: ChartInputFlags,
}

pub(super) fn run(context: RunContext, arguments: &ExploreArguments) -> Result<Exit, CommandError> {
    arguments.time.start()?;
    let charts = arguments.inputs.find(context)?;
    let mut reporting = arguments
        .report
        .prepare(context, &paths(&charts), Vec::new(), Severity::Error)?;
    if !arguments.all {
        // What fails the run is shown.
        reporting.shown_from = reporting.judgement.fail_on.min(Severity::Warning);
    }
    let versions = parse_versions(&arguments.kube_version).map_err(CommandError::usage)?;
    if versions.len() > 1 {
        return Err(
            CommandError::usage("--kube-version: exploration begins with one version of Kubernetes")
                .with_hint("others are tried where templates ask for them"),
        );
    }
    let inputs = arguments.inputs.inputs(context, &charts, &reporting.root, versions)?;
    let ChartInputs { mut request, supply } = inputs;
    let options = (request.links, request.namespace.as_str());
    request.validation.policies = arguments.policy.read(context, options, &[])?;
    let explored = explore(context, arguments, &request)?;
    report_notes(context, supply.as_deref());
    if let Some(reason) = stop::reason() {
        return Err(CommandError::could_not_run(reason)
            .with_hint("--budget limits the time of each chart, and reports what was found until then"));
    }
    let mut judge = reporting.judgement.start();
    let found: Vec<Vec<Finding>> = explored
        .iter()
        .map(|chart| judge.keep(join(chart.findings())))
        .collect();
    let groups: Vec<Group<'_>> = explored
        .iter()
        .zip(&found)
        .map(|(chart, findings)| Group {
            name: &chart.path,
            findings,
            version: &chart.version,
            ..Group::default()
        })
        .collect();
    let findings: Vec<Finding> = join(found.iter().flatten().cloned().collect());
    let unevaluated = explored.iter().map(|chart| chart.unevaluated).sum();
    let remarks = Remarks {
        hidden: judge.hidden(),
        unevaluated,
        explored: &explored,
        ..Remarks::default()
    };
    reporting.write(context, &findings, &groups, remarks)?;
    reporting.write_summary(context, &findings, &groups, remarks, &[]);
    report_hidden(context, judge.hidden());
    report_unevaluated(context, unevaluated);
    let most_refusals = if arguments.all { usize::MAX } else { MOST_REFUSALS };
    explored_lines(context, &explored, most_refusals);
    if let Some(directory) = &arguments.write_tests {
        write_tests(context, directory, &explored)?;
    }
    Ok(reporting.exit(&findings))
}

fn explore(
    context: RunContext,
    arguments: &ExploreArguments,
    request: &CheckRequest,
) -> Result<Vec<Exploration>, CommandError> {
    let limit = seconds_or_duration("--budget", &arguments.budget)?;
    let begin = || begin_time(limit);
    let earlier = match &arguments.since {
        Some(name) => {
            let base = BaseName::Commit(name.clone());
            Some(earlier_charts(&request.charts, &base, &RemoteName::origin()).map_err(since_error)?)
        }
        None => None,
    };
    let budget = Budget {
        renderings: arguments.renderings as usize,
        begin: &begin,
        wants_tests: arguments.write_tests.is_some(),
        earlier: earlier.as_ref(),
    };
    let shows_progress = context.is_interactive();
    let progress = |name: &str, renderings: usize| {
        if shows_progress && renderings.is_multiple_of(512) {
            context.report(&format!("{name}: {renderings} renderings"));
        }
    };
    explore_charts(request, budget, &|| context.check_world(), &progress).map_err(check_error)
}

fn write_tests(context: RunContext, directory: &Path, explored: &[Exploration]) -> Result<(), CommandError> {
    let several = explored.len() > 1;
    let mut taken = BTreeSet::new();
    let read = |path: &Path| read_file(path, Named::ByInput, FILE_BYTES).ok();
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    for chart in explored {
        let place = if several {
            directory.join(&chart.name)
        } else {
            directory.to_owned()
        };
        for test in &chart.tests {
            files.push((test.place(&place, &mut taken, &read), &test.text));
        }
    }
    for parent in files.iter().filter_map(|(path, _)| path.parent()) {
        // Where one below the directory leads is for somebody else to say.
        let is_below = |at: &&Path| at.starts_with(directory) && *at != directory;
        if let Some(link) = parent.ancestors().take_while(is_below).find(|at| at.is_symlink()) {
            return Err(CommandError::could_not_run(format!("{} is a link", link.display()))
                .with_hint("values files are not written through links: remove it, or choose another directory"));
        }
        std::fs::create_dir_all(parent)
            .map_err(|error| CommandError::could_not_run(format!("cannot create {}: {error}", parent.display())))?;
    }
    let replacements: Vec<Replacement<'_>> = files
        .iter()
        .map(|(path, text)| Replacement {
            path,
            expected: None,
            content: text.as_bytes(),
        })
        .collect();
    replace_files(&replacements).map_err(CommandError::could_not_run)?;
    for (path, _) in &files {
        context.report(&format!("wrote {}", path.display()));
    }
    let written: BTreeSet<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
    let parents: BTreeSet<&Path> = written.iter().filter_map(|path| path.parent()).collect();
    for parent in parents {
        let _unreadable: Result<(), ()> = walk(parent, HERE, &mut |entry| {
            let Ok(entry) = entry else { return Ok(Visit::PassOver) };
            let is_left = entry.file_type.is_file()
                && entry.name.ends_with(TESTS_END)
                && !written.contains(entry.path.as_path())
                && read(&entry.path).is_some_and(|text| is_written(&text));
            if is_left {
                let path = entry.path.display();
                context.report(&format!("{path} is of an earlier run: this one did not need it"));
            }
            Ok(Visit::PassOver)
        });
    }
    Ok(())
}

/// An error of `--since`.
fn since_error(error: impl std::fmt::Display) -> CommandError {
    CommandError::could_not_run(format!("--since: {error}"))
        .with_hint("--since is for charts in a repository of git, and names a branch or a commit of it")
}
