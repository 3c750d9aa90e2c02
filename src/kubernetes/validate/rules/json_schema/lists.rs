//! `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and `x-kubernetes-map-type`: how the items of a list and the
//! fields of an object are merged.

use std::borrow::Cow;

use crate::text::yaml::{NodeId, NodeKind};

use super::super::super::fields::Step::{self, Key};
use super::super::super::ids;
use super::super::super::walk::Walk;
use super::super::unsupported;

const LIST: &str = "x-kubernetes-list-type";
const KEYS: &str = "x-kubernetes-list-map-keys";
const MAP: &str = "x-kubernetes-map-type";

/// Checks how a list or an object is merged.
pub(super) fn check(walk: &mut Walk<'_>, node: NodeId, kind: Option<&str>) {
    let fault = |walk: &mut Walk<'_>, steps: &[Step<'_>], message: String| walk.fault(node, steps, ids::CRD, message);
    let given = |walk: &Walk<'_>, name: &str| {
        walk.field(node, name)
            .and_then(|value| walk.text_of(value))
            .map(Cow::into_owned)
    };
    if let Some(given) = given(walk, MAP) {
        if kind != Some("object") {
            let message = "Invalid value: must be object if x-kubernetes-map-type is specified";
            fault(walk, &[Key("type")], message.to_owned());
        }
        if !matches!(given.as_str(), "atomic" | "granular") {
            fault(walk, &[Key(MAP)], unsupported(&given, &["atomic", "granular"]));
        }
    }
    let list = given(walk, LIST);
    if let Some(given) = &list {
        if kind != Some("array") {
            let message = "Invalid value: must be array if x-kubernetes-list-type is specified";
            fault(walk, &[Key("type")], message.to_owned());
        }
        if !matches!(given.as_str(), "atomic" | "set" | "map") {
            fault(walk, &[Key(LIST)], unsupported(given, &["atomic", "map", "set"]));
        }
    }
    let keys = walk.items(node, KEYS);
    if !keys.is_empty() && list.as_deref() != Some("map") {
        let message = "Invalid value: must be map if x-kubernetes-list-map-keys is non-empty";
        fault(walk, &[Key(LIST)], message.to_owned());
    }
    let items = walk
        .field(node, "items")
        .filter(|items| walk.tree.kind(*items) == NodeKind::Mapping);
    if let Some(items) = items
        && let Some(list @ ("set" | "map")) = list.as_deref()
    {
        if walk.is_true(items, "nullable") {
            let message = format!("Forbidden: cannot be nullable when x-kubernetes-list-type is {list}");
            fault(walk, &[Key("items"), Key("nullable")], message);
        }
        if list == "set" && kind == Some("array") {
            set_items(walk, node, items);
        }
    }
    if list.as_deref() == Some("map") {
        map_keys(walk, node, items, &keys);
    }
}

/// Items of a set are compared as a whole.
fn set_items(walk: &mut Walk<'_>, node: NodeId, items: NodeId) {
    let text = |name: &str| walk.field(items, name).and_then(|value| walk.text_of(value));
    let (key, is_granular) = match text("type").as_deref() {
        Some("array") => (LIST, text(LIST).is_some_and(|list| list != "atomic")),
        Some("object") => (MAP, text(MAP).as_deref() != Some("atomic")),
        _ => return,
    };
    if is_granular {
        let message = "Invalid value: must be atomic as item of a list with x-kubernetes-list-type=set";
        walk.fault(node, &[Key("items"), Key(key)], ids::CRD, message);
    }
}

/// Items of a map are distinguished by scalars that each of them has.
fn map_keys(walk: &mut Walk<'_>, node: NodeId, items: Option<NodeId>, keys: &[NodeId]) {
    if keys.is_empty() {
        let message = "Required value: must not be empty if x-kubernetes-list-type is map";
        walk.fault(node, &[Key(KEYS)], ids::CRD, message);
    }
    let Some(items) = items else {
        let message = "Required value: must have a schema if x-kubernetes-list-type is map";
        walk.fault(node, &[Key("items")], ids::CRD, message);
        return;
    };
    let is_object = walk.text(items, "type").as_deref() == Some("object");
    if !is_object {
        let message = "Invalid value: must be object if parent array's x-kubernetes-list-type is map";
        walk.fault(node, &[Key("items"), Key("type")], ids::CRD, message);
    }
    let required: Vec<_> = walk
        .items(items, "required")
        .into_iter()
        .filter_map(|item| walk.text_of(item))
        .collect();
    let mut seen = Vec::new();
    for key in keys {
        let name = walk.text_of(*key).unwrap_or_default();
        let property = walk
            .field(items, "properties")
            .and_then(|properties| walk.present(properties, &name))
            .map(|property| walk.tree.target(property));
        match property {
            None if is_object => {
                let message = format!("Invalid value: {name:?}: entries must all be names of item properties");
                walk.fault(node, &[Key(KEYS)], ids::CRD, message);
            }
            None => {}
            Some(property) => map_key(walk, node, &name, property, is_object, required.contains(&name)),
        }
        if seen.contains(&name) && is_object {
            let message = format!("Invalid value: {name:?}: must not contain duplicate entries");
            walk.fault(node, &[Key(KEYS)], ids::CRD, message);
        }
        seen.push(name);
    }
}

fn map_key(walk: &mut Walk<'_>, node: NodeId, name: &str, property: NodeId, is_object: bool, is_required: bool) {
    let at = |key| [Key("items"), Key("properties"), Key(name), Key(key)];
    if is_object && matches!(walk.text(property, "type").as_deref(), Some("array" | "object")) {
        let message = "Invalid value: must be a scalar type if parent array's x-kubernetes-list-type is map";
        walk.fault(node, &at("type"), ids::CRD, message);
    }
    if !is_required && !walk.has(property, "default") {
        let message = "Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
        walk.fault(node, &at("default"), ids::CRD, message);
    }
    if walk.is_true(property, "nullable") {
        let message = "Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
        walk.fault(node, &at("nullable"), ids::CRD, message);
    }
}
