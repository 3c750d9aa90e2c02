//! Limits on the results of calls: values that double in a loop and lists of lists of themselves are refused before
//! they exhaust memory. What a function costs and how its result grows is declared with the function.

use std::collections::HashMap;

use crate::engine::template::function::Growth;
use crate::engine::template::text::Text;
use crate::engine::template::value::{Map, Value};
use crate::text::limits::{LIST_ITEMS, VALUE_BYTES};

/// Deepest nesting that is weighed; encoders stop sooner.
const MAX_DEPTH: usize = 1_000;
/// Texts up to this length are not examined: anything made from a few of them is small.
const SHORT: usize = 4096;
/// How many bytes are made in the time that one step takes.
const BYTES_OF_A_STEP: u64 = 16;
/// From how many maps on their weights are kept.
const MANY_MAPS: usize = 10_000;
/// Bytes of a text besides its contents.
const TEXT_BYTES: u64 = 32;
/// Bytes of an item of a list.
const ITEM_BYTES: u64 = size_of::<Value>() as u64;
/// Bytes of a map besides its entries: a node of the tree has room for eleven.
const MAP_BYTES: u64 = 11 * (size_of::<Text>() + size_of::<Value>()) as u64;
/// Bytes of an entry of a large map.
const ENTRY_BYTES: u64 = (size_of::<Text>() + size_of::<Value>()) as u64;
/// Bytes of an object that is written out, such as `.Capabilities` with the names of all APIs.
const OBJECT_BYTES: usize = 2_048;
/// The weight of an item besides its text.
const ITEM: usize = 8;

/// Whether something large may be made from a value.
pub(super) fn may_grow(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.len() > SHORT,
        Value::Int(width) => *width > 64,
        Value::Map(_) | Value::List(_) | Value::Object(_) => true,
        _ => false,
    }
}

/// About how many bytes a call makes, as far as that depends on how its result grows.
///
/// # Errors
/// Why the call is not made: its result would be larger than any chart needs.
pub(super) fn weigh_call(growth: Growth, arguments: &[Value]) -> Result<u64, String> {
    if growth == Growth::None || !arguments.iter().any(may_grow) {
        return Ok(0);
    }
    let bytes = estimate(growth, arguments);
    if bytes > VALUE_BYTES {
        return Err(format!(
            "its result would exceed {VALUE_BYTES} bytes or {LIST_ITEMS} items"
        ));
    }
    Ok(bytes as u64)
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
        (Growth::Split, [Value::Str(separator), .., Value::Str(text)]) if text.len() > LIST_ITEMS => {
            let items = count(text.as_bytes(), separator.as_bytes());
            if items > LIST_ITEMS { usize::MAX } else { 0 }
        }
        (Growth::Items, lists) => {
            let items = lists.iter().map(number_of_items).fold(0, usize::saturating_add);
            if items > LIST_ITEMS { usize::MAX } else { 0 }
        }
        _ => 0,
    }
}

/// Steps for making so many bytes.
pub(super) const fn cost_of_bytes(bytes: u64) -> u64 {
    bytes / BYTES_OF_A_STEP
}

/// Steps for reading the texts among the arguments, at a price for a kibibyte.
pub(super) fn cost_of_texts(arguments: &[Value], price: u64) -> u64 {
    let length = |value: &Value| match value {
        Value::Str(text) => text.len() as u64,
        _ => 0,
    };
    arguments.iter().map(length).sum::<u64>().saturating_mul(price) / 1024
}

/// # Errors
/// Why a result is refused.
pub(super) fn check_result(value: &Value) -> Result<(), String> {
    match value {
        Value::Str(text) if text.len() > VALUE_BYTES => Err(format!("the result exceeds {VALUE_BYTES} bytes")),
        Value::List(list) if list.items().len() > LIST_ITEMS => Err(format!("the result exceeds {LIST_ITEMS} items")),
        _ => Ok(()),
    }
}

/// The memory that belongs to a value alone, in bytes: what nothing else refers to was made with it.
pub(super) fn own_bytes(value: &Value) -> u64 {
    let mut bytes = 0;
    add_own_bytes(value, 0, &mut bytes);
    bytes
}

fn add_own_bytes(value: &Value, depth: usize, bytes: &mut u64) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Str(text) if !text.is_shared() => *bytes += TEXT_BYTES + text.len() as u64,
        Value::Bytes(made) => *bytes += TEXT_BYTES + made.len() as u64,
        Value::List(list) if !list.is_shared() => {
            for item in list.items() {
                *bytes += ITEM_BYTES;
                add_own_bytes(item, depth + 1, bytes);
            }
        }
        Value::Map(map) if !map.is_shared() => map.with(|entries| {
            *bytes += MAP_BYTES;
            for (key, value) in entries {
                *bytes += ENTRY_BYTES;
                if !key.is_shared() {
                    *bytes += TEXT_BYTES + key.len() as u64;
                }
                add_own_bytes(value, depth + 1, bytes);
            }
        }),
        _ => {}
    }
}

