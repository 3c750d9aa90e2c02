//! Two states of a repository whose charts are compared: commits, or one and the files as they are. For `diff`, and for what `ci` says about the
//! charts that it checks. In: the states, a chart and its environments; or the plan of a run. Out: what is compared, or what changes.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::diff::{ChartPair, DiffOutcome, DiffSettings, StatePlace, compare_charts};
use crate::check::run::{
    ChartParts, CheckRequest, DeployedEnvironment, METADATA_FILES, changed_charts, chart_directories, find_charts,
    neighbours, neighbours_by, path_needs, with_dependents,
};
use crate::delivery::git::{GitError, GitTree, WorkTree};
use crate::engine::chart::FileTree as _;
use crate::engine::template::World;
use crate::text::compact_sort::sort_by;
use crate::text::limits::METADATA_BYTES;
use crate::text::ordered::CollectOrdered as _;
use crate::text::source::{WalkError, place_of};
use crate::text::stop;
use crate::text::yaml::json_from_bytes;

use super::chart_environments::ChartEnvironments;
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

/// What the settings say about charts that are compared.
#[derive(Debug, Clone, Copy)]
pub struct ComparedCharts<'c> {
    /// Names of directories in which there are none.
    pub exclude: &'c [String],
    /// Globs of values files, relative to a chart.
    pub values: &'c [String],
    /// Environments that they are deployed to.
    pub environments: &'c ChartEnvironments,
}

/// Where the charts of a run are.
#[derive(Clone, Copy)]
pub struct ChartsPlace<'c> {
    /// The directory that has them.
    pub directory: &'c Path,
    /// Names of directories in which there are none.
    pub exclude: &'c [String],
    /// Whether the settings mean a chart that was at this path.
    pub is_meant: &'c dyn Fn(&Path) -> bool,
    /// Whether they leave out deprecated charts.
    pub leaves_out_deprecated: bool,
    /// Environments that charts are deployed to, also those that are gone.
    pub environments: &'c ChartEnvironments,
}

/// Why charts cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum StatesError {
    /// The files of git cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A directory cannot be searched.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// A commit cannot be read.
    #[error("the commit cannot be read: {0}")]
    Commit(#[from] io::Error),
}

impl ComparedStates {
    /// The chart at a path, or those of the charts below it that differ: that have a file that differs, depend by path on one that has,
    /// or are deployed with one. None where no state has a chart there.
    ///
    /// # Errors
    /// When git fails, or a directory cannot be searched.
    pub fn pairs(&self, path: &Path, settings: ComparedCharts<'_>) -> Result<Option<Vec<ChartPair>>, StatesError> {
        let old = charts_in_tree(&self.old, path, settings.exclude)?;
        let new = match &self.new {
            Some(tree) => charts_in_tree(tree, path, settings.exclude)?,
            None if path.is_dir() => {
                let found = find_charts(path, settings.exclude)?;
                found.iter().map(|chart| plain(chart)).collect_set()
            }
            None => BTreeSet::new(),
        };
        let mut all: Vec<PathBuf> = old.union(&new).cloned().collect();
        if all.is_empty() {
            return Ok(None);
        }
        if all != [plain(path)] {
            all = self.differing(path, all, settings)?;
        }
        let pairs = all.into_iter().map(|chart| {
            let environments = settings.environments.of(&chart);
            let is_in = (old.contains(&chart), new.contains(&chart));
            self.pair(&chart, chart.display().to_string(), environments, is_in)
        });
        Ok(Some(pairs.collect()))
    }

