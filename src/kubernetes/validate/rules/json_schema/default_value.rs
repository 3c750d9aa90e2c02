//! Defaults, which must fit their own schema.

use crate::text::yaml::{NodeId, NodeKind, Scalar};

use super::super::super::custom;
use super::super::super::fields::Step::Key;
use super::super::super::ids;
use super::super::super::walk::Walk;
use super::MAX_DEPTH;

/// Checks the default of a schema.
pub(super) fn check(walk: &mut Walk<'_>, node: NodeId) {
    if is_certainly_right(walk, node) {
        return;
    }
    let Some(value) = walk.field(node, "default") else {
        return;
    };
    let fault = if has_unknown(walk, Some(node), value, 0) {
        "must not have unknown fields".to_owned()
    } else if is_accepted_list(walk, node, value) {
        return;
    } else if let Some(fault) = custom::default_fault(walk.tree, node, value, walk.minor()) {
        fault
    } else {
        return;
    };
    walk.fault(node, &[Key("default")], ids::CRD, format!("Invalid value: {fault}"));
}

/// The server's library accepts any list as a text that has a format.
fn is_accepted_list(walk: &Walk<'_>, node: NodeId, value: NodeId) -> bool {
    let is_text = walk.text(node, "type").as_deref() == Some("string");
    is_text && walk.has(node, "format") && walk.tree.kind(value) == NodeKind::Sequence
}

/// Whether a default has fields that would be pruned.
fn has_unknown(walk: &Walk<'_>, schema: Option<NodeId>, value: NodeId, depth: usize) -> bool {
    let value = walk.tree.target(value);
    if depth > MAX_DEPTH {
        return false;
    }
    let is = |name: &str| schema.is_some_and(|schema| walk.is_true(schema, name));
    let (preserves, is_resource) = (
        is("x-kubernetes-preserve-unknown-fields"),
        is("x-kubernetes-embedded-resource"),
    );
    match walk.tree.kind(value) {
        NodeKind::Mapping => walk.entries(value).iter().any(|(name, _, value)| {
            if is_resource && matches!(&**name, "apiVersion" | "kind" | "metadata") {
                return false;
            }
            let Some(schema) = schema else { return true };
            let property = walk
                .field(schema, "properties")
                .and_then(|properties| walk.present(properties, name));
            if let Some(property) = property {
                return has_unknown(walk, Some(walk.tree.target(property)), *value, depth + 1);
            }
            match walk.field(schema, "additionalProperties") {
                Some(values) => {
                    let values = (walk.tree.kind(values) == NodeKind::Mapping).then_some(values);
                    has_unknown(walk, values, *value, depth + 1)
                }
                None => !preserves,
            }
        }),
        // What is kept in a list is not looked at.
        NodeKind::Sequence if !preserves => {
            let items = schema.and_then(|schema| walk.field(schema, "items"));
            let mut values = walk.tree.children(value);
            values.any(|item| has_unknown(walk, items, item, depth + 1))
        }
        _ => false,
    }
}

/// Whether a default is a scalar of the type, or an empty list or mapping, and nothing more constrains it than an
/// enumeration that has it, or whole limits that it keeps.
fn is_certainly_right(walk: &Walk<'_>, node: NodeId) -> bool {
    const HARMLESS: [&str; 10] = [
        "default",
        "description",
        "title",
        "type",
        "items",
        "properties",
        "nullable",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "additionalProperties",
    ];
    let Some(value) = walk.field(node, "default") else {
        return true;
    };
    let kind = walk.text(node, "type").unwrap_or_default();
    let has_type = match (walk.tree.kind(value), &*kind) {
        (NodeKind::Mapping, "object") | (NodeKind::Sequence, "array") => walk.tree.len(value) == 0,
        (NodeKind::Scalar(_), "string") => matches!(walk.tree.scalar(value), Ok(Scalar::Str(_))),
        (NodeKind::Scalar(_), "boolean") => matches!(walk.tree.scalar(value), Ok(Scalar::Bool(_))),
        (NodeKind::Scalar(_), "integer") => walk.integer_of(value).is_some(),
        _ => false,
    };
    has_type
        && walk.tree.pairs(node).all(|(key, wanted)| match walk.tree.text(key) {
            "format" => kind == "integer",
            "minimum" => keeps(walk, value, wanted, |value, limit| value >= limit),
            "maximum" => keeps(walk, value, wanted, |value, limit| value <= limit),
            "enum" => {
                let text = |node: NodeId| match walk.tree.scalar(walk.tree.target(node)) {
                    Ok(Scalar::Str(text)) => Some(text),
                    _ => None,
                };
                let mut allowed = walk.tree.children(walk.tree.target(wanted));
                kind == "string" && allowed.any(|one| text(one).is_some() && text(one) == text(value))
            }
            name => HARMLESS.contains(&name),
        })
}

/// Whether a whole number keeps a whole limit.
fn keeps(walk: &Walk<'_>, value: NodeId, limit: NodeId, is_kept: fn(i64, i64) -> bool) -> bool {
    let numbers = walk.integer_of(value).zip(walk.integer_of(limit));
    numbers.is_some_and(|(value, limit)| is_kept(value, limit))
}
