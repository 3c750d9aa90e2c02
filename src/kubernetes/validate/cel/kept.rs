//! Results by the text they were made from: definitions repeat expressions, and parsing one takes longer than all else.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Most results that are kept.
const MAX_KEPT: usize = 10_000;

/// Results that are made once.
#[derive(Debug)]
pub(super) struct Kept<V>(Mutex<BTreeMap<String, V>>);

impl<V: Clone> Kept<V> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The result for a text. Two threads that ask at the same time may both make it.
    pub(super) fn get(&self, text: &str, make: impl FnOnce() -> V) -> V {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = known().get(text) {
            return result.clone();
        }
        let result = make();
        let mut known = known();
        if known.len() < MAX_KEPT {
            known.insert(text.to_owned(), result.clone());
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_made_once() {
        let kept = Kept::new();
        let made = std::cell::Cell::new(0);
        let get = |text: &str| {
            kept.get(text, || {
                made.set(made.get() + 1);
                text.len()
            })
        };
        assert_eq!((get("a"), get("bc"), get("a"), made.get()), (1, 2, 1, 2));
    }
}
