//! Schemas of custom resources, from `CustomResourceDefinitions`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value as Json, json};

use crate::text::yaml::{self, NodeId, Scalar, Tree};

use super::cel;
use super::custom_acceptance::{Look, Patterns, is_plain};
use super::schema_location::FileSchema;
use super::split::split_documents;

/// A word that occurs in every definition.
const MARK: &[u8] = b"CustomResourceDefinition";
/// Formats that the API server and the JSON schema library agree on.
pub(super) const FORMATS: [&str; 5] = ["date-time", "date", "ipv4", "ipv6", "duration"];
/// Deepest nesting that is translated.
pub(super) const MAX_DEPTH: usize = 200;

/// The results for kinds that were looked up, by API version and kind.
type FoundKinds = HashMap<(String, String), Option<Arc<CustomKind>>>;

/// The known `CustomResourceDefinitions`, read when a resource of their kind occurs.
#[derive(Default)]
pub struct CustomSchemas {
    /// Texts of documents that contain a definition.
    definitions: Vec<Vec<u8>>,
    /// Built when a kind is first looked up.
    by_kind: OnceLock<HashMap<Vec<u8>, Vec<usize>>>,
    /// The results of lookups, by API version and kind.
    found: Mutex<FoundKinds>,
}

/// One version of one kind: its schema, compiled when it is first used.
pub(super) struct CustomKind {
    schema: Json,
    lenient: OnceLock<Result<Arc<FileSchema>, String>>,
    strict: OnceLock<Result<Arc<FileSchema>, String>>,
    /// Whether it has validations to evaluate.
    validates: OnceLock<bool>,
    patterns: Patterns,
}

impl fmt::Debug for CustomSchemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomSchemas")
            .field("definitions", &self.definitions.len())
            .finish_non_exhaustive()
    }
}

impl CustomSchemas {
    /// Adds the documents of a stream that may be definitions.
    pub fn add_text(&mut self, text: &[u8]) {
        // Looking for the word costs next to nothing compared with reading a document.
        if memchr::memmem::find(text, MARK).is_none() {
            return;
        }
        for (_, document) in split_documents(text) {
            if Self::is_definition(document) {
                self.add_document(document);
            }
        }
    }

    /// Whether a document may be a definition.
    pub fn is_definition(document: &[u8]) -> bool {
        memchr::memmem::find(document, MARK).is_some()
    }

    /// Adds a document that may be a definition.
    pub fn add_document(&mut self, document: &[u8]) {
        self.definitions.push(document.to_vec());
        self.by_kind.take();
    }

    /// Indexes of the definitions that mention a kind, by its name.
    fn by_kind(&self) -> &HashMap<Vec<u8>, Vec<usize>> {
        self.by_kind.get_or_init(|| {
            let mut by_kind: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
            for (index, document) in self.definitions.iter().enumerate() {
                for name in words_behind(document, b"kind") {
                    let indexes = by_kind.entry(name.to_vec()).or_default();
                    if indexes.last() != Some(&index) {
                        indexes.push(index);
                    }
                }
            }
            by_kind
        })
    }

    /// The definition of a kind.
    pub(super) fn find(&self, api_version: &str, kind: &str) -> Option<Arc<CustomKind>> {
        let group = api_version.split_once('/')?.0;
        let key = (api_version.to_owned(), kind.to_owned());
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let custom = found.entry(key).or_insert_with(|| {
            let indexes = self.by_kind().get(kind.as_bytes()).into_iter().flatten();
            let mut candidates = indexes
                .filter_map(|&index| self.definitions.get(index))
                .filter(|document| words_behind(document, b"group").any(|word| word == group.as_bytes()));
            candidates
                .find_map(|document| read(document, api_version, kind))
                .map(Arc::new)
        });
        custom.clone()
    }
}

/// The version of a kind that a document defines.
fn read(document: &[u8], api_version: &str, kind: &str) -> Option<CustomKind> {
    let tree = yaml::parse_all(document).ok()?;
    let mut roots: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    while let Some(root) = roots.pop() {
        let root = tree.target(root);
        if let Some(items) = tree.get(root, "items") {
            roots.extend(tree.children(tree.target(items)));
        }
        let schema = schema_node(&tree, root, api_version, kind);
        if let Some(schema) = schema.and_then(|schema| yaml::json_from_node(&tree, schema).ok()) {
            return Some(CustomKind::new(schema));
        }
    }
    None
}

