//! Schemas below `allOf`, `anyOf`, `oneOf` and `not`, which constrain values and define nothing.

use crate::text::yaml::{NodeId, NodeKind, Scalar};

use super::super::super::fields::Step::Key;
use super::super::super::ids;
use super::super::super::walk::Walk;
use super::zero::{has_only, is_zero};
use super::{COMBINATIONS, MAX_DEPTH, every_schema};

/// Keys that define, with what the server says of them.
const DEFINING: [(&str, &str); 12] = [
    ("type", "empty"),
    ("additionalProperties", "undefined"),
    ("default", "undefined"),
    ("title", "empty"),
    ("description", "empty"),
    ("nullable", "false"),
    ("x-kubernetes-preserve-unknown-fields", "false"),
    ("x-kubernetes-embedded-resource", "false"),
    ("x-kubernetes-int-or-string", "false"),
    ("x-kubernetes-list-type", "undefined"),
    ("x-kubernetes-map-type", "undefined"),
    ("x-kubernetes-list-map-keys", "empty"),
];

/// Checks the combinations of a schema; `structure` is the schema that defines what they constrain, if there is one.
pub(super) fn combinations(walk: &mut Walk<'_>, node: NodeId, structure: Option<NodeId>, depth: usize) {
    // The two types of an int-or-string may be spelt out, at these two places.
    let is_spelt_out = |walk: &Walk<'_>, node: NodeId| spells_out_both(walk, &walk.items(node, "anyOf"));
    let all = walk.items(node, "allOf");
    let skips_any = is_spelt_out(walk, node);
    let skips_first = all.first().is_some_and(|first| is_spelt_out(walk, *first));
    each(walk, node, structure, depth, skips_any, skips_first);
}

fn each(
    walk: &mut Walk<'_>,
    node: NodeId,
    structure: Option<NodeId>,
    depth: usize,
    skips_any: bool,
    skips_first: bool,
) {
    for name in COMBINATIONS {
        if name == "anyOf" && skips_any {
            continue;
        }
        for (index, child) in walk.items(node, name).into_iter().enumerate() {
            let skips_any = name == "allOf" && index == 0 && skips_first;
            let index = index.to_string();
            walk.descend(name, |walk| {
                walk.descend(index, |walk| nested(walk, child, structure, depth + 1, skips_any));
            });
        }
    }
    if let Some(child) = walk.field(node, "not") {
        walk.descend("not", |walk| nested(walk, child, structure, depth + 1, false));
    }
}

/// `[{type: integer}, {type: string}]`, and nothing more.
fn spells_out_both(walk: &Walk<'_>, items: &[NodeId]) -> bool {
    let is = |node: NodeId, wanted: &str| {
        let forbids_nothing = walk
            .field(node, "additionalProperties")
            .is_none_or(|values| matches!(walk.tree.scalar(values), Ok(Scalar::Bool(false))));
        walk.text(node, "type").as_deref() == Some(wanted)
            && forbids_nothing
            && has_only(walk, node, &["type", "additionalProperties"])
    };
    matches!(items, [first, second] if is(*first, "integer") && is(*second, "string"))
}

fn nested(walk: &mut Walk<'_>, node: NodeId, structure: Option<NodeId>, depth: usize, skips_any: bool) {
    if walk.tree.kind(node) != NodeKind::Mapping || depth > MAX_DEPTH {
        return;
    }
    for (name, wanted) in DEFINING {
        let Some(value) = walk.field(node, name) else { continue };
        let is_empty = match name {
            "additionalProperties" => !walk.is_true(node, name) && walk.tree.kind(value) != NodeKind::Mapping,
            "x-kubernetes-list-map-keys" => walk.is_empty(value),
            _ => is_zero(walk, name, value),
        };
        if !is_empty {
            let message = format!("Forbidden: must be {wanted} to be structural");
            walk.fault(node, &[Key(name)], ids::CRD, message);
        }
    }
    if !walk.items(node, super::VALIDATIONS).is_empty() {
        let message = "Forbidden: must be empty to be structural";
        walk.fault(node, &[Key(super::VALIDATIONS)], ids::CRD, message);
    }
    every_schema::check(walk, node);
    for (name, _, child) in walk.entries_of(node, "properties") {
        if name == "metadata" {
            let message = "Forbidden: must not be specified in a nested context";
            walk.fault(node, &[Key("properties"), Key("metadata")], ids::CRD, message);
        }
        let child = walk.tree.target(child);
        let defined = structure
            .and_then(|structure| walk.field(structure, "properties"))
            .and_then(|properties| walk.present(properties, &name))
            .map(|defined| walk.tree.target(defined));
        walk.descend("properties", |walk| {
            walk.descend(name, |walk| {
                if structure.is_some() && defined.is_none() {
                    undefined(walk, child);
                }
                nested(walk, child, defined, depth + 1, false);
            });
        });
    }
    if let Some(child) = walk.field(node, "items")
        && walk.tree.kind(child) == NodeKind::Mapping
    {
        let defined = structure.and_then(|structure| walk.field(structure, "items"));
        walk.descend("items", |walk| {
            if structure.is_some() && defined.is_none() {
                undefined(walk, child);
            }
            nested(walk, child, defined, depth + 1, false);
        });
    }
    each(walk, node, structure, depth, skips_any, false);
}

/// Reports a constraint on a value that the schema does not define.
fn undefined(walk: &mut Walk<'_>, node: NodeId) {
    let message = "Required value: the schema must also define it outside of allOf, anyOf, oneOf and not";
    walk.fault(node, &[], ids::CRD, message);
}
