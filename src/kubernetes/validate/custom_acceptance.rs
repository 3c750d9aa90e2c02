//! A fast path for custom resources that certainly fit their schema, straight over YAML nodes.
//!
//! Compiling a schema for the JSON schema library takes longer than reading the resource. Only certain acceptance is decided
//! here; every doubt and every refusal is left to the library, with the schema as [`super::custom_schema`] translates it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value as Json};

use crate::text::yaml::{NodeId, NodeKind, Scalar, Tree};

use super::custom_schema::{FORMATS, MAX_DEPTH};

/// Patterns seen so far; nothing for those that are left to the library.
#[derive(Debug, Default)]
pub(super) struct Patterns(Mutex<HashMap<String, Option<Arc<Regex>>, RandomState>>);

impl Patterns {
    /// A pattern on which this crate and ECMA-262 cannot differ: classes such as `\d` are ASCII only, or it has none.
    fn get(&self, pattern: &str) -> Option<Arc<Regex>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(pattern) {
            return found.clone();
        }
        let has_classes = pattern
            .as_bytes()
            .windows(2)
            .any(|pair| matches!(pair, [b'\\', escaped] if escaped.is_ascii_alphanumeric()));
        let is_exotic = pattern.contains("(?") || pattern.contains("&&") || pattern.contains("[[");
        let compiled = RegexBuilder::new(pattern).unicode(!has_classes).build();
        let compiled = compiled.ok().filter(|_| !is_exotic).map(Arc::new);
        known.insert(pattern.to_owned(), compiled.clone());
        compiled
    }
}

/// Whether a node means what its text says: no aliases, tags or merge keys, keys that are plain text and occur once,
/// no number that JSON cannot express.
pub(super) fn is_plain(tree: &Tree<'_>, root: NodeId) -> bool {
    let is_bare = |node: NodeId| tree.kind(node) != NodeKind::Alias && tree.tag(node).is_empty();
    let mut pending = vec![root];
    let mut names: Vec<&str> = Vec::new();
    while let Some(node) = pending.pop() {
        if !is_bare(node) {
            return false;
        }
        match tree.kind(node) {
            NodeKind::Mapping => {
                names.clear();
                for (key, value) in tree.pairs(node) {
                    let is_text = matches!(tree.scalar(key), Ok(Scalar::Str(_))) && !tree.is_merge_key(key);
                    if !is_text || !is_bare(key) {
                        return false;
                    }
                    names.push(tree.text(key));
                    pending.push(value);
                }
                names.sort_unstable();
                if names.windows(2).any(|pair| pair.first() == pair.last()) {
                    return false;
                }
            }
            NodeKind::Sequence => pending.extend(tree.children(node)),
            _ => {
                let first = tree.text(node).as_bytes().first();
                if matches!(first, Some(b'0'..=b'9' | b'.' | b'+' | b'-'))
                    && matches!(tree.scalar(node), Ok(Scalar::Float(number)) if !number.is_finite())
                {
                    return false;
                }
            }
        }
    }
    true
}

/// Checks a node that [`is_plain`].
pub(super) struct Look<'l> {
    pub(super) tree: &'l Tree<'l>,
    pub(super) patterns: &'l Patterns,
    pub(super) is_strict: bool,
}

