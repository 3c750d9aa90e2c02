//! Which keys of a schema say nothing: those that Go's decoder turns into the zero value of their field.

use crate::text::yaml::{NodeId, NodeKind, Scalar};

use super::super::super::walk::Walk;

/// Keys that are not part of a structural schema.
const IGNORED: [&str; 2] = ["example", "externalDocs"];
/// Keys of schemas, which have fields in Go.
const KNOWN: [&str; 42] = [
    "$ref",
    "$schema",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "definitions",
    "dependencies",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "id",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "required",
    "title",
    "type",
    "uniqueItems",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// Whether every key of a schema other than `allowed` says nothing.
pub(super) fn has_only(walk: &Walk<'_>, node: NodeId, allowed: &[&str]) -> bool {
    walk.entries(node)
        .iter()
        .all(|(name, _, value)| allowed.contains(&&**name) || is_zero(walk, name, walk.tree.target(*value)))
}

/// Whether the value of a key is that of a schema without it.
pub(super) fn is_zero(walk: &Walk<'_>, name: &str, value: NodeId) -> bool {
    if IGNORED.contains(&name) || !KNOWN.contains(&name) {
        return true;
    }
    match walk.tree.kind(value) {
        NodeKind::Mapping => matches!(name, "properties" | "patternProperties" | "definitions") && walk.is_empty(value),
        NodeKind::Sequence => matches!(name, "allOf" | "anyOf" | "oneOf" | "enum" | "items") && walk.is_empty(value),
        // Go's decoder does not look at a scalar in place of a schema.
        _ if name == "items" => true,
        _ => match walk.tree.scalar(value) {
            Ok(Scalar::Null) => true,
            Ok(Scalar::Bool(is_true)) => {
                let is_plain = matches!(
                    name,
                    "nullable"
                        | "uniqueItems"
                        | "exclusiveMaximum"
                        | "exclusiveMinimum"
                        | "x-kubernetes-embedded-resource"
                        | "x-kubernetes-int-or-string"
                );
                is_plain && !is_true
            }
            Ok(Scalar::Str(text)) => {
                let is_plain = matches!(
                    name,
                    "id" | "$schema" | "description" | "type" | "format" | "title" | "pattern"
                );
                is_plain && text.is_empty()
            }
            _ => false,
        },
    }
}
