//! YAML text to `serde_json` values, and back.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::decode::{Builder, Duplicates, decode};
use super::emit::{Dialect, Emitter, sort_by_key};
use super::error::YamlError;
use super::read::parse_first;
use super::resolve::Scalar;
use super::tree::{NodeId, Tree};
use crate::text::go::float_format::format_json;

/// Builds `serde_json` values; keys keep the order they are written in.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonBuilder {
    floats: Floats,
    /// A key below which scalars are left out.
    skipped: Option<&'static str>,
}

/// How floats without a fraction are represented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Floats {
    /// JSON has one kind of number: 1.0 is written 1, and every reader sees a whole number.
    #[default]
    AsJson,
    /// They stay floats, for a reader that turns numbers into text.
    Kept,
}

/// The first document of `bytes` as JSON; null when there is none.
///
/// # Errors
/// When the text is not YAML, or not JSON.
pub fn json_from_bytes(bytes: &[u8]) -> Result<Value, YamlError> {
    first_document(bytes, Duplicates::LastWins)
}

/// The same, refusing keys that are written twice.
///
/// # Errors
/// The same, and for keys written twice.
pub fn json_from_bytes_strict(bytes: &[u8]) -> Result<Value, YamlError> {
    first_document(bytes, Duplicates::Refused)
}

/// The first document of `bytes` as JSON in which floats without a fraction stay floats.
///
/// # Errors
/// When the text is not YAML, or not JSON.
pub fn json_with_floats(bytes: &[u8]) -> Result<Value, YamlError> {
    let tree = parse_first(bytes)?;
    let mut builder = JsonBuilder {
        floats: Floats::Kept,
        skipped: None,
    };
    tree.root().map_or(Ok(Value::Null), |root| {
        decode(&tree, root, &mut builder, Duplicates::LastWins)
    })
}

/// A node as JSON.
///
/// # Errors
/// When the node is not JSON.
pub fn json_from_node(tree: &Tree<'_>, id: NodeId) -> Result<Value, YamlError> {
    decode(tree, id, &mut JsonBuilder::default(), Duplicates::LastWins)
}

/// The same without the scalars below a key, wherever it is: descriptions are most of the text of many schemas.
///
/// # Errors
/// When the node is not JSON.
pub fn json_from_node_without(tree: &Tree<'_>, id: NodeId, key: &'static str) -> Result<Value, YamlError> {
    let mut builder = JsonBuilder {
        floats: Floats::AsJson,
        skipped: Some(key),
    };
    decode(tree, id, &mut builder, Duplicates::LastWins)
}

fn first_document(bytes: &[u8], duplicates: Duplicates) -> Result<Value, YamlError> {
    let tree = parse_first(bytes)?;
    tree.root().map_or(Ok(Value::Null), |root| {
        decode(&tree, root, &mut JsonBuilder::default(), duplicates)
    })
}

/// A value as YAML, its keys in order, as Helm's `toYaml` prints it.
pub fn yaml_of_json(value: &Value) -> String {
    let mut emitter = Emitter::new(Dialect::V2);
    write(&mut emitter, value);
    emitter.finish()
}

fn write(emitter: &mut Emitter, value: &Value) {
    match value {
        Value::Null => emitter.null(),
        Value::Bool(value) => emitter.bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => emitter.int(number),
            (None, Some(number), _) => emitter.uint(number),
            (None, None, number) => emitter.float(number.unwrap_or_default()),
        },
        Value::String(text) => emitter.string(text),
        Value::Array(items) => {
            emitter.begin_sequence(items.len());
            for item in items {
                write(emitter, item);
            }
            emitter.end();
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            sort_by_key(Dialect::V2, &mut members, |(key, _)| key.as_str());
            emitter.begin_mapping(members.len());
            for (key, value) in members {
                emitter.string(key);
                write(emitter, value);
            }
            emitter.end();
        }
    }
}

impl Builder for JsonBuilder {
    type Value = Value;
    type Map = Map<String, Value>;

    fn null(&mut self) -> Value {
        Value::Null
    }

    fn bool(&mut self, value: bool) -> Value {
        Value::Bool(value)
    }

    fn int(&mut self, value: i64) -> Value {
        Value::from(value)
    }

    fn uint(&mut self, value: u64) -> Value {
        Value::from(value)
    }

    fn float(&mut self, value: f64) -> Option<Value> {
        if self.floats == Floats::AsJson && value.fract() == 0.0 && value.abs() < 1.9e19 {
            let json = format_json(value);
            let whole = json.parse::<i64>().map(Value::from);
            if let Ok(whole) = whole.or_else(|_| json.parse::<u64>().map(Value::from)) {
                return Some(whole);
            }
        }
        Number::from_f64(value).map(Value::Number)
    }

    fn string(&mut self, text: Cow<'_, str>) -> Value {
        Value::String(text.into_owned())
    }

    fn sequence(&mut self, items: Vec<Value>) -> Value {
        Value::Array(items)
    }

    fn map(&mut self, pairs: usize) -> Map<String, Value> {
        Map::with_capacity(pairs)
    }

    fn insert(&mut self, map: &mut Map<String, Value>, key: Cow<'_, str>, _: &Scalar<'_>, value: Value) {
        map.insert(key.into_owned(), value);
    }

    fn skips(&self, key: &str) -> bool {
        self.skipped == Some(key)
    }

    fn end_map(&mut self, map: Map<String, Value>) -> Value {
        Value::Object(map)
    }
}
