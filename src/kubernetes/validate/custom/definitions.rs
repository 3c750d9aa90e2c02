//! The known `CustomResourceDefinitions`: which one defines a kind, and what it says of a version.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use memchr::memmem::Finder;

use crate::text::limits::DEFINITION_NODES;
use crate::text::yaml::{self, NodeId, NodeKind, Scalar, Tree};

use super::super::split::split_documents;
use super::kind::{CustomKind, Scale};

/// A word that occurs in every definition.
const MARK: &[u8] = b"CustomResourceDefinition";
/// The results for kinds that were looked up, by API version and kind.
type FoundKinds = HashMap<(String, String), Arc<OnceLock<Option<Arc<CustomKind>>>>>;

/// The known `CustomResourceDefinitions`, read when a resource of their kind occurs.
#[derive(Default)]
pub struct CustomSchemas {
    /// Texts of documents that contain a definition.
    definitions: Vec<Definition>,
    /// Built when a kind is first looked up.
    by_kind: OnceLock<HashMap<Vec<u8>, Vec<usize>>>,
    /// The results of lookups, by API version and kind.
    found: Mutex<FoundKinds>,
}

/// The text of a definition: a part of another text.
struct Definition {
    text: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Definition {
    fn bytes(&self) -> &[u8] {
        self.text.get(self.range.clone()).unwrap_or_default()
    }
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
        static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));
        FINDER.find(document).is_some()
    }

    /// Why no definition in a stream can be used; nothing when one can.
    pub fn why_unusable(text: &[u8]) -> Option<String> {
        let mut why = "there is no CustomResourceDefinition of apiextensions.k8s.io/v1 in it".to_owned();
        for (_, document) in split_documents(text) {
            if !Self::is_definition(document) {
                continue;
            }
            let tree = match yaml::parse_all(document) {
                Ok(tree) => tree,
                Err(error) => {
                    why = format!("it is not YAML: {error}");
                    continue;
                }
            };
            for root in roots(&tree) {
                if text_at(&tree, root, &["kind"]).is_none_or(|kind| kind != "CustomResourceDefinition") {
                    continue;
                }
                if has_usable_version(&tree, root) {
                    return None;
                }
                let version = text_at(&tree, root, &["apiVersion"]).unwrap_or_default();
                why = if version == "apiextensions.k8s.io/v1" {
                    "its definition has no group, kind, or version with a schema".to_owned()
                } else {
                    format!("its definition is of {version:?}, not of apiextensions.k8s.io/v1")
                };
            }
        }
        Some(why)
    }

    /// Adds a document that may be a definition.
    pub fn add_document(&mut self, document: &[u8]) {
        self.add_part(Arc::new(document.to_vec()), 0..document.len());
    }

    /// Adds a part of a text that may be a definition, without copying it.
    pub(in super::super) fn add_part(&mut self, text: Arc<Vec<u8>>, range: Range<usize>) {
        self.definitions.push(Definition { text, range });
        self.by_kind.take();
    }

    /// The texts of what has been added.
    #[cfg(test)]
    pub(in super::super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.definitions.iter().map(Definition::bytes)
    }

    /// Indexes of the definitions that mention a kind, by its name.
    fn by_kind(&self) -> &HashMap<Vec<u8>, Vec<usize>> {
        self.by_kind.get_or_init(|| {
            let mut by_kind: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
            for (index, document) in self.definitions.iter().enumerate() {
                for name in words_behind(document.bytes(), b"kind") {
                    match by_kind.get_mut(name) {
                        Some(indexes) if indexes.last() == Some(&index) => {}
                        Some(indexes) => indexes.push(index),
                        None => {
                            by_kind.insert(name.to_vec(), vec![index]);
                        }
                    }
                }
            }
            by_kind
        })
    }

    /// The definition of a kind.
    pub(in super::super) fn find(&self, api_version: &str, kind: &str) -> Option<Arc<CustomKind>> {
        let group = api_version.split_once('/')?.0;
        let key = (api_version.to_owned(), kind.to_owned());
        let slot = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(found.entry(key).or_default())
        };
        // Only who needs the same kind waits while its definition is read.
        let custom = slot.get_or_init(|| {
            let indexes = self.by_kind().get(kind.as_bytes()).into_iter().flatten();
            let mut candidates = indexes
                .filter_map(|&index| self.definitions.get(index))
                .map(Definition::bytes)
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
    let mut found = roots(&tree).into_iter();
    found.find_map(|root| custom_kind(&tree, root, version_node(&tree, root, api_version, kind)?))
}

/// The resources of a stream, those in lists among them.
fn roots(tree: &Tree<'_>) -> Vec<NodeId> {
    let mut waiting: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    let mut found = Vec::new();
    while let Some(root) = waiting.pop() {
        let root = tree.target(root);
        if let Some(items) = tree.get(root, "items") {
            waiting.extend(tree.children(tree.target(items)));
        }
        found.push(root);
    }
    found
}

/// Whether a definition has a version that a resource can be validated against.
fn has_usable_version(tree: &Tree<'_>, root: NodeId) -> bool {
    let text = |path: &[&str]| text_at(tree, root, path);
    let (Some(group), Some(kind)) = (text(&["spec", "group"]), text(&["spec", "names", "kind"])) else {
        return false;
    };
    let Some(versions) = tree.find(root, &["spec", "versions"]) else {
        return false;
    };
    tree.children(tree.target(versions)).any(|version| {
        let name = text_at(tree, tree.target(version), &["name"]).unwrap_or_default();
        let version = version_node(tree, root, &format!("{group}/{name}"), &kind);
        version.is_some_and(|version| custom_kind(tree, root, version).is_some())
    })
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

/// Where a definition has a version of a kind.
fn version_node(tree: &Tree<'_>, root: NodeId, api_version: &str, kind: &str) -> Option<NodeId> {
    let is = |node: NodeId, path: &[&str], wanted: &str| text_at(tree, node, path).is_some_and(|text| text == wanted);
    let (group, version) = api_version.split_once('/')?;
    let is_defined = is(root, &["kind"], "CustomResourceDefinition")
        && is(root, &["spec", "group"], group)
        && is(root, &["spec", "names", "kind"], kind);
    let versions = tree.target(tree.find(root, &["spec", "versions"]).filter(|_| is_defined)?);
    let mut versions = tree.children(versions).map(|entry| tree.target(entry));
    versions.find(|&entry| is(entry, &["name"], version))
}

/// A version of a definition; nothing without a schema.
fn custom_kind(tree: &Tree<'_>, root: NodeId, version: NodeId) -> Option<CustomKind> {
    let own = tree.find(version, &["schema", "openAPIV3Schema"]);
    let shared = || tree.find(root, &["spec", "validation", "openAPIV3Schema"]);
    let schema = tree.target(own.or_else(shared)?);
    let subresources = tree
        .find(version, &["subresources"])
        .or_else(|| tree.find(root, &["spec", "subresources"]));
    let subresource = |name: &str| {
        let found = tree.target(tree.find(tree.target(subresources?), &[name])?);
        (tree.kind(found) == NodeKind::Mapping).then_some(found)
    };
    let scale = subresource("scale").map(|scale| {
        let path = |name: &str| {
            let text = text_at(tree, scale, &[name])?;
            Some(text.strip_prefix('.').map_or_else(|| text.clone(), str::to_owned))
        };
        Scale {
            replicas: path("specReplicasPath").unwrap_or_default(),
            status_replicas: path("statusReplicasPath").unwrap_or_default(),
            label_selector: path("labelSelectorPath"),
        }
    });
    let is_namespaced = text_at(tree, root, &["spec", "scope"]).is_none_or(|scope| scope != "Cluster");
    let mut left = DEFINITION_NODES;
    if !has_at_most(tree, schema, &mut left) {
        return None;
    }
    let schema = yaml::json_from_node(tree, schema).ok()?;
    Some(CustomKind::new(
        schema,
        (is_namespaced, text_at(tree, root, &["spec", "names", "plural"])),
        subresource("status").is_some(),
        scale,
    ))
}

/// Whether so many nodes are left for a node and all below it.
fn has_at_most(tree: &Tree<'_>, node: NodeId, left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    *left > 0 && tree.children(node).all(|child| has_at_most(tree, child, left))
}

fn text_at(tree: &Tree<'_>, node: NodeId, path: &[&str]) -> Option<String> {
    let found = tree.target(tree.find(node, path)?);
    match tree.scalar(found) {
        Ok(Scalar::Str(text)) if matches!(tree.kind(found), NodeKind::Scalar(_)) => Some(text.into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::kind::Judging;
    use super::*;

    const DEFINITION: &str = "kind: CustomResourceDefinition\nspec:\n  group: a.io\n  names: {kind: Widget}\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        type: object\n        required: [spec]\n        properties:\n          spec:\n            type: object\n            properties:\n              size: {type: integer, minimum: 1}\n              port: {x-kubernetes-int-or-string: true}\n              note: {type: string, nullable: true}\n              free: {type: object, x-kubernetes-preserve-unknown-fields: true}\n";

    #[test]
    fn streams_without_a_usable_definition_say_why() {
        let v1 = format!("apiVersion: apiextensions.k8s.io/v1\n{DEFINITION}");
        let without = |part: &str| v1.replace(part, "x: ");
        let old = "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nspec: {group: a.io, version: v1, names: {kind: Widget}}\n";
        let none = Some("there is no CustomResourceDefinition of apiextensions.k8s.io/v1 in it");
        let no_schema = Some("its definition has no group, kind, or version with a schema");
        for (text, want) in [
            (v1.clone(), None),
            (format!("kind: ConfigMap\n---\n{v1}"), None),
            (format!("kind: List\nitems:\n- {}", v1.replace('\n', "\n  ")), None),
            (String::new(), none),
            ("kind: ConfigMap\n".to_owned(), none),
            ("kind: ConfigMap\nnote: CustomResourceDefinition\n".to_owned(), none),
            (without("openAPIV3Schema:"), no_schema),
            (without("group:"), no_schema),
            (without("versions:"), no_schema),
            (
                old.to_owned(),
                Some("its definition is of \"apiextensions.k8s.io/v1beta1\", not of apiextensions.k8s.io/v1"),
            ),
        ] {
            assert_eq!(CustomSchemas::why_unusable(text.as_bytes()).as_deref(), want, "{text}");
        }
        let why = CustomSchemas::why_unusable(b"kind: CustomResourceDefinition\nspec: [\n").unwrap();
        assert!(why.starts_with("it is not YAML: "), "{why}");
    }

    #[test]
    fn definitions_give_schemas() {
        let mut schemas = CustomSchemas::default();
        schemas.add_text(DEFINITION.as_bytes());
        let check = |value: Json, refuses_unknown| {
            let options = Judging {
                minor: 35,
                refuses_unknown,
                is_schema_only: false,
            };
            schemas
                .find("a.io/v1", "Widget")
                .unwrap()
                .judge(&value, options)
                .faults
                .len()
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