impl Look<'_> {
    /// Whether a resource certainly fits the schema of its version.
    pub(super) fn accepts_resource(&self, schema: &Json, root: NodeId) -> bool {
        self.accepts(schema, root, true, 0)
    }

    /// Whether a part of a resource certainly fits its part of the schema.
    pub(super) fn accepts_part(&self, schema: &Json, node: NodeId) -> bool {
        self.accepts(schema, node, false, 0)
    }

    fn accepts(&self, schema: &Json, node: NodeId, is_root: bool, depth: usize) -> bool {
        let Some(fields) = schema.as_object() else { return false };
        if depth >= MAX_DEPTH {
            return false;
        }
        let is = |name: &str| fields.get(name).and_then(Json::as_bool) == Some(true);
        let fits_itself = match self.tree.kind(node) {
            NodeKind::Mapping => {
                let is_object = is_root || is("x-kubernetes-embedded-resource");
                has_type(fields, "object") && self.fits_object(fields, node, is_object, depth)
            }
            NodeKind::Sequence => has_type(fields, "array") && self.fits_array(fields, node, depth),
            NodeKind::Scalar(_) => self
                .tree
                .scalar(node)
                .is_ok_and(|scalar| self.fits_scalar(fields, &scalar)),
            NodeKind::Alias => false,
        };
        fits_itself && self.fits_combinations(fields, node, depth)
    }

    fn fits_combinations(&self, fields: &Map<String, Json>, node: NodeId, depth: usize) -> bool {
        let fits = |schema: &Json| self.accepts(schema, node, false, depth + 1);
        let all = fields
            .get("allOf")
            .is_none_or(|all| all.as_array().is_some_and(|all| all.iter().all(fits)));
        let any = fields
            .get("anyOf")
            .is_none_or(|any| any.as_array().is_some_and(|any| any.iter().any(fits)));
        all && any && !fields.contains_key("oneOf") && !fields.contains_key("not")
    }

    fn fits_object(&self, fields: &Map<String, Json>, node: NodeId, is_object: bool, depth: usize) -> bool {
        let tree = self.tree;
        let properties = fields.get("properties").and_then(Json::as_object);
        let is_open = fields
            .get("x-kubernetes-preserve-unknown-fields")
            .and_then(Json::as_bool)
            == Some(true);
        let other = fields.get("additionalProperties");
        let is_closed = self.is_strict && !is_open && fields.get("type").and_then(Json::as_str) == Some("object");
        let mut count = 0_u64;
        for (key, value) in tree.pairs(node) {
            count += 1;
            let name = tree.text(key);
            let is_named = |wanted: &str| is_object && name == wanted;
            if is_named("metadata") {
                if tree.kind(value) != NodeKind::Mapping {
                    return false;
                }
                continue;
            }
            let fits = match (properties.and_then(|properties| properties.get(name)), other) {
                (Some(property), _) => self.accepts(property, value, false, depth + 1),
                (None, _) if is_named("apiVersion") || is_named("kind") => {
                    matches!(tree.scalar(value), Ok(Scalar::Str(_)))
                }
                (None, None) => !is_closed,
                (None, Some(Json::Bool(is_allowed))) => *is_allowed,
                (None, Some(other)) => self.accepts(other, value, false, depth + 1),
            };
            if !fits {
                return false;
            }
        }
        let has_required = fields.get("required").is_none_or(|required| {
            let has = |name: &Json| name.as_str().is_some_and(|name| tree.get(node, name).is_some());
            required.as_array().is_some_and(|required| required.iter().all(has))
        });
        has_required && within(fields, count, "minProperties", "maxProperties") && !fields.contains_key("enum")
    }

    fn fits_array(&self, fields: &Map<String, Json>, node: NodeId, depth: usize) -> bool {
        let mut count = 0;
        for item in self.tree.children(node) {
            count += 1;
            if !fields
                .get("items")
                .is_none_or(|items| self.accepts(items, item, false, depth + 1))
            {
                return false;
            }
        }
        let is_unique = fields
            .get("uniqueItems")
            .is_none_or(|unique| unique == &Json::Bool(false))
            || count < 2;
        is_unique && within(fields, count, "minItems", "maxItems") && !fields.contains_key("enum")
    }

    fn fits_scalar(&self, fields: &Map<String, Json>, scalar: &Scalar<'_>) -> bool {
        match scalar {
            // `x-kubernetes-int-or-string` does not allow null.
            Scalar::Null => {
                fields.get("nullable") == Some(&Json::Bool(true)) && !fields.contains_key("x-kubernetes-int-or-string")
            }
            Scalar::Bool(value) => {
                has_type(fields, "boolean") && is_listed(fields, |known| known.as_bool() == Some(*value))
            }
            Scalar::Int(value) => {
                has_type(fields, "integer")
                    && is_listed(fields, |known| known.as_i64() == Some(*value))
                    && fits_range(fields, *value)
            }
            Scalar::Str(text) => {
                has_type(fields, "string")
                    && is_listed(fields, |known| known.as_str() == Some(text))
                    && self.fits_text(fields, text)
            }
            Scalar::Uint(_) | Scalar::Float(_) | Scalar::Timestamp(_) => false,
        }
    }

    fn fits_text(&self, fields: &Map<String, Json>, text: &str) -> bool {
        let format = fields.get("format").and_then(Json::as_str);
        if format.is_some_and(|format| FORMATS.contains(&format)) {
            return false;
        }
        let has_limits = fields.contains_key("minLength") || fields.contains_key("maxLength");
        let fits = |pattern: &Json| {
            let pattern = pattern.as_str().and_then(|pattern| self.patterns.get(pattern));
            pattern.is_some_and(|pattern| pattern.is_match(text))
        };
        (!has_limits || within(fields, text.chars().count() as u64, "minLength", "maxLength"))
            && fields.get("pattern").is_none_or(fits)
    }
}

