//! A release brought back to an earlier revision in its cluster, by Helm from what it stored: neither CI nor a registry of charts is needed.

use std::collections::BTreeMap;

use super::apply::{ApplyError, ApplyOptions, LEFT_TIME};
use super::lease::Lease;
use super::live::{LiveCluster, last_good};
use super::record::{Record, RecordResult, Records, object_name};
use super::run_identity::stop_left_programs;
use super::staging::released_as;
use super::stored_release::{ReleaseStatus, StoredRelease};
use super::switch::LiveService;
use super::take_back::roll_back_to;
use crate::delivery::environment::Strategy;

/// Why a release is not brought back.
#[derive(Debug, thiserror::Error)]
pub enum RollBackError {
    /// The work failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// There is no such revision.
    #[error("release `{release}` has no revision {revision}: there are {known}")]
    NoRevision {
        /// The release.
        release: String,
        /// The revision.
        revision: u64,
        /// Those that there are.
        known: String,
    },
    /// The Service cannot be switched.
    #[error("{0}")]
    Service(String),
    /// There is nothing to go back to.
    #[error("release `{0}` has no earlier revision that was good")]
    NothingBefore(String),
}

/// Brings a release back to a revision, without one to the last one that was good before the newest.
///
/// # Errors
/// When there is no such revision, or the cluster cannot be asked or written.
pub fn roll_back_release(
    cluster: &LiveCluster<'_>,
    (environment, declared, revision): (&str, (&str, Option<&Strategy>), Option<u64>),
    options: &ApplyOptions<'_>,
    waits: &mut dyn FnMut(&str),
) -> Result<Record, RollBackError> {
    let name = object_name(environment);
    let place = (cluster.programs, &cluster.target, name.as_str());
    let lease = Lease::take(place, options.identity, options.patience, options.now, waits).map_err(ApplyError::from)?;
    if let Some(run) = &lease.taken_from {
        stop_left_programs(run, LEFT_TIME);
    }
    let failed = ApplyError::from;
    let mut records = Records::read(cluster, environment).map_err(failed)?;
    let stored = cluster.newest_releases().map_err(failed)?;
    let release = released_as(cluster, declared, &stored).map_err(failed)?;
    if revision.is_none()
        && let Some(record) = switch_back(cluster, (declared, &release), &stored, &mut records, options)?
    {
        drop(lease);
        return Ok(record);
    }
    let release = release.as_str();
    let revisions = cluster.revisions(release).map_err(failed)?;
    let newest = revisions.last().map_or(0, |one| one.revision);
    let wanted: &StoredRelease = match revision {
        Some(revision) => revisions.iter().find(|one| one.revision == revision).ok_or_else(|| {
            let known: Vec<String> = revisions.iter().map(|one| one.revision.to_string()).collect();
            RollBackError::NoRevision {
                release: release.to_owned(),
                revision,
                known: if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                },
            }
        })?,
        None => last_good(&revisions, newest, &|one| records.is_bad(release, one))
            .ok_or_else(|| RollBackError::NothingBefore(release.to_owned()))?,
    };
    let mut record = Record {
        release: release.to_owned(),
        action: "rollback".to_owned(),
        started: (options.now)(),
        chart: wanted.chart_name(),
        revision: newest + 1,
        restored: wanted.revision,
        ..options.about.clone()
    };
    records.list.push(record.clone());
    records.write(cluster).map_err(failed)?;
    let ended = roll_back_to(cluster, release, wanted.revision, Some(options.timeout)).map_err(failed)?;
    record.result = if ended.is_success() {
        RecordResult::Deployed
    } else {
        RecordResult::Failed
    };
    record.ended = (options.now)();
    if !ended.is_success() {
        ended.failure().words().clone_into(&mut record.message);
    }
    if let Some(kept) = records.list.last_mut() {
        kept.clone_from(&record);
    }
    records.write(cluster).map_err(failed)?;
    drop(lease);
    Ok(record)
}

/// Lets requests reach the other colour of a release again, if it was left where it was.
fn switch_back(
    cluster: &LiveCluster<'_>,
    ((name, strategy), now): ((&str, Option<&Strategy>), &str),
    stored: &BTreeMap<String, StoredRelease>,
    records: &mut Records,
    options: &ApplyOptions<'_>,
) -> Result<Option<Record>, RollBackError> {
    let Some(Strategy::BlueGreen(own)) = strategy else {
        return Ok(None);
    };
    let others = Strategy::helm_names(strategy, name)
        .into_iter()
        .filter(|name| name != now);
    let mut others = others.filter_map(|name| stored.get(&name));
    let Some(other) = others
        .find(|other| other.info.status == ReleaseStatus::Deployed && !records.is_bad(&other.name, other.revision))
    else {
        return Ok(None);
    };
    let failed = ApplyError::from;
    let live = LiveService::read(cluster, &own.service).map_err(failed)?;
    let service = live.to_stored(&own.service, other).map_err(RollBackError::Service)?;
    let mut record = Record {
        release: other.name.clone(),
        action: "rollback".to_owned(),
        started: (options.now)(),
        chart: other.chart_name(),
        revision: other.revision,
        restored: other.revision,
        ..options.about.clone()
    };
    let place = (cluster.programs, &cluster.target);
    // The one that is left has no say any more.
    service.confirm_at_once(place).map_err(failed)?;
    record.result = RecordResult::Deployed;
    record.ended = (options.now)();
    records.list.push(record.clone());
    records.write(cluster).map_err(failed)?;
    Ok(Some(record))
}
