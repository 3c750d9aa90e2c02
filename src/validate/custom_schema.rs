//! Schemas of custom resources, from `CustomResourceDefinitions`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json, json};

use crate::yaml::{self, NodeId, Tree};

use super::cel;
use super::schema_location::FileSchema;

/// Formats that the API server and the JSON schema library agree on.
const FORMATS: [&str; 5] = ["date-time", "date", "ipv4", "ipv6", "duration"];
/// Deepest nesting that is translated.
const MAX_DEPTH: usize = 200;

/// The custom resources that are known, by group and version and kind.
#[derive(Default)]
pub struct CustomSchemas {
    kinds: HashMap<(String, String), CustomKind>,
}

/// One version of one kind: its schema, compiled when it is first asked for.
struct CustomKind {
    schema: Json,
    lenient: OnceLock<Result<Arc<FileSchema>, String>>,
    strict: OnceLock<Result<Arc<FileSchema>, String>>,
    /// Whether it has validations to evaluate.
    validates: OnceLock<bool>,
}

impl fmt::Debug for CustomSchemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomSchemas")
            .field("kinds", &self.kinds.keys())
            .finish()
    }
}

impl CustomSchemas {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Takes the versions of every `CustomResourceDefinition` in a stream of documents; others, and what is no YAML, are
    /// passed over.
    pub fn add_text(&mut self, text: &[u8]) {
        // Reading a document costs more than looking for the word.
        if memchr::memmem::find(text, b"CustomResourceDefinition").is_none() {
            return;
        }
        for (_, document) in super::split::split_documents(text) {
            if memchr::memmem::find(document, b"CustomResourceDefinition").is_none() {
                continue;
            }
            if let Ok(tree) = yaml::parse_all(document) {
                for document in tree.documents() {
                    self.add_definition(&tree, document.root);
                }
            }
        }
    }

    fn add_definition(&mut self, tree: &Tree<'_>, root: NodeId) {
        let Ok(definition) = yaml::json_from_node(tree, root) else {
            return;
        };
        let text = |pointer: &str| definition.pointer(pointer).and_then(Json::as_str);
        if text("/kind") == Some("List") {
            if let Some(items) = tree.get(root, "items") {
                for item in tree.children(tree.target(items)) {
                    self.add_definition(tree, item);
                }
            }
            return;
        }
        let (Some("CustomResourceDefinition"), Some(group), Some(kind)) =
            (text("/kind"), text("/spec/group"), text("/spec/names/kind"))
        else {
            return;
        };
        let shared = definition.pointer("/spec/validation/openAPIV3Schema");
        for version in definition
            .pointer("/spec/versions")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            let schema = version.pointer("/schema/openAPIV3Schema").or(shared);
            let (Some(name), Some(schema)) = (version.get("name").and_then(Json::as_str), schema) else {
                continue;
            };
            let key = (format!("{group}/{name}"), kind.to_owned());
            let kind = CustomKind {
                schema: schema.clone(),
                lenient: OnceLock::new(),
                strict: OnceLock::new(),
                validates: OnceLock::new(),
            };
            self.kinds.insert(key, kind);
        }
    }

    /// Path and message of every validation of its kind's definition that a custom resource fails.
    pub(super) fn failed_validations(
        &self,
        api_version: &str,
        kind: &str,
        instance: &Json,
    ) -> Vec<(Vec<String>, String)> {
        match self.kinds.get(&(api_version.to_owned(), kind.to_owned())) {
            Some(custom) if *custom.validates.get_or_init(|| cel::has_validations(&custom.schema)) => {
                cel::failed_validations(&custom.schema, instance)
            }
            _ => Vec::new(),
        }
    }

    /// The schema of a kind, or why its definition cannot be used.
    pub(super) fn find(
        &self,
        api_version: &str,
        kind: &str,
        is_strict: bool,
    ) -> Option<Result<Arc<FileSchema>, String>> {
        let custom = self.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        let cell = if is_strict { &custom.strict } else { &custom.lenient };
        let compiled = cell.get_or_init(|| {
            let schema = translated(&custom.schema, is_strict, true, 0);
            FileSchema::from_json(schema)
                .map(Arc::new)
                .map_err(|error| format!("cannot use the schema of {kind} in its CustomResourceDefinition: {error}"))
        });
        Some(compiled.clone())
    }
}

