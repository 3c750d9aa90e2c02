//! A plan carried out: resources are applied, releases installed and upgraded by Helm and tested, and what fails is taken back to the revision
//! that was good last, together with the releases of its group. Each step is recorded before it begins and after it ends.

use std::time::Duration;

use super::blame::{Explanation, explain};
use super::commands::{HelmGeneration, UpgradeOptions, apply_manifests, upgrade};
use super::helm_words::problem_of_words;
use super::live::{LiveCluster, is_installed, last_good};
use super::plan::{Action, EnvironmentPlan, PlannedRelease, PlannedResources};
use super::pods::Problem;
use super::program::{Ended, ProgramCall, ProgramError};
use super::record::{Record, RecordResult, Records};
use super::release_files::ReleaseFile;
use super::rollout::{Phase, Rollout};
use super::stored_release::{ReleaseStatus, StoredRelease};
use crate::check::finding::SecretValues;

/// Lines of a log that are shown.
const LOG_LINES: &str = "--tail=10";

impl HelmGeneration {
    /// Asks helm for its version.
    ///
    /// # Errors
    /// When it cannot be run, or is another one.
    pub fn find(cluster: &LiveCluster<'_>) -> Result<Self, ProgramError> {
        let call = ProgramCall::new("helm", ["version", "--template", "{{.Version}}"]);
        let printed = cluster.programs.output(&call, b"")?;
        let version = String::from_utf8_lossy(&printed)
            .trim()
            .trim_start_matches('v')
            .to_owned();
        match version.split('.').next() {
            Some("3") => Ok(Self::Helm3),
            Some("4") => Ok(Self::Helm4),
            _ => Err(ProgramError::Odd {
                command: "helm version".to_owned(),
                what: format!("version `{version}`; Helm 3 and 4 are supported"),
            }),
        }
    }
}

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub struct ApplySettings {
    /// Which Helm there is.
    pub helm: HelmGeneration,
    /// Longest time for a release to become ready, and for its tests.
    pub timeout: Duration,
    /// Whether a release that is certain not to become ready is not waited for.
    pub fails_fast: bool,
    /// Whether tests are run.
    pub tests: bool,
    /// What records say of the run.
    pub about: Record,
    /// The time as RFC 3339.
    pub now: fn() -> String,
}

/// What happens while a plan is carried out.
#[derive(Debug)]
pub enum Progress<'p> {
    /// A step has begun: the release, and what is done.
    Step(&'p str, String),
    /// A workload of a release is not ready, and why.
    NotReady(&'p str, &'p Problem),
}

/// How it ended for a release.
#[derive(Debug)]
pub struct ReleaseOutcome {
    /// What is recorded.
    pub record: Record,
    /// Helm's words where it failed.
    pub words: String,
    /// Why it failed.
    pub explanations: Vec<Explanation>,
}

impl ReleaseOutcome {
    /// Whether it did not become what was planned.
    pub fn is_failure(&self) -> bool {
        self.record.result != RecordResult::Deployed
    }
}

/// A plan that is carried out.
pub struct Application<'a, 'p> {
    /// The cluster.
    pub cluster: &'a LiveCluster<'p>,
    /// How.
    pub settings: &'a ApplySettings,
    /// The records of the environment.
    pub records: &'a mut Records,
    /// Whether another may be at work by now.
    pub is_lost: &'a dyn Fn() -> bool,
    /// Gets what happens.
    pub progress: &'a mut dyn FnMut(Progress<'_>),
}

/// Why a plan is not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum CarryOutError {
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Another run may be at work by now.
    #[error("another run took the lease of the environment: what was begun is left to it")]
    LeaseLost,
}

/// What a step of a release failed with.
struct StepFailure {
    words: String,
    explanations: Vec<Explanation>,
}

impl Application<'_, '_> {
    /// Carries out a plan: the releases that change, in order, up to the first that fails. What is planned is what is applied.
    ///
    /// # Errors
    /// When resources cannot be applied, or records not be written.
    pub fn carry_out(&mut self, plan: &EnvironmentPlan) -> Result<Vec<ReleaseOutcome>, CarryOutError> {
        for resources in plan.resources.iter().filter(|resources| resources.differs) {
            self.apply_resources(resources)?;
        }
        let changed: Vec<&PlannedRelease> = plan
            .releases
            .iter()
            .filter(|one| one.action != Action::Unchanged)
            .collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let mut outcomes: Vec<ReleaseOutcome> = Vec::new();
        for release in &changed {
            let outcome = self.release(release)?;
            let has_failed = outcome.is_failure();
            outcomes.push(outcome);
            if has_failed {
                self.roll_back_group(&changed, release, &mut outcomes)?;
                break;
            }
        }
        Ok(outcomes)
    }

