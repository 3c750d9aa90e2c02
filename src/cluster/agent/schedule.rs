//! What the agent does next: the time and what it knows in, one step out.

use std::collections::BTreeMap;

use super::state::{AgentState, ApplyResult};

/// Longest pause before something that could not run is tried again, in seconds.
const LONGEST_RETRY: u64 = 600;

/// What is done about drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DriftPolicy {
    /// It is reported.
    #[default]
    Warn,
    /// It is taken back.
    Enforce,
}

/// How often things are done, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Intervals {
    /// The repository is fetched.
    pub fetch: u64,
    /// Clusters are compared with the files.
    pub drift: u64,
    /// Registries are asked for newer images; never without it.
    pub poll: Option<u64>,
}

/// A step of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Fetch the repository.
    Fetch,
    /// Apply an environment.
    Apply(String),
    /// Compare an environment with its files.
    CheckDrift(String),
    /// Ask registries for newer images.
    Poll,
}

/// When things are due, in seconds since 1970.
#[derive(Debug, Clone)]
pub struct Schedule {
    intervals: Intervals,
    policy: DriftPolicy,
    fetch: u64,
    poll: u64,
    drift: BTreeMap<String, u64>,
    /// When what could not run is tried again, and after how long a pause the next time.
    retries: BTreeMap<String, (u64, u64)>,
}

impl Schedule {
    /// Everything is due at once, except what needs something to compare with.
    pub const fn new(intervals: Intervals, policy: DriftPolicy, now: u64) -> Self {
        Self {
            intervals,
            policy,
            fetch: now,
            poll: now,
            drift: BTreeMap::new(),
            retries: BTreeMap::new(),
        }
    }

    /// The repository is fetched at once: somebody says that it changed.
    pub const fn hurry(&mut self) {
        self.fetch = 0;
    }

    /// The next step; nothing while nothing is due.
    pub fn next(&mut self, state: &AgentState, now: u64) -> Option<Step> {
        if now >= self.fetch {
            self.fetch = now + self.intervals.fetch.max(1);
            return Some(Step::Fetch);
        }
        let head = state.head.as_deref()?;
        for environment in &state.environments {
            let is_due = self.retries.get(&environment.name).is_none_or(|(at, _)| now >= *at);
            let is_enforced = self.policy == DriftPolicy::Enforce
                && environment.has_drift == Some(true)
                && environment.applied.as_deref() == Some(head);
            if is_due && (environment.is_behind(head) || is_enforced) {
                return Some(Step::Apply(environment.name.clone()));
            }
        }
        if let Some(interval) = self.intervals.poll
            && now >= self.poll
        {
            self.poll = now + interval.max(1);
            return Some(Step::Poll);
        }
        for environment in &state.environments {
            let due = self
                .drift
                .entry(environment.name.clone())
                .or_insert(now + self.intervals.drift);
            if now >= *due {
                *due = now + self.intervals.drift.max(1);
                return Some(Step::CheckDrift(environment.name.clone()));
            }
        }
        None
    }

    /// An environment was tried: what could not run is tried again, each time after twice the pause.
    pub fn note_apply(&mut self, environment: &str, result: ApplyResult, now: u64) {
        if result != ApplyResult::CouldNotRun {
            self.retries.remove(environment);
            return;
        }
        let pause = self
            .retries
            .get(environment)
            .map_or(self.intervals.fetch.max(1), |(_, pause)| *pause);
        let next = (pause * 2).min(LONGEST_RETRY);
        self.retries.insert(environment.to_owned(), (now + pause, next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::agent::EnvironmentState;

    fn state(applied: Option<&str>) -> AgentState {
        let mut environment = EnvironmentState::new("testing");
        environment.applied = applied.map(str::to_owned);
        AgentState {
            head: Some("a".to_owned()),
            environments: vec![environment],
            ..AgentState::default()
        }
    }

    #[test]
    fn an_idle_agent_fetches_and_looks_for_drift_and_nothing_else() {
        let intervals = Intervals {
            fetch: 60,
            drift: 300,
            poll: None,
        };
        let mut schedule = Schedule::new(intervals, DriftPolicy::Warn, 0);
        let state = state(Some("a"));
        let steps: Vec<(u64, Step)> = (0..=300)
            .filter_map(|now| Some((now, schedule.next(&state, now)?)))
            .collect();
        let fetches = steps.iter().filter(|(_, step)| *step == Step::Fetch).count();
        assert_eq!((fetches, steps.len()), (6, 6));
        assert_eq!(schedule.next(&state, 301), Some(Step::CheckDrift("testing".to_owned())));
    }

    #[test]
    fn newer_commits_are_applied_and_what_could_not_run_is_tried_again_later() {
        let intervals = Intervals {
            fetch: 10,
            drift: 300,
            poll: Some(30),
        };
        let mut schedule = Schedule::new(intervals, DriftPolicy::Enforce, 0);
        let behind = state(None);
        assert_eq!(schedule.next(&behind, 0), Some(Step::Fetch));
        assert_eq!(schedule.next(&behind, 0), Some(Step::Apply("testing".to_owned())));
        schedule.note_apply("testing", ApplyResult::CouldNotRun, 0);
        assert_eq!(schedule.next(&behind, 1), Some(Step::Poll));
        assert_eq!(schedule.next(&behind, 2), None);
        assert_eq!(schedule.next(&behind, 10), Some(Step::Fetch));
        assert_eq!(schedule.next(&behind, 10), Some(Step::Apply("testing".to_owned())));
        schedule.note_apply("testing", ApplyResult::CouldNotRun, 10);
        assert_eq!(schedule.next(&behind, 20), Some(Step::Fetch));
        assert_eq!(schedule.next(&behind, 29), None);
        let mut drifted = state(Some("a"));
        drifted.environments[0].has_drift = Some(true);
        schedule.note_apply("testing", ApplyResult::Applied, 29);
        assert_eq!(schedule.next(&drifted, 29), Some(Step::Apply("testing".to_owned())));
        schedule.hurry();
        assert_eq!(schedule.next(&drifted, 29), Some(Step::Fetch));
    }
}
