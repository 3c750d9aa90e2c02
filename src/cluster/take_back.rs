//! The way back of a run: releases brought to the revision that was good last, or away where there was none.

use std::time::Duration;

use super::carry_out::{Application, ReleaseOutcome};
use super::helm_release::HelmRelease;
use super::live::{LiveCluster, last_good};
use super::planned_release::PlannedRelease;
use super::program::{Ended, ProgramError};
use super::record::{Record, RecordResult};
use super::staging::Staging;
use super::step_result::CarryOutError;
use super::stored_release::{ReleaseStatus, StoredRelease};

/// Which of the releases are meant.
pub(super) type IsMeant<'m> = &'m dyn Fn(&PlannedRelease) -> bool;

impl Application<'_, '_> {
    /// What was killed in the middle of an operation stays pending, and Helm refuses to work on it: it is brought back to what was good last.
    pub(super) fn mend_pending(&mut self, release: &HelmRelease) -> Result<(), CarryOutError> {
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

    /// Brings a release back to a revision, or away where there was none. Helm may have done so already.
    pub(super) fn take_back(
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

    /// Rolls releases back that were deployed, the last one first, and records why.
    pub(super) fn roll_back(
        &mut self,
        (changed, is_meant): (&[&PlannedRelease], IsMeant<'_>),
        why: &str,
        outcomes: &mut [ReleaseOutcome],
    ) -> Result<(), CarryOutError> {
        for (release, outcome) in changed.iter().zip(outcomes.iter_mut()).rev() {
            if !is_meant(release) {
                continue;
            }
            let becomes = release.becomes();
            let name = becomes.name.as_str();
            if let Some(Staging::BlueGreen(colour)) = &release.staging {
                self.switch_back(colour)?;
            }
            let revisions = self.cluster.revisions(name)?;
            let good = last_good(&revisions, outcome.record.revision, &|revision| {
                self.records.is_bad(name, revision)
            });
            let good = good.map(|good| good.revision);
            let result = self.take_back(name, &revisions, (good, becomes.is_there()))?;
            outcome.record.result = result;
            outcome.record.restored = good.unwrap_or_default();
            why.clone_into(&mut outcome.record.message);
            outcome.record.ended = (self.settings.now)();
            let run = outcome.record.run.clone();
            let own = |record: &&mut Record| record.run == run && record.release == name;
            if let Some(kept) = self.records.list.iter_mut().rev().find(own) {
                kept.clone_from(&outcome.record);
            }
        }
        self.records.write(self.cluster)?;
        Ok(())
    }

    pub(super) fn uninstall(&self, name: &str) -> Result<Ended, ProgramError> {
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
