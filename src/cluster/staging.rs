//! The steps in which a new version takes the place of the old one: the other colour, or a canary, as Helm gets them; and which release of
//! Helm's runs as a release of the files.

use std::collections::BTreeMap;
use std::time::Duration;

use super::helm_release::HelmRelease;
use super::live::{LiveCluster, is_installed};
use super::program::ProgramError;
use super::stored_release::StoredRelease;
use super::switch::{LiveService, SwitchedService};
use crate::delivery::environment::Strategy;

/// The steps of a release.
pub enum Staging {
    /// The other colour is deployed and tested, then the Service is switched to it.
    BlueGreen(Box<StagedColour>),
    /// A canary gets more and more of the requests before the release itself is upgraded.
    Canary(Box<StagedCanary>),
}

/// A colour that takes the place of the other.
pub struct StagedColour {
    /// The release that is deployed.
    pub staged: HelmRelease,
    /// The one whose place it takes.
    pub old: Option<String>,
    /// The Service that is switched.
    pub service: SwitchedService,
    /// How long it is watched after the switch.
    pub pause: Duration,
    /// Whether the old one stays.
    pub keeps_old: bool,
}

/// A canary.
pub struct StagedCanary {
    /// Its steps, at least one.
    pub steps: Vec<CanaryStep>,
    /// The Service that selects the pods of both, where chartwright makes it.
    pub service: Option<SwitchedService>,
    /// How long each step is watched.
    pub pause: Duration,
}

/// A step of a canary.
pub struct CanaryStep {
    /// How many percent of the pods are new ones.
    pub weight: u8,
    /// How many pods that are.
    pub replicas: u64,
    /// What Helm gets.
    pub staged: HelmRelease,
}

/// The name of the release of Helm's that runs as a release of the files, or would be the first to.
///
/// # Errors
/// When the cluster cannot be asked.
pub(super) fn released_as(
    cluster: &LiveCluster<'_>,
    (name, strategy): (&str, Option<&Strategy>),
    stored: &BTreeMap<String, StoredRelease>,
) -> Result<String, ProgramError> {
    let Some(Strategy::BlueGreen(own)) = strategy else {
        return Ok(name.to_owned());
    };
    let selected = LiveService::read(cluster, &own.service)?.selected().map(str::to_owned);
    let names = Strategy::helm_names(strategy, name);
    let is_there = |name: &&String| stored.get(*name).is_some_and(|was| is_installed(was.info.status));
    let found = names
        .iter()
        .filter(is_there)
        .find(|name| selected.as_ref() == Some(name));
    // Without the Service no request reaches either.
    let found = found.or_else(|| names.iter().find(is_there)).or_else(|| names.first());
    Ok(found.map_or_else(|| name.to_owned(), Clone::clone))
}
