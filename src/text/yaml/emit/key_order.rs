//! The order in which Go's encoders print keys: letters after other characters, runs of digits by value.

use super::emitter::Dialect;
use crate::text::go::unicode::{is_digit, is_letter};

/// Sorts `items` by their keys. Under Go's rule not every set of keys has one order, so this is a merge sort, which does not
/// need a total order.
pub fn sort_by_key<T>(dialect: Dialect, items: &mut Vec<T>, key: impl Fn(&T) -> &str) {
    let is_sorted = items
        .iter()
        .zip(items.iter().skip(1))
        .all(|(a, b)| !is_less(dialect, key(b), key(a)));
    if is_sorted {
        return;
    }
    let sorted = merge_sort(dialect, std::mem::take(items), &key);
    *items = sorted;
}

fn merge_sort<T>(dialect: Dialect, mut items: Vec<T>, key: &impl Fn(&T) -> &str) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let right = items.split_off(items.len() / 2);
    let mut left = merge_sort(dialect, items, key).into_iter().peekable();
    let mut right = merge_sort(dialect, right, key).into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    loop {
        let from_right = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) => is_less(dialect, key(b), key(a)),
            (Some(_), None) => false,
            (None, Some(_)) => true,
            (None, None) => return merged,
        };
        merged.extend(if from_right { right.next() } else { left.next() });
    }
}

/// `keyList.Less` of go-yaml's `sorter.go`.
fn is_less(dialect: Dialect, a: &str, b: &str) -> bool {
    let shared = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // Back to the start of the character in which they differ.
    let shared = (0..=shared)
        .rev()
        .find(|&at| a.is_char_boundary(at) && b.is_char_boundary(at))
        .unwrap_or(0);
    let (same, rest_a) = a.split_at_checked(shared).unwrap_or((a, ""));
    let rest_b = b.get(shared..).unwrap_or_default();
    let (Some(first_a), Some(first_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return rest_a.is_empty() && !rest_b.is_empty();
    };
    match (is_letter(first_a), is_letter(first_b)) {
        (true, true) => return first_a < first_b,
        (false, false) => {}
        (is_a, is_b) => {
            let after_digit = dialect == Dialect::V3 && same.ends_with(is_digit);
            return if after_digit { is_a } else { is_b };
        }
    }
    let mut start = 0;
    if first_a == '0' || first_b == '0' {
        let digits = same.chars().rev().take_while(|&character| is_digit(character));
        start = i64::from(digits.into_iter().any(|digit| digit != '0'));
    }
    let (number_a, length_a) = number(start, rest_a);
    let (number_b, length_b) = number(start, rest_b);
    if number_a != number_b {
        return number_a < number_b;
    }
    if length_a != length_b {
        return length_a < length_b;
    }
    first_a < first_b
}

/// The digits at the start of `text` appended to those of `start`, wrapping as Go's do, and how many there are.
fn number(start: i64, text: &str) -> (i64, usize) {
    text.chars()
        .take_while(|&character| is_digit(character))
        .fold((start, 0), |(value, length), digit| {
            let digit = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
            (value.wrapping_mul(10).wrapping_add(digit), length + 1)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs in the order of Helm 4.3's `toYaml`, and whether `toYamlPretty` has the other order.
    #[test]
    fn each_dialect_orders_pairs_its_own_way() {
        for (first, second, is_other_in_v3) in [
            ("1_", "1a", true),
            ("10-5", "10.5", false),
            ("a1-", "a1b", true),
            ("a001", "a00b", true),
            ("x10", "x1a", true),
            ("1²", "1a", true),
            ("a00b", "a01", false),
            ("a105", "a1000", false),
            ("a2", "a10", false),
            ("a²", "a3", false),
            ("Ⅰ", "é", false),
            ("١", "a", false),
            ("²", "a", false),
        ] {
            for (dialect, is_swapped) in [(Dialect::V2, false), (Dialect::V3, is_other_in_v3)] {
                let expected = if is_swapped { [second, first] } else { [first, second] };
                for mut keys in [vec![first, second], vec![second, first]] {
                    sort_by_key(dialect, &mut keys, |key| key);
                    assert_eq!(keys, expected, "{dialect:?}");
                }
            }
        }
    }

    #[test]
    fn keys_are_in_gos_order() {
        let expected = [
            "", "_", "1", "2", "10", "A", "a b", "a-b", "a9", "a10", "a010", "aB", "ab", "b", "true",
        ];
        let mut keys: Vec<&str> = expected.iter().rev().copied().collect();
        sort_by_key(Dialect::V2, &mut keys, |key| key);
        assert_eq!(keys, expected);
    }
}
