//! What the agent knows: of the repository, and of each environment. It is made anew at each start; what must not be lost is in the records.

use serde_json::Value as Json;

/// How the last attempt to apply an environment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApplyResult {
    /// There was none since the start.
    #[default]
    Unknown,
    /// The environment is what the commit says.
    Applied,
    /// Something is wrong with it; it is not tried again before another commit.
    Failed,
    /// Somebody must approve it.
    WaitsForApproval,
    /// It could not be tried, and will be.
    CouldNotRun,
}

impl ApplyResult {
    /// Its name on the page and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "not tried yet",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::WaitsForApproval => "waits for approval",
            Self::CouldNotRun => "could not run",
        }
    }
}

/// A release as its cluster has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveRelease {
    /// Its name.
    pub name: String,
    /// Name and version of its chart.
    pub chart: String,
    /// Its revision.
    pub revision: u64,
    /// Its images.
    pub images: Vec<String>,
    /// How it ended.
    pub result: String,
    /// The commit that it was applied from.
    pub commit: String,
}

/// What is known of an environment.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentState {
    /// Its name.
    pub name: String,
    /// The commit that it is at.
    pub applied: Option<String>,
    /// The commit that was tried last, with any end.
    pub attempted: Option<String>,
    /// How that ended.
    pub result: ApplyResult,
    /// Why, where it did not end well.
    pub message: String,
    /// When, as RFC 3339.
    pub time: String,
    /// Whether the cluster has what the files say; nothing before the first look.
    pub has_drift: Option<bool>,
    /// What runs.
    pub releases: Vec<LiveRelease>,
    /// How often it was applied, and how often that failed.
    pub applies: u64,
    /// How often that failed.
    pub failures: u64,
    /// Milliseconds that all of it took.
    pub milliseconds: u64,
    /// Since when a newer commit is there than the one that is applied, in seconds since 1970.
    pub behind_since: Option<u64>,
}

impl EnvironmentState {
    /// Nothing is known yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Whether a commit is still to be tried.
    pub fn is_behind(&self, head: &str) -> bool {
        self.applied.as_deref() != Some(head) && self.attempted.as_deref() != Some(head)
    }

    /// Takes over what `apply --output json` printed, with its exit code.
    pub fn note_apply(&mut self, head: &str, code: Option<i32>, printed: &Json, (time, milliseconds): (&str, u64)) {
        let environment = printed.pointer("/environments/0");
        let member = |name: &str| environment.and_then(|found| found.get(name));
        let has_changes = member("hasChanges").and_then(Json::as_bool) == Some(true);
        let releases = member("releases").and_then(Json::as_array).map_or(0, Vec::len);
        time.clone_into(&mut self.time);
        self.milliseconds += milliseconds;
        self.message.clear();
        if has_changes && releases > 0 {
            self.applies += 1;
        }
        let first_message = || {
            let all = |place: &str| {
                let found = environment.and_then(|found| found.pointer(place));
                found.and_then(Json::as_array).into_iter().flatten()
            };
            let planned = all("/plan/releases").filter_map(|release| release.get("refused")?.as_array());
            let reasons = all("/releases")
                .chain(all("/plan/refused"))
                .chain(all("/plan/unmet"))
                .chain(planned.flatten());
            let mut messages = reasons
                .filter_map(|reason| reason.get("message")?.as_str())
                .filter(|text| !text.is_empty());
            messages.next().map(str::to_owned)
        };
        self.result = match code {
            Some(0) => {
                self.applied = Some(head.to_owned());
                self.has_drift = Some(false);
                ApplyResult::Applied
            }
            Some(1) if member("waitsForApproval").and_then(Json::as_bool) == Some(true) => {
                ApplyResult::WaitsForApproval
            }
            Some(1) => {
                // Of several releases, some may be at the new commit.
                self.applied = None;
                self.failures += 1;
                self.message = first_message().unwrap_or_else(|| "the plan is refused".to_owned());
                ApplyResult::Failed
            }
            _ => {
                self.failures += 1;
                ApplyResult::CouldNotRun
            }
        };
        if self.result != ApplyResult::CouldNotRun {
            self.attempted = Some(head.to_owned());
        }
        if self.applied.as_deref() == Some(head) {
            self.behind_since = None;
        }
    }

    /// Takes over what `trace COMMIT --output json` printed at the start: what failed before is not tried again.
    pub fn note_trace(&mut self, head: &str, printed: &Json) {
        let records = printed.get("records").and_then(Json::as_array).into_iter().flatten();
        let own = records.filter(|record| record.get("environment").and_then(Json::as_str) == Some(&self.name));
        let Some(last) = own.filter_map(|record| record.get("record")).next_back() else {
            return;
        };
        let result = last.get("result").and_then(Json::as_str).unwrap_or_default();
        if matches!(result, "rolled-back" | "removed" | "failed") {
            self.attempted = Some(head.to_owned());
            self.result = ApplyResult::Failed;
            let text = |name: &str| last.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
            (self.message, self.time) = (text("message"), text("ended"));
        }
    }
}

