//! What templates read from the maps they are given, for explaining failures and finding values that nothing reads.
//!
//! Maps are distinguished by the address they share: the caller made the values and knows which map is which.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use crate::engine::template::text::Text;
use crate::engine::template::tree::Unit;
use crate::engine::template::value::{Map, Value};

use super::watch::{Watch, Watched};

/// A key that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// [`Map::id`] of the map.
    pub map: usize,
    /// The key.
    pub key: Text,
    /// Whether the map has it.
    pub is_found: bool,
    /// Name of the source whose action looked it up.
    pub template: Text,
    /// Byte offset of the node that looked it up, in that source.
    pub position: u32,
}

/// The values that a rendering read.
#[derive(Debug, Default)]
pub struct Trace {
    /// Keys, in the order they were first looked up; each once for a node and a map.
    pub reads: Vec<Read>,
    /// [`Map::id`] of maps that were used as a whole: printed, ranged over, encoded.
    pub consumed: HashSet<usize>,
    known: HashSet<Lookup, RandomState>,
    pub(super) watch: Option<Watch>,
}

/// What distinguishes a read from others: the map, the addresses of the key and of the source, and the offset in that. `reads` keeps the
/// keys, and the executor keeps the sources, so that no address is used again.
type Lookup = (usize, usize, usize, u32);

/// Functions that read one key, and where their map and keys are: `FUNCTION MAP KEY…` or `FUNCTION KEY… MAP`.
const MAP_FIRST: [&str; 3] = ["get", "hasKey", "index"];
/// Functions that pass their arguments on, or only inspect their types.
const HANDS_ON: [&str; 36] = [
    "include",
    "tpl",
    "dict",
    "list",
    "tuple",
    "set",
    "default",
    "coalesce",
    "ternary",
    "required",
    "fail",
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "empty",
    "kindIs",
    "kindOf",
    "typeIs",
    "typeIsLike",
    "typeOf",
    "len",
    "append",
    "prepend",
    "concat",
    "first",
    "last",
    "any",
    "all",
    "mustAppend",
    "mustPrepend",
    "get",
    "hasKey",
    "index",
    "dig",
];

/// How many levels of nested lists are followed: some lists contain themselves.
const MAX_LISTS: usize = 2;

impl Trace {
    pub(super) fn watching(watch: Watch) -> Self {
        Self {
            watch: Some(watch),
            ..Self::default()
        }
    }

    /// What ran, and which way decisions went, if that was watched.
    pub fn take_watched(&mut self) -> Option<Watched> {
        self.watch.take().map(Watch::finish)
    }

    pub(super) fn read(&mut self, map: &Map, key: &Text, unit: &Unit, position: u32) {
        if let Some(watch) = &mut self.watch {
            watch.key(map, key);
        }
        let key_address = key.as_bytes().as_ptr().addr();
        let source_address = unit.source.as_bytes().as_ptr().addr();
        if !self.known.insert((map.id(), key_address, source_address, position)) {
            return;
        }
        self.reads.push(Read {
            map: map.id(),
            key: key.clone(),
            is_found: map.contains_key(key.as_bytes()),
            template: unit.name.clone(),
            position,
        });
    }

    /// A function was called.
    pub(super) fn call(&mut self, name: &str, arguments: &[Value], unit: &Unit, position: u32) {
        if !HANDS_ON.contains(&name) {
            for argument in arguments {
                self.consume(argument);
            }
            return;
        }
        let (map, keys) = match (name, arguments) {
            ("dig", [keys @ .., _, map]) => (map, keys),
            (_, [map, keys @ ..]) if MAP_FIRST.contains(&name) => (map, keys),
            _ => return,
        };
        let mut at = map.clone();
        for key in keys {
            let (Value::Map(map), Value::Str(key)) = (&at, key) else {
                return;
            };
            self.read(map, key, unit, position);
            let next = map.get(key.as_bytes()).unwrap_or_default();
            at = next;
        }
    }

    /// A value was used as a whole.
    pub(super) fn consume(&mut self, value: &Value) {
        self.consume_to(value, MAX_LISTS);
    }

    fn consume_to(&mut self, value: &Value, lists: usize) {
        match value {
            Value::Map(map) => {
                self.consumed.insert(map.id());
            }
            Value::List(list) if lists > 0 => {
                for item in list.items() {
                    self.consume_to(item, lists - 1);
                }
            }
            _ => {}
        }
    }
}
