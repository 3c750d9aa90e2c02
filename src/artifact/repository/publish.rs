//! Publishing: the index is read first, so that nothing is uploaded to a repository that is broken or has a version
//! already; then archives are written, each only if its name is free, and the index by compare-and-swap until it has all
//! entries. Running twice does the same as running once, so a lost answer does no harm.
//!
//! Only conflicts are retried here. Requests that fail are repeated by [`super::store::RetryingStore`], so a failure
//! that arrives here is final.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::artifact::network::{Clock, RetryPolicy};
use crate::engine::chart::Metadata;

use super::content::is_same_content;
use super::index_entry::IndexEntry;
use super::index_error::IndexError;
use super::index_file::Index;
use super::store::{PutOutcome, Store, StoreError};

/// The name of the index.
const INDEX: &str = "index.yaml";
/// Attempts to write an object that others write too, and the pauses between them.
const CONFLICTS: RetryPolicy = RetryPolicy {
    attempts: 200,
    first_pause: Duration::from_millis(20),
    longest_pause: Duration::from_millis(1500),
    longest_wait: Duration::ZERO,
};
/// Attempts at an archive that exists when it is written and is missing when it is read.
const ARCHIVE_ATTEMPTS: u32 = 8;

/// A packaged chart to publish.
#[derive(Debug, Clone)]
pub struct Item {
    /// The fields that the index lists.
    pub metadata: Metadata,
    /// `NAME-VERSION.tgz`
    pub file_name: String,
    /// Bytes of the archive.
    pub archive: Vec<u8>,
}

/// The outcome for one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new in the repository.
    Published,
    /// It was in the repository before, with the same content.
    AlreadyThere,
}

/// What publishing needs from the run it is part of.
#[derive(Debug, Clone)]
pub struct Environment<'e> {
    /// RFC 3339 time for `created` and `generated`.
    pub now: String,
    /// Waits, and spreads writers that collide.
    pub clock: &'e dyn Clock,
}

/// The outcome of one attempt at the index.
enum IndexWrite {
    /// It was written, and has all entries.
    Written,
    /// It has all entries already, and was not written.
    AlreadyComplete,
    /// Another writer was faster.
    Lost,
}

/// Why charts were not published. Charts that were already published stay.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The repository has the version with different content.
    #[error("{name} {version} is already in the repository, with different content")]
    Exists {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
    },
    /// The entries cannot be added to the index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other writers were faster at every attempt.
    #[error("index.yaml changed during each of {} attempts to write it", CONFLICTS.attempts)]
    Contended,
    /// An archive exists when it is written, and is missing when it is read.
    #[error("{0} cannot be written because it exists, and cannot be read because it does not")]
    Contradiction(String),
}

impl PublishError {
    /// Whether the charts are at fault, and not the repository.
    pub const fn is_finding(&self) -> bool {
        matches!(self, Self::Exists { .. } | Self::Index(IndexError::Exists { .. }))
    }
}

/// An index, and the version at which it was read; none if it is new.
struct OpenIndex {
    index: Index,
    version: Option<String>,
}

/// Publishes all items; the outcomes are in their order.
///
/// # Errors
/// When the repository has one of the versions with different content, the index is broken, the store fails, or other
/// writers are faster at every attempt.
pub fn publish(
    store: &mut dyn Store,
    items: &[Item],
    environment: &Environment<'_>,
) -> Result<Vec<Outcome>, PublishError> {
    let open = open_index(store)?;
    for item in items {
        check_listed(store, &open.index, item)?;
    }
    let mut entries = Vec::new();
    for item in items {
        let digest = put_archive(store, item, environment)?;
        entries.push(IndexEntry::new(
            &item.metadata,
            &item.file_name,
            &digest,
            &environment.now,
        ));
    }
    let mut outcomes = None;
    let mut open = Some(open);
    for attempt in 1..=CONFLICTS.attempts {
        let index = match open.take() {
            Some(index) => index,
            None => open_index(store)?,
        };
        match try_index(store, index, &entries, &environment.now, &mut outcomes)? {
            IndexWrite::Written | IndexWrite::AlreadyComplete => return Ok(outcomes.unwrap_or_default()),
            IndexWrite::Lost => pause(attempt, environment),
        }
    }
    Err(PublishError::Contended)
}

fn open_index(store: &mut dyn Store) -> Result<OpenIndex, PublishError> {
    Ok(match store.get(INDEX)? {
        None => OpenIndex {
            index: Index::default(),
            version: None,
        },
        Some(found) => OpenIndex {
            index: Index::read(found.bytes)?,
            version: Some(found.version),
        },
    })
}

