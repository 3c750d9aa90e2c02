//! `apply`: an environment brought to what its files say. The plan, the lease, what a killed run left behind, the work, the records; in this
//! order, for all who apply something.

use std::time::Duration;

use super::carry_out::{Application, ApplySettings, Progress, ReleaseOutcome};
use super::commands::HelmGeneration;
use super::lease::{Lease, LeaseError};
use super::live::LiveCluster;
use super::plan::{EnvironmentPlan, plan_environment};
use super::plan_request::{PlanError, PlanRequest};
use super::program::ProgramError;
use super::record::{Record, Records, object_name};
use super::run_identity::{RunIdentity, stop_left_programs};
use super::step_result::CarryOutError;
use super::stored_release::ReleaseStatus;
use crate::delivery::environment::Policy;

/// How long programs that a killed run left behind have to stop.
pub(super) const LEFT_TIME: Duration = Duration::from_secs(90);

/// How long another helm may be at work on a release.
const FOREIGN_TIME: Duration = Duration::from_mins(15);

/// Why an environment is not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It was not carried out to its end.
    #[error(transparent)]
    CarryOut(#[from] CarryOutError),
    /// Another run has the lease.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The namespace is not there.
    #[error(
        "environment `{environment}`: there is no namespace `{namespace}` in the cluster: make it, or let it be made with --create-namespace"
    )]
    LacksNamespace {
        /// The environment.
        environment: String,
        /// The namespace.
        namespace: String,
    },
    /// Another helm is at work on a release, or was killed at it.
    #[error(
        "release `{release}`: revision {revision} is {status} since {since}: another helm is at work on it; wait for it, or if it was killed, mend it with --take-over"
    )]
    Busy {
        /// The release.
        release: String,
        /// The revision.
        revision: u64,
        /// Its status.
        status: ReleaseStatus,
        /// Since when.
        since: String,
    },
    /// What was planned is not what there is any more.
    #[error(
        "environment `{0}`: the files, a chart or the cluster changed since the plan was made; nothing was applied: plan it again"
    )]
    Moved(String),
}

/// How an environment is applied.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct ApplyOptions<'o> {
    /// Longest time for a release to become ready, and for its tests.
    pub timeout: Duration,
    /// Whether a release that is certain not to become ready is not waited for.
    pub fails_fast: bool,
    /// Whether tests are run.
    pub tests: bool,
    /// Whether fields of resource files that others manage are taken over.
    pub forces_conflicts: bool,
    /// Whether a namespace is made that is not there.
    pub creates_namespace: bool,
    /// Whether the plan is only shown.
    pub writes_nothing: bool,
    /// Whether somebody approves the changes.
    pub is_approved: bool,
    /// How long another run is waited for.
    pub patience: Duration,
    /// Who runs this.
    pub identity: &'o RunIdentity,
    /// What records say of the run.
    pub about: Record,
    /// Whether a release that another helm left pending is mended at once.
    pub takes_over: bool,
    /// The plan that was agreed to: its digest.
    pub agreed: Option<&'o str>,
    /// The time as RFC 3339 with microseconds.
    pub now: fn() -> String,
}

/// What `apply` asks and tells while it works.
pub trait ApplyObserver {
    /// The plan is made, and what becomes of it is decided.
    fn planned(&mut self, plan: &EnvironmentPlan, decision: Decision);
    /// The plan is about to be carried out.
    fn begins(&mut self, plan: &EnvironmentPlan);
    /// Something happens.
    fn progress(&mut self, progress: Progress<'_>);
    /// Another run is waited for.
    fn waits(&mut self, holder: &str);
    /// A run that was killed had begun this.
    fn interrupted(&mut self, record: &Record);
}

/// What was done in an environment.
#[derive(Default)]
pub struct Applied {
    /// The releases that changed, in order.
    pub outcomes: Vec<ReleaseOutcome>,
    /// Whether anything was to be done.
    pub has_changes: bool,
}

/// What becomes of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is carried out.
    CarryOut,
    /// It is shown, and nothing is written.
    Show,
    /// What is wrong with it must be mended first.
    Refuse,
    /// Somebody must approve it.
    WaitForApproval,
}

impl Decision {
    /// Decides on a plan of an environment with a policy: `is_refused` is whether something is wrong with it, `has_changes` whether it does
    /// anything.
    fn of((is_refused, has_changes): (bool, bool), policy: Policy, options: &ApplyOptions<'_>) -> Self {
        if is_refused {
            Self::Refuse
        } else if options.writes_nothing {
            Self::Show
        } else if policy == Policy::Manual && has_changes && !options.is_approved {
            Self::WaitForApproval
        } else {
            Self::CarryOut
        }
    }
}

/// Decides on a plan, and says so.
fn decide(
    plan: &EnvironmentPlan,
    request: &PlanRequest<'_>,
    options: &ApplyOptions<'_>,
    observer: &mut dyn ApplyObserver,
) -> Decision {
    let facts = (plan.is_refused(request.judgement), plan.has_changes());
    let decision = Decision::of(facts, request.environment.policy, options);
    observer.planned(plan, decision);
    decision
}