    fn step(&mut self, release: &str, what: impl Into<String>) {
        (self.progress)(Progress::Step(release, what.into()));
    }

    fn apply_resources(&mut self, resources: &PlannedResources) -> Result<(), CarryOutError> {
        let shown: Vec<String> = resources.paths.iter().map(|path| path.display().to_string()).collect();
        self.step(&resources.name, format!("apply {}", shown.join(", ")));
        let call = apply_manifests(&self.cluster.target);
        let mut secrets = SecretValues::default();
        secrets.add_text(&resources.text);
        let applied = self.cluster.programs.output(&call, &resources.text);
        applied.map(drop).map_err(|error| error.without(&secrets).into())
    }

    /// Installs or upgrades one release, and takes it back if that fails.
    fn release(&mut self, release: &PlannedRelease) -> Result<ReleaseOutcome, CarryOutError> {
        let mut record = Record {
            release: release.name.clone(),
            action: release.action.name().to_owned(),
            started: (self.settings.now)(),
            chart: release.chart.clone(),
            chart_digest: release.chart_digest.clone(),
            images: release.images.clone(),
            ..self.settings.about.clone()
        };
        self.mend_pending(release)?;
        let revisions = self.cluster.revisions(&release.name)?;
        let newest = revisions.last().map_or(0, |one| one.revision);
        // What was uninstalled, or never there, is not brought back.
        let was_there = revisions.last().is_some_and(|newest| is_installed(newest.info.status));
        let good = last_good(&revisions, u64::MAX, &|revision| {
            self.records.is_bad(&release.name, revision)
        });
        let good = good.map(|good| good.revision).filter(|_| was_there);
        record.revision = newest + 1;
        self.records.list.push(record.clone());
        self.records.write(self.cluster)?;
        let place = self.records.list.len() - 1;
        let tried = self.upgrade(release).and_then(|result| match result {
            Ok(()) if self.settings.tests && release.rendered.has_tests() => self.test(release),
            result => Ok(result),
        })?;
        let now = self.cluster.revisions(&release.name)?;
        let (result, failure) = match tried {
            Ok(()) => (RecordResult::Deployed, None),
            Err(failure) => (self.take_back(&release.name, &now, (good, was_there))?, Some(failure)),
        };
        record.revision = now
            .iter()
            .map(|one| one.revision)
            .filter(|one| *one > newest)
            .min()
            .unwrap_or(0);
        record.result = result;
        record.restored = good.filter(|_| result == RecordResult::RolledBack).unwrap_or_default();
        record.ended = (self.settings.now)();
        let mut outcome = ReleaseOutcome {
            record,
            words: String::new(),
            explanations: Vec::new(),
        };
        if let Some(failure) = failure {
            outcome.record.message = summary(&failure);
            outcome.words = failure.words;
            outcome.explanations = failure.explanations;
        }
        if let Some(kept) = self.records.list.get_mut(place) {
            kept.clone_from(&outcome.record);
        }
        self.records.write(self.cluster)?;
        Ok(outcome)
    }

    /// What was killed in the middle of an operation stays pending, and Helm refuses to work on it: it is brought back to what was good last.
    fn mend_pending(&mut self, release: &PlannedRelease) -> Result<(), CarryOutError> {
        let is_pending = release.was.as_ref().is_some_and(|was| was.info.status.is_pending());
        if !is_pending {
            return Ok(());
        }
        let revisions = self.cluster.revisions(&release.name)?;
        let Some(newest) = revisions.last().filter(|one| one.info.status.is_pending()) else {
            return Ok(());
        };
        self.step(
            &release.name,
            format!("mend revision {}, which is {}", newest.revision, newest.info.status),
        );
        let good = last_good(&revisions, newest.revision, &|revision| {
            self.records.is_bad(&release.name, revision)
        });
        let ended = match good.map(|good| good.revision) {
            Some(revision) => roll_back_to(self.cluster, &release.name, revision, None)?,
            None => self.uninstall(&release.name)?,
        };
        ended.into_output()?;
        Ok(())
    }

