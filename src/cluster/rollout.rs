//! Watches the workloads of a release while Helm waits for them: snapshots of the namespace in, problems that are certain not to mend
//! themselves out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::container_log::log_of;
use super::live::LiveCluster;
use super::pods::{Problem, Snapshot};
use super::rendered_release::RenderedRelease;
use crate::engine::manifest::{Document, HookEvent};
use crate::text::ordered::CollectOrdered as _;

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
const PAUSE: Duration = Duration::from_secs(1);
/// What was seen this long before the last look counts as seen at the end.
const RECENT: Duration = Duration::from_secs(3);

/// What Helm is at work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Everything but the tests.
    Upgrade,
    /// The tests.
    Test,
}

/// A problem, and when it was seen.
struct Seen {
    first: Instant,
    last: Instant,
    problem: Problem,
    /// What its container had logged: the pod is gone once Helm has taken the revision back.
    log: String,
}

/// The workloads of a release that are waited for.
pub(super) struct Rollout<'w, 'p> {
    cluster: &'w LiveCluster<'p>,
    workloads: BTreeSet<(String, String)>,
    /// Problems that were there before, by their keys and pods.
    earlier: BTreeSet<String>,
    /// What was seen since.
    seen: BTreeMap<String, Seen>,
    start: Instant,
    next_look: Instant,
    /// When Helm's time is over, after which it takes back what it did: what is seen then is not of this revision.
    end: Instant,
    stops: bool,
}

impl<'w, 'p> Rollout<'w, 'p> {
    /// The workloads that a release renders for a phase, which lasts no longer than `limit`. `stops` is whether what does not become ready is
    /// not waited for. A release that is there already may have problems that the new revision mends.
    pub(super) fn new(
        cluster: &'w LiveCluster<'p>,
        release: &RenderedRelease,
        phase: Phase,
        (limit, stops): (Duration, bool),
    ) -> Self {
        let is_meant = |document: &&Document| document.events.contains(&HookEvent::Test) == (phase == Phase::Test);
        let heads = release.documents().filter(is_meant).map(|document| &document.head);
        let workloads = heads.filter(|head| WORKLOADS.contains(&head.kind.as_str()));
        let workloads = workloads.filter_map(|head| Some((head.kind.clone(), head.metadata.as_ref()?.name.clone())));
        Self::of_workloads(cluster, workloads.collect_set(), (limit, stops))
    }

    /// The same for workloads, by their kinds and names.
    pub(super) fn of_workloads(
        cluster: &'w LiveCluster<'p>,
        workloads: BTreeSet<(String, String)>,
        (limit, stops): (Duration, bool),
    ) -> Self {
        let mut rollout = Self {
            cluster,
            workloads,
            earlier: BTreeSet::new(),
            seen: BTreeMap::new(),
            start: Instant::now(),
            next_look: Instant::now() + FIRST_LOOK,
            end: Instant::now() + limit,
            stops,
        };
        if !rollout.workloads.is_empty() {
            rollout.earlier = rollout.look().iter().map(pod_key).collect_set();
        }
        rollout
    }

    fn look(&self) -> Vec<Problem> {
        // A cluster that does not answer is Helm's to report.
        Snapshot::read(self.cluster).map_or_else(|_| Vec::new(), |snapshot| snapshot.problems(&self.workloads))
    }

    /// Whether something is certain not to become ready. `report` gets each problem once.
    pub(super) fn must_stop(&mut self, report: &mut dyn FnMut(&Problem)) -> bool {
        let now = Instant::now();
        if self.workloads.is_empty() || now < self.next_look || now >= self.end {
            return false;
        }
        let found = self.look();
        // Long waits are looked at less often: each look is a few requests.
        self.next_look = Instant::now() + PAUSE.max(self.start.elapsed() / 30);
        self.note(found, report)
    }

    fn note(&mut self, found: Vec<Problem>, report: &mut dyn FnMut(&Problem)) -> bool {
        let now = Instant::now();
        let keys: BTreeSet<String> = found.iter().map(pod_key).collect_set();
        for (key, seen) in &mut self.seen {
            if !keys.contains(key) {
                // It counts anew if it comes back.
                seen.first = now;
            }
        }
        let mut is_certain = false;
        for problem in found
            .into_iter()
            .filter(|problem| !self.earlier.contains(&pod_key(problem)))
        {
            let key = pod_key(&problem);
            if !self.seen.contains_key(&key) {
                report(&problem);
            }
            let cluster = self.cluster;
            let seen = self.seen.entry(key).or_insert_with(|| Seen {
                first: now,
                last: now,
                problem: problem.clone(),
                log: log_of(cluster, &problem),
            });
            seen.last = now;
            seen.problem = problem;
            let lasted = now.duration_since(seen.first);
            is_certain |= seen.problem.certain_after.is_some_and(|limit| lasted >= limit);
        }
        is_certain && self.stops
    }

    /// What is wrong with this revision: what was there when it was looked at last, one of a kind for each workload, those that are certain
    /// first.
    pub(super) fn problems(&mut self) -> Vec<Problem> {
        if Instant::now() < self.end {
            let found = self.look();
            self.note(found, &mut |_| {});
        }
        let last = self.seen.values().map(|seen| seen.last).max();
        let recent = self
            .seen
            .values()
            .filter(|seen| last.is_some_and(|last| last.duration_since(seen.last) < RECENT));
        let mut all: Vec<Problem> = recent.map(|seen| seen.problem.clone()).collect();
        crate::text::compact_sort::sort_by_key(&mut all, |problem| problem.certain_after.is_none());
        let mut known = BTreeSet::new();
        all.retain(|problem| known.insert(problem.key()));
        all
    }

    /// The last lines that the container of a problem logged.
    pub(super) fn log(&self, problem: &Problem) -> String {
        let now = log_of(self.cluster, problem);
        if !now.is_empty() {
            return now;
        }
        self.seen
            .get(&pod_key(problem))
            .map(|seen| seen.log.clone())
            .unwrap_or_default()
    }

    /// What was wrong before already, and still is.
    pub(super) fn earlier_problems(&self) -> Vec<Problem> {
        let mut found = self.look();
        found.retain(|problem| self.earlier.contains(&pod_key(problem)));
        found
    }
}

/// The key of a problem in one pod.
fn pod_key(problem: &Problem) -> String {
    format!("{} {}", problem.key(), problem.pod.as_deref().unwrap_or_default())
}
