//! The schemas in `CustomResourceDefinitions`: which parts of JSON Schema Kubernetes accepts, and that they are structural
//! (`apiextensions-apiserver/pkg/apiserver/schema`).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::text::go::regexp::translate;
use crate::text::yaml::{self, NodeId, NodeKind, Scalar};

use super::super::cel;
use super::super::custom_schema;
use super::super::fields::Step::{self, Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::unsupported;

/// Deepest nesting of a schema.
const MAX_DEPTH: usize = 200;
/// The key of the rules of a schema.
const VALIDATIONS: &str = "x-kubernetes-validations";
const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];
/// Keys of JSON Schema that a CRD may not have.
const UNSUPPORTED: [&str; 6] = [
    "id",
    "additionalItems",
    "patternProperties",
    "definitions",
    "dependencies",
    "$ref",
];
/// Keys that belong to the structural part of a schema, and not below `allOf`, `anyOf`, `oneOf`, `not`.
const STRUCTURAL_ONLY: [&str; 10] = [
    "type",
    "additionalProperties",
    "default",
    "title",
    "description",
    "nullable",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
];
const COMBINATIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Reasons a validation may give.
const REASONS: &[&str] = &[
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
];

/// The position of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// The schema of a version; the status may only be one where it is a subresource.
pub(super) fn check_root_schema(walk: &mut Walk<'_>, schema: NodeId, has_status: bool) {
    let before = walk.violation_count();
    if has_status {
        root_with_status(walk, schema);
    }
    structural(walk, schema, Level::Root, 0);
    // The server compiles the rules of a schema that is otherwise right.
    if walk.violation_count() == before {
        compile_rules(walk, schema);
    }
}

