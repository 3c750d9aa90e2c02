//! Keys that one environment sets and another does not: releases with their values in, a line for each such key out.

use std::collections::{BTreeMap, BTreeSet};

use super::copy_versions::dotted;
use super::running::Running;
use crate::text::ordered::CollectOrdered as _;

/// A key, and the environments that set it and that do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingKey {
    /// The release.
    pub release: String,
    /// The key's path.
    pub key: String,
    /// The environments that set it.
    pub has: Vec<String>,
    /// Those that do not.
    pub lacks: Vec<String>,
}

type Keys<'r> = BTreeSet<&'r [String]>;

/// The keys that some of the environments of a release lack. What the chart sets itself does not count.
pub fn missing_keys(all: &[Running<'_>]) -> Vec<MissingKey> {
    let mut releases: BTreeMap<&str, Vec<(&str, Keys<'_>)>> = BTreeMap::new();
    for running in all {
        let own = running.layers.iter().filter(|layer| !layer.is_of_chart);
        let keys = own
            .flat_map(|layer| layer.leaves.keys().map(Vec::as_slice))
            .collect_set();
        let release = releases.entry(&running.release.name.text).or_default();
        release.push((&running.environment.name.text, keys));
    }
    let mut missing = Vec::new();
    for (release, environments) in &releases {
        let keys: Keys<'_> = environments.iter().flat_map(|(_, keys)| keys).copied().collect_set();
        for key in keys {
            let (has, lacks): (Vec<_>, Vec<_>) = environments.iter().partition(|(_, keys)| sets(keys, key));
            if !lacks.is_empty() {
                let names = |list: Vec<&(&str, _)>| list.into_iter().map(|(name, _)| (*name).to_owned()).collect();
                missing.push(MissingKey {
                    release: (*release).to_owned(),
                    key: dotted(key),
                    has: names(has),
                    lacks: names(lacks),
                });
            }
        }
    }
    missing
}

/// Whether a key is set, or one above it or below it: that is the same value, written otherwise.
fn sets(keys: &Keys<'_>, key: &[String]) -> bool {
    let is_above = (1..=key.len()).any(|length| key.get(..length).is_some_and(|above| keys.contains(above)));
    is_above || keys.range(key..).next().is_some_and(|next| next.starts_with(key))
}
