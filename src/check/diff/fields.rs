//! Two states of an object, field by field: the leaves that differ, each with its path. Items of lists that all have names are compared by
//! name, so that one that is inserted changes nothing about the others.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use crate::text::ordered::CollectOrdered as _;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldChange {
    /// Where: `spec.template.spec.containers[web].image`.
    pub path: String,
    /// The names of keys and items on the way.
    pub(super) steps: Vec<String>,
    /// What it was; nothing for a field that is added.
    pub old: FieldValue,
    /// What it is; nothing for a field that is removed.
    pub new: FieldValue,
}

/// The value of a field: a scalar, or a list of scalars. Empty mappings and lists are values as well.
pub type FieldValue = Option<Json>;

/// Where a field is.
#[derive(Debug, Clone, Default)]
struct Place {
    path: String,
    steps: Vec<String>,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        let mut inner = self.clone();
        let is_plain = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
        if !key.is_empty() && key.chars().all(is_plain) {
            if !inner.path.is_empty() {
                inner.path.push('.');
            }
            inner.path.push_str(key);
        } else {
            let _ = write!(inner.path, "[{}]", Json::from(key));
        }
        inner.steps.push(key.to_owned());
        inner
    }

    fn item(&self, name: &str) -> Self {
        let mut inner = self.clone();
        let _ = write!(inner.path, "[{name}]");
        inner.steps.push(name.to_owned());
        inner
    }
}

/// All fields that differ.
pub(super) fn differing_fields(old: &Json, new: &Json) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare(Some(old), Some(new), &Place::default(), &mut found);
    found
}

fn compare(old: FieldRef<'_>, new: FieldRef<'_>, place: &Place, found: &mut Vec<FieldChange>) {
    if old == new {
        return;
    }
    let before = found.len();
    match (old, new) {
        (Some(Json::Object(_)) | None, Some(Json::Object(_)) | None) if has_members(old) || has_members(new) => {
            let all: BTreeSet<&String> = keys(old).chain(keys(new)).collect_set();
            for key in all {
                compare(member(old, key), member(new, key), &place.key(key), found);
            }
        }
        (Some(Json::Array(_)) | None, Some(Json::Array(_)) | None) if !is_plain_list(old) || !is_plain_list(new) => {
            let (before, after) = (items(old), items(new));
            if let (Some(named), Some(new_named)) = (names(before), names(after)) {
                let more = new_named.iter().filter(|name| !named.contains(name));
                for name in named.iter().chain(more) {
                    let inner = |items: &[Json], names: &[&str]| {
                        let at = names.iter().position(|one| one == name)?;
                        items.get(at).cloned()
                    };
                    let (was, is) = (inner(before, &named), inner(after, &new_named));
                    compare(was.as_ref(), is.as_ref(), &place.item(name), found);
                }
            } else {
                for index in 0..before.len().max(after.len()) {
                    let place = place.item(&index.to_string());
                    compare(before.get(index), after.get(index), &place, found);
                }
            }
        }
        _ => {}
    }
    // A leaf, or items in another order.
    if found.len() == before {
        found.push(FieldChange {
            path: place.path.clone(),
            steps: place.steps.clone(),
            old: old.cloned(),
            new: new.cloned(),
        });
    }
}

type FieldRef<'v> = Option<&'v Json>;

fn has_members(value: FieldRef<'_>) -> bool {
    value
        .and_then(Json::as_object)
        .is_some_and(|members| !members.is_empty())
}

fn keys(value: FieldRef<'_>) -> impl Iterator<Item = &String> {
    value.and_then(Json::as_object).into_iter().flat_map(Map::keys)
}

fn member<'v>(value: FieldRef<'v>, key: &str) -> FieldRef<'v> {
    value.and_then(|value| value.get(key))
}

fn items(value: FieldRef<'_>) -> &[Json] {
    value.and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// Whether there is nothing in a list that has parts.
fn is_plain_list(value: FieldRef<'_>) -> bool {
    !items(value).iter().any(|item| item.is_object() || item.is_array())
}

/// The names of all items, if each has one of its own.
fn names(items: &[Json]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = items.iter().map(|item| item.get("name")?.as_str()).collect();
    let names = names?;
    let different: BTreeSet<&str> = names.iter().copied().collect_set();
    (different.len() == names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_that_differ_are_listed_with_their_paths() {
        for (old, new, wanted) in [
            (
                json!({"a": 1, "b": {"c": "x"}}),
                json!({"a": 1, "b": {"c": "y"}}),
                &["b.c \"x\" \"y\""][..],
            ),
            (json!({}), json!({"a": {"b": [1, 2]}}), &["a.b - [1,2]"]),
            (json!({"a": {"b": 1, "c": {}}}), json!({}), &["a.b 1 -", "a.c {} -"]),
            (json!({"a": null}), json!({}), &["a null -"]),
            (json!({"a": 1}), json!({"a": {"b": 1}}), &["a 1 {\"b\":1}"]),
            (json!({"l": [1, 2]}), json!({"l": [1]}), &["l [1,2] [1]"]),
            (
                json!({"l": [{"name": "b", "v": 1}]}),
                json!({"l": [{"name": "a", "v": 2}, {"name": "b", "v": 3}]}),
                &["l[b].v 1 3", "l[a].name - \"a\"", "l[a].v - 2"],
            ),
            (
                json!({"l": [{"name": "a"}, {"name": "b"}]}),
                json!({"l": [{"name": "b"}, {"name": "a"}]}),
                &["l [{\"name\":\"a\"},{\"name\":\"b\"}] [{\"name\":\"b\"},{\"name\":\"a\"}]"],
            ),
            (
                json!({"l": [{"v": 1}, {"v": 2}]}),
                json!({"l": [{"v": 1}]}),
                &["l[1].v 2 -"],
            ),
            (json!({"a.b/c": 1}), json!({"a.b/c": 2}), &["[\"a.b/c\"] 1 2"]),
        ] {
            let shown = |value: &FieldValue| value.as_ref().map_or("-".to_owned(), ToString::to_string);
            let found: Vec<String> = differing_fields(&old, &new)
                .iter()
                .map(|field| format!("{} {} {}", field.path, shown(&field.old), shown(&field.new)))
                .collect();
            assert_eq!(found, wanted, "{old} {new}");
        }
    }
}