/// What is wrong first with a value under a schema of a CRD; nothing where the schema itself is at fault.
pub(super) fn first_fault(schema: &Json, value: &Json) -> Option<String> {
    let compiled = FileSchema::from_json(translated(schema, false, false, 0)).ok()?;
    compiled.check(value).into_iter().next().map(|(_, message)| message)
}

/// A schema of a CRD as JSON Schema of draft 4 says it.
fn translated(schema: &Json, is_strict: bool, is_root: bool, depth: usize) -> Json {
    let Some(fields) = schema.as_object().filter(|_| depth < MAX_DEPTH) else {
        return schema.clone();
    };
    let inner = |schema: &Json| translated(schema, is_strict, false, depth + 1);
    let is = |name: &str| fields.get(name).and_then(Json::as_bool).unwrap_or(false);
    let is_either = is("x-kubernetes-int-or-string");
    let mut out = Map::new();
    for (name, value) in fields {
        let value = match name.as_str() {
            "properties" => {
                let properties = value.as_object().into_iter().flatten();
                Json::Object(properties.map(|(name, value)| (name.clone(), inner(value))).collect())
            }
            "items" | "additionalProperties" | "not" => inner(value),
            "allOf" | "anyOf" | "oneOf" => Json::Array(value.as_array().into_iter().flatten().map(inner).collect()),
            "type" if is("nullable") => json!([value, "null"]),
            "enum" if is("nullable") => {
                let mut values = value.as_array().cloned().unwrap_or_default();
                values.push(Json::Null);
                Json::Array(values)
            }
            "format" if !value.as_str().is_some_and(|format| FORMATS.contains(&format)) => continue,
            "type" | "enum" | "required" | "pattern" | "format" | "minimum" | "maximum" | "exclusiveMinimum"
            | "exclusiveMaximum" | "multipleOf" | "minLength" | "maxLength" | "minItems" | "maxItems"
            | "minProperties" | "maxProperties" | "uniqueItems" => value.clone(),
            _ => continue,
        };
        out.insert(name.clone(), value);
    }
    if is_either {
        out.insert("type".to_owned(), json!(["integer", "string"]));
    }
    let is_open = is("x-kubernetes-preserve-unknown-fields") || fields.contains_key("additionalProperties");
    let is_object = is_root || is("x-kubernetes-embedded-resource");
    if is_object {
        let properties = out.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("metadata".to_owned(), json!({"type": "object"}));
            for name in ["apiVersion", "kind"] {
                properties.entry(name).or_insert_with(|| json!({"type": "string"}));
            }
        }
    }
    if is_strict && !is_open && out.get("type").and_then(Json::as_str) == Some("object") {
        out.insert("additionalProperties".to_owned(), Json::Bool(false));
    }
    Json::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &str = "kind: CustomResourceDefinition\nspec:\n  group: a.io\n  names: {kind: Widget}\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        type: object\n        required: [spec]\n        properties:\n          spec:\n            type: object\n            properties:\n              size: {type: integer, minimum: 1}\n              port: {x-kubernetes-int-or-string: true}\n              note: {type: string, nullable: true}\n              free: {type: object, x-kubernetes-preserve-unknown-fields: true}\n";

    #[test]
    fn definitions_give_schemas() {
        let mut schemas = CustomSchemas::default();
        schemas.add_text(DEFINITION.as_bytes());
        let check = |value: Json, is_strict| {
            let schema = schemas.find("a.io/v1", "Widget", is_strict).unwrap().unwrap();
            schema.check(&value).len()
        };
        let good = json!({"kind": "Widget", "metadata": {"x": 1}, "spec": {"size": 1, "port": "a", "note": null, "free": {"a": 1}}});
        assert_eq!(check(good, true), 0);
        assert_eq!(check(json!({"spec": {"size": 0}}), false), 1);
        assert_eq!(check(json!({"spec": {"other": 0}}), false), 0);
        assert_eq!(check(json!({"spec": {"other": 0}}), true), 1);
        assert_eq!(check(json!({}), false), 1);
        assert!(schemas.find("a.io/v2", "Widget", false).is_none());
    }
}
