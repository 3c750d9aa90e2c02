//! The order that Go's `sort.Sort` leaves equal elements in.
//!
//! Go's sort is not stable, but it is deterministic: versions that differ in build metadata only are equal, and their
//! order in a repository's index is the one in which this algorithm (a pattern-defeating quicksort) leaves them. Here
//! the same comparisons and exchanges are made in the same order. Follows `sort/zsortinterface.go`.

use crate::text::compact_sort::arrange;

/// Ranges no longer than this are sorted by insertion.
const INSERTION: usize = 12;
/// Ranges from here on take their pivot from nine elements instead of three.
const NINTHER: usize = 50;
/// How many out-of-order pairs are repaired in a range that looks sorted.
const MENDED_PAIRS: usize = 5;
/// Number of exchanges among nine elements that shows a range to be descending.
const ALL_SWAPPED: usize = 12;

/// Sorts as Go's `sort.Sort` does, `less` being the collection's `Less`.
pub fn sort_by<T>(items: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let length = items.len();
    let limit = usize::BITS - length.leading_zeros();
    let mut places: Vec<usize> = (0..length).collect();
    let less_at = |a: usize, b: usize| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => less(a, b),
        _ => false,
    };
    Sorter {
        items: &mut places,
        less: &less_at,
    }
    .quick(0, length, limit);
    arrange(&mut places, &mut |a, b| items.swap(a, b));
}

/// Sorts the places of items rather than the items, so that its code is there once.
struct Sorter<'i> {
    items: &'i mut [usize],
    less: &'i dyn Fn(usize, usize) -> bool,
}

/// What choosing a pivot revealed about a range.
#[derive(PartialEq, Eq)]
enum Hint {
    Ascending,
    Descending,
    Unknown,
}

