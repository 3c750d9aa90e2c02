//! The parts of a schema that its rules are about, as JSON: most of a schema has no rules, and need not be converted.

use serde_json::{Map, Value as Json};

use crate::text::yaml::{self, NodeId, NodeKind};

use super::super::super::walk::Walk;
use super::{MAX_DEPTH, VALIDATIONS};

/// What no rule sees; a property of this name has a mapping.
const DESCRIPTION: &str = "description";

/// A schema for the compiler of rules: whole from each schema with rules on, and above those what limits how often they are
/// evaluated. Nothing without rules, or if it is not JSON.
pub(super) fn schema_of_rules(walk: &Walk<'_>, schema: NodeId) -> Option<Json> {
    if !walk.is_plain {
        // Parts of it may stand elsewhere.
        let has_any = memchr::memmem::find(walk.tree.source().as_bytes(), VALIDATIONS.as_bytes()).is_some();
        return has_any.then(|| whole(walk, schema)).flatten();
    }
    let parts = Parts {
        walk,
        places: memchr::memmem::find_iter(text_of(walk, schema), VALIDATIONS.as_bytes())
            .map(|at| at + walk.offset_of(schema))
            .collect(),
    };
    if parts.places.is_empty() {
        return None;
    }
    parts.part(schema, 0)
}

fn text_of<'w>(walk: &Walk<'w>, node: NodeId) -> &'w [u8] {
    walk.tree.span(node).of(walk.tree.source().as_bytes())
}

fn whole(walk: &Walk<'_>, node: NodeId) -> Option<Json> {
    yaml::json_from_node_without(walk.tree, node, DESCRIPTION).ok()
}

struct Parts<'p, 'w> {
    walk: &'p Walk<'w>,
    /// Where the key of rules, or a text that reads so, occurs.
    places: Vec<usize>,
}

impl Parts<'_, '_> {
    fn may_have_rules(&self, node: NodeId) -> bool {
        let span = self.walk.tree.span(node);
        let first = self.places.partition_point(|&at| at < span.start as usize);
        self.places.get(first).is_some_and(|&at| at < span.end as usize)
    }

    fn part(&self, schema: NodeId, depth: usize) -> Option<Json> {
        let tree = self.walk.tree;
        let is_mapping = tree.kind(schema) == NodeKind::Mapping;
        if !is_mapping || depth > MAX_DEPTH || self.walk.has(schema, VALIDATIONS) {
            return whole(self.walk, schema);
        }
        let mut part = Map::new();
        for (key, value) in tree.pairs(schema) {
            let is_mapping = tree.kind(value) == NodeKind::Mapping;
            let json = match tree.text(key) {
                DESCRIPTION => continue,
                "properties" if is_mapping => {
                    let mut properties = Map::new();
                    for (name, property) in tree.pairs(value).filter(|&(_, property)| self.may_have_rules(property)) {
                        properties.insert(tree.text(name).to_owned(), self.part(property, depth + 1)?);
                    }
                    Json::Object(properties)
                }
                "items" | "additionalProperties" if is_mapping => {
                    if self.may_have_rules(value) {
                        self.part(value, depth + 1)?
                    } else {
                        Json::Object(Map::new())
                    }
                }
                _ if matches!(tree.kind(value), NodeKind::Scalar(_)) => yaml::json_from_node(tree, value).ok()?,
                // Lists and mappings limit nothing.
                _ => continue,
            };
            part.insert(tree.text(key).to_owned(), json);
        }
        Some(Json::Object(part))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::super::catalog::Catalog;
    use super::super::super::super::walk::Strictness;
    use super::*;

    #[test]
    fn only_what_rules_are_about_is_converted() {
        for (text, expected) in [
            ("type: object\nproperties: {a: {type: string}}\n", None),
            (
                "type: object\ndescription: x-kubernetes-validations\n",
                Some(json!({"type": "object"})),
            ),
            (
                "type: object\ndescription: x\nproperties:\n  a: {type: string}\n  description:\n    type: array\n    maxItems: 3\n    default: [1]\n    items:\n      description: y\n      type: object\n      x-kubernetes-validations: [{rule: self.b}]\n      properties: {b: {type: boolean, description: z}}\n  c:\n    additionalProperties: {type: string}\n    x: [x-kubernetes-validations]\n",
                Some(json!({"type": "object", "properties": {
                    "description": {"type": "array", "maxItems": 3, "items": {
                        "type": "object",
                        "x-kubernetes-validations": [{"rule": "self.b"}],
                        "properties": {"b": {"type": "boolean"}},
                    }},
                    "c": {"additionalProperties": {}},
                }})),
            ),
            (
                "a: &a {type: string, description: x}\nproperties: {b: *a}\nx-kubernetes-validations: []\n",
                Some(json!({
                    "a": {"type": "string"}, "properties": {"b": {"type": "string"}}, "x-kubernetes-validations": [],
                })),
            ),
        ] {
            let tree = yaml::parse_first(text.as_bytes()).unwrap();
            let root = tree.root().unwrap();
            let catalog = Catalog::find("1.35").unwrap();
            let strictness = Strictness {
                refuses_unknown: false,
                schema_only: false,
                types_only: false,
            };
            let walk = Walk::new(&tree, &catalog, strictness, tree.is_plain(root));
            assert_eq!(schema_of_rules(&walk, root), expected, "{text}");
        }
    }
}
