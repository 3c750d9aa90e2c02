//! Versions out of a repository: first their entries, so that no reader finds an entry without its archive, then the archives
//! and their provenance files. Naming a version again removes what an interrupted run has left of it. An archive whose version is
//! pushed again meanwhile is put back.

use std::collections::BTreeSet;

use super::super::index_entry::IndexEntry;
use super::super::index_error::IndexError;
use super::super::index_file::Index;
use super::super::index_update::{Environment, open_index, update_index};
use super::super::listed_entry::ListedEntry;
use super::super::location::Location;
use super::super::open::{RepositorySettings, open_store};
use super::super::publish::{Item, digest, restore_provenance};
use super::super::store::{PutOutcome, Store};
use super::archives::{archive_names, object_of, possible_objects};
use super::maintain_error::MaintainError;
use super::newest_first;
use super::stored_version::StoredVersion;
use crate::text::ordered::CollectOrdered as _;
use crate::text::semver::Version;

/// Attempts to remove an object that changes meanwhile.
const ATTEMPTS: u32 = 8;

/// Bytes of removed objects that are held until the index has been looked at again.
const HELD_BYTES: usize = 64 << 20;

/// What removing by rules did, or would do.
#[derive(Debug)]
pub struct Pruned<E> {
    /// The versions that were removed.
    pub removed: Vec<StoredVersion>,
    /// Versions that the rules choose, and that stay.
    pub kept: Vec<Kept>,
    /// Why not all were removed.
    pub error: Option<E>,
}

/// A version that stays although it is old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The chart.
    pub chart: String,
    /// Its version.
    pub version: String,
    /// The tags that have the same manifest.
    pub tags: Vec<String>,
}

/// Which versions of each chart are removed: those that are neither among the newest nor young.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PruneRules {
    /// How many of the newest releases of a chart stay, and how many of its newest pre-releases: nightly builds must not push the
    /// releases out.
    pub keep: usize,
    /// Versions that were created after this time stay; `None`: age does not matter. One without a time stays, if it matters.
    pub created_before: Option<jiff::Timestamp>,
}

impl PruneRules {
    /// The versions of a chart that are removed, newest first.
    pub fn chosen(&self, entries: Vec<ListedEntry>) -> Vec<ListedEntry> {
        let (mut releases, mut prereleases) = (0, 0);
        let mut is_old = |entry: &ListedEntry| {
            let is_prerelease = Version::parse(&entry.version).is_ok_and(|version| !version.pre.is_empty());
            let newer = if is_prerelease { &mut prereleases } else { &mut releases };
            *newer += 1;
            *newer > self.keep
        };
        let old = newest_first(entries).into_iter().filter(|entry| is_old(entry));
        old.filter(|entry| self.removes(entry)).collect()
    }

    fn removes(&self, entry: &ListedEntry) -> bool {
        let Some(before) = self.created_before else { return true };
        entry
            .created
            .parse::<jiff::Timestamp>()
            .is_ok_and(|created| created < before)
    }
}

/// Removes a version of a chart. `now` is an RFC 3339 time.
///
/// # Errors
/// When the repository does not have the version, or cannot be read or written.
pub fn delete_version(
    location: &Location,
    chart: &str,
    version: &str,
    is_dry_run: bool,
    settings: &RepositorySettings,
    now: &str,
) -> Result<StoredVersion, MaintainError> {
    let mut store = open_store(location, settings)?;
    let environment = Environment {
        now: now.to_owned(),
        clock: &*settings.clock,
    };
    let removed = delete_from(&mut *store, chart, version, is_dry_run, &environment)?;
    removed.ok_or_else(|| MaintainError::NoVersion {
        location: location.to_string(),
        chart: chart.to_owned(),
        version: version.to_owned(),
    })
}

/// The same in a store; nothing if it does not have the version.
pub(in super::super) fn delete_from(
    store: &mut dyn Store,
    chart: &str,
    version: &str,
    is_dry_run: bool,
    environment: &Environment<'_>,
) -> Result<Option<StoredVersion>, MaintainError> {
    let is_wanted = |name: &str, entries: Vec<ListedEntry>| -> Vec<ListedEntry> {
        let wanted = entries.into_iter().filter(|entry| entry.version == version);
        wanted.filter(|_| name == chart).collect()
    };
    let removed = remove_from(store, &[chart.to_owned()], &is_wanted, is_dry_run, environment)?;
    if let Some(removed) = removed.into_iter().next() {
        return Ok(Some(removed));
    }
    let object = format!("{chart}-{version}.tgz");
    let Some(left) = left_archive(store, &object, chart, version)? else {
        return Ok(None);
    };
    if !is_dry_run {
        // A push that has written its archive, and is about to list it, only notices removals that change the index.
        let entry = IndexEntry::new(&left.metadata, &object, &digest(&left.archive), &environment.now);
        update_index(store, None, environment, &mut |index| index.add(&entry))?;
        remove_from(store, &[chart.to_owned()], &is_wanted, false, environment)?;
    }
    Ok(Some(StoredVersion {
        chart: chart.to_owned(),
        version: version.to_owned(),
        digest: digest(&left.archive),
        manifest: None,
        object: Some(object),
    }))
}