/// The value after every `key` in the text of a document, whatever its punctuation.
fn words_behind<'d>(document: &'d [u8], key: &'static [u8]) -> impl Iterator<Item = &'d [u8]> {
    memchr::memmem::find_iter(document, key).map(move |at| {
        let rest = document.get(at + key.len()..).unwrap_or_default();
        let line = rest
            .get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
            .unwrap_or_default();
        let is_noise = |byte: &u8| !matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-');
        let start = line.iter().take_while(|byte| is_noise(byte)).count();
        let word = line.get(start..).unwrap_or_default();
        let length = word.iter().take_while(|byte| !is_noise(byte)).count();
        word.get(..length).unwrap_or_default()
    })
}

/// Where a definition has the schema of a version of a kind.
fn schema_node(tree: &Tree<'_>, root: NodeId, api_version: &str, kind: &str) -> Option<NodeId> {
    let is = |node: NodeId, path: &[&str], wanted: &str| {
        let found = tree.find(node, path).map(|found| tree.scalar(tree.target(found)));
        matches!(found, Some(Ok(Scalar::Str(text))) if text == wanted)
    };
    let (group, version) = api_version.split_once('/')?;
    let is_defined = is(root, &["kind"], "CustomResourceDefinition")
        && is(root, &["spec", "group"], group)
        && is(root, &["spec", "names", "kind"], kind);
    let versions = tree.target(tree.find(root, &["spec", "versions"]).filter(|_| is_defined)?);
    let mut versions = tree.children(versions).map(|entry| tree.target(entry));
    let version = versions.find(|&entry| is(entry, &["name"], version))?;
    let own = tree.find(version, &["schema", "openAPIV3Schema"]);
    let shared = || tree.find(root, &["spec", "validation", "openAPIV3Schema"]);
    own.or_else(shared).map(|schema| tree.target(schema))
}

impl CustomKind {
    pub(super) fn new(schema: Json) -> Self {
        Self {
            schema,
            lenient: OnceLock::new(),
            strict: OnceLock::new(),
            validates: OnceLock::new(),
            patterns: Patterns::default(),
        }
    }

    /// Whether a resource certainly fits the schema. It must be plain.
    pub(super) fn certainly_accepts(&self, tree: &Tree<'_>, root: NodeId, is_strict: bool) -> bool {
        let look = Look {
            tree,
            patterns: &self.patterns,
            is_strict,
        };
        look.accepts_resource(&self.schema, root)
    }

    /// Whether there are validations to evaluate.
    pub(super) fn validates(&self) -> bool {
        *self.validates.get_or_init(|| cel::has_validations(&self.schema))
    }

    /// The schema, or why it cannot be used.
    pub(super) fn compiled(&self, is_strict: bool) -> Result<Arc<FileSchema>, String> {
        let cell = if is_strict { &self.strict } else { &self.lenient };
        let compiled = cell.get_or_init(|| {
            FileSchema::from_json(&translated(&self.schema, is_strict, true, 0))
                .map(Arc::new)
                .map_err(|error| format!("cannot use the schema of the CustomResourceDefinition: {error}"))
        });
        compiled.clone()
    }

    /// Path and message of every validation that a custom resource fails.
    pub(super) fn failed_validations(&self, instance: &Json) -> Vec<(Vec<String>, String)> {
        cel::failed_validations(&self.schema, instance)
    }
}

/// The first thing wrong with a value under a CRD schema; nothing if the schema itself is at fault.
pub(super) fn first_fault(tree: &Tree<'_>, schema: NodeId, value: NodeId) -> Option<String> {
    let schema = yaml::json_from_node(tree, schema).ok()?;
    let patterns = Patterns::default();
    let look = Look {
        tree,
        patterns: &patterns,
        is_strict: false,
    };
    if is_plain(tree, value) && look.accepts_part(&schema, value) {
        return None;
    }
    let value = yaml::json_from_node(tree, value).ok()?;
    let compiled = FileSchema::from_json(&translated(&schema, false, false, 0)).ok()?;
    compiled.check(&value).into_iter().next().map(|(_, message)| message)
}

/// A CRD schema as JSON Schema, draft 4.
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
    if is_strict && !is_open && fields.get("type").and_then(Json::as_str) == Some("object") {
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
            let schema = schemas.find("a.io/v1", "Widget").unwrap().compiled(is_strict).unwrap();
            schema.check(&value).len()
        };
        let good = json!({"kind": "Widget", "metadata": {"x": 1}, "spec": {"size": 1, "port": "a", "note": null, "free": {"a": 1}}});
        assert_eq!(check(good, true), 0);
        assert_eq!(check(json!({"spec": {"size": 0}}), false), 1);
        assert_eq!(check(json!({"spec": {"other": 0}}), false), 0);
        assert_eq!(check(json!({"spec": {"other": 0}}), true), 1);
        assert_eq!(check(json!({}), false), 1);
        assert!(schemas.find("a.io/v2", "Widget").is_none());
    }
}
