//! Fields of an object, and of the objects in it, by their names with dots between them: `spec.template.metadata`.

use serde_json::{Map, Value};

/// The fields of an object.
pub(super) type Fields = Map<String, Value>;

/// The field at a path.
pub(super) fn get<'f>(fields: &'f Fields, path: &str) -> Option<&'f Value> {
    match path.split_once('.') {
        Some((name, rest)) => get(fields.get(name)?.as_object()?, rest),
        None => fields.get(path),
    }
}

/// The fields of the object at a path.
pub(super) fn object_mut<'f>(fields: &'f mut Fields, path: &str) -> Option<&'f mut Fields> {
    match path.split_once('.') {
        Some((name, rest)) => object_mut(fields.get_mut(name)?.as_object_mut()?, rest),
        None => fields.get_mut(path)?.as_object_mut(),
    }
}

/// The fields of an object that is a field, which is added where it is absent or null.
pub(super) fn object_or_new<'f>(fields: &'f mut Fields, name: &str) -> Option<&'f mut Fields> {
    let value = fields.entry(name).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Fields::new());
    }
    value.as_object_mut()
}

/// The objects in a list.
pub(super) fn items_mut<'f>(fields: &'f mut Fields, name: &str) -> impl Iterator<Item = &'f mut Fields> {
    let list = fields.get_mut(name).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// The objects in a list.
pub(super) fn items<'f>(fields: &'f Fields, name: &str) -> impl Iterator<Item = &'f Fields> {
    let list = fields.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

/// The text at a path; an empty one where there is none.
pub(super) fn text<'f>(fields: &'f Fields, path: &str) -> &'f str {
    get(fields, path).and_then(Value::as_str).unwrap_or_default()
}

/// Whether there is a value at a path that is not null. In an object of its own, an empty text may still be a zero that has not been dropped,
/// so it counts as none.
pub(super) fn is_set(fields: &Fields, path: &str) -> bool {
    get(fields, path).is_some_and(|value| !value.is_null() && (value.as_str() != Some("") || !path.contains('.')))
}

/// Sets the field at a path that is not set, in an object that is there.
pub(super) fn set_unset(fields: &mut Fields, path: &str, value: Value) {
    if is_set(fields, path) {
        return;
    }
    let (owner, name) = match path.rsplit_once('.') {
        Some((owner, name)) => (object_mut(fields, owner), name),
        None => (Some(fields), path),
    };
    if let Some(owner) = owner {
        owner.insert(name.to_owned(), value);
    }
}

/// Adds the entries of a mapping to another that do not have a value there.
pub(super) fn copy_entries(fields: &mut Fields, from: &str, to: &str) {
    let Some(Value::Object(source)) = fields.get(from).cloned() else {
        return;
    };
    if let Some(target) = object_or_new(fields, to) {
        for (name, value) in source {
            target.entry(name).or_insert(value);
        }
    }
}
