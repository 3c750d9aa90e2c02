//! Fields of an object, and of the objects in it, by their names with dots between them: `spec.template.metadata`.
//!
//! These functions are not inlined, and give items to `dyn` functions: they are called at many places that are hardly ever reached, and the
//! program is smaller by half of this module.

use serde_json::{Map, Value};

/// The fields of an object.
pub(super) type Fields = Map<String, Value>;

/// The field at a path.
#[inline(never)]
pub(super) fn get<'f>(fields: &'f Fields, path: &str) -> Option<&'f Value> {
    match path.split_once('.') {
        Some((name, rest)) => get(fields.get(name)?.as_object()?, rest),
        None => fields.get(path),
    }
}

/// The fields of the object at a path; those of the object itself where the path is empty.
#[inline(never)]
pub(super) fn object_mut<'f>(fields: &'f mut Fields, path: &str) -> Option<&'f mut Fields> {
    if path.is_empty() {
        return Some(fields);
    }
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    object_mut(fields.get_mut(name)?.as_object_mut()?, rest)
}

/// The field at a path, null if it was absent; nothing if the object that has it is absent.
#[inline(never)]
pub(super) fn value_mut<'f>(fields: &'f mut Fields, path: &str) -> Option<&'f mut Value> {
    let (owner, name) = path.rsplit_once('.').unwrap_or(("", path));
    Some(object_mut(fields, owner)?.entry(name).or_insert(Value::Null))
}

/// The fields of the object at a path, which is added where it is absent or null.
#[inline(never)]
pub(super) fn object_or_new<'f>(fields: &'f mut Fields, path: &str) -> Option<&'f mut Fields> {
    let value = value_mut(fields, path)?;
    if value.is_null() {
        *value = Value::Object(Fields::new());
    }
    value.as_object_mut()
}

/// Calls a function with the fields of each object in a list.
#[inline(never)]
pub(super) fn each_mut(fields: &mut Fields, path: &str, work: &mut dyn FnMut(&mut Fields)) {
    let (owner, name) = path.rsplit_once('.').unwrap_or(("", path));
    let list = object_mut(fields, owner).and_then(|owner| owner.get_mut(name)?.as_array_mut());
    for item in list.into_iter().flatten() {
        if let Some(fields) = item.as_object_mut() {
            work(fields);
        }
    }
}

/// Calls a function with the fields of each object in a list.
#[inline(never)]
pub(super) fn each(fields: &Fields, path: &str, work: &mut dyn FnMut(&Fields)) {
    for item in get(fields, path).and_then(Value::as_array).into_iter().flatten() {
        if let Some(fields) = item.as_object() {
            work(fields);
        }
    }
}

/// The text at a path; an empty one where there is none.
#[inline(never)]
pub(super) fn text<'f>(fields: &'f Fields, path: &str) -> &'f str {
    get(fields, path).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a boolean at a path is true.
#[inline(never)]
pub(super) fn is_true(fields: &Fields, path: &str) -> bool {
    get(fields, path).and_then(Value::as_bool) == Some(true)
}

/// Whether there is a value at a path that is not null. In an object of its own, an empty text may still be a zero that has not been dropped,
/// so it counts as none.
#[inline(never)]
pub(super) fn is_set(fields: &Fields, path: &str) -> bool {
    get(fields, path).is_some_and(|value| !value.is_null() && (value.as_str() != Some("") || !path.contains('.')))
}

/// Whether there is a mapping with entries at a path.
#[inline(never)]
pub(super) fn is_filled(fields: &Fields, path: &str) -> bool {
    let entries = get(fields, path).and_then(Value::as_object);
    entries.is_some_and(|entries| !entries.is_empty())
}

/// Sets the field at a path, if the object that has it is there.
#[inline(never)]
pub(super) fn set(fields: &mut Fields, path: &str, value: Value) {
    if let Some(field) = value_mut(fields, path) {
        *field = value;
    }
}

/// Sets the field at a path to a text.
#[inline(never)]
pub(super) fn set_text(fields: &mut Fields, path: &str, text: &str) {
    set(fields, path, Value::String(text.to_owned()));
}

/// Adds an entry with a text to the mapping at a path, which is made where it is absent. Names of labels have dots and are no paths.
#[inline(never)]
pub(super) fn add_text(fields: &mut Fields, path: &str, name: &str, text: &str) {
    if let Some(entries) = object_or_new(fields, path) {
        entries.insert(name.to_owned(), Value::String(text.to_owned()));
    }
}

/// Sets the field at a path that is not set to what a text of JSON says.
#[inline(never)]
pub(super) fn default_to(fields: &mut Fields, path: &str, json: &str) {
    if !is_set(fields, path) {
        set(fields, path, serde_json::from_str(json).unwrap_or_default());
    }
}

/// Sets the field at a path that is not set to a text.
#[inline(never)]
pub(super) fn default_to_text(fields: &mut Fields, path: &str, text: &str) {
    if !is_set(fields, path) {
        set_text(fields, path, text);
    }
}

/// Adds what a text of JSON says to the list at a path that does not have it. A list that is absent is made.
#[inline(never)]
pub(super) fn append(fields: &mut Fields, path: &str, json: &str) {
    let (Some(list), Ok(item)) = (value_mut(fields, path), serde_json::from_str(json)) else {
        return;
    };
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    if let Some(list) = list.as_array_mut().filter(|list| !list.contains(&item)) {
        list.push(item);
    }
}

/// Sets a field that is not set to a list with the value of another, if that is there.
#[inline(never)]
pub(super) fn list_of_one(fields: &mut Fields, from: &str, to: &str) {
    let item = get(fields, from).filter(|_| !is_set(fields, to)).cloned();
    if let Some(item) = item {
        set(fields, to, Value::Array(vec![item]));
    }
}

/// Sets a field that is not set to the value of another, if that is there.
#[inline(never)]
pub(super) fn copy(fields: &mut Fields, from: &str, to: &str) {
    let value = get(fields, from).filter(|_| !is_set(fields, to)).cloned();
    if let Some(value) = value {
        set(fields, to, value);
    }
}

/// Adds the entries of a mapping to another that do not have a value there.
#[inline(never)]
pub(super) fn copy_entries(fields: &mut Fields, from: &str, to: &str) {
    let Some(Value::Object(source)) = get(fields, from).cloned() else {
        return;
    };
    if let Some(target) = object_or_new(fields, to) {
        for (name, value) in source {
            target.entry(name).or_insert(value);
        }
    }
}
