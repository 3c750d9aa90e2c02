//! How large a value is, part by part: what the evaluation of an expression about it can take is bounded by that.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::schema_types::MAX_DEPTH;

/// Bytes that a value takes in the evaluator, besides its text and what is in it.
pub(super) const VALUE_BYTES: u64 = 96;

/// The size of a value, or the most of several values.
#[derive(Debug, Clone, Default)]
pub(super) struct Extent {
    /// Bytes, with everything in it.
    pub(super) weight: u64,
    /// Items, entries, or bytes of a text.
    pub(super) count: u64,
    /// Bytes of the largest key of a mapping; 0 for other values.
    pub(super) key: u64,
    /// What is known under which name.
    fields: BTreeMap<String, Arc<Self>>,
    /// The most of its items, or of its values.
    inner: Option<Arc<Self>>,
}

impl Extent {
    /// A number, a boolean, a null.
    pub(super) const fn scalar() -> Self {
        Self {
            weight: VALUE_BYTES,
            count: 1,
            key: 0,
            fields: BTreeMap::new(),
            inner: None,
        }
    }

    /// A text of so many bytes.
    pub(super) fn text(length: u64) -> Self {
        Self {
            weight: VALUE_BYTES.saturating_add(length),
            count: length,
            ..Self::scalar()
        }
    }

    /// A list of at most `count` items, each at most `item`.
    pub(super) fn list(count: u64, item: Arc<Self>) -> Self {
        Self {
            weight: count.saturating_mul(item.weight).saturating_add(VALUE_BYTES),
            count,
            inner: Some(item),
            ..Self::scalar()
        }
    }

    /// A mapping of at most `count` entries.
    pub(super) fn mapping(count: u64, key: &Self, value: Arc<Self>) -> Self {
        let entry = key.weight.saturating_add(value.weight);
        Self {
            weight: count.saturating_mul(entry).saturating_add(VALUE_BYTES),
            count,
            key: key.weight,
            inner: Some(value),
            ..Self::scalar()
        }
    }

    /// That of a value.
    pub(super) fn of(json: &Json) -> Self {
        Self::below(json, 0)
    }

    fn below(json: &Json, depth: usize) -> Self {
        match json {
            Json::String(text) => Self::text(text.len() as u64),
            Json::Array(items) if depth < MAX_DEPTH => {
                let mut list = Self {
                    count: items.len() as u64,
                    ..Self::scalar()
                };
                let mut largest: Option<Self> = None;
                for item in items {
                    let item = Self::below(item, depth + 1);
                    list.weight = list.weight.saturating_add(item.weight);
                    match &mut largest {
                        Some(largest) => largest.cover(&item),
                        None => largest = Some(item),
                    }
                }
                list.inner = largest.map(Arc::new);
                list
            }
            Json::Object(entries) if depth < MAX_DEPTH => {
                let mut mapping = Self {
                    count: entries.len() as u64,
                    key: VALUE_BYTES,
                    ..Self::scalar()
                };
                let mut largest = Self::default();
                for (name, value) in entries {
                    let value = Self::below(value, depth + 1);
                    let key = VALUE_BYTES + name.len() as u64;
                    mapping.key = mapping.key.max(key);
                    mapping.weight = mapping.weight.saturating_add(key).saturating_add(value.weight);
                    largest.cover(&value);
                    mapping.fields.insert(name.clone(), Arc::new(value));
                }
                mapping.inner = Some(Arc::new(largest));
                mapping
            }
            _ => Self::scalar(),
        }
    }

    /// Grows to the most of itself and another.
    fn cover(&mut self, other: &Self) {
        self.weight = self.weight.max(other.weight);
        self.count = self.count.max(other.count);
        self.key = self.key.max(other.key);
        for (name, field) in &other.fields {
            match self.fields.get_mut(name) {
                Some(own) => cover_shared(own, field),
                None => {
                    self.fields.insert(name.clone(), Arc::clone(field));
                }
            }
        }
        match (&mut self.inner, &other.inner) {
            (Some(own), Some(other)) => cover_shared(own, other),
            (None, Some(other)) => self.inner = Some(Arc::clone(other)),
            (_, None) => {}
        }
    }

    /// The most of two.
    pub(super) fn most(one: &Arc<Self>, other: &Arc<Self>) -> Arc<Self> {
        let mut most = Arc::clone(one);
        cover_shared(&mut most, other);
        most
    }

    /// Texts or lists one after the other.
    pub(super) fn joined(one: &Arc<Self>, other: &Arc<Self>) -> Self {
        let mut joined = Self::most(one, other).as_ref().clone();
        joined.weight = one.weight.saturating_add(other.weight);
        joined.count = one.count.saturating_add(other.count);
        joined
    }

    /// Of the value under a name.
    pub(super) fn field(&self, name: &str) -> Arc<Self> {
        self.fields.get(name).map_or_else(|| self.inner(), Arc::clone)
    }

    /// Of any of its items or values.
    pub(super) fn inner(&self) -> Arc<Self> {
        self.inner.as_ref().map_or_else(|| Arc::new(Self::scalar()), Arc::clone)
    }
}

fn cover_shared(own: &mut Arc<Extent>, other: &Arc<Extent>) {
    if !Arc::ptr_eq(own, other) {
        Arc::make_mut(own).cover(other);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_largest_of_all_items_counts() {
        let extent = Extent::of(&json!({"l": ["a", "abc"], "m": {"x": [1, 2], "yy": []}}));
        let list = extent.field("l");
        assert_eq!((list.count, list.inner().count), (2, 3));
        assert_eq!(list.weight, 3 * VALUE_BYTES + 4);
        let map = extent.field("m");
        assert_eq!((map.count, map.key, map.inner().count), (2, VALUE_BYTES + 2, 2));
        assert_eq!(map.field("yy").count, 0);
        let joined = Extent::joined(&list, &list);
        assert_eq!((joined.count, joined.weight), (4, 2 * list.weight));
    }
}