fn has_type(fields: &Map<String, Json>, wanted: &str) -> bool {
    let is_either = fields.get("x-kubernetes-int-or-string").and_then(Json::as_bool) == Some(true);
    match fields.get("type") {
        _ if is_either => matches!(wanted, "integer" | "string"),
        None => true,
        Some(Json::String(name)) => name == wanted || name == "number" && wanted == "integer",
        Some(_) => false,
    }
}

fn is_listed(fields: &Map<String, Json>, is_same: impl FnMut(&Json) -> bool) -> bool {
    fields
        .get("enum")
        .is_none_or(|listed| listed.as_array().is_some_and(|listed| listed.iter().any(is_same)))
}

fn within(fields: &Map<String, Json>, count: u64, least: &str, most: &str) -> bool {
    let least = fields
        .get(least)
        .is_none_or(|least| least.as_u64().is_some_and(|least| count >= least));
    let most = fields
        .get(most)
        .is_none_or(|most| most.as_u64().is_some_and(|most| count <= most));
    least && most
}

fn fits_range(fields: &Map<String, Json>, value: i64) -> bool {
    let is_exclusive = |name: &str| fields.get(name).is_some_and(|given| given != &Json::Bool(false));
    let above = |least: &Json| match least.as_i64() {
        Some(least) => value > least || value == least && !is_exclusive("exclusiveMinimum"),
        None => false,
    };
    let below = |most: &Json| match most.as_i64() {
        Some(most) => value < most || value == most && !is_exclusive("exclusiveMaximum"),
        None => false,
    };
    fields.get("minimum").is_none_or(above)
        && fields.get("maximum").is_none_or(below)
        && !fields.contains_key("multipleOf")
}

#[cfg(test)]
mod tests {
    use super::super::custom_schema::CustomKind;
    use super::*;
    use crate::text::yaml;

    const TYPES: &str = "(object|array|string|integer|number|boolean)";

    /// A small schema, with every key that is checked.
    fn schema(depth: u32) -> proptest::strategy::BoxedStrategy<Json> {
        use proptest::prelude::*;
        let scalar = prop_oneof![
            Just(Json::from("ab")),
            Just(Json::from("a")),
            (-3_i64..6).prop_map(Json::from),
            any::<bool>().prop_map(Json::from),
            Just(Json::Null),
        ];
        let number = || (0_u64..4).prop_map(Json::from);
        let flag = || any::<bool>().prop_map(Json::from);
        let leaf = prop_oneof![
            TYPES.prop_map(|name| ("type", Json::from(name))),
            TYPES.prop_map(|name| ("type", Json::from(name))),
            proptest::collection::vec(scalar, 1..4).prop_map(|all| ("enum", Json::from(all))),
            proptest::collection::vec("[a-c]", 0..2).prop_map(|all| ("required", Json::from(all))),
            "(\\^a\\$|b|\\[a-c\\]\\{2\\}|\\\\d|\\^\\\\w\\+\\$|\\()".prop_map(|text| ("pattern", Json::from(text))),
            "(date|int32|email|duration)".prop_map(|text| ("format", Json::from(text))),
            flag().prop_map(|value| ("nullable", value)),
            flag().prop_map(|value| ("x-kubernetes-int-or-string", value)),
            flag().prop_map(|value| ("x-kubernetes-preserve-unknown-fields", value)),
            flag().prop_map(|value| ("x-kubernetes-embedded-resource", value)),
            flag().prop_map(|value| ("additionalProperties", value)),
            flag().prop_map(|value| ("exclusiveMinimum", value)),
            flag().prop_map(|value| ("uniqueItems", value)),
            number().prop_map(|value| ("minimum", value)),
            number().prop_map(|value| ("maximum", value)),
            number().prop_map(|value| ("minLength", value)),
            number().prop_map(|value| ("maxLength", value)),
            number().prop_map(|value| ("minItems", value)),
            number().prop_map(|value| ("maxProperties", value)),
        ];
        let object = |entries: Vec<(&str, Json)>| {
            Json::Object(
                entries
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            )
        };
        if depth == 0 {
            return proptest::collection::vec(leaf, 0..4).prop_map(object).boxed();
        }
        let inner = move || schema(depth - 1);
        let nested = prop_oneof![
            proptest::collection::btree_map("[a-c]", inner(), 0..3)
                .prop_map(|all| ("properties", Json::Object(all.into_iter().collect()))),
            inner().prop_map(|value| ("items", value)),
            inner().prop_map(|value| ("additionalProperties", value)),
            proptest::collection::vec(inner(), 1..3).prop_map(|all| ("anyOf", Json::from(all))),
            proptest::collection::vec(inner(), 1..3).prop_map(|all| ("allOf", Json::from(all))),
            proptest::collection::vec(inner(), 1..3).prop_map(|all| ("oneOf", Json::from(all))),
            inner().prop_map(|value| ("not", value)),
        ];
        let entries = (
            proptest::collection::vec(leaf, 0..3),
            proptest::collection::vec(nested, 0..3),
        );
        entries
            .prop_map(move |(leaves, nested)| object(leaves.into_iter().chain(nested).collect()))
            .boxed()
    }

