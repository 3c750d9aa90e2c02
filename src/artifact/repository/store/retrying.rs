//! A store whose failed requests are retried by a policy: the one place where requests to stores are repeated.
//!
//! A write whose answer was lost is sent again, and is then a conflict with itself: a writer must look at the object
//! before it treats a conflict as another writer's.

use std::sync::Arc;

use crate::artifact::network::{Clock, RetryPolicy};

use super::store_error::StoreError;
use super::{ListedObject, PutOutcome, Store, Versioned};

/// A store whose failed requests are repeated.
#[derive(Debug)]
pub struct RetryingStore<S> {
    store: S,
    policy: RetryPolicy,
    clock: Arc<dyn Clock>,
}

impl<S: Store> RetryingStore<S> {
    /// Repeats requests to `store` by `policy`.
    pub const fn new(store: S, policy: RetryPolicy, clock: Arc<dyn Clock>) -> Self {
        Self { store, policy, clock }
    }

    fn run<T>(&mut self, mut operation: impl FnMut(&mut S) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let store = &mut self.store;
        let outcome = self.policy.run(&*self.clock, StoreError::verdict, || operation(store));
        outcome.map_err(|exhausted| StoreError {
            attempts: exhausted.attempts,
            ..exhausted.error
        })
    }
}

impl<S: Store> Store for RetryingStore<S> {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        self.run(|store| store.get(name))
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        self.run(|store| store.put_if_absent(name, bytes))
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        self.run(|store| store.put_if_version(name, bytes, version))
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        self.run(|store| store.list(prefix))
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        self.run(|store| store.delete(name, version))
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        self.run(Store::check_writable)
    }

    fn takes_plus_for_space(&self) -> bool {
        self.store.takes_plus_for_space()
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::{Fault, MemoryStore};
    use super::*;
    use crate::artifact::network::TestClock;

    fn retrying(store: MemoryStore, clock: &Arc<TestClock>) -> RetryingStore<MemoryStore> {
        let clock: Arc<TestClock> = Arc::clone(clock);
        RetryingStore::new(store, RetryPolicy::default(), clock)
    }

    #[test]
    fn temporary_failures_are_retried_and_final_ones_are_not() {
        for (faults, calls, is_well) in [
            (&[Fault::Busy, Fault::Busy][..], 3, true),
            (&[Fault::Busy; 8], 8, false),
            (&[Fault::Denied], 1, false),
            (&[Fault::NoBucket], 1, false),
            (&[Fault::Busy, Fault::Denied], 2, false),
        ] {
            let clock = Arc::new(TestClock::default());
            let memory = MemoryStore::with_faults(faults);
            let calls_made = memory.calls();
            let outcome = retrying(memory, &clock).put_if_absent("a", b"1");
            assert_eq!(outcome.is_ok(), is_well, "{faults:?}");
            assert_eq!(calls_made.get(), calls, "{faults:?}");
            assert_eq!(clock.pauses().len() + 1, calls, "{faults:?}");
            if let Err(error) = outcome {
                assert_eq!(usize::try_from(error.attempts).unwrap(), calls, "{faults:?}");
            }
        }
    }

    #[test]
    fn a_write_whose_answer_is_lost_conflicts_with_itself() {
        let clock = Arc::new(TestClock::default());
        let mut store = retrying(MemoryStore::with_faults(&[Fault::LostAnswer]), &clock);
        assert_eq!(store.put_if_absent("a", b"1").unwrap(), PutOutcome::Conflict);
        assert_eq!(store.get("a").unwrap().unwrap().bytes, b"1");
    }
}
