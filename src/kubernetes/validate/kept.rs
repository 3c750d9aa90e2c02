//! Results by the text they were made from: definitions repeat expressions and patterns, and compiling one takes long.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Results that are made once, up to a number of them.
#[derive(Debug)]
pub(super) struct Kept<V> {
    most: usize,
    known: Mutex<BTreeMap<String, V>>,
}

impl<V: Clone> Kept<V> {
    /// Keeps at most `most` results.
    pub(super) const fn new(most: usize) -> Self {
        Self {
            most,
            known: Mutex::new(BTreeMap::new()),
        }
    }

    /// The result for a text. Two threads that ask at the same time may both make it.
    pub(super) fn get(&self, text: &str, make: impl FnOnce() -> V) -> V {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = known().get(text) {
            return result.clone();
        }
        let result = make();
        let mut known = known();
        if known.len() < self.most {
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
        let kept = Kept::new(2);
        let made = std::cell::Cell::new(0);
        let get = |text: &str| {
            kept.get(text, || {
                made.set(made.get() + 1);
                text.len()
            })
        };
        assert_eq!((get("a"), get("bc"), get("a"), made.get()), (1, 2, 1, 2));
        assert_eq!((get("def"), get("def"), made.get()), (3, 3, 4), "no more than two");
    }
}
