//! The schema of a version of a custom resource, from its root.

use crate::text::yaml::{NodeId, NodeKind};

use super::super::super::cel;
use super::super::super::fields::Step::{self, Index, Key};
use super::super::super::ids;
use super::super::super::walk::Walk;
use super::VALIDATIONS;
use super::rule_schema::schema_of_rules;
use super::structural::{self, Around};
use super::zero::is_zero;

/// Keys at the root that apply to the spec and the status alike, which a status subresource rules out.
const REFUSED_WITH_STATUS: [&str; 22] = [
    "id",
    "$schema",
    "$ref",
    "enum",
    "maxProperties",
    "minProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "additionalProperties",
    "default",
    "nullable",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "additionalItems",
    "definitions",
    "dependencies",
    "patternProperties",
];

/// The schema of a version; `has_status` is whether the status is a subresource.
pub(in crate::kubernetes::validate::rules) fn check_root_schema(walk: &mut Walk<'_>, schema: NodeId, has_status: bool) {
    let before = walk.violation_count();
    if has_status {
        root_with_status(walk, schema);
    }
    if walk.is_true(schema, "nullable") {
        let message = "Forbidden: nullable cannot be true at the root";
        walk.fault(schema, &[Key("nullable")], ids::CRD, message);
    }
    structural::check(walk, schema, Around::ROOT);
    // The server compiles the rules of a schema that is otherwise right.
    if walk.violation_count() == before {
        compile_rules(walk, schema);
    }
}

fn root_with_status(walk: &mut Walk<'_>, schema: NodeId) {
    for (name, _, value) in walk.entries(schema) {
        let value = walk.tree.target(value);
        // An empty list or mapping is one, too.
        let is_absent = matches!(walk.tree.kind(value), NodeKind::Scalar(_)) && is_zero(walk, &name, value);
        if REFUSED_WITH_STATUS.contains(&&*name) && !is_absent {
            let message = "Forbidden: must not be used at the root when the status subresource is used";
            walk.fault(schema, &[Key(&name)], ids::CRD, message);
        }
    }
}

/// The rules of a schema must compile against it.
fn compile_rules(walk: &mut Walk<'_>, schema: NodeId) {
    let Some(json) = schema_of_rules(walk, schema) else {
        return;
    };
    for fault in cel::rule_faults(&json) {
        let mut is_index = false;
        let steps: Vec<Step<'_>> = fault
            .path
            .iter()
            .map(|step| {
                let index = step.parse().ok().filter(|_| is_index);
                is_index = step == VALIDATIONS;
                index.map_or(Key(step), Index)
            })
            .collect();
        walk.fault(schema, &steps, ids::CEL, fault.message);
    }
}