    fn differing(
        &self,
        path: &Path,
        charts: Vec<PathBuf>,
        settings: ComparedCharts<'_>,
    ) -> Result<Vec<PathBuf>, GitError> {
        let to = self.new.as_ref().map(|tree| tree.commit());
        let files = self.work_tree.differing_files(self.old.commit(), to)?;
        let real = |path: &Path| place_of(path).unwrap_or_else(|_| path.to_owned());
        let directories: Vec<PathBuf> = charts.iter().map(|chart| real(chart)).collect();
        let trees: Vec<(&GitTree, TextsOfCharts)> = [Some(&self.old), self.new.as_ref()]
            .into_iter()
            .flatten()
            .map(|tree| (&**tree, metadata_in_tree(tree, path)))
            .collect();
        // What either state says counts: a dependency that went is a change too.
        let needs = path_needs(&directories, &|chart| {
            let on_disk = self.new.is_none().then(|| neighbours(chart));
            let in_trees = trees.iter().flat_map(|(tree, known)| match known.get(chart) {
                Some(texts) => neighbours_by(chart, texts),
                None => neighbours_by(chart, &metadata_of(tree, chart)),
            });
            on_disk.into_iter().flatten().chain(in_trees).collect()
        });
        let parts: Vec<ChartParts> = charts
            .iter()
            .zip(&directories)
            .zip(&needs)
            .map(|((chart, directory), needs)| {
                let environments = settings.environments.of(chart).into_iter();
                let values = environments.flat_map(|environment| environment.values);
                let parts = ChartParts {
                    directory: directory.clone(),
                    elsewhere: needs.elsewhere.clone(),
                    values: values.map(|file| real(&file)).collect_set(),
                    ..ChartParts::default()
                };
                parts.with_globs(settings.values, real)
            })
            .collect();
        let changed = changed_charts(&parts.iter().collect::<Vec<_>>(), &files);
        let needs: Vec<&BTreeSet<usize>> = needs.iter().map(|needs| &needs.charts).collect();
        let affected = with_dependents(&needs, &changed.into_keys().collect_set());
        let charts = charts.into_iter().enumerate();
        Ok(charts
            .filter(|(place, _)| affected.contains(place))
            .map(|(_, chart)| chart)
            .collect())
    }

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

/// The names of the files below a path of a commit; none where it does not have the path.
fn names_in_tree(tree: &GitTree, path: &Path) -> io::Result<Vec<String>> {
    found_or_none(tree.names(path))
}

fn found_or_none(names: io::Result<Vec<String>>) -> io::Result<Vec<String>> {
    match names {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        names => names,
    }
}

/// The charts at or below a path of a commit.
fn charts_in_tree(tree: &GitTree, path: &Path, exclude: &[String]) -> io::Result<BTreeSet<PathBuf>> {
    // A chart behind a link is the one that it leads to, as it is on disk.
    let names = found_or_none(tree.own_names(path))?;
    let found = chart_directories(&names, exclude).into_iter();
    Ok(found.map(|name| plain(&path.join(name))).collect_set())
}

/// The texts of the files with metadata of charts, by the real paths of these charts.
type TextsOfCharts = HashMap<PathBuf, Vec<Vec<u8>>>;

/// The metadata of all charts below a path of a commit, by their real paths: read at once, since there may be hundreds.
fn metadata_in_tree(tree: &GitTree, path: &Path) -> TextsOfCharts {
    let mut names = names_in_tree(tree, path).unwrap_or_default();
    let split = |name: &str| {
        let (directory, file) = name.rsplit_once('/').unwrap_or(("", name));
        (path.join(directory), file.to_owned())
    };
    names.retain(|name| METADATA_FILES.contains(&split(name).1.as_str()));
    let read = |names: &[String]| tree.read(path, names, METADATA_BYTES as u64 * names.len() as u64);
    // The others are known where one of them cannot be read.
    let each = |_| -> Vec<Vec<u8>> {
        let one = |name: &String| read(std::slice::from_ref(name)).unwrap_or_default().concat();
        names.iter().map(one).collect()
    };
    let mut found = TextsOfCharts::new();
    for (name, text) in names.iter().zip(read(&names).unwrap_or_else(each)) {
        if let Ok(chart) = place_of(&split(name).0) {
            found.entry(chart).or_default().push(text);
        }
    }
    found
}

/// The metadata of a chart elsewhere in a commit.
fn metadata_of(tree: &GitTree, chart: &Path) -> Vec<Vec<u8>> {
    let read = |name| tree.file(&chart.join(name), METADATA_BYTES as u64);
    let texts = METADATA_FILES.into_iter().map(read);
    texts.filter_map(|text| text.ok().flatten()).collect()
}

/// Whether a chart of a commit is deprecated.
fn is_deprecated(tree: &GitTree, chart: &Path) -> bool {
    let is_true = |text: Vec<u8>| {
        let metadata = json_from_bytes(&text).unwrap_or_default();
        metadata.get("deprecated").and_then(serde_json::Value::as_bool) == Some(true)
    };
    metadata_of(tree, chart).into_iter().any(is_true)
}

/// `./a` is `a`, so that a chart has one name.
fn plain(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().filter(|part| part.as_os_str() != ".").collect();
    if plain.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        plain
    }
}

