//! A plan carried out: resources are applied, releases installed and upgraded by Helm and tested, and what fails is taken back to the revision
//! that was good last, together with the releases of its group. Each step is recorded before it begins and after it ends.

use std::time::Duration;

use super::blame::{Explanation, explain};
use super::commands::{HelmGeneration, UpgradeOptions, apply_manifests, upgrade};
use super::helm_release::HelmRelease;
use super::helm_words::problem_of_words;
use super::live::{LiveCluster, is_installed, last_good};
use super::plan::EnvironmentPlan;
use super::plan_request::Action;
use super::planned_release::PlannedRelease;
use super::planned_resources::PlannedResources;
use super::pods::Problem;
use super::program::{Ended, ProgramCall, ProgramError};
use super::record::{Record, RecordResult, Records};
use super::release_files::ReleaseFile;
use super::rendered_release::RenderedRelease;
use super::rollout::{Phase, Rollout};
use super::step_result::{CarryOutError, StepFailure, StepResult};
use super::test_jobs::{JobObserver, TestJob, TestJobRun, run_test_job};

/// The action of records of files that are applied as they are.
pub const APPLY: &str = "apply";

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
    /// Whether fields of resource files that others manage are taken over.
    pub forces_conflicts: bool,
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

impl Application<'_, '_> {
    /// Carries out a plan: the releases that change, in order, up to the first that fails. What is planned is what is applied.
    ///
    /// # Errors
    /// When resources cannot be applied, or records not be written.
    pub fn carry_out(&mut self, plan: &EnvironmentPlan) -> Result<Vec<ReleaseOutcome>, CarryOutError> {
        let mut applied: Vec<ReleaseOutcome> = Vec::new();
        for resources in plan.resources.iter().filter(|resources| resources.differs) {
            let outcome = self.apply_resources(resources)?;
            let has_failed = outcome.is_failure();
            applied.push(outcome);
            if has_failed {
                return Ok(applied);
            }
        }
        for release in &plan.releases {
            if let Some(service) = &release.service {
                self.step(&release.name, format!("apply Service {}", service.name));
                service.apply((self.cluster.programs, &self.cluster.target))?;
            }
            for left in &release.leftovers {
                self.step(left, "uninstall what a run that ended early left");
                self.uninstall(left)?.into_output()?;
            }
        }
        let is_changed = |one: &&PlannedRelease| matches!(one.action, Action::Install | Action::Upgrade);
        let changed: Vec<&PlannedRelease> = plan.releases.iter().filter(is_changed).collect();
        let mut outcomes: Vec<ReleaseOutcome> = Vec::new();
        for release in &changed {
            let outcome = self.release(release)?;
            let has_failed = outcome.is_failure();
            outcomes.push(outcome);
            if has_failed {
                if let Some(group) = &release.group {
                    let is_meant = |one: &PlannedRelease| one.name != release.name && one.group.as_ref() == Some(group);
                    let why = format!("{} of its group `{group}` failed", release.name);
                    self.roll_back((&changed, &is_meant), &why, &mut outcomes)?;
                }
                break;
            }
        }
        if self.settings.tests && !outcomes.is_empty() && outcomes.iter().all(|outcome| !outcome.is_failure()) {
            self.test_together(plan, &changed, &mut outcomes)?;
        }
        self.finish_colours(&changed, &outcomes)?;
        applied.extend(outcomes);
        Ok(applied)
    }

    pub(super) fn step(&mut self, release: &str, what: impl Into<String>) {
        (self.progress)(Progress::Step(release, what.into()));
    }