    const VALUES: [&str; 24] = [
        "{}",
        "[]",
        "a",
        "ab",
        "''",
        "1",
        "3",
        "-1",
        "1.5",
        "1.0",
        "true",
        "null",
        "{a: 1}",
        "{a: ab, b: [a]}",
        "[1, 2]",
        "[a, a]",
        "{a: {b: {c: 1}}}",
        "{metadata: {}, kind: x}",
        "{metadata: 1}",
        "{kind: 1}",
        "2001-01-01",
        "[[], {}]",
        "{a: null}",
        "99999999999999999999",
    ];

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(600))]

        /// Every resource accepted here is accepted by the library.
        #[test]
        fn quick_acceptance_agrees_with_the_library(schema in schema(2), is_strict: bool) {
            let kind = CustomKind::new(schema.clone());
            let Ok(compiled) = kind.compiled(is_strict) else { return Ok(()) };
            let patterns = Patterns::default();
            for text in VALUES {
                let tree = yaml::parse_all(text.as_bytes()).unwrap();
                let root = tree.root().unwrap();
                let look = Look { tree: &tree, patterns: &patterns, is_strict };
                if look.accepts_resource(&schema, root) {
                    let instance = yaml::json_from_node(&tree, root).unwrap();
                    let found = compiled.check(&instance);
                    proptest::prop_assert!(found.is_empty(), "{schema} {text}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn usual_resources_are_accepted_quickly() {
        let schema = "type: object\nrequired: [spec]\nproperties:\n  spec:\n    type: object\n    required: [size]\n    properties:\n      size: {type: integer, minimum: 1, format: int32}\n      port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}\n      name: {type: string, pattern: '^[a-z]+\\d$', maxLength: 9}\n      mode: {type: string, enum: [A, B]}\n      labels: {type: object, additionalProperties: {type: string}}\n      list: {type: array, items: {type: string}, minItems: 1}\n";
        let schema = yaml::json_from_bytes(schema.as_bytes()).unwrap();
        let patterns = Patterns::default();
        let accepts = |text: &str| {
            let tree = yaml::parse_all(text.as_bytes()).unwrap();
            let look = Look {
                tree: &tree,
                patterns: &patterns,
                is_strict: true,
            };
            look.accepts_resource(&schema, tree.root().unwrap())
        };
        let spec = "size: 2, port: http, name: ab1, mode: B, labels: {a: b}, list: [x]";
        assert!(accepts(&format!(
            "{{apiVersion: a/v1, kind: B, metadata: {{}}, spec: {{{spec}}}}}"
        )));
        for spec in [
            "size: 0",
            "port: 1",
            "size: 1, name: ab",
            "size: 1, mode: C",
            "size: 1, more: 1",
            "size: 1, list: []",
        ] {
            assert!(!accepts(&format!("{{spec: {{{spec}}}}}")), "{spec}");
        }
    }
}
