//! Tables (maps) of values: copying, looking up by dotted path, merging. Follows Helm's `pkg/chart/common/values.go`.

use crate::engine::template::{List, Map, Value};
use crate::text::ordered::CollectOrdered as _;

/// A copy that shares no map with the original, so that `set` in a template does not reach back.
pub fn deep_copy(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(deep_copy_map(map)),
        Value::List(list)
            if list
                .items()
                .iter()
                .any(|item| matches!(item, Value::Map(_) | Value::List(_))) =>
        {
            Value::List(List::typed(list.element, list.items().iter().map(deep_copy).collect()))
        }
        other => other.clone(),
    }
}

/// [`deep_copy`] of a map; a nil map becomes an empty one.
pub fn deep_copy_map(map: &Map) -> Map {
    let entries = map.with(|dict| {
        dict.iter()
            .map(|(key, value)| (key.clone(), deep_copy(value)))
            .collect_map()
    });
    Map::typed(map.map_type, entries)
}

/// The table at a dotted path.
pub(super) fn table(values: &Map, path: &str) -> Option<Map> {
    table_or_key(values, path).ok()
}

/// The table at a dotted path, or the first part of the path that is not a table.
pub(super) fn table_or_key(values: &Map, path: &str) -> Result<Map, String> {
    path.split('.')
        .try_fold(values.clone(), |table, key| match table.get(key.as_bytes()) {
            Some(Value::Map(inner)) => Ok(inner),
            _ => Err(key.to_owned()),
        })
}

/// The value at a dotted path, when it is not a table.
pub(super) fn path_value(values: &Map, path: &str) -> Option<Value> {
    let (parent, key) = match path.rsplit_once('.') {
        Some((parent, key)) => (table(values, parent)?, key),
        None => (values.clone(), path),
    };
    parent
        .get(key.as_bytes())
        .filter(|value| !matches!(value, Value::Map(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::functions::yaml_value::map_from_yaml;

    #[test]
    fn paths_lead_to_values_or_to_tables() {
        let values = map_from_yaml(b"a: {b: {c: x}, d: [1]}\ne: null\n").unwrap();
        for (path, is_value, is_table) in [
            ("a", false, true),
            ("a.b", false, true),
            ("a.b.c", true, false),
            ("a.d", true, false),
            ("a.b.c.d", false, false),
            ("e", true, false),
            ("none", false, false),
        ] {
            assert_eq!(path_value(&values, path).is_some(), is_value, "{path}");
            assert_eq!(table(&values, path).is_some(), is_table, "{path}");
        }
    }
}