    fn upgrade(&mut self, release: &PlannedRelease) -> Result<Result<(), StepFailure>, CarryOutError> {
        let file = ReleaseFile::write(&release.archive).map_err(|source| ProgramError::NotRun {
            program: "helm".to_owned(),
            source,
        })?;
        let path = file.path().display().to_string();
        let options = UpgradeOptions {
            helm: self.settings.helm,
            timeout: self.settings.timeout,
            wait: true,
            rolls_back: true,
            creates_namespace: false,
        };
        let mut call = upgrade(&self.cluster.target, &release.name, &path, None, &options);
        if self.settings.helm == HelmGeneration::Helm4 && !release.drift.is_empty() {
            // What others changed is theirs until it is taken back.
            call = call.and(["--force-conflicts"]);
        }
        self.step(&release.name, format!("{} {}", release.action.name(), release.chart));
        self.watched(release, Phase::Upgrade, &call, &release.document)
    }

    /// Runs the tests of a release.
    fn test(&mut self, release: &PlannedRelease) -> Result<Result<(), StepFailure>, CarryOutError> {
        let target = &self.cluster.target;
        let timeout = format!("{}s", self.settings.timeout.as_secs());
        let call = target.helm([
            "test",
            &release.name,
            "--namespace",
            &target.namespace,
            "--timeout",
            &timeout,
        ]);
        self.step(&release.name, "test");
        self.watched(release, Phase::Test, &call, b"")
    }

    /// Runs Helm while the workloads of the release are watched.
    fn watched(
        &mut self,
        release: &PlannedRelease,
        phase: Phase,
        call: &ProgramCall,
        input: &[u8],
    ) -> Result<Result<(), StepFailure>, CarryOutError> {
        let limits = (self.settings.timeout, self.settings.fails_fast);
        let mut rollout = Rollout::new(self.cluster, &release.rendered, phase, limits);
        // Helm ends by itself when its time is over, and then needs time to roll back.
        let limit = self.settings.timeout * 3 + Duration::from_mins(2);
        let mut problems: Vec<Problem> = Vec::new();
        let (progress, is_lost) = (&mut *self.progress, self.is_lost);
        let mut has_stopped = false;
        let ended = self.cluster.programs.run_watched(call, input, limit, &mut || {
            if has_stopped {
                return true;
            }
            let mut report = |problem: &Problem| progress(Progress::NotReady(&release.name, problem));
            has_stopped = is_lost() || rollout.must_stop(&mut report);
            if has_stopped {
                problems = rollout.problems();
            }
            has_stopped
        })?;
        if (self.is_lost)() {
            return Err(CarryOutError::LeaseLost);
        }
        if ended.is_success() {
            return Ok(Ok(()));
        }
        if problems.is_empty() {
            problems = rollout.problems();
        }
        let words = release
            .rendered
            .secrets()
            .hide(failure_words(&ended).as_str())
            .into_owned();
        if problems.is_empty() {
            problems.extend(problem_of_words(&words));
        }
        if problems.is_empty() {
            problems = rollout.earlier_problems();
        }
        let explanations = problems
            .iter()
            .map(|problem| explain(&release.rendered, problem, &self.log_of(problem)));
        Ok(Err(StepFailure {
            explanations: explanations.collect(),
            words,
        }))
    }

