//! Schemas that define: each has a type, and nothing that Kubernetes could not prune or store
//! (`apiextensions-apiserver/pkg/apiserver/schema`).

use crate::text::yaml::{NodeId, NodeKind};

use super::super::super::fields::Step::Key;
use super::super::super::ids;
use super::super::super::walk::Walk;
use super::super::unsupported;
use super::default_value;
use super::nested::combinations;
use super::zero::has_only;
use super::{MAX_DEPTH, every_schema};

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

/// The position of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Root,
    Item,
    Field,
}

/// What is around a schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) level: Level,
    /// Why it may not have a default, if so.
    pub(super) forbids_default: Option<&'static str>,
    /// Whether its default is not checked.
    pub(super) ignores_default: bool,
    /// Whether it is inside the version, kind or metadata of a resource.
    pub(super) is_in_metadata: bool,
    pub(super) depth: usize,
}

impl Around {
    pub(super) const ROOT: Self = Self {
        level: Level::Root,
        forbids_default: None,
        ignores_default: false,
        is_in_metadata: false,
        depth: 0,
    };

    const fn inner(self, level: Level) -> Self {
        Self {
            level,
            depth: self.depth + 1,
            ..self
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
    /// A key that [`every_schema`] checks.
    others: bool,
}

impl Keys {
    const ALL: Self = Self {
        extensions: true,
        default: true,
        inner: true,
        combinations: true,
        others: true,
    };

    fn of(walk: &Walk<'_>, node: NodeId) -> Self {
        let mut keys = Self::default();
        for (key, _) in walk.tree.pairs(node) {
            match walk.tree.text(walk.tree.target(key)) {
                "type" | "description" | "format" | "enum" | "required" | "nullable" => {}
                "default" => keys.default = true,
                "properties" => keys.inner = true,
                "additionalProperties" | "items" => (keys.inner, keys.others) = (true, true),
                "allOf" | "anyOf" | "oneOf" | "not" => keys.combinations = true,
                // It brings keys of its own.
                "<<" => return Self::ALL,
                name => {
                    keys.extensions |= name.starts_with("x-");
                    keys.others = true;
                }
            }
        }
        keys
    }
}

/// Checks a schema that defines, and all below it.
pub(super) fn check(walk: &mut Walk<'_>, node: NodeId, around: Around) {
    // Null is an empty schema.
    let is_schema = walk.tree.kind(node) == NodeKind::Mapping || walk.is_null(node);
    if !is_schema || around.depth > MAX_DEPTH {
        return;
    }
    let keys = Keys::of(walk, node);
    let kind = walk.text(node, "type");
    let is_embedded = keys.extensions && walk.is_true(node, "x-kubernetes-embedded-resource");
    type_of(walk, node, around.level, kind.as_deref(), keys);
    if keys.others {
        every_schema::check(walk, node);
    }
    if keys.extensions {
        extensions(walk, node, around);
    }
    if around.level == Level::Root || is_embedded {
        metadata(walk, node, around.level);
    }
    if keys.default && walk.has(node, "default") {
        if let Some(place) = around.forbids_default {
            let message = format!("Forbidden: must not be set {place}");
            walk.fault(node, &[Key("default")], ids::CRD, message);
        } else if !around.ignores_default {
            default_value::check(walk, node);
        }
    }
    if keys.inner {
        inner(walk, node, around, is_embedded);
    }
    if keys.combinations {
        // Only those at the root must be about values that are defined.
        let structure = (around.level == Level::Root).then_some(node);
        combinations(walk, node, structure, around.depth);
    }
}

/// The schemas of properties and items.
fn inner(walk: &mut Walk<'_>, node: NodeId, around: Around, is_embedded: bool) {
    if let Some(values) = walk.field(node, "additionalProperties") {
        let mut forbid = |message: &str| walk.fault(node, &[Key("additionalProperties")], ids::CRD, message);
        if around.level == Level::Root {
            forbid("Forbidden: must not be used at the root");
        }
        if is_embedded {
            forbid("Forbidden: must not be used if x-kubernetes-embedded-resource is set");
        }
        if !walk.is_true(node, "additionalProperties") && !walk.entries_of(node, "properties").is_empty() {
            let message = "Forbidden: additionalProperties and properties are mutual exclusive";
            walk.fault(node, &[Key("additionalProperties")], ids::CRD, message);
        }
        let mut within = around.inner(Level::Field);
        // The server does not look for defaults here.
        within.ignores_default = true;
        if around.is_in_metadata {
            within.forbids_default = Some("inside additionalProperties applying to object metadata");
        }
        walk.descend("additionalProperties", |walk| check(walk, values, within));
    }
    for (name, _, child) in walk.entries_of(node, "properties") {
        let child = walk.tree.target(child);
        let mut within = around.inner(Level::Field);
        let is_own = matches!(&*name, "apiVersion" | "kind" | "metadata");
        if is_own && (around.level == Level::Root || is_embedded) {
            within.is_in_metadata = true;
            if around.level == Level::Root {
                within.forbids_default = Some(match &*name {
                    "apiVersion" => "in top-level apiVersion",
                    "kind" => "in top-level kind",
                    _ => "in top-level metadata",
                });
            }
        }
        walk.descend("properties", |walk| {
            walk.descend(name, |walk| check(walk, child, within));
        });
    }
    if let Some(child) = walk.field(node, "items") {
        let within = around.inner(Level::Item);
        walk.descend("items", |walk| check(walk, child, within));
    }
}

/// The type of a structural schema: it has one, unless anything or two types are accepted.
fn type_of(walk: &mut Walk<'_>, node: NodeId, level: Level, kind: Option<&str>, keys: Keys) {
    let has = |walk: &Walk<'_>, name| keys.extensions && walk.is_true(node, name);
    let is_either = has(walk, "x-kubernetes-int-or-string");
    let preserves = has(walk, "x-kubernetes-preserve-unknown-fields");
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
                .is_none_or(|items| walk.tree.kind(items) != NodeKind::Mapping) =>
        {
            walk.fault(node, &[Key("items")], ids::CRD, "Required value: must be specified");
        }
        None if !is_either && !preserves => {
            let place = match level {
                Level::Root => "at the root",
                Level::Item => "for specified array items",
                Level::Field => "for specified object fields",
            };
            let message = format!("Required value: must not be empty {place}");
            walk.fault(node, &[Key("type")], ids::CRD, message);
        }
        _ => {}
    }
}

/// Kubernetes' own keys that exclude or require others.
fn extensions(walk: &mut Walk<'_>, node: NodeId, around: Around) {
    const EMBEDDED: &str = "x-kubernetes-embedded-resource";
    const PRESERVES: &str = "x-kubernetes-preserve-unknown-fields";
    let [is_either, is_embedded, preserves] =
        ["x-kubernetes-int-or-string", EMBEDDED, PRESERVES].map(|name| walk.is_true(node, name));
    let mut fault = |name: &str, message: &str| walk.fault(node, &[Key(name)], ids::CRD, message);
    if is_either && preserves {
        fault(
            PRESERVES,
            "Invalid value: true: must be false if x-kubernetes-int-or-string is true",
        );
    }
    if is_either && is_embedded {
        fault(
            EMBEDDED,
            "Invalid value: true: must be false if x-kubernetes-int-or-string is true",
        );
    }
    if !is_embedded {
        return;
    }
    if around.is_in_metadata {
        fault(EMBEDDED, "Forbidden: must not be used inside of resource meta");
    }
    if walk.text(node, "type").as_deref() != Some("object") {
        let message = "Required value: must be object if x-kubernetes-embedded-resource is true";
        walk.fault(node, &[Key("type")], ids::CRD, message);
    }
    if !preserves && walk.entries_of(node, "properties").is_empty() {
        let message = "Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        walk.fault(node, &[Key("properties")], ids::CRD, message);
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
    let has_others = walk
        .entries_of(metadata, "properties")
        .into_iter()
        .any(|(name, ..)| !matches!(&*name, "name" | "generateName"));
    if has_others
        || !has_only(
            walk,
            metadata,
            &["type", "properties", "default", "example", "externalDocs"],
        )
    {
        let message = "Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified";
        walk.fault(node, &[Key("properties"), Key("metadata")], ids::CRD, message);
    }
}
