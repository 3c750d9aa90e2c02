//! Members of small JSON objects.

use serde_json::{Map, Value};

/// Objects up to this size are looked through: that takes less time than computing the hash of a name.
const FEW: usize = 8;

/// A member of an object, as [`Map::get`] finds it.
pub fn member<'j>(object: &'j Map<String, Value>, name: &str) -> Option<&'j Value> {
    if object.len() > FEW {
        return object.get(name);
    }
    object.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A member of a value, where that is an object.
pub fn member_of<'j>(value: &'j Value, name: &str) -> Option<&'j Value> {
    member(value.as_object()?, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_in_objects_of_all_sizes() {
        for size in [0, 1, FEW, FEW + 1, 40] {
            let object: Map<String, Value> = (0..size).map(|at| (format!("n{at}"), Value::from(at))).collect();
            for name in ["n0", "n7", "n8", "n39", "n", ""] {
                assert_eq!(member(&object, name), object.get(name), "{size} {name}");
            }
            assert_eq!(member_of(&Value::Object(object.clone()), "n0"), object.get("n0"));
        }
        assert_eq!(member_of(&Value::Null, "n0"), None);
    }
}
