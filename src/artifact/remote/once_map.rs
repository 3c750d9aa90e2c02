//! Values that are made once each, whichever thread needs them first; others can be made meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Values by key, each made at most once.
pub(super) struct OnceMap<V>(Mutex<HashMap<String, Arc<OnceLock<V>>>>);

impl<V> Default for OnceMap<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> OnceMap<V> {
    /// The value of a key, made now if it was not before.
    pub(super) fn get_or_make(&self, key: &str, make: impl FnOnce() -> V) -> V {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(values.entry(key.to_owned()).or_default());
        drop(values);
        cell.get_or_init(make).clone()
    }
}