/// What the agent knows.
#[derive(Debug, Clone, Default)]
pub struct AgentState {
    /// The repository, without credentials.
    pub repository: String,
    /// The branch.
    pub branch: String,
    /// The newest commit of it.
    pub head: Option<String>,
    /// When it was fetched last, in seconds since 1970.
    pub fetched: u64,
    /// Why it could not be fetched.
    pub fetch_failure: String,
    /// The environments, in order.
    pub environments: Vec<EnvironmentState>,
    /// Events of registries that were accepted.
    pub events: u64,
    /// Events that were refused.
    pub refused_events: u64,
}

impl AgentState {
    /// The environment of a name.
    pub fn environment(&mut self, name: &str) -> Option<&mut EnvironmentState> {
        self.environments.iter_mut().find(|one| one.name == name)
    }

    /// Keeps what is known of environments that are still there, and begins with those that are new.
    pub fn keep_environments(&mut self, names: &[String]) {
        let mut known = std::mem::take(&mut self.environments);
        self.environments = names
            .iter()
            .map(|name| match known.iter().position(|one| one.name == *name) {
                Some(place) => known.swap_remove(place),
                None => EnvironmentState::new(name),
            })
            .collect();
    }

    /// A newer commit is there.
    pub fn note_head(&mut self, head: &str, now: u64) {
        self.fetched = now;
        self.fetch_failure.clear();
        if self.head.as_deref() == Some(head) {
            return;
        }
        self.head = Some(head.to_owned());
        for environment in &mut self.environments {
            if environment.applied.as_deref() != Some(head) {
                environment.behind_since.get_or_insert(now);
            }
        }
    }

    /// Takes over what `status --live --output json` printed.
    pub fn note_status(&mut self, printed: &Json) {
        for environment in &mut self.environments {
            let rows = printed.get("live").and_then(Json::as_array).into_iter().flatten();
            let own = rows.filter(|row| row.get("environment").and_then(Json::as_str) == Some(&environment.name));
            let text = |row: &Json, name: &str| row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
            let release = |row: &Json| LiveRelease {
                name: text(row, "release"),
                chart: text(row, "chart"),
                revision: row.get("revision").and_then(Json::as_u64).unwrap_or_default(),
                images: row
                    .get("images")
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|image| image.as_str().map(str::to_owned))
                    .collect(),
                result: text(row, "result"),
                commit: row
                    .pointer("/record/commit")
                    .and_then(Json::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            };
            environment.releases = own.map(release).collect();
        }
    }

    /// Whether the repository was fetched at least once.
    pub const fn is_ready(&self) -> bool {
        self.head.is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_failed_is_not_tried_again_and_what_could_not_run_is() {
        for (code, printed, result, is_behind) in [
            (
                Some(0),
                json!({"environments": [{"hasChanges": false, "releases": []}]}),
                ApplyResult::Applied,
                false,
            ),
            (
                Some(1),
                json!({"environments": [{"hasChanges": true, "releases": [{"message": "no"}]}]}),
                ApplyResult::Failed,
                false,
            ),
            (
                Some(1),
                json!({"environments": [{"waitsForApproval": true}]}),
                ApplyResult::WaitsForApproval,
                false,
            ),
            (Some(3), json!(null), ApplyResult::CouldNotRun, true),
            (None, json!(null), ApplyResult::CouldNotRun, true),
        ] {
            let mut state = EnvironmentState::new("testing");
            state.note_apply("a", code, &printed, ("now", 7));
            assert_eq!((state.result, state.is_behind("a")), (result, is_behind), "{printed}");
            assert!(state.is_behind("b"));
        }
        let mut agent = AgentState::default();
        agent.keep_environments(&["a".to_owned(), "b".to_owned()]);
        agent.environments[1].applied = Some("x".to_owned());
        agent.keep_environments(&["c".to_owned(), "b".to_owned()]);
        let found: Vec<(&str, bool)> = agent
            .environments
            .iter()
            .map(|one| (one.name.as_str(), one.applied.is_some()))
            .collect();
        assert_eq!(found, [("c", false), ("b", true)]);
        let mut state = EnvironmentState::new("testing");
        let record = |environment: &str, result: &str| json!({"environment": environment, "record": {"result": result, "message": "why"}});
        state.note_trace(
            "a",
            &json!({"records": [record("other", "failed"), record("testing", "deployed")]}),
        );
        assert!(state.is_behind("a"));
        state.note_trace("a", &json!({"records": [record("testing", "deployed"), record("testing", "rolled-back"), record("other", "deployed")]}));
        assert_eq!((state.is_behind("a"), state.message.as_str()), (false, "why"));
    }

    #[test]
    fn the_reason_of_a_refusal_is_kept() {
        for (found, want) in [
            (
                json!({"releases": [{"message": ""}, {"message": "not ready"}]}),
                "not ready",
            ),
            (
                json!({"plan": {"refused": [{"release": "web", "message": "host is needed"}]}}),
                "host is needed",
            ),
            (
                json!({"plan": {"unmet": [{"release": "web", "message": "db is too old"}]}}),
                "db is too old",
            ),
            (
                json!({"plan": {"releases": [{"refused": []}, {"refused": [{"message": "forbidden"}]}]}}),
                "forbidden",
            ),
            (json!({"plan": {"releases": []}}), "the plan is refused"),
        ] {
            let mut state = EnvironmentState::new("testing");
            state.note_apply("a", Some(1), &json!({"environments": [found]}), ("now", 7));
            assert_eq!((state.result, state.message.as_str()), (ApplyResult::Failed, want));
        }
    }
}
