//! All charts of a request, several at once, with one result in one order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::check::finding::{Finding, Hidden, Judge, join};
use crate::engine::template::World;
use crate::kubernetes::validate::{Catalog, Target};
use crate::kubernetes::version::{KubeVersion, VersionError};
use crate::text::threads::map_with_state;

use super::chart::{CheckedChart, Scope, check_chart};
use super::request::CheckRequest;
use super::subject::Subject;

/// Why charts cannot be checked at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A path leads nowhere.
    #[error("{}: no such file or directory", .0.display())]
    NotFound(PathBuf),
    /// There are no schemas of a version.
    #[error(transparent)]
    Version(#[from] VersionError),
}

impl CheckRequest {
    /// Whether all paths lead somewhere.
    ///
    /// # Errors
    /// For the first that does not.
    pub(in crate::check) fn check_paths(&self) -> Result<(), CheckError> {
        let mut paths = self.charts.iter().chain(&self.subcharts);
        match paths.find(|path| !path.exists()) {
            Some(path) => Err(CheckError::NotFound(path.clone())),
            None => Ok(()),
        }
    }
}

/// The Kubernetes versions that are rendered and validated for, and the schemas of each.
pub(super) struct CheckTargets {
    pub(super) versions: Vec<KubeVersion>,
    pub(super) schemas: Vec<Target>,
}

/// Everything that was checked. Findings are those that count: silenced and known ones are left out.
#[derive(Debug, Clone, Default)]
pub struct CheckOutcome {
    /// The charts, in the order of the request: those with a path, archives, subcharts.
    pub charts: Vec<CheckedChart>,
    /// How many findings were left out, by what hides them.
    pub hidden: Hidden,
}

impl CheckOutcome {
    /// The findings of all charts, each once: charts that depend on each other show the same.
    pub fn findings(&self) -> Vec<Finding> {
        join(self.charts.iter().flat_map(|chart| chart.findings.clone()).collect())
    }

    /// Rules of definitions that could not be evaluated, and so count as satisfied, in all renderings.
    pub fn unevaluated(&self) -> usize {
        self.charts.iter().map(|chart| chart.rendered.unevaluated).sum()
    }
}

/// Checks charts on as many threads as there are processors; results come in the order of the request. Each thread makes its
/// own `World`; `progress` is called with the number of charts that are done.
///
/// # Errors
/// When a path of the request does not exist, or there are no schemas of a version.
pub fn check_charts<W: World>(
    request: &CheckRequest,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &(dyn Fn(usize) + Sync),
) -> Result<CheckOutcome, CheckError> {
    request.check_paths()?;
    let whole = request.charts.iter().map(|path| (Subject::Path(path), Scope::Whole));
    let fetched = request
        .archives
        .iter()
        .map(|archive| (Subject::Archive(archive), Scope::Whole));
    let parts = request.subcharts.iter().map(|path| (Subject::Path(path), Scope::Files));
    let subjects: Vec<(Subject<'_>, Scope)> = whole.chain(fetched).chain(parts).collect();
    let versions = request.versions.iter();
    let targets = CheckTargets {
        versions: versions.clone().map(|version| version.kube_version.clone()).collect(),
        schemas: versions
            .map(|version| Ok(Target::embedded(Catalog::of(version)?)))
            .collect::<Result<_, VersionError>>()?,
    };
    let done = AtomicUsize::new(0);
    let judged = Mutex::new(JudgedInOrder {
        judge: request.judgement.start(),
        charts: Vec::new(),
        waiting: BTreeMap::new(),
    });
    let subjects: Vec<(usize, (Subject<'_>, Scope))> = subjects.into_iter().enumerate().collect();
    map_with_state(&subjects, None, make_world, |world, &(index, (subject, scope))| {
        let checked = check_chart(subject, scope, request, &targets, world);
        judged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(index, checked);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
    });
    let judged = judged.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(CheckOutcome {
        hidden: judged.judge.hidden(),
        charts: judged.charts,
    })
}

/// Charts are judged in the order of the request, and as soon as those before them are: the findings of all of them that are left
/// out are not held.
struct JudgedInOrder<'j> {
    judge: Judge<'j>,
    charts: Vec<CheckedChart>,
    waiting: BTreeMap<usize, CheckedChart>,
}

impl JudgedInOrder<'_> {
    fn add(&mut self, index: usize, chart: CheckedChart) {
        self.waiting.insert(index, chart);
        while let Some(mut next) = self.waiting.remove(&self.charts.len()) {
            next.findings = self.judge.keep(std::mem::take(&mut next.findings));
            self.charts.push(next);
        }
    }
}
