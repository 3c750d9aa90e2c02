//! Versions out of a repository: first their entries, so that no reader finds an entry without its archive, then the archives
//! and their provenance files. A run that was interrupted is completed by the next.

use std::collections::BTreeSet;

use super::super::index_error::IndexError;
use super::super::index_file::Index;
use super::super::index_update::{Environment, open_index, update_index};
use super::super::listed_entry::ListedEntry;
use super::super::location::Location;
use super::super::open::{RepositorySettings, open_store};
use super::super::store::{PutOutcome, Store};
use super::archives::{archive_names, object_of};
use super::maintain_error::MaintainError;
use super::newest_first;

/// Attempts to remove an object that changes meanwhile.
const ATTEMPTS: u32 = 8;

/// A version that was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The chart.
    pub chart: String,
    /// Its version.
    pub version: String,
    /// The digest that was listed; empty if none was.
    pub digest: String,
    /// The archive: its name in the repository, or its address in a registry; `None` if it is not there.
    pub object: Option<String>,
}

/// Which versions of each chart are removed: those that are neither among the newest nor young.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PruneRules {
    /// How many of the newest versions of a chart stay.
    pub keep: usize,
    /// Versions that were created after this time stay; `None`: age does not matter. One without a time stays, if it matters.
    pub created_before: Option<jiff::Timestamp>,
}

impl PruneRules {
    /// The versions of a chart that are removed, newest first.
    pub fn chosen(&self, entries: Vec<ListedEntry>) -> Vec<ListedEntry> {
        let old = newest_first(entries).into_iter().skip(self.keep);
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
) -> Result<Removed, MaintainError> {
    let is_wanted = |name: &str, entries: Vec<ListedEntry>| -> Vec<ListedEntry> {
        let wanted = entries.into_iter().filter(|entry| entry.version == version);
        wanted.filter(|_| name == chart).collect()
    };
    let removed = remove(location, &[chart.to_owned()], &is_wanted, is_dry_run, settings, now)?;
    if let Some(removed) = removed.into_iter().next() {
        return Ok(removed);
    }
    // What a run that was interrupted has left.
    let mut store = open_store(location, settings)?;
    let object = format!("{chart}-{version}.tgz");
    let missing = || MaintainError::NoVersion {
        location: location.to_string(),
        chart: chart.to_owned(),
        version: version.to_owned(),
    };
    let names = archive_names(&mut *store)?;
    if !names.contains(&object) {
        return Err(missing());
    }
    if !is_dry_run {
        remove_object(&mut *store, &object)?;
    }
    Ok(Removed {
        chart: chart.to_owned(),
        version: version.to_owned(),
        digest: String::new(),
        object: Some(object),
    })
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
) -> Result<Vec<Removed>, MaintainError> {
    let choose = |_: &str, entries: Vec<ListedEntry>| rules.chosen(entries);
    remove(location, &[], &choose, is_dry_run, settings, now)
}

/// Chooses among the entries of a chart.
type Choose<'c> = dyn Fn(&str, Vec<ListedEntry>) -> Vec<ListedEntry> + 'c;

/// Removes the chosen entries of some charts (none: of all), and their archives.
fn remove(
    location: &Location,
    charts: &[String],
    choose: &Choose<'_>,
    is_dry_run: bool,
    settings: &RepositorySettings,
    now: &str,
) -> Result<Vec<Removed>, MaintainError> {
    let mut store = open_store(location, settings)?;
    let names = archive_names(&mut *store)?;
    let mut change = |index: &mut Index| remove_entries(index, charts, &names, choose);
    if is_dry_run {
        return Ok(change(&mut open_index(&mut *store)?.index)?.0);
    }
    let environment = Environment {
        now: now.to_owned(),
        clock: &*settings.clock,
    };
    let (removed, still_listed) = update_index(&mut *store, None, &environment, &mut change)?;
    for object in removed.iter().filter_map(|removed| removed.object.as_ref()) {
        if !still_listed.contains(object) {
            remove_object(&mut *store, object)?;
        }
    }
    Ok(removed)
}

/// The removed entries, and the archives that other entries list.
fn remove_entries(
    index: &mut Index,
    charts: &[String],
    names: &BTreeSet<String>,
    choose: &Choose<'_>,
) -> Result<(Vec<Removed>, BTreeSet<String>), IndexError> {
    let all = if charts.is_empty() {
        index.charts()
    } else {
        charts.to_vec()
    };
    let (mut removed, mut still_listed) = (Vec::new(), BTreeSet::new());
    for chart in all {
        let entries = index.versions(&chart)?;
        let chosen = choose(&chart, entries.clone());
        let versions: BTreeSet<&str> = chosen.iter().map(|entry| entry.version.as_str()).collect();
        let others = entries
            .iter()
            .filter(|entry| !versions.contains(entry.version.as_str()));
        still_listed.extend(others.filter_map(|entry| object_of(entry, names)));
        for entry in &chosen {
            index.remove(&chart, &entry.version);
            removed.push(Removed {
                chart: chart.clone(),
                version: entry.version.clone(),
                digest: entry.digest.clone().unwrap_or_default(),
                object: object_of(entry, names).filter(|object| names.contains(object)),
            });
        }
    }
    Ok((removed, still_listed))
}

/// Removes an archive and its provenance file.
fn remove_object(store: &mut dyn Store, object: &str) -> Result<(), MaintainError> {
    for name in [format!("{object}.prov"), object.to_owned()] {
        for _ in 0..ATTEMPTS {
            let Some(found) = store.get(&name)? else { break };
            if store.delete(&name, &found.version)? == PutOutcome::Written {
                break;
            }
        }
    }
    Ok(())
}