/// Applies an environment: nothing is written where nothing changes.
///
/// # Errors
/// When the cluster cannot be asked, another run is at work, or the plan is not the one that was agreed to.
pub fn apply_environment(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    options: &ApplyOptions<'_>,
    observer: &mut dyn ApplyObserver,
) -> Result<Applied, ApplyError> {
    let mut plan = plan_environment(request, cluster)?;
    check_agreed(&plan, options)?;
    let mut records = Records::read(cluster, &plan.environment)?;
    let is_unfinished = records.has_running();
    let decision = decide(&plan, request, options, observer);
    if decision != Decision::CarryOut || !(plan.has_changes() || is_unfinished) {
        return Ok(Applied {
            has_changes: plan.has_changes(),
            ..Applied::default()
        });
    }
    let name = object_name(&plan.environment);
    if plan.lacks_namespace {
        if !options.creates_namespace {
            return Err(ApplyError::LacksNamespace {
                environment: plan.environment,
                namespace: cluster.target.namespace.clone(),
            });
        }
        make_namespace(cluster)?;
    }
    let place = (cluster.programs, &cluster.target, name.as_str());
    let lease = Lease::take(place, options.identity, options.patience, options.now, &mut |who| {
        observer.waits(who);
    })?;
    if let Some(run) = &lease.taken_from {
        stop_left_programs(run, LEFT_TIME);
    }
    // Another may have been at work between the plan and the lease.
    let before = plan.digest();
    plan = plan_environment(request, cluster)?;
    if plan.digest() != before {
        check_agreed(&plan, options)?;
        if decide(&plan, request, options, observer) != Decision::CarryOut {
            return Ok(Applied::default());
        }
    }
    records.reread(cluster)?;
    let ended = records.end_interrupted(&options.about.run, &(options.now)());
    for record in &ended {
        observer.interrupted(record);
    }
    check_pending(&plan, &records, options)?;
    if !plan.has_changes() {
        records.write(cluster)?;
        return Ok(Applied::default());
    }
    let settings = ApplySettings {
        helm: HelmGeneration::find(cluster)?,
        timeout: options.timeout,
        fails_fast: options.fails_fast,
        tests: options.tests,
        forces_conflicts: options.forces_conflicts,
        about: options.about.clone(),
        now: options.now,
    };
    observer.begins(&plan);
    let mut application = Application {
        cluster,
        settings: &settings,
        records: &mut records,
        is_lost: &|| lease.is_lost(),
        progress: &mut |progress| observer.progress(progress),
    };
    Ok(Applied {
        outcomes: application.carry_out(&plan)?,
        has_changes: true,
    })
}

/// Refuses releases that another helm may be at work on: those that are pending, not for long, and not by a run of ours.
fn check_pending(plan: &EnvironmentPlan, records: &Records, options: &ApplyOptions<'_>) -> Result<(), ApplyError> {
    let now = (options.now)();
    for release in &plan.releases {
        let helm = release.becomes();
        let Some(was) = helm.was.as_ref().filter(|was| was.info.status.is_pending()) else {
            continue;
        };
        let is_ours = records.has_begun(&helm.name, was.revision);
        if !is_ours && !options.takes_over && is_within(&was.info.last_deployed, &now, FOREIGN_TIME) {
            return Err(ApplyError::Busy {
                release: helm.name.clone(),
                revision: was.revision,
                status: was.info.status,
                since: was.info.last_deployed.clone(),
            });
        }
    }
    Ok(())
}

/// Whether less than `limit` has passed between two times, as RFC 3339.
fn is_within(earlier: &str, later: &str, limit: Duration) -> bool {
    let (Ok(earlier), Ok(later)) = (earlier.parse::<jiff::Timestamp>(), later.parse::<jiff::Timestamp>()) else {
        return false;
    };
    later.duration_since(earlier) < jiff::SignedDuration::try_from(limit).unwrap_or(jiff::SignedDuration::MAX)
}

fn check_agreed(plan: &EnvironmentPlan, options: &ApplyOptions<'_>) -> Result<(), ApplyError> {
    match options.agreed {
        Some(agreed) if agreed != plan.digest() => Err(ApplyError::Moved(plan.environment.clone())),
        _ => Ok(()),
    }
}

/// Makes the namespace, if it is not there.
fn make_namespace(cluster: &LiveCluster<'_>) -> Result<(), ProgramError> {
    let call = cluster
        .target
        .kubectl(["create", "namespace", &cluster.target.namespace]);
    match cluster.programs.output(&call, b"") {
        Err(error) if error.words().contains("(AlreadyExists)") => Ok(()),
        result => result.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_refused_shown_approved_or_carried_out() {
        let identity = RunIdentity::of_this_process("a");
        for (facts, policy, writes_nothing, is_approved, want) in [
            ((false, true), Policy::Auto, false, false, Decision::CarryOut),
            ((false, true), Policy::Manual, false, false, Decision::WaitForApproval),
            ((false, true), Policy::Manual, false, true, Decision::CarryOut),
            ((false, false), Policy::Manual, false, false, Decision::CarryOut),
            ((false, true), Policy::Manual, true, false, Decision::Show),
            ((true, true), Policy::Auto, true, true, Decision::Refuse),
        ] {
            let options = ApplyOptions {
                timeout: LEFT_TIME,
                fails_fast: true,
                tests: true,
                forces_conflicts: false,
                creates_namespace: false,
                writes_nothing,
                is_approved,
                patience: LEFT_TIME,
                identity: &identity,
                about: Record::default(),
                takes_over: false,
                agreed: None,
                now: String::new,
            };
            assert_eq!(Decision::of(facts, policy, &options), want, "{facts:?} {policy:?}");
        }
    }

    #[test]
    fn a_helm_that_began_long_ago_is_not_at_work_any_more() {
        for (earlier, later, is_within_limit) in [
            ("2026-01-01T10:00:00.123456789Z", "2026-01-01T10:14:00Z", true),
            ("2026-01-01T10:00:00Z", "2026-01-01T10:16:00Z", false),
            ("2026-01-01T12:00:00+02:00", "2026-01-01T10:01:00Z", true),
            ("", "2026-01-01T10:01:00Z", false),
        ] {
            assert_eq!(is_within(earlier, later, FOREIGN_TIME), is_within_limit, "{earlier}");
        }
    }
}