/// Refuses an item that the index lists with other content. The same content in another archive is accepted.
fn check_listed(store: &mut dyn Store, index: &Index, item: &Item) -> Result<(), PublishError> {
    let (name, version) = (&item.metadata.name, &item.metadata.version);
    let new = digest(&item.archive);
    let found = index.digest(name, version)?.map(|(digest, _)| digest);
    match found {
        Some(found) if found != new => match store.get(&item.file_name)? {
            Some(kept) if is_same_content(&kept.bytes, &item.archive) => Ok(()),
            Some(_) => Err(exists(item)),
            None => Err(PublishError::Index(IndexError::Exists {
                name: name.clone(),
                version: version.clone(),
                found,
                new,
            })),
        },
        _ => Ok(()),
    }
}

fn exists(item: &Item) -> PublishError {
    PublishError::Exists {
        name: item.metadata.name.clone(),
        version: item.metadata.version.clone(),
    }
}

/// One attempt at the index. `outcomes` is set by the first.
fn try_index(
    store: &mut dyn Store,
    open: OpenIndex,
    entries: &[IndexEntry],
    now: &str,
    outcomes: &mut Option<Vec<Outcome>>,
) -> Result<IndexWrite, PublishError> {
    let OpenIndex { mut index, version } = open;
    let mut found = Vec::new();
    for entry in entries {
        found.push(if index.add(entry)? {
            Outcome::Published
        } else {
            Outcome::AlreadyThere
        });
    }
    // Compared before the first write: after a lost answer our own entries would look like another's.
    outcomes.get_or_insert(found);
    if !index.is_changed() {
        return Ok(IndexWrite::AlreadyComplete);
    }
    let new = index.print(now)?;
    let written = match &version {
        None => store.put_if_absent(INDEX, &new)?,
        Some(version) => store.put_if_version(INDEX, &new, version)?,
    };
    Ok(match written {
        PutOutcome::Written => IndexWrite::Written,
        PutOutcome::Conflict => IndexWrite::Lost,
    })
}

/// Writes an archive where there is none, and gives the digest of the one that is in the repository then.
fn put_archive(store: &mut dyn Store, item: &Item, environment: &Environment<'_>) -> Result<String, PublishError> {
    for attempt in 1..=ARCHIVE_ATTEMPTS {
        let kept = match store.put_if_absent(&item.file_name, &item.archive)? {
            PutOutcome::Written => return Ok(digest(&item.archive)),
            PutOutcome::Conflict => store.get(&item.file_name)?,
        };
        match kept {
            Some(kept) if kept.bytes == item.archive || is_same_content(&kept.bytes, &item.archive) => {
                return Ok(digest(&kept.bytes));
            }
            Some(_) => return Err(exists(item)),
            None => pause(attempt, environment),
        }
    }
    Err(PublishError::Contradiction(item.file_name.clone()))
}

