//! Iterators become ordered maps and sets with little code. The standard library's `collect` sorts what it collects, which takes some 6 kB of the
//! program for each type; here entries are added one by one, and the last of equal keys stays.

use std::collections::{BTreeMap, BTreeSet};

/// Iterators that can become ordered maps and sets.
pub trait CollectOrdered: Iterator + Sized {
    /// The map of these entries.
    fn collect_map<K: Ord, V>(self) -> BTreeMap<K, V>
    where
        Self: Iterator<Item = (K, V)>,
    {
        let mut map = BTreeMap::new();
        map.extend(self);
        map
    }

    /// The set of these items.
    fn collect_set(self) -> BTreeSet<Self::Item>
    where
        Self::Item: Ord,
    {
        let mut set = BTreeSet::new();
        set.extend(self);
        set
    }
}

impl<I: Iterator> CollectOrdered for I {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn maps_and_sets_are_those_of_the_standard_library(keys in prop::collection::vec(0..20_u8, 0..60)) {
            let entries: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
            let want: BTreeMap<u8, usize> = entries.iter().copied().collect();
            prop_assert_eq!(entries.into_iter().collect_map(), want);
            prop_assert_eq!(keys.iter().collect_set(), keys.iter().collect());
        }
    }
}
