//! The archives of a repository: their names, digests and charts, read by several threads.

use std::collections::BTreeSet;
use std::path::Path;

use crate::engine::chart::Metadata;
use crate::text::ordered::CollectOrdered as _;
use crate::text::threads::map_with_state;

use super::super::index_update::INDEX;
use super::super::listed_entry::ListedEntry;
use super::super::location::Location;
use super::super::object_name::object_names;
use super::super::open::{RepositorySettings, open_store};
use super::super::publish::{Item, digest};
use super::super::store::Store;
use super::maintain_error::MaintainError;

/// Archives that are read at the same time: most of the time is spent waiting for a server.
const READERS: usize = 8;

/// An archive that was read.
#[derive(Debug)]
pub(in super::super) struct Archive {
    /// Its name in the repository.
    pub(super) object: String,
    /// Hex SHA-256 of it.
    pub(super) digest: String,
    /// Its chart, or why it has none.
    pub(super) chart: Result<Metadata, String>,
}

/// The names of the archives in a store, without those of repositories inside it: what is below another index belongs to that.
///
/// # Errors
/// When the store fails.
pub(super) fn archive_names(store: &mut dyn Store) -> Result<BTreeSet<String>, MaintainError> {
    let names: Vec<String> = store.list("")?.into_iter().map(|object| object.name).collect();
    let indexes = names.iter().filter_map(|name| name.strip_suffix(INDEX));
    let inner: Vec<String> = indexes
        .filter(|prefix| prefix.ends_with('/'))
        .map(str::to_owned)
        .collect();
    let is_archive = |name: &String| {
        Path::new(name).extension().is_some_and(|extension| extension == "tgz")
            && !inner.iter().any(|prefix| name.starts_with(prefix))
    };
    Ok(names.into_iter().filter(is_archive).collect_set())
}

/// Reads archives; one that vanishes meanwhile is left out.
///
/// # Errors
/// When the store fails.
pub(super) fn read_archives(
    location: &Location,
    settings: &RepositorySettings,
    names: &BTreeSet<String>,
) -> Result<Vec<Archive>, MaintainError> {
    let names: Vec<&String> = names.iter().collect();
    let read = map_with_state(
        &names,
        Some(READERS),
        || None,
        |kept: &mut Option<Box<dyn Store>>, name| {
            let store = match kept {
                Some(store) => store,
                None => kept.insert(open_store(location, settings)?),
            };
            read_archive(&mut **store, name)
        },
    );
    let archives: Result<Vec<Option<Archive>>, MaintainError> = read.into_iter().collect();
    Ok(archives?.into_iter().flatten().collect())
}

pub(in super::super) fn read_archive(store: &mut dyn Store, name: &str) -> Result<Option<Archive>, MaintainError> {
    Ok(store.get(name)?.map(|found| Archive {
        object: name.to_owned(),
        digest: digest(&found.bytes),
        chart: Item::from_archive(found.bytes)
            .map(|item| item.metadata)
            .map_err(|error| error.to_string()),
    }))
}

/// The archive of an entry: the object that one of its URLs names, or, for a URL with a host, the object of the same name.
/// `None` where the archive is elsewhere.
pub(super) fn object_of(entry: &ListedEntry, names: &BTreeSet<String>) -> Option<String> {
    let there = possible_objects(entry).find(|name| names.contains(name));
    there.or_else(|| possible_objects(entry).next()).or_else(|| {
        let last = entry.urls.iter().filter_map(|url| url.rsplit('/').next());
        last.flat_map(object_names).find(|name| names.contains(name))
    })
}

/// All objects that may be the archive of an entry.
pub(super) fn possible_objects(entry: &ListedEntry) -> impl Iterator<Item = String> + '_ {
    entry.urls.iter().flat_map(|url| object_names(url))
}

#[cfg(test)]
mod tests {
    use super::super::super::store::MemoryStore;
    use super::*;

    #[test]
    fn archives_of_repositories_inside_are_not_of_this_one() {
        let mut store = MemoryStore::default();
        for name in [
            "a.tgz",
            "index.yaml",
            "web/b.tgz",
            "web/old-index.yaml",
            "staging/index.yaml",
        ] {
            store.insert(name, b"");
        }
        for name in ["staging/c.tgz", "staging/web/d.tgz", "staging-2/e.tgz", "a.tgz.prov"] {
            store.insert(name, b"");
        }
        let names: Vec<String> = archive_names(&mut store).unwrap().into_iter().collect();
        assert_eq!(names, ["a.tgz", "staging-2/e.tgz", "web/b.tgz"]);
    }
}