/// The rules of a schema must compile against it.
fn compile_rules(walk: &mut Walk<'_>, schema: NodeId) {
    // Looking for the key costs next to nothing compared with reading the schema.
    if memchr::memmem::find(walk.tree.source().as_bytes(), VALIDATIONS.as_bytes()).is_none() {
        return;
    }
    let Ok(json) = yaml::json_from_node(walk.tree, schema) else {
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

/// With a status subresource, keys at the root apply to both the spec and the status.
fn root_with_status(walk: &mut Walk<'_>, schema: NodeId) {
    const ALLOWED: [&str; 10] = [
        "properties",
        "required",
        "type",
        "title",
        "description",
        "example",
        "externalDocs",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
        "x-kubernetes-embedded-resource",
    ];
    for (name, _, value) in walk.entries(schema) {
        let is_refused = matches!(
            &*name,
            "allOf" | "anyOf" | "oneOf" | "not" | "enum" | "format" | "pattern" | "maximum" | "minimum"
        );
        if !ALLOWED.contains(&&*name) && is_refused && !walk.is_empty(value) {
            let message = "Forbidden: must not be used at the root when the status subresource is used";
            walk.fault(schema, &[Key(&name)], ids::CRD, message);
        }
    }
}

/// Which kinds of keys a schema has. There are many schemas, most with two keys, so the keys are read once.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set")]
struct Keys {
    /// Any of Kubernetes' own keys.
    extensions: bool,
    default: bool,
    /// `properties`, `additionalProperties` or `items`.
    inner: bool,
    /// `allOf` and the like.
    combinations: bool,
    /// A key that [`common`] checks.
    common: bool,
}

impl Keys {
    const ALL: Self = Self {
        extensions: true,
        default: true,
        inner: true,
        combinations: true,
        common: true,
    };

    fn of(walk: &Walk<'_>, node: NodeId) -> Self {
        let mut keys = Self::default();
        for (key, _) in walk.tree.pairs(node) {
            match walk.tree.text(walk.tree.target(key)) {
                "type" | "description" | "format" | "enum" | "required" | "nullable" => {}
                "default" => keys.default = true,
                "properties" | "additionalProperties" => keys.inner = true,
                "items" => (keys.inner, keys.common) = (true, true),
                "allOf" | "anyOf" | "oneOf" | "not" => keys.combinations = true,
                // It brings keys of its own.
                "<<" => return Self::ALL,
                name => {
                    keys.extensions |= name.starts_with("x-");
                    keys.common = true;
                }
            }
        }
        keys
    }
}

fn structural(walk: &mut Walk<'_>, node: NodeId, level: Level, depth: usize) {
    // Null is an empty schema.
    let is_schema = walk.tree.kind(node) == NodeKind::Mapping || walk.is_null(node);
    if !is_schema || depth > MAX_DEPTH {
        return;
    }
    let keys = Keys::of(walk, node);
    let kind = walk.text(node, "type");
    let is_either = keys.extensions && walk.is_true(node, "x-kubernetes-int-or-string");
    let is_embedded = keys.extensions && walk.is_true(node, "x-kubernetes-embedded-resource");
    type_of(walk, node, level, kind.as_deref(), keys);
    if keys.common {
        common(walk, node);
    }
    if keys.extensions {
        lists(walk, node, kind.as_deref());
    }
    if level == Level::Root || is_embedded {
        metadata(walk, node, level);
    }
    if keys.default && walk.has(node, "default") && level != Level::Root {
        default_value(walk, node);
    }
    if keys.inner {
        inner(walk, node, level, depth);
    }
    if keys.combinations {
        combinations(walk, node, is_either, depth);
    }
}

/// The schemas of properties and items.
fn inner(walk: &mut Walk<'_>, node: NodeId, level: Level, depth: usize) {
    if walk.has(node, "additionalProperties") {
        if level == Level::Root {
            let message = "Forbidden: must not be used at the root";
            walk.fault(node, &[Key("additionalProperties")], ids::CRD, message);
        }
        if !walk.entries_of(node, "properties").is_empty() {
            let message = "Forbidden: additionalProperties and properties are mutual exclusive";
            walk.fault(node, &[Key("additionalProperties")], ids::CRD, message);
        }
    }
    for (name, _, child) in walk.entries_of(node, "properties") {
        // Metadata at the root is Kubernetes' own.
        if level == Level::Root && name == "metadata" {
            continue;
        }
        let child = walk.tree.target(child);
        walk.descend("properties", |walk| {
            walk.descend(&name, |walk| structural(walk, child, Level::Field, depth + 1));
        });
    }
    for (name, child_level) in [("additionalProperties", Level::Field), ("items", Level::Item)] {
        if let Some(child) = walk.field(node, name) {
            walk.descend(name, |walk| structural(walk, child, child_level, depth + 1));
        }
    }
}

/// The schemas of `allOf` and the like.
fn combinations(walk: &mut Walk<'_>, node: NodeId, is_either: bool, depth: usize) {
    for name in COMBINATIONS {
        // The two types of an int-or-string may be spelt out.
        let skips_first = is_either && name != "oneOf";
        for (index, child) in walk.items(node, name).into_iter().enumerate() {
            if skips_first && (name == "anyOf" || index == 0) && is_spelt_out(walk, node, name) {
                continue;
            }
            let index = index.to_string();
            walk.descend(name, |walk| walk.descend(&index, |walk| nested(walk, child, depth + 1)));
        }
    }
    if let Some(child) = walk.field(node, "not") {
        walk.descend("not", |walk| nested(walk, child, depth + 1));
    }
}

/// The type of a structural schema: it has one, unless anything or two types are accepted.
fn type_of(walk: &mut Walk<'_>, node: NodeId, level: Level, kind: Option<&str>, keys: Keys) {
    let has = |walk: &Walk<'_>, name| keys.extensions && walk.is_true(node, name);
    let is_either = has(walk, "x-kubernetes-int-or-string");
    let preserves = has(walk, "x-kubernetes-preserve-unknown-fields");
    let is_embedded = has(walk, "x-kubernetes-embedded-resource");
    match kind {
        Some(kind) if !TYPES.contains(&kind) => {
            walk.fault(node, &[Key("type")], ids::CRD, unsupported(kind, TYPES));
        }
        Some(kind) if level == Level::Root && kind != "object" => {
            let message = format!("Invalid value: {kind:?}: must be object at the root");
            walk.fault(node, &[Key("type")], ids::CRD, message);
        }
        Some("array")
            if walk
                .field(node, "items")
                .is_none_or(|items| is_not_a_schema(walk, items)) =>
        {
            walk.fault(node, &[Key("items")], ids::CRD, "Required value: must be specified");
        }
        None if is_embedded => {
            let message = "Required value: must be object if x-kubernetes-embedded-resource is true";
            walk.fault(node, &[Key("type")], ids::CRD, message);
        }
        None if !is_either && !preserves => {
            let place = match level {
                Level::Root => "at the root",
                Level::Item => "for specified array items",
                Level::Field => "for specified object fields",
            };
            walk.fault(
                node,
                &[Key("type")],
                ids::CRD,
                format!("Required value: must not be empty {place}"),
            );
        }
        _ => {}
    }
}

/// `anyOf: [{type: integer}, {type: string}]`, alone or as the first of `allOf`.
fn is_spelt_out(walk: &Walk<'_>, node: NodeId, name: &str) -> bool {
    let items = if name == "anyOf" {
        walk.items(node, "anyOf")
    } else {
        walk.items(node, "allOf")
            .first()
            .map(|first| walk.items(*first, "anyOf"))
            .unwrap_or_default()
    };
    let types: Vec<_> = items
        .iter()
        .map(|item| walk.text(*item, "type").unwrap_or_default())
        .collect();
    matches!(types.as_slice(), [first, second] if first == "integer" && second == "string")
}

/// A schema below `allOf` and the like, which constrains and defines nothing.
fn nested(walk: &mut Walk<'_>, node: NodeId, depth: usize) {
    if walk.tree.kind(node) != NodeKind::Mapping || depth > MAX_DEPTH {
        return;
    }
    for name in STRUCTURAL_ONLY {
        if walk.field(node, name).is_some_and(|value| !walk.is_empty(value)) {
            walk.fault(
                node,
                &[Key(name)],
                ids::CRD,
                "Forbidden: must be empty to be structural",
            );
        }
    }
    common(walk, node);
    for (name, _, child) in walk.entries_of(node, "properties") {
        let child = walk.tree.target(child);
        walk.descend("properties", |walk| {
            walk.descend(&name, |walk| nested(walk, child, depth + 1));
        });
    }
    for name in ["items", "not"] {
        if let Some(child) = walk.field(node, name) {
            walk.descend(name, |walk| nested(walk, child, depth + 1));
        }
    }
    for name in COMBINATIONS {
        for (index, child) in walk.items(node, name).into_iter().enumerate() {
            let index = index.to_string();
            walk.descend(name, |walk| walk.descend(&index, |walk| nested(walk, child, depth + 1)));
        }
    }
}

/// A scalar in place of a schema, which Go's decoder refuses.
fn is_not_a_schema(walk: &Walk<'_>, node: NodeId) -> bool {
    matches!(walk.tree.kind(node), NodeKind::Scalar(_))
}

/// Checks of every schema.
fn common(walk: &mut Walk<'_>, node: NodeId) {
    // There are many schemas, most with three keys: each key is read once.
    for (name, _, value) in walk.entries(node) {
        let value = walk.tree.target(value);
        match &*name {
            name if UNSUPPORTED.contains(&name) && !walk.is_empty(value) => {
                walk.fault(
                    node,
                    &[Key(name)],
                    ids::CRD,
                    format!("Forbidden: {name} is not supported"),
                );
            }
            "uniqueItems" if walk.is_true(node, "uniqueItems") => {
                let message =
                    "Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
                walk.fault(node, &[Key("uniqueItems")], ids::CRD, message);
            }
            "items" if walk.tree.kind(value) == NodeKind::Sequence => {
                let message = "Forbidden: items must be a schema object and not an array";
                walk.fault(node, &[Key("items")], ids::CRD, message);
            }
            "x-kubernetes-preserve-unknown-fields" if !walk.is_null(value) && !walk.is_true(node, &name) => {
                walk.fault(
                    node,
                    &[Key(&name)],
                    ids::CRD,
                    "Invalid value: false: must be true or undefined",
                );
            }
            "pattern" => {
                let pattern = walk.text_of(value).unwrap_or_default();
                if let Some(reason) = pattern_fault(&pattern) {
                    let message =
                        format!("Invalid value: {pattern:?}: must be a valid regular expression, but isn't: {reason}");
                    walk.fault(node, &[Key("pattern")], ids::CRD, message);
                }
            }
            "x-kubernetes-validations" => validations(walk, node),
            _ => {}
        }
    }
}

/// Why a pattern is not a regular expression. Many definitions have the same ones, so answers are kept.
fn pattern_fault(pattern: &str) -> Option<String> {
    static KNOWN: Mutex<BTreeMap<String, Option<String>>> = Mutex::new(BTreeMap::new());
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return known.clone();
    }
    let fault = translate(pattern.as_bytes()).err();
    KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(pattern.to_owned(), fault.clone());
    fault
}

fn validations(walk: &mut Walk<'_>, node: NodeId) {
    const FIELD: &str = VALIDATIONS;
    for (index, rule) in walk.items(node, FIELD).into_iter().enumerate() {
        let text = walk.text(rule, "rule").unwrap_or_default();
        if text.trim().is_empty() {
            let message = "Required value: rule is not specified";
            walk.fault(node, &[Key(FIELD), Index(index), Key("rule")], ids::CRD, message);
        } else if text.trim().contains('\n') && walk.text(rule, "message").is_none() {
            let message = "Required value: message must be specified if rule contains line breaks";
            walk.fault(node, &[Key(FIELD), Index(index), Key("message")], ids::CRD, message);
        }
        if let Some(reason) = walk.text(rule, "reason")
            && !REASONS.contains(&&*reason)
        {
            walk.fault(
                node,
                &[Key(FIELD), Index(index), Key("reason")],
                ids::CRD,
                unsupported(&reason, REASONS),
            );
        }
    }
}

fn lists<'w>(walk: &mut Walk<'w>, node: NodeId, kind: Option<&str>) {
    let text = |walk: &Walk<'w>, name| walk.field(node, name).and_then(|value| walk.text_of(value));
    let fault = |walk: &mut Walk<'w>, name: &str, message: String| walk.fault(node, &[Key(name)], ids::CRD, message);
    if let Some(given) = text(walk, "x-kubernetes-map-type") {
        if kind != Some("object") {
            fault(
                walk,
                "type",
                "Invalid value: must be object if x-kubernetes-map-type is specified".to_owned(),
            );
        }
        if !matches!(&*given, "atomic" | "granular") {
            fault(
                walk,
                "x-kubernetes-map-type",
                unsupported(&given, &["atomic", "granular"]),
            );
        }
    }
    let list = text(walk, "x-kubernetes-list-type");
    if let Some(given) = &list {
        if kind != Some("array") {
            fault(
                walk,
                "type",
                "Invalid value: must be array if x-kubernetes-list-type is specified".to_owned(),
            );
        }
        if !matches!(&**given, "atomic" | "set" | "map") {
            fault(
                walk,
                "x-kubernetes-list-type",
                unsupported(given, &["atomic", "map", "set"]),
            );
        }
    }
    let keys = walk.items(node, "x-kubernetes-list-map-keys");
    if !keys.is_empty() && list.as_deref() != Some("map") {
        let message = "Invalid value: must be map if x-kubernetes-list-map-keys is non-empty".to_owned();
        fault(walk, "x-kubernetes-list-type", message);
    }
    if list.as_deref() == Some("set")
        && let Some(items) = walk.field(node, "items")
    {
        let is_granular = walk.text(items, "type").as_deref() == Some("object")
            && walk.text(items, "x-kubernetes-map-type").as_deref() != Some("atomic");
        if is_granular {
            let message = "Invalid value: objects must be atomic as items of a list with x-kubernetes-list-type=set";
            fault(walk, "items", message.to_owned());
        }
    }
    if list.as_deref() == Some("map") {
        list_map(walk, node, &keys);
    }
}