    /// Applies files of resources. They are not taken back: what was there before is not known.
    fn apply_resources(&mut self, resources: &PlannedResources) -> Result<ReleaseOutcome, CarryOutError> {
        let shown: Vec<String> = resources.paths.iter().map(|path| path.display().to_string()).collect();
        self.step(&resources.name, format!("apply {}", shown.join(", ")));
        let mut record = Record {
            release: resources.label().to_owned(),
            action: APPLY.to_owned(),
            started: (self.settings.now)(),
            chart: shown.join(", "),
            ..self.settings.about.clone()
        };
        let place = self.begin(&record)?;
        let call = apply_manifests(&self.cluster.target, self.settings.forces_conflicts);
        let mut words = String::new();
        match self.cluster.programs.output(&call, &resources.text) {
            Ok(_) => record.result = RecordResult::Deployed,
            Err(ProgramError::Failed { words: said, .. }) => {
                record.result = RecordResult::Failed;
                words = resources.secrets.hide(&said).into_owned();
                words.lines().next().unwrap_or_default().clone_into(&mut record.message);
            }
            Err(error) => return Err(error.without(&resources.secrets).into()),
        }
        record.ended = (self.settings.now)();
        self.end(place, &record)?;
        Ok(ReleaseOutcome {
            record,
            words,
            explanations: Vec::new(),
        })
    }

    /// Records that something begins; its place among the records.
    fn begin(&mut self, record: &Record) -> Result<usize, CarryOutError> {
        self.records.list.push(record.clone());
        self.records.write(self.cluster)?;
        Ok(self.records.list.len() - 1)
    }

    /// Records how it ended.
    fn end(&mut self, place: usize, record: &Record) -> Result<(), CarryOutError> {
        if let Some(kept) = self.records.list.get_mut(place) {
            kept.clone_from(record);
        }
        Ok(self.records.write(self.cluster)?)
    }

