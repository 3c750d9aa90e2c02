//! Publishing: archives first, each only if its name is free, then the index by compare-and-swap until it holds all
//! entries. Running twice does the same as running once, so a lost answer is no harm.

use sha2::{Digest as _, Sha256};
use std::time::Duration;

use crate::engine::chart::{Metadata, read_archive};

use super::index_file::{IndexEntry, IndexError, Merged, merge_entries};
use super::store::{PutOutcome, Store, StoreError};

/// The name of the index.
const INDEX: &str = "index.yaml";
/// Attempts at the index before giving up.
const MAX_ATTEMPTS: u32 = 200;
/// Failures of the store in a row before giving up.
const MAX_FAILURES: u32 = 8;
/// First pause between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(1500);

/// A packaged chart to publish.
#[derive(Debug, Clone)]
pub struct Item {
    /// What the index says of it.
    pub metadata: Metadata,
    /// `NAME-VERSION.tgz`
    pub file_name: String,
    /// Bytes of the archive.
    pub archive: Vec<u8>,
}

/// What became of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there before.
    Published,
    /// It was there already, with the same content.
    AlreadyThere,
}

/// The clock and the dice of a run.
pub struct Timing<'t> {
    /// RFC 3339 time for `created` and `generated`.
    pub now: String,
    /// A random number from 0 to 1, to spread writers that collide.
    pub random: &'t mut dyn FnMut() -> f64,
    /// Waits.
    pub sleep: &'t mut dyn FnMut(Duration),
}

/// Why charts were not published. What was published before stays.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The version is there with other content.
    #[error("{name} {version} is in the repository already, with other content")]
    Exists {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
    },
    /// The index cannot take the entries.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other writers were always faster.
    #[error("index.yaml changed under {MAX_ATTEMPTS} attempts to write it")]
    Contended,
}

impl PublishError {
    /// Whether the charts, rather than the world, are at fault.
    pub const fn is_finding(&self) -> bool {
        matches!(self, Self::Exists { .. } | Self::Index(IndexError::Exists { .. }))
    }
}

/// Publishes all items; the outcomes are in their order.
pub fn publish(store: &mut dyn Store, items: &[Item], timing: &mut Timing<'_>) -> Result<Vec<Outcome>, PublishError> {
    let mut entries = Vec::new();
    for item in items {
        let digest = put_archive(store, item, timing)?;
        entries.push(IndexEntry::new(&item.metadata, &item.file_name, &digest, &timing.now));
    }
    let mut failures = 0;
    let mut first_seen: Option<Vec<Outcome>> = None;
    for attempt in 0..MAX_ATTEMPTS {
        let outcome = try_index(store, &entries, &timing.now, &mut first_seen);
        match outcome {
            Ok(true) => return Ok(first_seen.unwrap_or_default()),
            Ok(false) => failures = 0,
            Err(PublishError::Store(error)) if error.is_transient && failures < MAX_FAILURES => failures += 1,
            Err(error) => return Err(error),
        }
        pause(attempt, timing);
    }
    Err(PublishError::Contended)
}

/// One attempt at the index; true when it holds all entries.
fn try_index(
    store: &mut dyn Store,
    entries: &[IndexEntry],
    now: &str,
    first_seen: &mut Option<Vec<Outcome>>,
) -> Result<bool, PublishError> {
    let found = store.get(INDEX)?;
    let text = found.as_ref().map(|found| found.bytes.as_slice());
    if first_seen.is_none() {
        // Judged before the first write: a lost answer would make our own entries look like another's.
        let there = |entry: &IndexEntry| {
            matches!(
                merge_entries(text, std::slice::from_ref(entry), now),
                Ok(Merged::Unchanged)
            )
        };
        *first_seen = Some(
            entries
                .iter()
                .map(|entry| {
                    if there(entry) {
                        Outcome::AlreadyThere
                    } else {
                        Outcome::Published
                    }
                })
                .collect(),
        );
    }
    let Merged::Changed(new) = merge_entries(text, entries, now)? else {
        return Ok(true);
    };
    let outcome = match &found {
        None => store.put_if_absent(INDEX, &new)?,
        Some(found) => store.put_if_version(INDEX, &new, &found.version)?,
    };
    Ok(outcome == PutOutcome::Written)
}

/// Puts an archive where none is, and gives the digest of the one that is there then.
fn put_archive(store: &mut dyn Store, item: &Item, timing: &mut Timing<'_>) -> Result<String, PublishError> {
    let mut failures = 0;
    loop {
        let attempt = store
            .put_if_absent(&item.file_name, &item.archive)
            .and_then(|outcome| match outcome {
                PutOutcome::Written => Ok(Some(item.archive.clone())),
                PutOutcome::Conflict => Ok(store.get(&item.file_name)?.map(|found| found.bytes)),
            });
        match attempt {
            Ok(Some(there)) if there == item.archive || is_same_content(&there, &item.archive) => {
                return Ok(format!("{:x}", Sha256::digest(&there)));
            }
            Ok(Some(_)) => {
                return Err(PublishError::Exists {
                    name: item.metadata.name.clone(),
                    version: item.metadata.version.clone(),
                });
            }
            Ok(None) if failures < MAX_FAILURES => failures += 1,
            Err(error) if error.is_transient && failures < MAX_FAILURES => failures += 1,
            Ok(None) => return Err(PublishError::Contended),
            Err(error) => return Err(error.into()),
        }
        pause(failures, timing);
    }
}

/// Whether two archives unpack to the same files: another program may have packed the one that is there.
fn is_same_content(a: &[u8], b: &[u8]) -> bool {
    let files = |archive: &[u8]| {
        read_archive(archive).ok().map(|mut files| {
            files.sort_by(|a, b| a.name.cmp(&b.name));
            files.into_iter().map(|file| (file.name, file.data)).collect::<Vec<_>>()
        })
    };
    matches!((files(a), files(b)), (Some(a), Some(b)) if a == b)
}

/// Waits longer after each attempt, by a random part, so that writers drift apart.
fn pause(attempt: u32, timing: &mut Timing<'_>) {
    let longest = FIRST_PAUSE.saturating_mul(1u32 << attempt.min(10)).min(LONGEST_PAUSE);
    let part = (timing.random)().clamp(0.0, 1.0);
    (timing.sleep)(longest.mul_f64(0.1 + 0.9 * part));
}
