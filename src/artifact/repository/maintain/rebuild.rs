//! index.yaml made to agree with the archives of a repository: entries whose archives are the same stay as they are, with
//! `created` and unknown fields, where `helm repo index` writes everything anew.

use std::collections::{BTreeMap, BTreeSet};

use super::super::index_entry::IndexEntry;
use super::super::index_error::IndexError;
use super::super::index_file::Index;
use super::super::index_update::{
    ATTEMPTS, Environment, INDEX, OpenIndex, UpdateError, open_index, pause, write_index,
};
use super::super::location::Location;
use super::super::open::{RepositorySettings, open_store};
use super::super::store::Store;
use super::archives::{Archive, archive_names, object_of, read_archives};
use super::maintain_error::MaintainError;
use super::stored_version::StoredVersion;
use crate::engine::chart::Metadata;
use crate::text::ordered::CollectOrdered as _;

/// Reads the archives of a store.
type ReadArchives<'r> = dyn FnMut(&mut dyn Store, &BTreeSet<String>) -> Result<Vec<Archive>, MaintainError> + 'r;

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

/// What was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Entries that are as they were.
    pub kept: usize,
    /// Archives that had no entry.
    pub added: Vec<StoredVersion>,
    /// Entries that had the digest of another archive.
    pub replaced: Vec<StoredVersion>,
    /// Entries whose archives are not there, or have another chart; with the digest that they had.
    pub removed: Vec<StoredVersion>,
    /// Archives that are not charts, or have the same version as another.
    pub left_out: Vec<LeftOut>,
}

/// An archive that gets no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name in the repository.
    pub object: String,
    /// Hex SHA-256 of it.
    pub digest: String,
    /// Why.
    pub reason: String,
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
    let environment = Environment {
        now: request.now.clone(),
        clock: &*settings.clock,
    };
    rebuild(&mut *store, request, &environment, &mut |_, names| {
        read_archives(location, settings, names)
    })
}

/// The same in a store, whose archives `read` reads. The archives are listed after the index was read, and anew if that changes: an
/// entry that is pushed meanwhile has its archive before.
pub(in super::super) fn rebuild(
    store: &mut dyn Store,
    request: &RebuildRequest,
    environment: &Environment<'_>,
    read: &mut ReadArchives<'_>,
) -> Result<Rebuilt, MaintainError> {
    for attempt in 1..=ATTEMPTS {
        let mut open = open_or_new(store, request.replaces_broken)?;
        let names = archive_names(store)?;
        let archives = read(store, &names)?;
        let rebuilt = changed(&mut open.index, &archives, &names, &request.now)?;
        if request.is_dry_run || write_index(store, open, environment)? {
            return Ok(rebuilt);
        }
        pause(attempt, environment);
    }
    Err(UpdateError::Contended.into())
}

fn open_or_new(store: &mut dyn Store, replaces_broken: bool) -> Result<OpenIndex, MaintainError> {
    match open_index(store) {
        Err(UpdateError::Index(_)) if replaces_broken => Ok(OpenIndex {
            index: Index::default().of_store(store.takes_plus_for_space()),
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
    let by_name: BTreeMap<&str, &Archive> = archives.iter().map(|one| (one.object.as_str(), one)).collect_map();
    for chart in index.charts() {
        for entry in index.versions(&chart)? {
            let Some(object) = object_of(&entry, names) else {
                rebuilt.kept += 1;
                continue;
            };
            match by_name.get(object.as_str()).map(|archive| (archive, &archive.chart)) {
                Some((archive, Ok(metadata))) if metadata.name == chart && metadata.version == entry.version => {
                    listed.insert(object);
                    if entry.digest.as_ref().is_none_or(|digest| *digest == archive.digest) {
                        rebuilt.kept += 1;
                        continue;
                    }
                    index.replace(&IndexEntry::new(metadata, &archive.object, &archive.digest, now));
                    rebuilt.replaced.push(version_in(archive, metadata));
                }
                _ => {
                    index.remove(&chart, &entry.version);
                    rebuilt.removed.push(StoredVersion {
                        chart: chart.clone(),
                        version: entry.version,
                        digest: entry.digest.unwrap_or_default(),
                        manifest: None,
                        object: Some(object).filter(|object| by_name.contains_key(object.as_str())),
                    });
                }
            }
        }
    }
    for archive in archives.iter().filter(|archive| !listed.contains(&archive.object)) {
        let mut leave_out = |reason: String| {
            rebuilt.left_out.push(LeftOut {
                object: archive.object.clone(),
                digest: archive.digest.clone(),
                reason,
            });
        };
        let metadata = match &archive.chart {
            Ok(metadata) => metadata,
            Err(reason) => {
                leave_out(reason.clone());
                continue;
            }
        };
        if index.digest(&metadata.name, &metadata.version)?.is_some() {
            let (name, version) = (&metadata.name, &metadata.version);
            leave_out(format!("another archive is listed as {name} {version}"));
            continue;
        }
        index.add(&IndexEntry::new(metadata, &archive.object, &archive.digest, now))?;
        rebuilt.added.push(version_in(archive, metadata));
    }
    Ok(rebuilt)
}

fn version_in(archive: &Archive, metadata: &Metadata) -> StoredVersion {
    StoredVersion {
        chart: metadata.name.clone(),
        version: metadata.version.clone(),
        digest: archive.digest.clone(),
        manifest: None,
        object: Some(archive.object.clone()),
    }
}