    /// Installs or upgrades one release, and takes it back if that fails.
    fn release(&mut self, release: &PlannedRelease) -> Result<ReleaseOutcome, CarryOutError> {
        let becomes = release.becomes();
        let name = becomes.name.as_str();
        let mut record = Record {
            release: name.to_owned(),
            action: release.action.name().to_owned(),
            started: (self.settings.now)(),
            chart: release.chart.clone(),
            chart_digest: release.chart_digest.clone(),
            images: release.images.clone(),
            ..self.settings.about.clone()
        };
        self.mend_pending(becomes)?;
        let revisions = self.cluster.revisions(name)?;
        let newest = revisions.last().map_or(0, |one| one.revision);
        // What was uninstalled, or never there, is not brought back.
        let was_there = revisions.last().is_some_and(|newest| is_installed(newest.info.status));
        let good = last_good(&revisions, u64::MAX, &|revision| self.records.is_bad(name, revision));
        let good = good.map(|good| good.revision).filter(|_| was_there);
        record.revision = newest + 1;
        let place = self.begin(&record)?;
        let tried = self.attempt(release)?;
        let now = self.cluster.revisions(name)?;
        let (result, failure) = match tried {
            Ok(()) => (RecordResult::Deployed, None),
            Err(failure) => (self.take_back(name, &now, (good, was_there))?, Some(failure)),
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
        self.end(place, &outcome.record)?;
        Ok(outcome)
    }

    /// Installs or upgrades a release of Helm's to what is planned, and runs its tests.
    pub(super) fn deploy(&mut self, release: &PlannedRelease, helm: &HelmRelease) -> StepResult {
        match self.upgrade(release, helm)? {
            Ok(()) if self.settings.tests && helm.rendered.has_tests() => self.test(&helm.name, &helm.rendered),
            result => Ok(result),
        }
    }

    fn upgrade(&mut self, release: &PlannedRelease, helm: &HelmRelease) -> StepResult {
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
        let mut call = upgrade(&self.cluster.target, &helm.name, &path, None, &options);
        if self.settings.helm == HelmGeneration::Helm4 && !release.drift.is_empty() {
            // What others changed is theirs until it is taken back.
            call = call.and(["--force-conflicts"]);
        }
        let action = if helm.is_there() {
            Action::Upgrade
        } else {
            Action::Install
        };
        self.step(&helm.name, format!("{} {}", action.name(), release.chart));
        self.watched((&helm.name, &helm.rendered), Phase::Upgrade, (&call, &helm.document))
    }

    /// Runs the tests of a release.
    pub(super) fn test(&mut self, name: &str, rendered: &RenderedRelease) -> StepResult {
        let target = &self.cluster.target;
        let timeout = format!("{}s", self.settings.timeout.as_secs());
        let call = target.helm(["test", name, "--namespace", &target.namespace, "--timeout", &timeout]);
        self.step(name, "test");
        self.watched((name, rendered), Phase::Test, (&call, b""))
    }

    /// Runs Helm while the workloads of the release are watched.
    fn watched(
        &mut self,
        (name, rendered): (&str, &RenderedRelease),
        phase: Phase,
        (call, input): (&ProgramCall, &[u8]),
    ) -> StepResult {
        let limits = (self.settings.timeout, self.settings.fails_fast);
        let mut rollout = Rollout::new(self.cluster, rendered, phase, limits);
        // Helm ends by itself when its time is over, and then needs time to roll back.
        let limit = self.settings.timeout * 3 + Duration::from_mins(2);
        let mut problems: Vec<Problem> = Vec::new();
        let (progress, is_lost) = (&mut *self.progress, self.is_lost);
        let mut has_stopped = false;
        let ended = self.cluster.programs.run_watched(call, input, limit, &mut || {
            if has_stopped {
                return true;
            }
            let mut report = |problem: &Problem| progress(Progress::NotReady(name, problem));
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
        let words = rendered.secrets().hide(failure_words(&ended).as_str()).into_owned();
        if problems.is_empty() {
            problems.extend(problem_of_words(&words));
        }
        if problems.is_empty() {
            problems = rollout.earlier_problems();
        }
        Ok(Err(failure(rendered, words, (&problems, &rollout))))
    }

    /// Runs the Jobs that test all releases together. The first that fails takes back what this run changed.
    fn test_together(
        &mut self,
        plan: &EnvironmentPlan,
        changed: &[&PlannedRelease],
        outcomes: &mut [ReleaseOutcome],
    ) -> Result<(), CarryOutError> {
        for job in &plan.jobs {
            let Err(failure) = self.test_job(job)? else { continue };
            let why = summary(&failure);
            self.roll_back((changed, &|_| true), &why, outcomes)?;
            if let Some(last) = outcomes.last_mut() {
                last.words = failure.words;
                last.explanations = failure.explanations;
            }
            break;
        }
        Ok(())
    }

    /// Runs a Job that tests releases together.
    pub(super) fn test_job(&mut self, job: &TestJob) -> StepResult {
        self.step(&job.name, format!("test with {}", job.path.display()));
        // The end of the name of the run is random.
        let suffix: String = self
            .settings
            .about
            .run
            .chars()
            .rev()
            .filter(char::is_ascii_alphanumeric)
            .take(6)
            .collect();
        let run = TestJobRun {
            suffix: &suffix.to_ascii_lowercase(),
            timeout: self.settings.timeout,
            fails_fast: self.settings.fails_fast,
        };
        let (progress, is_lost) = (&mut *self.progress, self.is_lost);
        let mut report = |name: &str, problem: &Problem| progress(Progress::NotReady(name, problem));
        let mut watched = JobObserver {
            is_lost,
            report: &mut report,
        };
        run_test_job(self.cluster, job, run, &mut watched)
    }
}

/// What a step failed with: the problems of its rollout.
pub(super) fn failure(
    rendered: &RenderedRelease,
    words: String,
    (problems, rollout): (&[Problem], &Rollout<'_, '_>),
) -> StepFailure {
    let explanations = problems
        .iter()
        .map(|problem| explain(rendered, problem, &rollout.log(problem)));
    StepFailure {
        explanations: explanations.collect(),
        words,
    }
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
