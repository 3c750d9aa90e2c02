//! The index of a store: read, changed, and written only if it is still what was read, until that succeeds.
//!
//! Only conflicts are retried here. Requests that fail are repeated by [`super::store::RetryingStore`], so a failure
//! that arrives here is final.

use std::time::Duration;

use crate::artifact::network::{Clock, RetryPolicy};

use super::index_error::IndexError;
use super::index_file::Index;
use super::store::{PutOutcome, Store, StoreError};

/// The name of the index.
pub const INDEX: &str = "index.yaml";
/// Attempts to write an index that others write too.
pub(super) const ATTEMPTS: u32 = 200;
/// The pauses between them.
const CONFLICTS: RetryPolicy = RetryPolicy {
    attempts: ATTEMPTS,
    first_pause: Duration::from_millis(20),
    longest_pause: Duration::from_millis(1500),
    longest_wait: Duration::ZERO,
};

/// What a change of a repository needs from the run it is part of.
#[derive(Debug, Clone)]
pub struct Environment<'e> {
    /// RFC 3339 time for `created` and `generated`.
    pub now: String,
    /// Waits, and spreads writers that collide.
    pub clock: &'e dyn Clock,
}

/// Why an index was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The index cannot be read, or not be changed as wanted.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other writers were faster at every attempt.
    #[error("index.yaml changed during each of {} attempts to write it", ATTEMPTS)]
    Contended,
}

/// An index, and the version at which it was read; none if it is new.
#[derive(Debug)]
pub(super) struct OpenIndex {
    /// The index.
    pub(super) index: Index,
    /// Its version in the store.
    pub(super) version: Option<String>,
}

/// Reads the index of a store; an empty one where there is none.
///
/// # Errors
/// When it is broken, or the store fails.
pub(super) fn open_index(store: &mut dyn Store) -> Result<OpenIndex, UpdateError> {
    let takes_plus_for_space = store.takes_plus_for_space();
    Ok(match store.get(INDEX)? {
        None => OpenIndex {
            index: Index::default().of_store(takes_plus_for_space),
            version: None,
        },
        Some(found) => OpenIndex {
            index: Index::read(found.bytes)?.of_store(takes_plus_for_space),
            version: Some(found.version),
        },
    })
}

/// Changes the index until the change is written; gives what the last change gave. `open` is the index, if it was read before.
///
/// # Errors
/// When the change fails, the store fails, or other writers are faster at every attempt.
pub(super) fn update_index<T>(
    store: &mut dyn Store,
    mut open: Option<OpenIndex>,
    environment: &Environment<'_>,
    change: &mut dyn FnMut(&mut Index) -> Result<T, IndexError>,
) -> Result<T, UpdateError> {
    for attempt in 1..=ATTEMPTS {
        let mut open = match open.take() {
            Some(open) => open,
            None => open_index(store)?,
        };
        let changed = change(&mut open.index)?;
        if write_index(store, open, environment)? {
            return Ok(changed);
        }
        pause(attempt, environment);
    }
    Err(UpdateError::Contended)
}

/// Writes an index if it was changed; says whether it is in the store, and not that of a faster writer.
///
/// # Errors
/// When it cannot be printed, or the store fails.
pub(super) fn write_index(
    store: &mut dyn Store,
    open: OpenIndex,
    environment: &Environment<'_>,
) -> Result<bool, UpdateError> {
    if !open.index.is_changed() {
        return Ok(true);
    }
    let new = open.index.print(&environment.now)?;
    let written = match &open.version {
        None => store.put_if_absent(INDEX, &new)?,
        Some(version) => store.put_if_version(INDEX, &new, version)?,
    };
    Ok(written == PutOutcome::Written)
}

/// Waits after a conflict.
pub(super) fn pause(attempt: u32, environment: &Environment<'_>) {
    let clock = environment.clock;
    clock.sleep(CONFLICTS.pause(attempt, clock));
}
