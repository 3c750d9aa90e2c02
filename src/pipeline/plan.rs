//! Which charts of a repository a run is about, in which order, and why.
//!
//! In: all charts, and the files that changed since a commit. Out: the charts that changed, as `ct list-changed` maps files to charts
//! (`check::run`), and those that depend on them; dependencies come before their dependents.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::check::run::{ChartParts, changed_charts};
use crate::delivery::git::{BaseCommit, BaseError, BaseName, GitError, RemoteName, WorkTree};
use crate::text::compact_sort::sort;
use crate::text::counted::counted;
use crate::text::ordered::CollectOrdered as _;

use super::chart_graph::{ChartGraph, GraphChart};

/// Characters of a commit's name that people read.
const SHORT: usize = 7;

/// Why a chart is part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// All charts are.
    All,
    /// So many of its files changed.
    Changed(usize),
    /// It depends on these charts, which are part of the run.
    DependsOn(Vec<String>),
}

/// A chart of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedChart {
    /// The chart.
    pub chart: GraphChart,
    /// Why it is there.
    pub reason: Reason,
    /// The charts of the plan that it depends on, by their place in it.
    pub needs: BTreeSet<usize>,
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Dependencies before their dependents, and otherwise by path.
    pub charts: Vec<PlannedChart>,
    /// How many charts the repository has.
    pub total: usize,
    /// What changes are counted from, if not all charts are checked.
    pub since: Option<BaseCommit>,
    /// Whether charts that are gone since the base are a part of it: of several shards, they are one of the first.
    pub has_removed: bool,
}

/// Files that changed in a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFiles {
    /// Since when.
    pub base: BaseCommit,
    /// The top of the work tree.
    pub top: PathBuf,
    /// From the top.
    pub files: Vec<String>,
}

/// Why it cannot be found out what changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// The directory is in no repository of git.
    #[error("{}: changed charts are found with git: {source}", directory.display())]
    NoWorkTree {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: GitError,
    },
    /// Nothing says what changes are counted from.
    #[error(
        "nothing says what the changes are counted from: no variable of a CI system, no upstream branch, no {0}/HEAD"
    )]
    NoBase(RemoteName),
    /// The base cannot be used.
    #[error(transparent)]
    Base(#[from] BaseError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl ChangesError {
    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Base(BaseError::Shallow { .. } | BaseError::Unknown { .. }) => Some(
                "clone with the whole history (`fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` for GitLab), or fetch the base before this step",
            ),
            Self::NoBase(_) => Some("name a commit or branch with --since"),
            _ => None,
        }
    }
}

/// Finds the files that changed since a base; since the usual one where none is named.
///
/// # Errors
/// When the directory is in no repository, or the base cannot be found.
pub fn changed_files(
    directory: &Path,
    base: Option<BaseName>,
    remote: &RemoteName,
) -> Result<ChangedFiles, ChangesError> {
    let tree = WorkTree::of(directory).map_err(|source| ChangesError::NoWorkTree {
        directory: directory.to_owned(),
        source,
    })?;
    let base = base.or_else(|| tree.usual_base(remote));
    let base = base.ok_or_else(|| ChangesError::NoBase(remote.clone()))?;
    let base = tree.base_commit(&base, remote)?;
    let files = tree.differing_files(&base.common, None)?;
    let from_top = files.iter().filter_map(|file| file.strip_prefix(&tree.top).ok());
    let mut files: Vec<String> = from_top.map(|file| file.display().to_string()).collect();
    sort(&mut files);
    files.dedup();
    Ok(ChangedFiles {
        base,
        top: tree.top.canonicalize().unwrap_or(tree.top),
        files,
    })
}

impl Plan {
    /// The charts with files that changed since the base; none where there is none.
    pub fn changed(&self) -> impl Iterator<Item = &GraphChart> {
        let changed = self
            .charts
            .iter()
            .filter(|planned| matches!(planned.reason, Reason::Changed(_)));
        changed.map(|planned| &planned.chart)
    }

    /// All charts, or those that changed with their dependents.
    pub fn new(graph: ChartGraph, changed: Option<&ChangedFiles>) -> Self {
        let total = graph.charts.len();
        let Some(changed) = changed else {
            let all = graph.charts.into_iter().map(|chart| PlannedChart {
                needs: chart.needs.clone(),
                reason: Reason::All,
                chart,
            });
            return Self {
                charts: all.collect(),
                total,
                since: None,
                has_removed: false,
            };
        };
        let files: Vec<PathBuf> = changed.files.iter().map(|file| changed.top.join(file)).collect();
        let parts: Vec<&ChartParts> = graph.charts.iter().map(|chart| &chart.parts).collect();
        let counts = changed_charts(&parts, &files);
        let wanted = graph.with_dependents(&counts.keys().copied().collect_set());
        let place_of: HashMap<usize, usize> = wanted.iter().copied().zip(0..).collect();
        let planned = wanted.iter().filter_map(|&index| {
            let chart = graph.charts.get(index)?;
            let among = chart.needs.iter().filter(|needed| wanted.contains(needed));
            let reason = match counts.get(&index) {
                Some(&files) => Reason::Changed(files),
                None => Reason::DependsOn(
                    among
                        .clone()
                        .filter_map(|&one| Some(graph.charts.get(one)?.name()))
                        .collect(),
                ),
            };
            Some(PlannedChart {
                needs: among.filter_map(|needed| place_of.get(needed).copied()).collect_set(),
                reason,
                chart: chart.clone(),
            })
        });
        Self {
            charts: planned.collect(),
            total,
            since: Some(changed.base.clone()),
            has_removed: true,
        }
    }