    /// The last lines that a container of a pod logged before it ended.
    fn log_of(&self, problem: &Problem) -> String {
        let (Some(pod), Some(container)) = (&problem.pod, &problem.container) else {
            return String::new();
        };
        if !matches!(problem.reason.as_str(), "CrashLoopBackOff" | "Error" | "NotReady") {
            return String::new();
        }
        let target = &self.cluster.target;
        let read = |previous: &str| {
            let call = target.kubectl([
                "--namespace",
                &target.namespace,
                "logs",
                pod,
                "-c",
                container,
                LOG_LINES,
                previous,
            ]);
            self.cluster
                .programs
                .output(&call, b"")
                .ok()
                .filter(|text| !text.is_empty())
        };
        let text = read("--previous=true")
            .or_else(|| read("--previous=false"))
            .unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Brings a release back to a revision, or away where there was none. Helm may have done so already.
    fn take_back(
        &mut self,
        name: &str,
        now: &[StoredRelease],
        (good, was_there): (Option<u64>, bool),
    ) -> Result<RecordResult, CarryOutError> {
        let Some(good) = good else {
            if was_there {
                // No revision was good: the newest one stays.
                return Ok(RecordResult::Failed);
            }
            if now
                .last()
                .is_none_or(|newest| newest.info.status == ReleaseStatus::Uninstalled)
            {
                return Ok(RecordResult::Removed);
            }
            self.step(name, "uninstall what was not there before");
            let ended = self.uninstall(name)?;
            return Ok(if ended.is_success() {
                RecordResult::Removed
            } else {
                RecordResult::Failed
            });
        };
        let wanted = now.iter().find(|one| one.revision == good);
        let is_back = now.last().zip(wanted).is_some_and(|(newest, wanted)| {
            newest.info.status == ReleaseStatus::Deployed
                && newest.manifest == wanted.manifest
                && (newest.revision == good || newest.info.description.contains("Rollback"))
        });
        if is_back {
            return Ok(RecordResult::RolledBack);
        }
        self.step(name, format!("roll back to revision {good}"));
        let ended = roll_back_to(self.cluster, name, good, Some(self.settings.timeout))?;
        Ok(if ended.is_success() {
            RecordResult::RolledBack
        } else {
            RecordResult::Failed
        })
    }

    /// Rolls the earlier releases of a group back with one that failed.
    fn roll_back_group(
        &mut self,
        changed: &[&PlannedRelease],
        failed: &PlannedRelease,
        outcomes: &mut [ReleaseOutcome],
    ) -> Result<(), CarryOutError> {
        let Some(group) = &failed.group else { return Ok(()) };
        for (release, outcome) in changed.iter().zip(outcomes.iter_mut()).rev() {
            if release.name == failed.name || release.group.as_ref() != Some(group) {
                continue;
            }
            let revisions = self.cluster.revisions(&release.name)?;
            let good = last_good(&revisions, outcome.record.revision, &|revision| {
                self.records.is_bad(&release.name, revision)
            });
            let good = good.map(|good| good.revision);
            let was_there = release.action == Action::Upgrade;
            let result = self.take_back(&release.name, &revisions, (good, was_there))?;
            outcome.record.result = result;
            outcome.record.restored = good.unwrap_or_default();
            outcome.record.message = format!("{} of its group `{group}` failed", failed.name);
            outcome.record.ended = (self.settings.now)();
            let run = outcome.record.run.clone();
            let own = |record: &&mut Record| record.run == run && record.release == release.name;
            if let Some(kept) = self.records.list.iter_mut().rev().find(own) {
                kept.clone_from(&outcome.record);
            }
        }
        self.records.write(self.cluster)?;
        Ok(())
    }

    fn uninstall(&self, name: &str) -> Result<Ended, ProgramError> {
        let target = &self.cluster.target;
        let timeout = format!("{}s", self.settings.timeout.as_secs());
        let call = target.helm([
            "uninstall",
            name,
            "--namespace",
            &target.namespace,
            "--wait",
            "--timeout",
            &timeout,
        ]);
        self.cluster.programs.run_watched(
            &call,
            b"",
            self.settings.timeout * 2 + Duration::from_mins(1),
            &mut || false,
        )
    }
}

/// Runs `helm rollback` to a revision, and waits until it is ready for as long as is given.
///
/// # Errors
/// When helm cannot be run.
pub(super) fn roll_back_to(
    cluster: &LiveCluster<'_>,
    name: &str,
    revision: u64,
    timeout: Option<Duration>,
) -> Result<Ended, ProgramError> {
    let call = cluster.target.helm([
        "rollback",
        name,
        &revision.to_string(),
        "--namespace",
        &cluster.target.namespace,
    ]);
    let call = match timeout {
        Some(timeout) => call.and(["--wait".to_owned(), format!("--timeout={}s", timeout.as_secs())]),
        None => call,
    };
    let limit = timeout.unwrap_or_default() * 2 + Duration::from_mins(1);
    cluster.programs.run_watched(&call, b"", limit, &mut || false)
}

fn failure_words(ended: &Ended) -> String {
    ended.failure().words().to_owned()
}

/// Why something failed, in a line.
fn summary(failure: &StepFailure) -> String {
    match failure.explanations.first() {
        Some(one) => {
            let problem = &one.problem;
            let image = problem
                .image
                .as_ref()
                .map(|image| format!(" of {image}"))
                .unwrap_or_default();
            format!(
                "{} {}: {}{image}: {}",
                problem.kind, problem.name, problem.reason, problem.message
            )
        }
        None => failure.words.lines().last().unwrap_or_default().to_owned(),
    }
}