/// What a run that was interrupted has left of a version: its archive, which no entry lists.
fn left_archive(
    store: &mut dyn Store,
    object: &str,
    chart: &str,
    version: &str,
) -> Result<Option<Item>, MaintainError> {
    let Some(found) = store.get(object)? else {
        return Ok(None);
    };
    let item = Item::from_archive(found.bytes).ok();
    let item = item.filter(|item| item.metadata.name == chart && item.metadata.version == version);
    Ok(match item {
        Some(item) if !listed_objects(store)?.contains(object) => Some(item),
        _ => None,
    })
}

/// The objects that the index of a store lists.
fn listed_objects(store: &mut dyn Store) -> Result<BTreeSet<String>, MaintainError> {
    let index = open_index(store)?.index;
    let mut listed = BTreeSet::new();
    for chart in index.charts() {
        listed.extend(index.versions(&chart)?.iter().flat_map(possible_objects));
    }
    Ok(listed)
}

/// Removes versions of all charts by rules. `now` is an RFC 3339 time.
///
/// # Errors
/// When the repository cannot be read or written.
pub fn prune_versions(
    location: &Location,
    rules: &PruneRules,
    is_dry_run: bool,
    settings: &RepositorySettings,
    now: &str,
) -> Result<Vec<StoredVersion>, MaintainError> {
    let choose = |_: &str, entries: Vec<ListedEntry>| rules.chosen(entries);
    let mut store = open_store(location, settings)?;
    let environment = Environment {
        now: now.to_owned(),
        clock: &*settings.clock,
    };
    remove_from(&mut *store, &[], &choose, is_dry_run, &environment)
}

/// Chooses among the entries of a chart.
type Choose<'c> = dyn Fn(&str, Vec<ListedEntry>) -> Vec<ListedEntry> + 'c;

/// Removes the chosen entries of some charts (none: of all), and their archives.
fn remove_from(
    store: &mut dyn Store,
    charts: &[String],
    choose: &Choose<'_>,
    is_dry_run: bool,
    environment: &Environment<'_>,
) -> Result<Vec<StoredVersion>, MaintainError> {
    let names = archive_names(store)?;
    let mut change = |index: &mut Index| remove_entries(index, charts, &names, choose);
    let keep = |mut removed: Vec<StoredVersion>, there: &BTreeSet<String>| {
        for removed in &mut removed {
            removed.object = removed.object.take().filter(|object| there.contains(object));
        }
        removed
    };
    if is_dry_run {
        return Ok(keep(change(&mut open_index(store)?.index)?.0, &names));
    }
    let (removed, still_listed) = update_index(store, None, environment, &mut change)?;
    // One that was pushed after the archives were listed is among them.
    let objects = removed.iter().filter_map(|removed| removed.object.clone());
    let objects: Vec<String> = objects.filter(|object| !still_listed.contains(object)).collect();
    let mut there = remove_objects(store, &objects)?;
    there.extend(still_listed);
    Ok(keep(removed, &there))
}

/// The removed entries, and the archives that other entries list.
fn remove_entries(
    index: &mut Index,
    charts: &[String],
    names: &BTreeSet<String>,
    choose: &Choose<'_>,
) -> Result<(Vec<StoredVersion>, BTreeSet<String>), IndexError> {
    let (mut removed, mut still_listed) = (Vec::new(), BTreeSet::new());
    for chart in index.charts() {
        let entries = index.versions(&chart)?;
        let chosen = if charts.is_empty() || charts.contains(&chart) {
            choose(&chart, entries.clone())
        } else {
            Vec::new()
        };
        let versions: BTreeSet<&str> = chosen.iter().map(|entry| entry.version.as_str()).collect_set();
        let others = entries
            .iter()
            .filter(|entry| !versions.contains(entry.version.as_str()));
        still_listed.extend(others.filter_map(|entry| object_of(entry, names)));
        for entry in &chosen {
            index.remove(&chart, &entry.version);
            removed.push(StoredVersion {
                chart: chart.clone(),
                version: entry.version.clone(),
                digest: entry.digest.clone().unwrap_or_default(),
                manifest: None,
                object: object_of(entry, names),
            });
        }
    }
    Ok((removed, still_listed))
}

/// Removes archives and their provenance files. Those that the index lists again afterwards are put back: a push of the version
/// found them before they were removed. Gives those that were there.
fn remove_objects(store: &mut dyn Store, objects: &[String]) -> Result<BTreeSet<String>, MaintainError> {
    let mut there = BTreeSet::new();
    let (mut held, mut size) = (Vec::new(), 0);
    for (number, object) in objects.iter().enumerate() {
        for name in [format!("{object}.prov"), object.clone()] {
            for _ in 0..ATTEMPTS {
                let Some(found) = store.get(&name)? else { break };
                if store.delete(&name, &found.version)? == PutOutcome::Written {
                    there.insert(object.clone());
                    size += found.bytes.len();
                    held.push((object, name.clone(), found.bytes));
                    break;
                }
            }
        }
        if size >= HELD_BYTES || number + 1 == objects.len() {
            let listed = listed_objects(store)?;
            let back = held.drain(..).filter(|(object, ..)| listed.contains(*object));
            let (archives, provenances): (Vec<_>, Vec<_>) = back.partition(|(object, name, _)| *object == name);
            for (_, name, bytes) in archives {
                store.put_if_absent(&name, &bytes)?;
            }
            // The archive that is there now may be another one.
            for (object, _, bytes) in provenances {
                restore_provenance(store, object, &bytes)?;
            }
            size = 0;
        }
    }
    Ok(there)
}
