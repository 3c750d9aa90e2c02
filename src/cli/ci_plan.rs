//! `--changed`, `--since`, `--shard`, `--plan`: which charts a run is about.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::run::{CheckRequest, DEFAULT_VALUES, own_renderings, values_files};
use crate::config::{ChartsError, Settings};
use crate::delivery::git::{BaseName, RemoteName};
use crate::engine::chart::LinkPolicy;
use crate::pipeline::{
    ChangesError, ChartEnvironments, ChartGraph, Plan, PlannedValues, Shard, changed_files, plan_document, run_base,
};
use crate::text::counted::counted;
use crate::text::source::ReportRoot;

use super::command_error::CommandError;
use super::destination_flags::read_event;
use super::run_context::RunContext;

/// Which of the charts a run is about.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SelectionFlags {
    /// Only charts that changed, and those that depend on them: since the base of the pull request or push that the CI system names,
    /// else since the branch that the checked out one is for.
    #[arg(long, conflicts_with = "since")]
    changed: bool,
    /// The same since the newest commit that HEAD and this branch or commit have in common.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Print the charts that would be checked as JSON, with the reason, values files and version of each, and do nothing else.
    #[arg(long)]
    pub(super) plan: bool,
    /// Check one of several shares of the charts, such as 2/5, and publish nothing.
    #[arg(long, value_name = "N/M")]
    pub(super) shard: Option<Shard>,
}

/// What a directory has, and how it is read.
pub(super) struct Charts<'c> {
    pub(super) directory: &'c Path,
    pub(super) settings: &'c Settings,
    pub(super) links: LinkPolicy,
    /// The address of a repository that is published to, beside those of the configuration.
    pub(super) repository: Option<&'c str>,
}

impl SelectionFlags {
    /// The charts that the run is about. `say` reports what is chosen.
    pub(super) fn plan(
        &self,
        context: RunContext,
        charts: &Charts<'_>,
        say: &dyn Fn(&str),
    ) -> Result<Plan, CommandError> {
        let graph = graph(context, charts, say)?;
        let plan = if self.since.is_none() && !self.changed {
            Plan::new(graph, None)
        } else {
            let ct = charts.settings.config.ct.as_ref();
            let target = ct.and_then(|ct| ct.target_branch.as_ref());
            let base = match &self.since {
                Some(name) => Some(BaseName::Commit(name.clone())),
                None => run_base(&|name| context.variable(name), &read_event, target),
            };
            let remote = ct.map_or_else(RemoteName::origin, |ct| ct.remote.clone());
            let changed = changed_files(charts.directory, base, &remote).map_err(changes_error)?;
            Plan::new(graph, Some(&changed))
        };
        if let Some(sentence) = plan.sentence() {
            say(&sentence);
        }
        let Some(shard) = self.shard else { return Ok(plan) };
        let all = plan.charts.len();
        let plan = plan.shard(shard);
        let Shard { number, count } = shard;
        say(&format!(
            "shard {number}/{count}: {} of {}",
            plan.charts.len(),
            counted(all, "chart")
        ));
        Ok(plan)
    }
}

/// The charts below a directory that its settings mean, by path.
///
/// # Errors
/// When there are none.
pub(super) fn charts_below(directory: &Path, settings: &Settings) -> Result<Vec<PathBuf>, CommandError> {
    let found = settings.charts().map_err(|error| match error {
        ChartsError::Config(error) => CommandError::usage(error),
        ChartsError::Walk(error) => CommandError::could_not_run(error),
    })?;
    match settings.found_file().filter(|_| !settings.are_of_the_directory()) {
        _ if !found.are_none() => Ok(found.charts),
        Some(file) => {
            let hint = format!("`charts` in {} says which directories have charts", file.display());
            Err(no_chart(directory).with_hint(hint))
        }
        None => Err(no_chart(directory)),
    }
}

/// The globs of values files, other than the usual ones, that match no file of any chart.
fn globs_of_nothing<'g>(globs: &'g [String], are_of_ct: bool, charts: &[PathBuf]) -> Vec<&'g String> {
    let is_own = |glob: &&String| !are_of_ct && !DEFAULT_VALUES.contains(&glob.as_str());
    let matches = |glob: &String| {
        charts
            .iter()
            .any(|chart| !values_files(chart, std::slice::from_ref(glob)).is_empty())
    };
    globs.iter().filter(is_own).filter(|glob| !matches(glob)).collect()
}

/// All charts, in order.
fn graph(context: RunContext, charts: &Charts<'_>, say: &dyn Fn(&str)) -> Result<ChartGraph, CommandError> {
    let Charts { settings, .. } = charts;
    let config = &settings.config;
    let found = charts_below(charts.directory, settings)?;
    settings.check_values(&found).map_err(CommandError::usage)?;
    // Charts beside the directory may have such files.
    if settings.are_of_the_directory() {
        for glob in globs_of_nothing(&config.values, config.ct.is_some(), &found) {
            say(&format!("note: `values`: no chart has a file `{glob}`"));
        }
    }
    // Where nothing is published, it does not matter whether the repositories are written correctly.
    let configured = settings.repositories(&context.working_directory());
    let mut addresses = configured.map_or_else(|_| Vec::new(), |configured| configured.addresses());
    addresses.extend(charts.repository.map(|url| url.trim_end_matches('/').to_owned()));
    let is_ours = |address: &str| addresses.iter().any(|ours| ours == address);
    let declared = settings.environments().map_err(CommandError::usage)?;
    let environments = ChartEnvironments::new(declared, settings.base());
    let values = |chart: &Path| {
        let environments = environments.of(chart).into_iter();
        environments.flat_map(|environment| environment.values).collect()
    };
    Ok(ChartGraph::read(&found, charts.links, &is_ours).with_values(values, &config.values))
}

/// The error of a directory without charts.
pub(super) fn no_chart(directory: &Path) -> CommandError {
    CommandError::usage(format!("no chart below {}", directory.display()))
        .with_hint("a chart is a directory with a Chart.yaml; `charts` in chartwright.yaml says where to look")
}

/// Prints the plan.
pub(super) fn print_plan(
    context: RunContext,
    plan: &Plan,
    request: &CheckRequest,
    root: &ReportRoot,
) -> Result<(), CommandError> {
    let versions = request.versions.iter();
    let versions: Vec<String> = versions.map(|one| one.kube_version.version.clone()).collect();
    let values = |chart: &Path| {
        let own = own_renderings(chart, request);
        let environments = request.environments.get(chart).into_iter().flatten();
        PlannedValues {
            has_defaults: own.has_defaults,
            files: own.files,
            environments: environments.map(|environment| environment.name.clone()).collect(),
        }
    };
    context.write_stdout(plan_document(plan, root, &versions, &values).as_bytes())
}

fn changes_error(error: ChangesError) -> CommandError {
    let hint = error.hint();
    let error = CommandError::could_not_run(error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