/// Hex SHA-256.
fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn pause(attempt: u32, environment: &Environment<'_>) {
    let clock = environment.clock;
    clock.sleep(CONFLICTS.pause(attempt, clock));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::store::{Fault, MemoryStore, RetryingStore, StoreFailure, Versioned};
    use super::*;
    use crate::artifact::network::TestClock;
    use crate::artifact::package::pack;
    use crate::engine::chart::ChartFile;

    const NOW: &str = "2026-01-02T03:04:05Z";

    fn item(name: &str, version: &str, note: &str) -> Item {
        let chart_yaml = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
        let files = [
            ChartFile::new("Chart.yaml".to_owned(), chart_yaml.into_bytes()),
            ChartFile::new("values.yaml".to_owned(), format!("note: {note}\n").into_bytes()),
        ];
        Item::from_archive(pack(&files, name).unwrap()).unwrap()
    }

    /// Publishes, and gives the outcome with the pauses in milliseconds.
    fn run(store: &mut dyn Store, items: &[Item]) -> (Result<Vec<Outcome>, PublishError>, Vec<u128>) {
        let clock = TestClock::default();
        let environment = Environment {
            now: NOW.to_owned(),
            clock: &clock,
        };
        let outcome = publish(store, items, &environment);
        let pauses = clock.pauses().iter().map(Duration::as_millis).collect();
        (outcome, pauses)
    }

    fn listed(store: &MemoryStore) -> usize {
        let index = String::from_utf8(store.object(INDEX).unwrap().to_vec()).unwrap();
        index.matches("urls:").count()
    }

    #[test]
    fn a_version_is_published_once_and_keeps_its_content() {
        let mut store = MemoryStore::default();
        let one = [item("a", "1.0.0", "x"), item("b", "1.0.0", "x")];
        assert_eq!(run(&mut store, &one).0.unwrap(), [Outcome::Published; 2]);
        let more = [item("b", "1.0.0", "x"), item("b", "1.1.0", "x")];
        assert_eq!(
            run(&mut store, &more).0.unwrap(),
            [Outcome::AlreadyThere, Outcome::Published]
        );
        let other = run(&mut store, &[item("a", "1.0.0", "other")]).0.unwrap_err();
        assert!(other.is_finding(), "{other}");
        assert_eq!(
            other.to_string(),
            "a 1.0.0 is already in the repository, with different content"
        );
        assert_eq!(listed(&store), 3);
    }

    /// An archive without an entry would block its version for other content.
    #[test]
    fn nothing_is_uploaded_where_the_index_is_broken_or_lists_other_content() {
        for (index, message) in [
            ("apiVersion: v1\nentries: [", "index.yaml is broken: "),
            ("", "index.yaml is broken: it is empty"),
            (
                "apiVersion: v1\nentries: {b: [{name: b, version: 1.0.0, digest: sha256:aa}]}",
                "b 1.0.0 is already in the repository, with different content (digest aa, not ",
            ),
        ] {
            let mut store = MemoryStore::default();
            store.insert(INDEX, index.as_bytes());
            let items = [item("a", "1.0.0", "x"), item("b", "1.0.0", "x")];
            let error = run(&mut store, &items).0.unwrap_err();
            assert!(error.to_string().starts_with(message), "{error}");
            for name in ["a-1.0.0.tgz", "b-1.0.0.tgz"] {
                assert_eq!(store.object(name), None, "{index}");
            }
            assert_eq!(store.object(INDEX), Some(index.as_bytes()));
        }
    }

    /// A large index takes seconds to read.
    #[test]
    fn the_index_is_read_once_for_all_items() {
        let mut store = MemoryStore::default();
        let items = ["a", "b", "c"].map(|name| item(name, "1.0.0", "x"));
        run(&mut store, &items).0.unwrap();
        assert_eq!(store.calls().get(), 5, "the index read and written, and three archives");
    }

    #[test]
    fn lost_answers_do_not_change_the_outcome() {
        // Calls: the index read, the archive and the index written; a lost answer is followed by the same call again.
        for faults in [
            &[Fault::None, Fault::LostAnswer][..],
            &[Fault::None, Fault::None, Fault::LostAnswer],
            &[
                Fault::None,
                Fault::LostAnswer,
                Fault::None,
                Fault::None,
                Fault::LostAnswer,
            ],
            &[
                Fault::None,
                Fault::None,
                Fault::Overtaken,
                Fault::None,
                Fault::LostAnswer,
            ],
        ] {
            let clock = Arc::new(TestClock::default());
            let mut memory = MemoryStore::with_faults(faults);
            if faults.contains(&Fault::Overtaken) {
                memory.insert(INDEX, b"apiVersion: v1\nentries: {}\n");
            }
            let mut store = RetryingStore::new(memory, RetryPolicy::default(), clock);
            let outcome = run(&mut store, &[item("a", "1.0.0", "x")]).0;
            assert_eq!(outcome.unwrap(), [Outcome::Published], "{faults:?}");
        }
    }

    #[test]
    fn a_failure_of_the_store_ends_the_run_at_once() {
        for (faults, calls) in [
            (&[Fault::Denied][..], 1),
            (&[Fault::NoBucket], 1),
            (&[Fault::None, Fault::Denied], 2),
            (&[Fault::None, Fault::None, Fault::NoBucket], 3),
            (&[Fault::None, Fault::None, Fault::Busy], 3),
        ] {
            let mut store = MemoryStore::with_faults(faults);
            let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
            let error = outcome.unwrap_err();
            assert!(
                matches!(error, PublishError::Store(_)) && !error.is_finding(),
                "{error}"
            );
            assert_eq!((store.calls().get(), pauses.len()), (calls, 0), "{faults:?}");
        }
        let mut store = MemoryStore::with_faults(&[Fault::NoBucket]);
        let PublishError::Store(error) = run(&mut store, &[item("a", "1.0.0", "x")]).0.unwrap_err() else {
            panic!("the store fails")
        };
        assert!(matches!(error.failure, StoreFailure::NoBucket));
    }

    #[test]
    fn conflicts_are_tried_again_after_longer_and_longer_pauses() {
        let mut store = MemoryStore::with_faults(&[
            Fault::None,
            Fault::None,
            Fault::Overtaken,
            Fault::None,
            Fault::Overtaken,
            Fault::None,
            Fault::Overtaken,
        ]);
        store.insert(INDEX, b"apiVersion: v1\nentries: {}\n");
        let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
        assert_eq!(outcome.unwrap(), [Outcome::Published]);
        assert_eq!(pauses, [20, 40, 80]);
        assert_eq!(listed(&store), 1);
    }

    #[test]
    fn an_index_that_vanishes_is_started_again() {
        let mut store = MemoryStore::with_faults(&[Fault::None, Fault::None, Fault::Vanishes]);
        store.insert(INDEX, b"apiVersion: v1\nentries: {}\n");
        let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
        assert_eq!(outcome.unwrap(), [Outcome::Published]);
        assert_eq!((listed(&store), pauses.len()), (1, 1));
    }

    /// A store that reports every write as a conflict, and never has an object.
    struct Contradictory;

    impl Store for Contradictory {
        fn get(&mut self, _name: &str) -> Result<Option<Versioned>, StoreError> {
            Ok(None)
        }

        fn put_if_absent(&mut self, name: &str, _bytes: &[u8]) -> Result<PutOutcome, StoreError> {
            Ok(if name == INDEX {
                PutOutcome::Conflict
            } else {
                PutOutcome::Written
            })
        }

        fn put_if_version(&mut self, _name: &str, _bytes: &[u8], _version: &str) -> Result<PutOutcome, StoreError> {
            Ok(PutOutcome::Conflict)
        }
    }

    #[test]
    fn attempts_end() {
        let (outcome, pauses) = run(&mut Contradictory, &[item("a", "1.0.0", "x")]);
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "index.yaml changed during each of 200 attempts to write it"
        );
        assert_eq!((pauses.len(), pauses.last()), (200, Some(&1500)));
        let faults = [&[Fault::None], [[Fault::None, Fault::Unseen]; 8].as_flattened()].concat();
        let mut store = MemoryStore::with_faults(&faults);
        store.insert("a-1.0.0.tgz", b"");
        let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
        assert!(matches!(outcome, Err(PublishError::Contradiction(_))), "{outcome:?}");
        assert_eq!(pauses.len(), 8);
    }

    #[test]
    fn an_archive_that_another_program_packed_keeps_its_digest() {
        use flate2::read::GzDecoder;
        use flate2::write::GzEncoder;
        use std::io::{Read as _, Write as _};

        let ours = item("a", "1.0.0", "x");
        let mut tar = Vec::new();
        GzDecoder::new(ours.archive.as_slice()).read_to_end(&mut tar).unwrap();
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&tar).unwrap();
        let theirs = encoder.finish().unwrap();
        assert_ne!(theirs, ours.archive);
        for prefix in ["", "sha256:"] {
            let mut store = MemoryStore::default();
            store.insert(&ours.file_name, &theirs);
            let index = format!(
                "apiVersion: v1\nentries: {{a: [{{name: a, version: 1.0.0, digest: '{prefix}{}', urls: [x]}}]}}\n",
                digest(&theirs)
            );
            store.insert(INDEX, index.as_bytes());
            let outcome = run(&mut store, std::slice::from_ref(&ours)).0;
            assert_eq!(outcome.unwrap(), [Outcome::AlreadyThere], "{prefix}");
            assert_eq!(store.object(INDEX), Some(index.as_bytes()), "nothing is written");
        }
    }

    #[test]
    fn the_index_lists_the_digest_and_the_place_of_the_archive_that_is_kept() {
        let mut store = MemoryStore::default();
        run(&mut store, &[item("a", "1.0.0", "x")]).0.unwrap();
        let archive = store.object("a-1.0.0.tgz").unwrap().to_vec();
        let index = String::from_utf8(store.object(INDEX).unwrap().to_vec()).unwrap();
        for line in [
            format!("digest: {:x}", Sha256::digest(&archive)),
            "- a-1.0.0.tgz".to_owned(),
            format!("created: \"{NOW}\""),
        ] {
            assert!(index.contains(&line), "{line}\n{index}");
        }
    }
}
