//! What Helm reads of every rendered document: `apiVersion`, `kind`, name, annotations. The whole document must parse,
//! and these fields must have the right types.

use crate::chart::{DecodeError, Object, StructContext};
use crate::yaml;

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
    pub fn parse(document: &[u8]) -> Result<Self, DecodeError> {
        let json = yaml::json_from_bytes(document).map_err(|error| DecodeError::Yaml(error.to_string()))?;
        let object = Object::root(&json, "util.SimpleHead")?;
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
