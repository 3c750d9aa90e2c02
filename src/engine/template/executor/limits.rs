//! Limits on the results of calls: values that double in a loop and lists of lists of themselves are refused before
//! they exhaust memory. What a function costs and how its result grows is declared with the function.

use crate::engine::template::function::Growth;
use crate::engine::template::value::Value;

/// Bytes that the result of one call may have, and that a value may have once it is written out.
pub const MAX_VALUE_BYTES: usize = 1 << 27;
/// Items that a list made by one call may have.
pub const MAX_LIST_ITEMS: usize = 1 << 22;
/// Deepest nesting that is weighed; encoders stop sooner.
const MAX_DEPTH: usize = 1_000;
/// Texts up to this length are not examined: anything made from a few of them is small.
const SHORT: usize = 4096;
/// How many bytes are made in the time that one step takes.
const BYTES_OF_A_STEP: u64 = 64;
/// The weight of an item besides its text.
const ITEM: usize = 8;

/// Whether something large may be made from a value.
pub(super) fn may_grow(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.len() > SHORT,
        Value::Int(width) => *width > 64,
        Value::Map(_) | Value::List(_) => true,
        _ => false,
    }
}

/// Why a call is not made: its result would be larger than any chart needs.
pub(super) fn refusal(growth: Growth, arguments: &[Value]) -> Option<String> {
    if growth == Growth::None || !arguments.iter().any(may_grow) {
        return None;
    }
    (estimate(growth, arguments) > MAX_VALUE_BYTES)
        .then(|| format!("its result would exceed {MAX_VALUE_BYTES} bytes or {MAX_LIST_ITEMS} items"))
}

/// Bytes that a call would make.
fn estimate(growth: Growth, arguments: &[Value]) -> usize {
    match (growth, arguments) {
        (Growth::WrittenOut, _) => arguments.iter().map(weight).fold(0, usize::saturating_add),
        (Growth::Join, [Value::Str(separator), Value::List(list)]) => {
            weight_of_list(list.items()).saturating_add(separator.len().saturating_mul(list.items().len()))
        }
        (Growth::Replace, [Value::Str(old), Value::Str(new), Value::Str(text)]) => text
            .len()
            .saturating_add(count(text.as_bytes(), old.as_bytes()).saturating_mul(new.len())),
        // How often it matches is not known in advance; a match at every fourth byte is more than any sensible use.
        (Growth::ReplacePattern, [_, Value::Str(text), Value::Str(new)]) => text.len().saturating_mul(new.len()) / 4,
        (Growth::Wrap, [_, Value::Str(separator), Value::Str(text)]) => {
            text.len().saturating_mul(separator.len().max(1))
        }
        (Growth::Indent, [Value::Int(width), Value::Str(text)]) => {
            let lines = 1 + memchr::memchr_iter(b'\n', text.as_bytes()).count();
            usize::try_from(*width).unwrap_or(0).saturating_mul(lines)
        }
        (Growth::Split, [Value::Str(separator), .., Value::Str(text)]) if text.len() > MAX_LIST_ITEMS => {
            let items = count(text.as_bytes(), separator.as_bytes());
            if items > MAX_LIST_ITEMS { usize::MAX } else { 0 }
        }
        (Growth::Items, lists) => {
            let items = lists.iter().map(number_of_items).fold(0, usize::saturating_add);
            if items > MAX_LIST_ITEMS { usize::MAX } else { 0 }
        }
        _ => 0,
    }
}

/// Steps for the size of a result: making it took time.
pub(super) fn result_cost(value: &Value) -> u64 {
    match value {
        Value::Str(text) => text.len() as u64 / BYTES_OF_A_STEP,
        Value::List(list) => list.items().len() as u64 / 4,
        _ => 0,
    }
}

/// Why a result is refused.
pub(super) fn result_refusal(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) if text.len() > MAX_VALUE_BYTES => Some(format!("the result exceeds {MAX_VALUE_BYTES} bytes")),
        Value::List(list) if list.items().len() > MAX_LIST_ITEMS => {
            Some(format!("the result exceeds {MAX_LIST_ITEMS} items"))
        }
        _ => None,
    }
}