fn list_map(walk: &mut Walk<'_>, node: NodeId, keys: &[NodeId]) {
    const KEYS: &str = "x-kubernetes-list-map-keys";
    if keys.is_empty() {
        let message = "Required value: must not be empty if x-kubernetes-list-type is map";
        walk.fault(node, &[Key(KEYS)], ids::CRD, message);
    }
    let Some(items) = walk.field(node, "items") else { return };
    if walk.text(items, "type").as_deref() != Some("object") {
        let message = "Invalid value: must be object if parent array's x-kubernetes-list-type is map";
        walk.fault(node, &[Key("items"), Key("type")], ids::CRD, message);
        return;
    }
    let required: Vec<_> = walk
        .items(items, "required")
        .into_iter()
        .filter_map(|item| walk.text_of(item))
        .collect();
    let mut seen = Vec::new();
    for key in keys {
        let name = walk.text_of(*key).unwrap_or_default();
        match walk
            .field(items, "properties")
            .and_then(|properties| walk.field(properties, &name))
        {
            None => {
                let message = format!("Invalid value: {name:?}: entries must all be names of item properties");
                walk.fault(node, &[Key(KEYS)], ids::CRD, message);
            }
            Some(property) => {
                if matches!(walk.text(property, "type").as_deref(), Some("array" | "object")) {
                    let message = format!(
                        "Invalid value: {name:?}: must be a scalar type if parent array's x-kubernetes-list-type is map"
                    );
                    walk.fault(node, &[Key(KEYS)], ids::CRD, message);
                }
                if !required.contains(&name) && !walk.has(property, "default") {
                    let message = format!(
                        "Required value: {name:?}: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    );
                    walk.fault(
                        node,
                        &[Key("items"), Key("properties"), Key(&name), Key("default")],
                        ids::CRD,
                        message,
                    );
                }
            }
        }
        if seen.contains(&name) {
            let message = format!("Invalid value: {name:?}: must not contain duplicate entries");
            walk.fault(node, &[Key(KEYS)], ids::CRD, message);
        }
        seen.push(name);
    }
}

/// `apiVersion`, `kind` and `metadata` of an object are Kubernetes' own.
fn metadata(walk: &mut Walk<'_>, node: NodeId, level: Level) {
    let Some(properties) = walk.field(node, "properties") else {
        return;
    };
    for (name, wanted) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
        // Null is an empty schema, whose type is not the right one either.
        if let Some(property) = walk.present(properties, name)
            && walk.text(property, "type").as_deref() != Some(wanted)
        {
            let message = format!("Invalid value: must be {wanted}");
            walk.fault(node, &[Key("properties"), Key(name), Key("type")], ids::CRD, message);
        }
    }
    let Some(metadata) = walk.field(properties, "metadata").filter(|_| level == Level::Root) else {
        return;
    };
    let is_known = |name: &str| matches!(name, "name" | "generateName");
    let extra = walk
        .entries_of(metadata, "properties")
        .into_iter()
        .any(|(name, ..)| !is_known(&name));
    let other = [
        "additionalProperties",
        "nullable",
        "default",
        "x-kubernetes-preserve-unknown-fields",
        "title",
        "description",
    ]
    .iter()
    .any(|name| walk.field(metadata, name).is_some_and(|value| !walk.is_empty(value)));
    if extra || (other && !walk.text(metadata, "description").is_some_and(|_| true)) {
        let message = "Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified";
        walk.fault(node, &[Key("properties"), Key("metadata")], ids::CRD, message);
    }
}

