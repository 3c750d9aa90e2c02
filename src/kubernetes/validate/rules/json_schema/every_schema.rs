//! Checks of every schema, wherever it is.

use crate::text::go::regexp::translate;
use crate::text::yaml::{NodeId, NodeKind, Scalar};

use super::super::super::fields::Step::Key;
use super::super::super::ids;
use super::super::super::kept::Kept;
use super::super::super::walk::Walk;
use super::zero::is_zero;
use super::{VALIDATIONS, lists, rule_fields};

/// Checks the keys of a schema that may not occur, or whose value is wrong whatever is around it.
pub(super) fn check(walk: &mut Walk<'_>, node: NodeId) {
    let mut has_lists = false;
    // There are many schemas, most with three keys: each key is read once.
    for (name, _, value) in walk.entries(node) {
        let value = walk.tree.target(value);
        if walk.is_null(value) {
            continue;
        }
        match &*name {
            // The server refuses these even if they are empty.
            "additionalItems" | "dependencies" | "$ref" => unsupported(walk, node, &name),
            "id" | "$schema" | "patternProperties" | "definitions" if !is_zero(walk, &name, value) => {
                unsupported(walk, node, &name);
            }
            "additionalProperties"
                if walk.tree.kind(value) != NodeKind::Mapping
                    && !matches!(walk.tree.scalar(value), Ok(Scalar::Bool(_))) =>
            {
                let message = "boolean or JSON schema expected";
                walk.fault(node, &[Key(&name)], ids::TYPE, message);
            }
            "uniqueItems" if walk.is_true(node, "uniqueItems") => {
                let message =
                    "Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
                walk.fault(node, &[Key("uniqueItems")], ids::CRD, message);
            }
            "items" if walk.tree.kind(value) == NodeKind::Sequence && walk.tree.len(value) > 0 => {
                let message = "Forbidden: items must be a schema object and not an array";
                walk.fault(node, &[Key("items")], ids::CRD, message);
            }
            "x-kubernetes-preserve-unknown-fields" if !walk.is_true(node, &name) => {
                let message = "Invalid value: false: must be true or undefined";
                walk.fault(node, &[Key(&name)], ids::CRD, message);
            }
            "pattern" => {
                let pattern = walk.text_of(value).unwrap_or_default();
                if let Some(reason) = pattern_fault(&pattern) {
                    let message =
                        format!("Invalid value: {pattern:?}: must be a valid regular expression, but isn't: {reason}");
                    walk.fault(node, &[Key("pattern")], ids::CRD, message);
                }
            }
            VALIDATIONS => rule_fields::check(walk, node),
            "x-kubernetes-list-type" | "x-kubernetes-list-map-keys" | "x-kubernetes-map-type" => has_lists = true,
            _ => {}
        }
    }
    if has_lists {
        let kind = walk.text(node, "type");
        lists::check(walk, node, kind.as_deref());
    }
}

fn unsupported(walk: &mut Walk<'_>, node: NodeId, name: &str) {
    let message = format!("Forbidden: {name} is not supported");
    walk.fault(node, &[Key(name)], ids::CRD, message);
}

/// Why a pattern is not a regular expression. Many definitions have the same ones, so answers are kept.
fn pattern_fault(pattern: &str) -> Option<String> {
    static KNOWN: Kept<Option<String>> = Kept::new(10_000);
    KNOWN.get(pattern, || translate(pattern.as_bytes()).err())
}
