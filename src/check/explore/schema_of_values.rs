//! What values.schema.json says of one value: the values that it names, and one that it describes.

use serde_json::{Value as Json, json};

use super::samples::known_sample;

/// Deepest nesting of a schema that is looked into, references and choices included.
const MAX_DEPTH: usize = 8;
/// Most schemas that are looked at for one value: with references, those of a short file may be without end.
const MAX_SCHEMAS: usize = 200;

/// The schemas of one value: several where one of them, or all, must fit.
#[derive(Debug, Clone)]
pub(super) struct ValueSchema<'s> {
    root: &'s Json,
    schemas: Vec<&'s Json>,
}

/// Values that a schema names.
#[derive(Debug, Default)]
pub(super) struct NamedValues<'s> {
    pub(super) values: Vec<&'s Json>,
    /// Whether no others are allowed.
    pub(super) are_all: bool,
}

impl<'s> ValueSchema<'s> {
    /// Of the value at a path, if the schema of a chart's values mentions it.
    pub(super) fn of(root: &'s Json, path: &[String]) -> Option<Self> {
        let mut schemas = Vec::new();
        add_choices(root, root, 0, &mut schemas);
        for key in path {
            let mut inner = Vec::new();
            for schema in schemas {
                let property = schema.get("properties").and_then(|properties| properties.get(key));
                let item = || key.parse::<usize>().ok().and_then(|_| schema.get("items"));
                if let Some(found) = property.or_else(item) {
                    add_choices(root, found, 0, &mut inner);
                }
            }
            schemas = inner;
        }
        schemas.retain(|schema| schema.is_object());
        (!schemas.is_empty()).then_some(Self { root, schemas })
    }

    /// The values that it names, each once.
    pub(super) fn named_values(&self) -> NamedValues<'s> {
        let mut named = NamedValues::default();
        let is_choice = |schema: &Json| {
            ["$ref", "oneOf", "anyOf", "allOf"]
                .iter()
                .any(|key| schema.get(key).is_some())
        };
        let mut names_none = 0;
        for schema in &self.schemas {
            let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
            for value in listed.chain(schema.get("const")) {
                if !named.values.contains(&value) {
                    named.values.push(value);
                }
            }
            let has_names = schema.get("enum").is_some() || schema.get("const").is_some();
            names_none += usize::from(!has_names && !is_choice(schema));
        }
        named.are_all = !named.values.is_empty() && names_none == 0;
        named
    }

    /// A value that it describes, if it says enough.
    pub(super) fn sample(&self) -> Option<Json> {
        let mut left = MAX_SCHEMAS;
        self.schemas
            .iter()
            .find_map(|schema| sample(self.root, schema, 0, &mut left))
    }
}

/// Adds a schema, what it refers to in its own file, and the schemas that it is a choice or a union of.
fn add_choices<'s>(root: &'s Json, schema: &'s Json, depth: usize, found: &mut Vec<&'s Json>) {
    if depth > MAX_DEPTH || found.len() >= MAX_SCHEMAS {
        return;
    }
    found.push(schema);
    if let Some(other) = referred(root, schema) {
        add_choices(root, other, depth + 1, found);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for choice in schema.get(key).and_then(Json::as_array).into_iter().flatten() {
            add_choices(root, choice, depth + 1, found);
        }
    }
}

/// The schema of the same file that a schema refers to.
fn referred<'s>(root: &'s Json, schema: &Json) -> Option<&'s Json> {
    let pointer = schema.get("$ref").and_then(Json::as_str)?.strip_prefix('#')?;
    root.pointer(pointer)
}

/// A value that a schema describes, if it says enough. Looks at `left` more schemas at most.
fn sample(root: &Json, schema: &Json, depth: usize, left: &mut usize) -> Option<Json> {
    if depth > MAX_DEPTH || *left == 0 {
        return None;
    }
    *left -= 1;
    let examples = schema.get("examples").and_then(Json::as_array);
    let allowed = schema.get("enum").and_then(Json::as_array);
    let first = |list: Option<&'_ Vec<Json>>| list.and_then(|list| list.first()).cloned();
    let named = first(examples)
        .or_else(|| first(allowed))
        .or_else(|| schema.get("const").cloned());
    if named.is_some() {
        return named;
    }
    if let Some(other) = referred(root, schema) {
        return sample(root, other, depth + 1, left);
    }
    match schema.get("type").and_then(Json::as_str)? {
        "object" => {
            let properties = schema.get("properties").and_then(Json::as_object)?;
            let entries = properties.iter().filter_map(|(key, property)| {
                let sample = known_sample(key).or_else(|| sample(root, property, depth + 1, left))?;
                Some((key.clone(), sample))
            });
            let entries: serde_json::Map<String, Json> = entries.collect();
            (!entries.is_empty()).then_some(Json::Object(entries))
        }
        "array" => Some(json!([sample(root, schema.get("items")?, depth + 1, left)?])),
        "string" if depth > 0 => Some(json!("example")),
        "integer" | "number" if depth > 0 => Some(schema.get("minimum").cloned().unwrap_or_else(|| json!(1))),
        "boolean" => Some(json!(true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_choices_are_followed() {
        let root = json!({
            "definitions": {
                "size": {"enum": ["s", "m"]},
                "loop": {"$ref": "#/definitions/loop"},
                "port": {"type": "object", "properties": {"number": {"type": "integer", "minimum": 80}}},
            },
            "allOf": [{"properties": {"mode": {"const": "fast"}}}],
            "properties": {
                "size": {"$ref": "#/definitions/size"},
                "inner": {"oneOf": [{"properties": {"kind": {"enum": ["a"]}}}, {"properties": {"kind": {"enum": ["b", "a"]}}}]},
                "free": {"anyOf": [{"enum": ["x"]}, {"type": "string"}]},
                "none": {"oneOf": [{"type": "null"}, {"enum": ["y"]}]},
                "loop": {"$ref": "#/definitions/loop"},
                "ports": {"type": "array", "items": {"$ref": "#/definitions/port"}},
                "far": {"$ref": "https://example.com/schema.json"},
            },
        });
        for (path, values, are_all) in [
            (&["size"][..], json!(["s", "m"]), true),
            (&["mode"], json!(["fast"]), true),
            (&["inner", "kind"], json!(["a", "b"]), true),
            (&["free"], json!(["x"]), false),
            (&["none"], json!(["y"]), false),
            (&["loop"], json!([]), false),
            (&["ports", "0", "number"], json!([]), false),
            (&["far"], json!([]), false),
        ] {
            let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
            let named = ValueSchema::of(&root, &path).map(|schema| {
                let named = schema.named_values();
                (json!(named.values), named.are_all)
            });
            assert_eq!(named, Some((values, are_all)), "{path:?}");
        }
        let sample = |key: &str| ValueSchema::of(&root, &[key.to_owned()]).and_then(|schema| schema.sample());
        assert_eq!(sample("ports"), Some(json!([{"number": 80}])));
        assert_eq!(sample("loop"), None);
        assert!(ValueSchema::of(&root, &["other".to_owned()]).is_none());
    }
}