impl Sorter<'_> {
    fn less(&self, a: usize, b: usize) -> bool {
        match (self.items.get(a), self.items.get(b)) {
            (Some(&a), Some(&b)) => (self.less)(a, b),
            _ => false,
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        if a.max(b) < self.items.len() {
            self.items.swap(a, b);
        }
    }

    fn quick(&mut self, mut start: usize, mut end: usize, mut limit: u32) {
        let (mut was_balanced, mut was_partitioned) = (true, true);
        loop {
            let length = end - start;
            if length <= INSERTION {
                return self.insertion(start, end);
            }
            if limit == 0 {
                return self.heap(start, end);
            }
            if !was_balanced {
                self.break_patterns(start, end);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(start, end);
            if hint == Hint::Descending {
                self.items.get_mut(start..end).unwrap_or_default().reverse();
                pivot = (end - 1) - (pivot - start);
                hint = Hint::Ascending;
            }
            if was_balanced && was_partitioned && hint == Hint::Ascending && self.mend(start, end) {
                return;
            }
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.partition_equal(start, end, pivot);
                continue;
            }
            let (middle, already) = self.partition(start, end, pivot);
            was_partitioned = already;
            let (left, right) = (middle - start, end - middle);
            was_balanced = left.min(right) >= length / 8;
            if left < right {
                self.quick(start, middle, limit);
                start = middle + 1;
            } else {
                self.quick(middle + 1, end, limit);
                end = middle;
            }
        }
    }

    fn insertion(&mut self, start: usize, end: usize) {
        for next in start + 1..end {
            let mut at = next;
            while at > start && self.less(at, at - 1) {
                self.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    fn heap(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift_down(root, length, start);
        }
        for last in (0..length).rev() {
            self.swap(start, start + last);
            self.sift_down(0, last, start);
        }
    }

    fn sift_down(&mut self, mut root: usize, end: usize, first: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= end {
                return;
            }
            if child + 1 < end && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.swap(first + root, first + child);
            root = child;
        }
    }

    /// Moves elements less than the pivot before it and the rest after it; returns the pivot's position, and whether
    /// everything was already in place.
    fn partition(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        let mut already = true;
        loop {
            while low <= high && self.less(low, start) {
                low += 1;
            }
            while low <= high && !self.less(high, start) {
                high -= 1;
            }
            if low > high {
                self.swap(high, start);
                return (high, already);
            }
            already = false;
            self.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Moves elements equal to the pivot to the front, given that none is less; returns where the greater elements
    /// begin.
    fn partition_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        loop {
            while low <= high && !self.less(start, low) {
                low += 1;
            }
            while low <= high && self.less(start, high) {
                high -= 1;
            }
            if low > high {
                return low;
            }
            self.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Repairs a few pairs of a range that looks sorted; returns whether it is sorted afterwards.
    fn mend(&mut self, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        for _ in 0..MENDED_PAIRS {
            while at < end && !self.less(at, at - 1) {
                at += 1;
            }
            if at == end {
                return true;
            }
            if end - start < NINTHER {
                return false;
            }
            self.swap(at, at - 1);
            if at - start >= 2 {
                for left in (1..at).rev() {
                    if !self.less(left, left - 1) {
                        break;
                    }
                    self.swap(left, left - 1);
                }
            }
            if end - at >= 2 {
                for right in at + 1..end {
                    if !self.less(right, right - 1) {
                        break;
                    }
                    self.swap(right, right - 1);
                }
            }
        }
        false
    }

    /// Scatters three elements around the middle, the same way every time.
    fn break_patterns(&mut self, start: usize, end: usize) {
        let length = end - start;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let mask = (1_u64 << (u64::BITS - random.leading_zeros())) - 1;
        let middle = start + (length / 4) * 2 - 1;
        for offset in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = usize::try_from(random & mask).unwrap_or(0);
            if other >= length {
                other -= length;
            }
            self.swap(middle + offset, start + other);
        }
    }

    fn choose_pivot(&self, start: usize, end: usize) -> (usize, Hint) {
        let quarter = (end - start) / 4;
        let mut swaps = 0;
        let (mut a, mut b, mut c) = (start + quarter, start + quarter * 2, start + quarter * 3);
        if end - start >= 8 {
            if end - start >= NINTHER {
                a = self.median(a - 1, a, a + 1, &mut swaps);
                b = self.median(b - 1, b, b + 1, &mut swaps);
                c = self.median(c - 1, c, c + 1, &mut swaps);
            }
            b = self.median(a, b, c, &mut swaps);
        }
        let hint = match swaps {
            0 => Hint::Ascending,
            ALL_SWAPPED => Hint::Descending,
            _ => Hint::Unknown,
        };
        (b, hint)
    }

    fn median(&self, a: usize, b: usize, c: usize, swaps: &mut usize) -> usize {
        let (a, b) = self.in_order(a, b, swaps);
        let (b, _) = self.in_order(b, c, swaps);
        let (_, b) = self.in_order(a, b, swaps);
        b
    }

    fn in_order(&self, a: usize, b: usize, swaps: &mut usize) -> (usize, usize) {
        if self.less(b, a) {
            *swaps += 1;
            (b, a)
        } else {
            (a, b)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a of the order in which Go 1.26 leaves elements that are sorted by `index * step % modulus` alone.
    const ORDERS: &[(usize, usize, usize, u64)] = &[
        (13, 1, 40, 0xf82d_b1cf_f944_ff40),
        (13, 263, 3, 0x8984_b04a_1c11_45ce),
        (13, 99991, 40, 0x92b0_c932_12d1_cada),
        (26, 7, 3, 0x454d_6d78_3f24_5286),
        (26, 263, 40, 0xf628_36c1_2d81_f980),
        (49, 1, 3, 0xbf3e_e684_e159_21f7),
        (49, 7, 40, 0xe2c5_9077_4fbc_620d),
        (49, 99991, 3, 0xbf3e_e684_e159_21f7),
        (50, 1, 40, 0x8987_ac45_d687_a7ee),
        (50, 263, 3, 0x5423_fb6c_1d2d_8cc2),
        (50, 99991, 40, 0x585d_a45a_dae6_806c),
        (200, 7, 3, 0xb934_5027_5325_345f),
        (200, 263, 40, 0x3ceb_714a_f450_c783),
        (1000, 1, 3, 0xb637_305f_7a4b_d933),
        (1000, 7, 40, 0xcdcb_95af_dea0_defb),
        (1000, 99991, 3, 0xb637_305f_7a4b_d933),
    ];

    #[test]
    fn equal_elements_are_ordered_as_in_go() {
        for &(length, step, modulus, expected) in ORDERS {
            let mut items: Vec<(usize, usize)> = (0..length).map(|index| (index * step % modulus, index)).collect();
            sort_by(&mut items, |a, b| a.0 < b.0);
            let order: Vec<String> = items.iter().map(|(_, index)| index.to_string()).collect();
            let order = format!("{},", order.join(","));
            let hash = order.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            assert_eq!(hash, expected, "{length} {step} {modulus}");
        }
    }

    #[test]
    fn everything_is_sorted_whatever_the_pattern() {
        for length in [0, 1, 2, 12, 13, 49, 50, 51, 400, 3000] {
            for step in [1_usize, 7, 263, 4999, 99_991] {
                for modulus in [3, 40, 100_000] {
                    let mut items: Vec<usize> = (0..length).map(|index| index * step % modulus).collect();
                    let mut sorted = items.clone();
                    sorted.sort_unstable();
                    sort_by(&mut items, |a, b| a < b);
                    assert_eq!(items, sorted, "{length} {step} {modulus}");
                    sort_by(&mut items, |a, b| a > b);
                    sorted.reverse();
                    assert_eq!(items, sorted);
                }
            }
        }
    }
}