/// Whether a value can be written out: maps that contain each other again and again grow without end.
pub(super) fn is_too_large(value: &Value) -> bool {
    weight(value) > MAX_VALUE_BYTES
}

fn weight(value: &Value) -> usize {
    let mut left = MAX_VALUE_BYTES + 1;
    weigh(value, 0, &mut left);
    MAX_VALUE_BYTES + 1 - left
}

fn weight_of_list(items: &[Value]) -> usize {
    let mut left = MAX_VALUE_BYTES + 1;
    for item in items {
        weigh(item, 0, &mut left);
    }
    MAX_VALUE_BYTES + 1 - left
}

/// Subtracts the weight of a value from the rest of the limit, and stops at zero.
fn weigh(value: &Value, depth: usize, left: &mut usize) {
    *left = left.saturating_sub(ITEM);
    if *left == 0 || depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Str(text) => *left = left.saturating_sub(text.len()),
        Value::Bytes(bytes) => *left = left.saturating_sub(bytes.len()),
        Value::List(list) => {
            for item in list.items() {
                if *left == 0 {
                    return;
                }
                weigh(item, depth + 1, left);
            }
        }
        Value::Map(map) => map.with(|entries| {
            for (key, value) in entries {
                if *left == 0 {
                    return;
                }
                *left = left.saturating_sub(key.len());
                weigh(value, depth + 1, left);
            }
        }),
        _ => {}
    }
}

fn number_of_items(value: &Value) -> usize {
    match value {
        Value::List(list) => list.items().len(),
        _ => 0,
    }
}

/// How often a text contains a separator; once per byte if it is empty.
fn count(text: &[u8], separator: &[u8]) -> usize {
    if separator.is_empty() {
        return text.len() + 1;
    }
    memchr::memmem::find_iter(text, separator).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_estimated_by_how_a_function_grows() {
        let text = |length: usize| Value::str("a".repeat(length));
        let list = |items: usize| Value::list(vec![Value::Nil; items]);
        let large = 1 << 16;
        for (growth, arguments, expected) in [
            (Growth::None, vec![text(MAX_VALUE_BYTES)], false),
            (Growth::WrittenOut, vec![text(MAX_VALUE_BYTES)], true),
            (Growth::WrittenOut, vec![text(MAX_VALUE_BYTES / 2)], false),
            (
                Growth::Join,
                vec![text(large), Value::list(vec![Value::Int(1); 4096])],
                true,
            ),
            (
                Growth::Join,
                vec![text(1), Value::list(vec![Value::Int(1); 4096])],
                false,
            ),
            (Growth::Replace, vec![text(1), text(large), text(large)], true),
            (Growth::Replace, vec![Value::str("b"), text(large), text(large)], false),
            (Growth::ReplacePattern, vec![text(1), text(large), text(large)], true),
            (Growth::ReplacePattern, vec![text(1), text(large), text(4)], false),
            (Growth::Wrap, vec![Value::Int(1), text(large), text(large)], true),
            (Growth::Indent, vec![Value::Int(1 << 30), text(1)], true),
            (Growth::Indent, vec![Value::Int(8), text(large)], false),
            (Growth::Split, vec![Value::str(""), text(MAX_LIST_ITEMS + 1)], true),
            (Growth::Split, vec![Value::str("b"), text(MAX_LIST_ITEMS + 1)], false),
            (
                Growth::Items,
                vec![list(MAX_LIST_ITEMS / 2), list(MAX_LIST_ITEMS / 2)],
                false,
            ),
            (
                Growth::Items,
                vec![list(MAX_LIST_ITEMS / 2), list(MAX_LIST_ITEMS / 2 + 1)],
                true,
            ),
        ] {
            assert_eq!(refusal(growth, &arguments).is_some(), expected, "{growth:?}");
        }
    }
}
