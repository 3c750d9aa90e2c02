//! Watches the workloads of a release while Helm waits for them: snapshots of the namespace in, problems that are certain not to mend
//! themselves out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::live::LiveCluster;
use super::pods::{Problem, Snapshot};
use super::rendered_release::RenderedRelease;

/// Kinds of objects that have pods.
const WORKLOADS: [&str; 7] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "Pod",
];
/// When the first look is taken: most rollouts end sooner.
const FIRST_LOOK: Duration = Duration::from_millis(1500);
/// Pause between looks.
const PAUSE: Duration = Duration::from_millis(1000);

/// The workloads of a release.
pub(super) struct Rollout<'w, 'p> {
    cluster: &'w LiveCluster<'p>,
    workloads: BTreeSet<(String, String)>,
    /// Problems that were there before, by their keys and pods.
    earlier: BTreeSet<String>,
    seen: BTreeMap<String, (Instant, Problem)>,
    next_look: Instant,
    stops: bool,
}

impl<'w, 'p> Rollout<'w, 'p> {
    /// The workloads that a release renders. `stops` is whether it ends the wait for what does not become ready. A release that is there
    /// already may have problems that the new revision mends.
    pub(super) fn new(
        cluster: &'w LiveCluster<'p>,
        release: &RenderedRelease,
        (is_there, stops): (bool, bool),
    ) -> Self {
        let documents = release.documents().map(|document| &document.head);
        let workloads = documents.filter(|head| WORKLOADS.contains(&head.kind.as_str()));
        let workloads = workloads.filter_map(|head| Some((head.kind.clone(), head.metadata.as_ref()?.name.clone())));
        let mut rollout = Self {
            cluster,
            workloads: workloads.collect(),
            earlier: BTreeSet::new(),
            seen: BTreeMap::new(),
            next_look: Instant::now() + FIRST_LOOK,
            stops,
        };
        if is_there && !rollout.workloads.is_empty() {
            rollout.earlier = rollout.look().iter().map(pod_key).collect();
        }
        rollout
    }

    fn look(&self) -> Vec<Problem> {
        // A cluster that does not answer is Helm's to report.
        Snapshot::read(self.cluster).map_or_else(|_| Vec::new(), |snapshot| snapshot.problems(&self.workloads))
    }

    /// Whether something is certain not to become ready. `report` gets each problem once.
    pub(super) fn must_stop(&mut self, report: &mut dyn FnMut(&Problem)) -> bool {
        if self.workloads.is_empty() || Instant::now() < self.next_look {
            return false;
        }
        let found = self.look();
        self.next_look = Instant::now() + PAUSE;
        self.note(found, report)
    }

    fn note(&mut self, found: Vec<Problem>, report: &mut dyn FnMut(&Problem)) -> bool {
        let keys: BTreeSet<String> = found.iter().map(pod_key).collect();
        self.seen.retain(|key, _| keys.contains(key));
        let mut is_certain = false;
        for problem in found {
            let key = pod_key(&problem);
            let is_new = !self.earlier.contains(&key);
            if is_new && !self.seen.contains_key(&key) {
                report(&problem);
            }
            let certain_after = problem.certain_after;
            let (since, _) = self.seen.entry(key).or_insert_with(|| (Instant::now(), problem));
            is_certain |= is_new && certain_after.is_some_and(|limit| since.elapsed() >= limit);
        }
        is_certain && self.stops
    }

    /// What is wrong now, or was when it was last looked at: one of a kind for each workload, those that are certain first.
    pub(super) fn problems(&mut self) -> Vec<Problem> {
        let now = self.look();
        let mut all: Vec<Problem> = if now.is_empty() {
            self.seen.values().map(|(_, problem)| problem.clone()).collect()
        } else {
            now
        };
        crate::text::compact_sort::sort_by_key(&mut all, |problem| problem.certain_after.is_none());
        let mut known = BTreeSet::new();
        all.retain(|problem| known.insert(problem.key()));
        all
    }
}

/// The key of a problem in one pod.
fn pod_key(problem: &Problem) -> String {
    format!("{} {}", problem.key(), problem.pod.as_deref().unwrap_or_default())
}