    /// The directories of the charts.
    pub fn directories(&self) -> Vec<PathBuf> {
        self.charts
            .iter()
            .map(|planned| planned.chart.directory.clone())
            .collect()
    }

    /// `origin/main (1234567)`; nothing where all charts are meant.
    pub fn since_name(&self) -> Option<String> {
        let base = self.since.as_ref()?;
        let short: String = base.common.chars().take(SHORT).collect();
        Some(match short_name(base) {
            name if name == short => short,
            name => format!("{name} ({short})"),
        })
    }

    /// `3 of 44 charts: 2 changed since origin/main (1234567), 1 depends on them`; nothing where all charts are meant.
    pub fn sentence(&self) -> Option<String> {
        let since = self.since_name()?;
        let (count, total) = (self.charts.len(), self.total);
        if count == 0 {
            return Some(format!("none of {} changed since {since}", counted(total, "chart")));
        }
        let is_changed = |planned: &&PlannedChart| matches!(planned.reason, Reason::Changed(_));
        let changed = self.charts.iter().filter(is_changed).count();
        let others = match count - changed {
            0 => String::new(),
            1 => ", 1 depends on them".to_owned(),
            more => format!(", {more} depend on them"),
        };
        Some(format!(
            "{count} of {}: {changed} changed since {since}{others}",
            counted(total, "chart")
        ))
    }
}

/// What a base is called: a commit by the beginning of its name.
pub fn short_name(base: &BaseCommit) -> String {
    if base.name.len() > SHORT && base.tip.starts_with(&base.name) {
        return base.name.chars().take(SHORT).collect();
    }
    base.name.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::Metadata;

    fn chart(path: &str, needs: &[usize]) -> GraphChart {
        GraphChart {
            directory: PathBuf::from(path),
            parts: ChartParts {
                directory: Path::new("/top").join(path),
                values: [Path::new("/top/environments").join(path).with_extension("yaml")].into(),
                ..ChartParts::default()
            },
            metadata: Metadata::default(),
            needs: needs.iter().copied().collect(),
        }
    }

    #[test]
    fn files_are_mapped_to_charts_and_their_dependents() {
        let graph = || ChartGraph {
            charts: vec![
                chart("charts/lib", &[]),
                chart("charts/web", &[0]),
                chart("other", &[]),
                chart("shop", &[1]),
            ],
        };
        for (files, want, sentence) in [
            (&[][..], &[][..], "none of 4 charts changed since main (0123456)"),
            (
                &["README.md", "charts/README.md", "charts/gone/Chart.yaml", "web/x"],
                &[],
                "none of 4 charts changed since main (0123456)",
            ),
            (
                &["other/templates/a/b.yaml", "other/ci/x.yaml"],
                &["other changed 2"],
                "1 of 4 charts: 1 changed since main (0123456)",
            ),
            (
                &["charts/lib/charts/sub/Chart.yaml", "shop/values.yaml"],
                &["lib changed 1", "web needs lib", "shop changed 1"],
                "3 of 4 charts: 2 changed since main (0123456), 1 depends on them",
            ),
            (
                &["environments/shop.yaml", "environments/none.yaml"],
                &["shop changed 1"],
                "1 of 4 charts: 1 changed since main (0123456)",
            ),
            (
                &["charts/lib/Chart.yaml"],
                &["lib changed 1", "web needs lib", "shop needs web"],
                "3 of 4 charts: 1 changed since main (0123456), 2 depend on them",
            ),
        ] {
            let sha = "0123456789abcdef0123456789abcdef01234567";
            let changed = ChangedFiles {
                base: BaseCommit {
                    name: "main".to_owned(),
                    tip: sha.to_owned(),
                    common: sha.to_owned(),
                },
                top: PathBuf::from("/top"),
                files: files.iter().map(|&file| file.to_owned()).collect(),
            };
            let plan = Plan::new(graph(), Some(&changed));
            let shown = plan.charts.iter().map(|planned| match &planned.reason {
                Reason::All => planned.chart.name(),
                Reason::Changed(files) => format!("{} changed {files}", planned.chart.name()),
                Reason::DependsOn(names) => format!("{} needs {}", planned.chart.name(), names.join(" ")),
            });
            assert_eq!(shown.collect::<Vec<_>>(), want, "{files:?}");
            assert_eq!(plan.sentence().as_deref(), Some(sentence));
        }
        let all = Plan::new(graph(), None);
        assert_eq!((all.charts.len(), all.total, all.sentence()), (4, 4, None));
    }
}
