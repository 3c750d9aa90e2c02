//! index.yaml made to agree with the archives of a repository: entries whose archives are the same stay as they are, with
//! `created` and unknown fields, where `helm repo index` writes everything anew.

use std::collections::{BTreeMap, BTreeSet};

use super::super::index_entry::IndexEntry;
use super::super::index_error::IndexError;
use super::super::index_file::Index;
use super::super::index_update::{Environment, INDEX, OpenIndex, UpdateError, open_index, update_index};
use super::super::location::Location;
use super::super::open::{RepositorySettings, open_store};
use super::super::store::Store;
use super::archives::{Archive, archive_names, object_of, read_archives};
use super::maintain_error::MaintainError;

/// How an index is made.
#[derive(Debug, Clone)]
pub struct RebuildRequest {
    /// RFC 3339 time for `generated`, and for `created` of new entries.
    pub now: String,
    /// Whether an index that cannot be read is replaced.
    pub replaces_broken: bool,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

/// What was changed. The versions are `NAME VERSION`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Entries that are as they were.
    pub kept: usize,
    /// Archives that had no entry.
    pub added: Vec<String>,
    /// Entries that had the digest of another archive.
    pub replaced: Vec<String>,
    /// Entries whose archives are not there.
    pub removed: Vec<String>,
    /// Archives that are not charts, or have the same version as another.
    pub left_out: Vec<String>,
}

/// Makes the index of a repository agree with its archives.
///
/// # Errors
/// When the repository cannot be read or written, or its index is broken and is not to be replaced.
pub fn rebuild_index(
    location: &Location,
    request: &RebuildRequest,
    settings: &RepositorySettings,
) -> Result<Rebuilt, MaintainError> {
    let mut store = open_store(location, settings)?;
    let open = open_or_new(&mut *store, request.replaces_broken)?;
    let names = archive_names(&mut *store)?;
    let archives = read_archives(location, settings, &names)?;
    let environment = Environment {
        now: request.now.clone(),
        clock: &*settings.clock,
    };
    let mut change = |index: &mut Index| changed(index, &archives, &names, &request.now);
    if request.is_dry_run {
        let mut index = open.index;
        return Ok(change(&mut index)?);
    }
    Ok(update_index(&mut *store, Some(open), &environment, &mut change)?)
}

fn open_or_new(store: &mut dyn Store, replaces_broken: bool) -> Result<OpenIndex, MaintainError> {
    match open_index(store) {
        Err(UpdateError::Index(_)) if replaces_broken => Ok(OpenIndex {
            index: Index::default(),
            version: store.get(INDEX)?.map(|found| found.version),
        }),
        open => Ok(open?),
    }
}

fn changed(
    index: &mut Index,
    archives: &[Archive],
    names: &BTreeSet<String>,
    now: &str,
) -> Result<Rebuilt, IndexError> {
    let mut rebuilt = Rebuilt::default();
    let mut listed = BTreeSet::new();
    let by_name: BTreeMap<&str, &Archive> = archives.iter().map(|one| (one.object.as_str(), one)).collect();
    for chart in index.charts() {
        for entry in index.versions(&chart)? {
            let Some(object) = object_of(&entry, names) else {
                rebuilt.kept += 1;
                continue;
            };
            let shown = format!("{chart} {}", entry.version);
            match by_name.get(object.as_str()).map(|archive| (archive, &archive.chart)) {
                Some((archive, Ok(metadata))) if metadata.name == chart && metadata.version == entry.version => {
                    listed.insert(object);
                    if entry.digest.as_ref().is_none_or(|digest| *digest == archive.digest) {
                        rebuilt.kept += 1;
                        continue;
                    }
                    index.replace(&IndexEntry::new(metadata, &archive.object, &archive.digest, now));
                    rebuilt.replaced.push(shown);
                }
                _ => {
                    index.remove(&chart, &entry.version);
                    rebuilt.removed.push(shown);
                }
            }
        }
    }
    for archive in archives.iter().filter(|archive| !listed.contains(&archive.object)) {
        let Ok(metadata) = &archive.chart else {
            rebuilt.left_out.push(archive.object.clone());
            continue;
        };
        if index.digest(&metadata.name, &metadata.version)?.is_some() {
            rebuilt.left_out.push(archive.object.clone());
            continue;
        }
        index.add(&IndexEntry::new(metadata, &archive.object, &archive.digest, now))?;
        rebuilt.added.push(format!("{} {}", metadata.name, metadata.version));
    }
    Ok(rebuilt)
}