/// Whether a default is a scalar of the type, or an empty list or mapping, and nothing more constrains it.
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
    if !walk
        .tree
        .pairs(node)
        .all(|(key, _)| HARMLESS.contains(&walk.tree.text(key)))
    {
        return false;
    }
    let Some(value) = walk.field(node, "default") else {
        return true;
    };
    let kind = walk.text(node, "type").unwrap_or_default();
    match (walk.tree.kind(value), &*kind) {
        (NodeKind::Mapping, "object") | (NodeKind::Sequence, "array") => walk.tree.len(value) == 0,
        (NodeKind::Scalar(_), "string") => matches!(walk.tree.scalar(value), Ok(Scalar::Str(_))),
        (NodeKind::Scalar(_), "boolean") => matches!(walk.tree.scalar(value), Ok(Scalar::Bool(_))),
        (NodeKind::Scalar(_), "integer") => walk.integer_of(value).is_some(),
        _ => false,
    }
}

/// A default must fit its own schema.
fn default_value(walk: &mut Walk<'_>, node: NodeId) {
    if is_certainly_right(walk, node) {
        return;
    }
    let Some(value) = walk.field(node, "default") else {
        return;
    };
    if let Some(fault) = custom_schema::first_fault(walk.tree, node, value) {
        walk.fault(node, &[Key("default")], ids::CRD, format!("Invalid value: {fault}"));
    }
}
