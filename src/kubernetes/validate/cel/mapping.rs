//! Mappings: entries in the order in which they were made, found by their keys.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use serde_json::Value as Json;

use super::schema_types::unescape;
use super::value::Value;

/// From so many entries on, keys are found by a table.
const INDEXED: usize = 8;

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Bool(bool),
    Int(i64),
    Uint(u64),
    /// The bits of a number, which is not zero with a sign.
    Double(u64),
    String(Arc<str>),
}

impl Key {
    /// A value as a key; nothing if no key is of its type.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::Double(value) => Self::Double((value + 0.0).to_bits()),
            Value::String(text) => Self::String(Arc::clone(text)),
            _ => return None,
        })
    }

    /// The key as a value.
    pub fn value(&self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::Double(bits) => Value::Double(f64::from_bits(*bits)),
            Self::String(text) => Value::String(Arc::clone(text)),
        }
    }

    /// Keys of other types of numbers with the same number.
    fn others(&self) -> [Option<Self>; 2] {
        match *self {
            Self::Int(value) => [u64::try_from(value).ok().map(Self::Uint), None],
            Self::Uint(value) => [i64::try_from(value).ok().map(Self::Int), None],
            Self::Double(bits) => {
                let number = f64::from_bits(bits);
                [whole(number).map(Self::Int), unsigned(number).map(Self::Uint)]
            }
            Self::Bool(_) | Self::String(_) => [None, None],
        }
    }
}

/// A number without a fraction as an integer.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "compared afterwards, as in Go"
)]
pub fn whole(number: f64) -> Option<i64> {
    let integer = number as i64;
    (integer as f64 == number && integer != i64::MAX).then_some(integer)
}

/// A number without a fraction as an integer without a sign.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "compared afterwards, as in Go"
)]
pub fn unsigned(number: f64) -> Option<u64> {
    let integer = number as u64;
    (integer as f64 == number && integer != u64::MAX).then_some(integer)
}

/// What a mapping is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MappingKind {
    /// As the language has it.
    #[default]
    Plain,
    /// An object of a schema with fields, which expressions know by names that are escaped.
    Object,
    /// A mapping of a schema.
    Schema,
}

/// A mapping.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    entries: Vec<(Key, Value)>,
    index: HashMap<Key, usize, RandomState>,
    kind: MappingKind,
    /// Fields that expressions cannot see.
    hidden: Vec<(String, Json)>,
}

impl Mapping {
    /// An empty mapping.
    pub fn new(kind: MappingKind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    /// How many entries it has, those that cannot be seen included.
    pub fn len(&self) -> usize {
        self.entries.len() + self.hidden.len()
    }

    /// Whether it is described by a schema.
    pub fn is_of_schema(&self) -> bool {
        self.kind != MappingKind::Plain
    }

    /// The entries that can be seen.
    pub fn entries(&self) -> &[(Key, Value)] {
        &self.entries
    }

    /// The fields that cannot be seen.
    pub fn hidden(&self) -> &[(String, Json)] {
        &self.hidden
    }

    /// Adds a field that cannot be seen.
    pub fn hide(&mut self, name: &str, value: &Json) {
        self.hidden.push((name.to_owned(), value.clone()));
    }

    fn position(&self, key: &Key) -> Option<usize> {
        if self.index.is_empty() {
            self.entries.iter().position(|(known, _)| known == key)
        } else {
            self.index.get(key).copied()
        }
    }

    fn exact(&self, key: &Key) -> Option<&Value> {
        let position = self.position(key)?;
        self.entries.get(position).map(|(_, value)| value)
    }

    /// Sets an entry.
    pub fn insert(&mut self, key: Key, value: Value) {
        if let Some((_, known)) = self.position(&key).and_then(|position| self.entries.get_mut(position)) {
            *known = value;
            return;
        }
        if !self.index.is_empty() {
            self.index.insert(key.clone(), self.entries.len());
        }
        self.entries.push((key, value));
        if self.index.is_empty() && self.entries.len() > INDEXED {
            let keys = self.entries.iter().map(|(key, _)| key.clone());
            self.index = keys.zip(0..).collect();
        }
    }

    /// Removes an entry.
    pub fn remove(&mut self, key: &Key) {
        if let Some(position) = self.position(key) {
            self.entries.remove(position);
            self.index.clear();
            if self.entries.len() > INDEXED {
                let keys = self.entries.iter().map(|(key, _)| key.clone());
                self.index = keys.zip(0..).collect();
            }
        }
    }

    /// The value of a key, by the number if it is one.
    pub fn find(&self, key: &Key) -> Option<&Value> {
        if self.kind == MappingKind::Object
            && let Key::String(name) = key
            && name.contains("__")
        {
            return self.exact(&Key::String(Arc::from(unescape(name)?)));
        }
        let found = self.exact(key);
        if found.is_some() || matches!(key, Key::Bool(_) | Key::String(_)) {
            return found;
        }
        key.others().iter().flatten().find_map(|other| self.exact(other))
    }

    /// The value of a field, by its name in the schema.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let text = |key: &Key| matches!(key, Key::String(text) if &**text == name);
        if self.index.is_empty() {
            return self.entries.iter().find(|(key, _)| text(key)).map(|(_, value)| value);
        }
        self.exact(&Key::String(Arc::from(name)))
    }
}
