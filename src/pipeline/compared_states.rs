//! Two states of a repository whose charts are compared: commits, or one and the files as they are. For `diff`, and for what `ci` says about the
//! charts that it checks. In: the states, a chart and its environments; or the plan of a run. Out: what is compared, or what changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::diff::{ChartPair, DiffOutcome, DiffSettings, StatePlace, compare_charts};
use crate::check::run::{CheckRequest, DeployedEnvironment};
use crate::delivery::git::{GitTree, WorkTree};
use crate::engine::chart::FileTree as _;
use crate::engine::template::World;
use crate::text::stop;

use super::plan::Plan;

/// What says that a directory is a chart.
const CHART_FILE: &str = "Chart.yaml";

/// Two states of a repository.
#[derive(Debug)]
pub struct ComparedStates {
    /// The repository.
    pub work_tree: WorkTree,
    /// Before.
    pub old: Arc<GitTree>,
    /// After; the files as they are, without one.
    pub new: Option<Arc<GitTree>>,
}

impl ComparedStates {
    /// A chart in the states that have it, which are the first and the second if they say so.
    pub fn pair(
        &self,
        chart: &Path,
        shown: String,
        environments: Vec<DeployedEnvironment>,
        (is_in_old, is_in_new): (bool, bool),
    ) -> ChartPair {
        let in_tree = |tree: &Arc<GitTree>| StatePlace::Tree(tree.clone(), chart.to_owned());
        let new = || {
            let directory = || StatePlace::Path(chart.to_owned());
            self.new.as_ref().map_or_else(directory, in_tree)
        };
        ChartPair {
            shown,
            old: is_in_old.then(|| in_tree(&self.old)),
            new: is_in_new.then(new),
            environments,
        }
    }
}

/// What changes in the rendered objects of the charts of a plan since its base, for the newest of the Kubernetes versions; none where all
/// charts are meant. `directory` is where the charts are. What fails in both states is left out: there is nothing to compare, and the
/// findings say why.
///
/// # Errors
/// When the base cannot be read. The text says why.
pub fn rendered_changes<W: World + 'static>(
    plan: &Plan,
    request: &CheckRequest,
    directory: &Path,
    make_world: &(dyn Fn() -> W + Sync),
) -> Option<Result<DiffOutcome, String>> {
    let base = plan.since.as_ref()?;
    let states = WorkTree::of(directory).map(|work_tree| ComparedStates {
        old: Arc::new(work_tree.tree(base.common.clone())),
        new: None,
        work_tree,
    });
    Some(match states {
        Ok(states) => changes_between(&states, plan, request, directory, make_world),
        Err(error) => Err(error.to_string()),
    })
}

fn changes_between<W: World + 'static>(
    states: &ComparedStates,
    plan: &Plan,
    request: &CheckRequest,
    directory: &Path,
    make_world: &(dyn Fn() -> W + Sync),
) -> Result<DiffOutcome, String> {
    if !plan.charts.is_empty() {
        // One list has the files of all charts below it. That the base lacks the directory, the charts say as well.
        drop(states.old.names(directory));
    }
    let is_in_old = |chart: &Path| {
        let names = states.old.names(chart);
        names.is_ok_and(|names| names.iter().any(|name| name == CHART_FILE))
    };
    let pairs: Vec<ChartPair> = plan
        .directories()
        .iter()
        .map(|chart: &PathBuf| {
            let environments = request.environments.get(chart).cloned().unwrap_or_default();
            let shown = request.report_root.shown(chart);
            states.pair(chart, shown, environments, (is_in_old(chart), true))
        })
        .collect();
    let newest = request.versions.iter().max_by_key(|version| version.minor);
    let settings = DiffSettings {
        given: None,
        values: request.values.clone(),
        values_root: request.values_root.clone(),
        values_replace_defaults: request.values_replace_defaults,
        kube_version: newest.map(|version| version.kube_version.clone()),
        api_versions: Vec::new(),
        release_name: request.release_name.clone(),
        namespace: request.namespace.clone(),
        links: request.links,
        supply: request.supply.clone(),
        skip_schema_validation: request.skip_schema_validation,
    };
    let mut outcome = compare_charts(&pairs, &settings, make_world);
    match stop::reason() {
        Some(reason) => Err(reason),
        None => {
            outcome.drop_shared_failures();
            Ok(outcome)
        }
    }
}
