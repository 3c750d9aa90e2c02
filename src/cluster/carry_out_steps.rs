//! The steps of a strategy: each is deployed, tested and watched, and the first that fails brings back what was there before.

use std::thread;
use std::time::{Duration, Instant};

use super::carry_out::{Application, Progress, ReleaseOutcome, failure};
use super::helm_release::HelmRelease;
use super::planned_release::PlannedRelease;
use super::pods::Problem;
use super::program::ProgramError;
use super::record::RecordResult;
use super::rollout::{Phase, Rollout};
use super::staging::{StagedCanary, StagedColour, Staging};
use super::step_result::{CarryOutError, StepFailure, StepResult};
use super::switch::SwitchedService;

/// How often it is looked whether a pause is over.
const TICK: Duration = Duration::from_millis(200);

impl Application<'_, '_> {
    /// Brings a release to what is planned: in its place, or by the steps of its strategy.
    pub(super) fn attempt(&mut self, release: &PlannedRelease) -> StepResult {
        match &release.staging {
            None => self.deploy(release, &release.own),
            Some(Staging::BlueGreen(colour)) => self.blue_green(release, colour),
            Some(Staging::Canary(canary)) => self.canary(release, canary),
        }
    }

    /// The other colour is deployed and tested while requests reach the old one; then the Service is switched, and back if that does not do.
    fn blue_green(&mut self, release: &PlannedRelease, colour: &StagedColour) -> StepResult {
        if let Err(failure) = self.deploy(release, &colour.staged)? {
            return Ok(Err(failure));
        }
        let what = format!("switch Service {} to {}", colour.service.name, colour.staged.name);
        self.step(&release.name, what);
        if let Err(failure) = self.switch(&colour.service)? {
            return Ok(Err(failure));
        }
        let watched = self.watch(&colour.staged, colour.pause);
        if !matches!(watched, Ok(Ok(())) | Err(CarryOutError::LeaseLost)) {
            self.switch_back(colour)?;
        }
        watched
    }

    fn switch(&self, service: &SwitchedService) -> StepResult {
        match service.apply((self.cluster.programs, &self.cluster.target)) {
            Ok(()) => Ok(Ok(())),
            Err(ProgramError::Failed { words, .. }) => Ok(Err(StepFailure {
                words,
                explanations: Vec::new(),
            })),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets requests reach the old colour again.
    pub(super) fn switch_back(&mut self, colour: &StagedColour) -> Result<(), CarryOutError> {
        let old = colour.old.as_deref().unwrap_or("what it was");
        self.step(
            &colour.staged.name,
            format!("switch Service {} back to {old}", colour.service.name),
        );
        Ok(colour.service.undo((self.cluster.programs, &self.cluster.target))?)
    }

    /// A canary gets its part of the requests in each step. The release itself is upgraded after the last one; the canary is removed in any
    /// case.
    fn canary(&mut self, release: &PlannedRelease, canary: &StagedCanary) -> StepResult {
        let mut result = match self.canary_steps(release, canary)? {
            Ok(()) => self.deploy(release, &release.own)?,
            failure => failure,
        };
        if let Some(step) = canary.steps.first() {
            self.step(&step.staged.name, "uninstall the canary");
            if !self.uninstall(&step.staged.name)?.is_success() {
                self.step(
                    &step.staged.name,
                    "it could not be uninstalled: the next run tries it again",
                );
            }
        } else if result.is_ok() {
            result = self.canary_service(release, canary)?;
        }
        Ok(result)
    }

    /// Makes the Service that selects the pods of both, where it is not there yet.
    fn canary_service(&mut self, release: &PlannedRelease, canary: &StagedCanary) -> StepResult {
        match &canary.service {
            Some(service) if service.differs => {
                self.step(&release.name, format!("apply Service {}", service.name));
                self.switch(service)
            }
            _ => Ok(Ok(())),
        }
    }

    fn canary_steps(&mut self, release: &PlannedRelease, canary: &StagedCanary) -> StepResult {
        if let Some(first) = canary.steps.first() {
            // What was killed before may be pending.
            self.mend_pending(&first.staged)?;
        }
        for (number, step) in canary.steps.iter().enumerate() {
            let (weight, replicas) = (step.weight, step.replicas);
            let what = format!(
                "{weight} % of the pods: {replicas} beside those of {}",
                release.own.name
            );
            self.step(&step.staged.name, what);
            if let Err(failure) = self.deploy(release, &step.staged)? {
                return Ok(Err(failure));
            }
            if number == 0
                && let Err(failure) = self.canary_service(release, canary)?
            {
                return Ok(Err(failure));
            }
            if let Err(failure) = self.watch(&step.staged, canary.pause)? {
                return Ok(Err(failure));
            }
        }
        Ok(Ok(()))
    }

    /// Watches the pods of a release for a while.
    fn watch(&mut self, helm: &HelmRelease, pause: Duration) -> StepResult {
        if pause.is_zero() {
            return Ok(Ok(()));
        }
        self.step(&helm.name, format!("watch for {} s", pause.as_secs()));
        let end = Instant::now() + pause;
        // What is seen in the last moment counts as well.
        let mut rollout = Rollout::new(self.cluster, &helm.rendered, Phase::Upgrade, (pause + TICK, true));
        let mut problems: Vec<Problem> = Vec::new();
        while problems.is_empty() && Instant::now() < end {
            if (self.is_lost)() {
                return Err(CarryOutError::LeaseLost);
            }
            let progress = &mut *self.progress;
            if rollout.must_stop(&mut |problem| progress(Progress::NotReady(&helm.name, problem))) {
                problems = rollout.problems();
            }
            thread::sleep(TICK);
        }
        if problems.is_empty() {
            return Ok(Ok(()));
        }
        let words = format!("{} was ready, and did not stay so", helm.name);
        Ok(Err(failure(&helm.rendered, words, (&problems, &rollout))))
    }

    /// Ends the steps of colours that have proven themselves: those whose place was taken are removed.
    pub(super) fn finish_colours(
        &mut self,
        changed: &[&PlannedRelease],
        outcomes: &[ReleaseOutcome],
    ) -> Result<(), CarryOutError> {
        for (release, outcome) in changed.iter().zip(outcomes) {
            let Some(Staging::BlueGreen(colour)) = &release.staging else {
                continue;
            };
            if outcome.record.result != RecordResult::Deployed {
                continue;
            }
            colour.service.confirm((self.cluster.programs, &self.cluster.target))?;
            if let Some(old) = colour.old.as_ref().filter(|_| !colour.keeps_old) {
                self.step(old, format!("uninstall: {} has its place", colour.staged.name));
                self.uninstall(old)?.into_output()?;
            }
        }
        Ok(())
    }
}