/// Whether a value can be written out: maps that contain each other again and again grow without end.
pub(super) fn is_too_large(value: &Value) -> bool {
    weight(value) > VALUE_BYTES
}

fn weight(value: &Value) -> usize {
    let mut scale = Scale::default();
    scale.weigh(value, 0);
    scale.weight()
}

fn weight_of_list(items: &[Value]) -> usize {
    let mut scale = Scale::default();
    for item in items {
        scale.weigh(item, 0);
    }
    scale.weight()
}

/// Adds up weights until the limit is exceeded.
struct Scale {
    /// The rest of the limit; nothing is weighed once it is zero.
    left: usize,
    maps: usize,
    /// The weights of maps by their ids, once there are so many that some are certainly there more than once: maps that
    /// contain each other twice and again would take a step for each path through them.
    known: HashMap<usize, usize>,
    /// Whether something was nested too deep to be weighed, so that what contains it has no known weight.
    is_cut: bool,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            left: VALUE_BYTES + 1,
            maps: 0,
            known: HashMap::new(),
            is_cut: false,
        }
    }
}

impl Scale {
    const fn weight(&self) -> usize {
        VALUE_BYTES + 1 - self.left
    }

    fn add(&mut self, weight: usize) {
        self.left = self.left.saturating_sub(weight);
    }

    fn weigh(&mut self, value: &Value, depth: usize) {
        self.add(ITEM);
        if self.left == 0 {
            return;
        }
        if depth > MAX_DEPTH {
            self.is_cut = true;
            return;
        }
        match value {
            Value::Str(text) => self.add(text.len()),
            Value::Bytes(bytes) => self.add(bytes.len()),
            Value::List(list) => {
                for item in list.items() {
                    if self.left == 0 {
                        return;
                    }
                    self.weigh(item, depth + 1);
                }
            }
            Value::Map(map) => self.weigh_map(map, depth),
            Value::Object(_) => self.add(OBJECT_BYTES),
            _ => {}
        }
    }

    fn weigh_map(&mut self, map: &Map, depth: usize) {
        self.maps += 1;
        let are_known = self.maps > MANY_MAPS;
        if are_known && let Some(&weight) = self.known.get(&map.id()) {
            self.add(weight);
            return;
        }
        let before = self.left;
        map.with(|entries| {
            for (key, value) in entries {
                if self.left == 0 {
                    return;
                }
                self.add(key.len());
                self.weigh(value, depth + 1);
            }
        });
        if are_known && !self.is_cut {
            self.known.insert(map.id(), before - self.left);
        }
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
    use crate::engine::template::Dict;

    use super::*;

    /// A map that contains the map of the next level under two keys.
    fn doubled(levels: usize, innermost: Value) -> Value {
        (0..levels).fold(innermost, |inner, _| {
            let entries = ["a", "b"].map(|key| (key.into(), inner.clone()));
            Value::Map(Map::new(Dict::from(entries)))
        })
    }

    #[test]
    fn maps_that_double_have_the_weight_of_all_paths() {
        let levels = 16;
        // Each of the maps has two keys of one byte, and is an item; so is the innermost text of three bytes.
        let expected = ((1 << levels) - 1) * (2 + ITEM) + (1 << levels) * (ITEM + 3);
        assert_eq!(weight(&doubled(levels, Value::str("xyz"))), expected);
        assert!(is_too_large(&doubled(60, Value::Nil)));
        assert!(is_too_large(&doubled(900, Value::Nil)));
    }

    #[test]
    fn results_are_estimated_by_how_a_function_grows() {
        let text = |length: usize| Value::str("a".repeat(length));
        let list = |items: usize| Value::list(vec![Value::Nil; items]);
        let large = 1 << 16;
        for (growth, arguments, expected) in [
            (Growth::None, vec![text(VALUE_BYTES)], false),
            (Growth::WrittenOut, vec![text(VALUE_BYTES)], true),
            (Growth::WrittenOut, vec![text(VALUE_BYTES / 2)], false),
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
            (Growth::Split, vec![Value::str(""), text(LIST_ITEMS + 1)], true),
            (Growth::Split, vec![Value::str("b"), text(LIST_ITEMS + 1)], false),
            (Growth::Items, vec![list(LIST_ITEMS / 2), list(LIST_ITEMS / 2)], false),
            (
                Growth::Items,
                vec![list(LIST_ITEMS / 2), list(LIST_ITEMS / 2 + 1)],
                true,
            ),
        ] {
            assert_eq!(weigh_call(growth, &arguments).is_err(), expected, "{growth:?}");
        }
    }
}