/// What changes in the rendered objects of the charts of a plan since its base, for the newest of the Kubernetes versions; none where all
/// charts are meant. `place` is where the charts are. What fails in both states is left out: there is nothing to compare, and the findings
/// say why.
///
/// # Errors
/// When the base cannot be read. The text says why.
pub fn rendered_changes<W: World + 'static>(
    plan: &Plan,
    request: &CheckRequest,
    place: ChartsPlace<'_>,
    make_world: &(dyn Fn() -> W + Sync),
) -> Option<Result<DiffOutcome, String>> {
    let base = plan.since.as_ref()?;
    let states = WorkTree::of(place.directory).map(|work_tree| ComparedStates {
        old: Arc::new(work_tree.tree(base.common.clone())),
        new: None,
        work_tree,
    });
    Some(match states {
        Ok(states) => changes_between(&states, plan, request, place, make_world),
        Err(error) => Err(error.to_string()),
    })
}

fn changes_between<W: World + 'static>(
    states: &ComparedStates,
    plan: &Plan,
    request: &CheckRequest,
    place: ChartsPlace<'_>,
    make_world: &(dyn Fn() -> W + Sync),
) -> Result<DiffOutcome, String> {
    let unreadable = |error: io::Error| error.to_string();
    // One list has the files of all charts below it.
    let old = charts_in_tree(&states.old, place.directory, place.exclude).map_err(unreadable)?;
    let pair = |chart: &PathBuf| {
        let environments = request.environments.get(chart).cloned().unwrap_or_default();
        let shown = request.report_root.shown(chart);
        let names = names_in_tree(&states.old, chart).map_err(unreadable)?;
        let is_in_old = names.iter().any(|name| name == CHART_FILE);
        Ok(states.pair(chart, shown, environments, (is_in_old, true)))
    };
    let mut pairs: Vec<ChartPair> = plan.directories().iter().map(pair).collect::<Result<_, String>>()?;
    if plan.has_removed {
        let is_left_out = |chart: &Path| place.leaves_out_deprecated && is_deprecated(&states.old, chart);
        let is_gone =
            |chart: &&PathBuf| !chart.join(CHART_FILE).exists() && (place.is_meant)(chart) && !is_left_out(chart);
        let pair = |chart: &PathBuf| {
            let environments = place.environments.of(chart);
            states.pair(chart, request.report_root.shown(chart), environments, (true, false))
        };
        pairs.extend(old.iter().filter(is_gone).map(pair));
    }
    // Reports of shards can be joined to what one run reports.
    sort_by(&mut pairs, |a, b| a.shown.cmp(&b.shown));
    let newest = request.versions.iter().max_by_key(|version| version.minor);
    let settings = DiffSettings {
        given: None,
        values: request.values.clone(),
        values_root: request.values_root.clone(),
        values_replace_defaults: request.values_replace_defaults,
        kube_version: newest.map(|version| version.kube_version.clone()),
        api_versions: request.api_versions.clone(),
        release_name: request.release_name.clone(),
        namespace: request.namespace.clone(),
        links: request.links,
        supply: request.supply.clone(),
        skip_schema_validation: request.skip_schema_validation,
    };
    let mut outcome = compare_charts(&pairs, &settings, make_world);
    if let Some(reason) = stop::reason() {
        return Err(reason);
    }
    outcome.drop_shared_failures();
    Ok(outcome)
}
