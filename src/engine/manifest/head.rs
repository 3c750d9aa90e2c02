//! What Helm reads from every rendered document: `apiVersion`, `kind`, name, annotations. The whole document must
//! parse, and these fields must have the right types.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::engine::chart::{Compat, DecodeError, Object, Shape, StructContext, retry_with_shape};
use crate::text::yaml::{self, Builder, Duplicates, NodeId, NodeKind, Scalar, Tree, YamlError};

/// The head of a document. Go's `util.SimpleHead`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManifestHead {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata`, when there is one.
    pub metadata: Option<ManifestMetadata>,
}

/// The part of `metadata` that Helm reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManifestMetadata {
    /// `metadata.name`
    pub name: String,
    /// `metadata.annotations`, in the order of the document.
    pub annotations: Vec<(String, String)>,
}

/// Go's name of the anonymous struct behind `metadata`.
const METADATA_TYPE: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

impl ManifestHead {
    /// Reads one document.
    ///
    /// # Errors
    /// When the document is not YAML, or a field has another type.
    pub fn parse(document: &[u8], compat: Compat) -> Result<Self, DecodeError> {
        let type_name = match compat {
            Compat::Helm4 => "util.SimpleHead",
            Compat::Helm3 => "releaseutil.SimpleHead",
        };
        let json = read_fields(document).map_err(|error| DecodeError::Yaml(error.to_string()))?;
        let object = Object::root(&json, type_name)?;
        let context = StructContext::root("SimpleHead");
        let metadata = match object.get("metadata") {
            None => None,
            Some(value) => match context.object("metadata", value, METADATA_TYPE)? {
                None => None,
                Some(metadata) => {
                    let inside = context.inside("metadata", "");
                    Some(ManifestMetadata {
                        name: inside.string(metadata, "name")?,
                        annotations: inside.string_map(metadata, "annotations")?.unwrap_or_default(),
                    })
                }
            },
        };
        Ok(Self {
            api_version: context.string(object, "apiVersion")?,
            kind: context.string(object, "kind")?,
            metadata,
        })
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        let annotations = &self.metadata.as_ref()?.annotations;
        annotations
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The keys of the outermost mapping that matter. Go's JSON reader ignores case.
const FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// The document as JSON with only the fields that matter; the rest is checked all the same.
fn read_fields(document: &[u8]) -> Result<Value, YamlError> {
    let tree = yaml::parse_first(document)?;
    let Some(root) = tree.root() else {
        return Ok(Value::Null);
    };
    if tree.kind(root) != NodeKind::Mapping || !tree.pairs(root).all(|(key, _)| is_plain_key(&tree, key)) {
        return whole(&tree, root);
    }
    if yaml::decode(&tree, root, &mut Nothing, Duplicates::LastWins).is_err() {
        // The decoder of the whole document reports what is wrong, in its own words.
        return whole(&tree, root);
    }
    let mut fields = Map::new();
    for (key, value) in tree.pairs(root) {
        let key = tree.text(key);
        if FIELDS.iter().any(|field| field.eq_ignore_ascii_case(key)) {
            fields.insert(key.to_owned(), yaml::json_from_node(&tree, value)?);
        }
    }
    Ok(Value::Object(fields))
}

/// Where the head of a document has texts.
const SHAPE: Shape = Shape::Struct(&[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    (
        "metadata",
        Shape::Struct(&[("name", Shape::Text), ("annotations", Shape::Map(&Shape::Text))]),
    ),
]);

fn whole(tree: &Tree<'_>, root: NodeId) -> Result<Value, YamlError> {
    yaml::json_from_node(tree, root).or_else(|error| retry_with_shape(tree, root, &SHAPE, error))
}

/// Whether a key's text is its name in JSON, and no other letter folds to one of ASCII.
fn is_plain_key(tree: &Tree<'_>, key: NodeId) -> bool {
    matches!(tree.kind(key), NodeKind::Scalar(_))
        && tree.text(key).is_ascii()
        && tree.tag(key).is_empty()
        && !tree.is_merge_key(key)
}

/// Decodes only to find errors.
struct Nothing;

impl Builder for Nothing {
    type Value = ();
    type Map = ();

    fn null(&mut self) {}

    fn bool(&mut self, _: bool) {}

    fn int(&mut self, _: i64) {}

    fn uint(&mut self, _: u64) {}

    fn float(&mut self, value: f64) -> Option<()> {
        value.is_finite().then_some(())
    }

    fn string(&mut self, _: Cow<'_, str>) {}

    fn sequence(&mut self, _: Vec<()>) {}

    fn map(&mut self, _: usize) {}

    fn insert(&mut self, (): &mut (), _: Cow<'_, str>, _: &Scalar<'_>, (): ()) {}

    fn end_map(&mut self, (): ()) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Documents that Helm 4.3 installs, or the reason why not.
    #[test]
    fn infinities_are_texts_where_texts_are_wanted() {
        for (document, expected) in [
            ("kind: .inf", Ok("+Inf ")),
            ("Kind: .nan\nmetadata: {Name: -.inf}", Ok("NaN -Inf")),
            ("kind: K\nmetadata: {annotations: {a: .inf}}", Ok("K ")),
            ("kind: K\nmetadata: {labels: {a: .inf}}", Err("+Inf")),
            ("kind: K\nspec: [-.inf]", Err("-Inf")),
        ] {
            let head = ManifestHead::parse(document.as_bytes(), Compat::Helm4);
            let found = head.map_err(|error| error.to_string()).map(|head| {
                let name = head.metadata.map(|metadata| metadata.name);
                format!("{} {}", head.kind, name.unwrap_or_default())
            });
            let expected = expected
                .map(str::to_owned)
                .map_err(|value| format!("error converting YAML to JSON: json: unsupported value: {value}"));
            assert_eq!(found, expected, "{document}");
        }
    }
}
