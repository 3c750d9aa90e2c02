//! Stable sorting with little code. What the standard library makes for each type and order takes some 6 kB of the program; here all share one
//! sort of places, and an item is moved at most once. For lists that are not sorted in a hot loop.

use std::cmp::Ordering;

/// Sorts items, those that are equal as they were.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts items by an order, those that are equal as they were.
pub fn sort_by<T>(items: &mut [T], mut order: impl FnMut(&T, &T) -> Ordering) {
    let mut places: Vec<usize> = (0..items.len()).collect();
    sort_places(&mut places, &mut |a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => order(a, b),
        _ => Ordering::Equal,
    });
    arrange(&mut places, &mut |a, b| items.swap(a, b));
}

/// Sorts items by what a function makes of them, those that are equal as they were.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

#[inline(never)]
fn sort_places(places: &mut [usize], order: &mut dyn FnMut(usize, usize) -> Ordering) {
    places.sort_by(|&a, &b| order(a, b));
}

/// Moves each item to its place: `places` has for each place which item belongs there. A round of items that take each other's places is moved
/// at once.
#[inline(never)]
pub fn arrange(places: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..places.len() {
        let mut place = start;
        while let Some(slot) = places.get_mut(place) {
            let next = std::mem::replace(slot, place);
            if next == start || next == place {
                break;
            }
            swap(place, next);
            place = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_are_sorted_as_the_standard_library_sorts_them(keys in prop::collection::vec(0..20_u8, 0..60)) {
            let items: Vec<(u8, usize)> = keys.into_iter().zip(0..).collect();
            let (mut want, mut by, mut by_key) = (items.clone(), items.clone(), items);
            want.sort_by_key(|item| item.0);
            sort_by(&mut by, |a, b| a.0.cmp(&b.0));
            sort_by_key(&mut by_key, |item| item.0);
            prop_assert_eq!(&by, &want);
            prop_assert_eq!(&by_key, &want);
            want.reverse();
            sort(&mut want);
            prop_assert_eq!(&by, &want);
        }
    }
}
