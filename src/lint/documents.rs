//! Reading a file of manifests document by document, as the decoder that `helm lint` uses does.

use crate::chart::{DecodeError, Object, StructContext};
use crate::yaml;

/// What the rules read of a document. Go's `rules.k8sYamlStruct`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LintDocument {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// Byte offset in the file.
    pub(super) offset: usize,
}

/// A document that does not parse.
pub(super) struct DocumentError {
    pub(super) text: String,
    /// Byte offset in the file.
    pub(super) offset: usize,
}

/// The documents of `text` that are not null, up to the first that does not parse.
pub(super) fn read_documents(text: &[u8]) -> Vec<Result<LintDocument, DocumentError>> {
    let mut documents = Vec::new();
    for (offset, document) in split(text) {
        match read(document) {
            Ok(Some(mut read)) => {
                read.offset = offset;
                documents.push(Ok(read));
            }
            Ok(None) => {}
            Err((error, at)) => {
                documents.push(Err(DocumentError {
                    text: error.to_string(),
                    offset: offset + at,
                }));
                break;
            }
        }
    }
    documents
}

fn read(document: &[u8]) -> Result<Option<LintDocument>, (DecodeError, usize)> {
    let json = yaml::json_from_bytes(document).map_err(|error| {
        let at = error.offset().unwrap_or(0) as usize;
        (DecodeError::Yaml(error.to_string()), at)
    })?;
    if json.is_null() {
        return Ok(None);
    }
    decode(&json).map(Some).map_err(|error| (error, 0))
}

fn decode(json: &serde_json::Value) -> Result<LintDocument, DecodeError> {
    let object = Object::root(json, "rules.k8sYamlStruct")?;
    let context = StructContext::root("k8sYamlStruct");
    let mut document = LintDocument {
        api_version: context.string(object, "apiVersion")?,
        kind: context.string(object, "Kind")?,
        ..LintDocument::default()
    };
    if let Some(metadata) = object.get("Metadata")
        && let Some(metadata) = context.object("Metadata", metadata, "rules.k8sYamlMetadata")?
    {
        let inside = context.inside("Metadata", "k8sYamlMetadata");
        inside.string(metadata, "Namespace")?;
        document.name = inside.string(metadata, "Name")?;
    }
    Ok(document)
}

/// Splits at lines that begin with `---`.
fn split(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut documents = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if line.starts_with(b"---") && at > start {
            documents.push((start, text.get(start..at).unwrap_or_default()));
            start = at + line.len();
        } else if line.starts_with(b"---") {
            start = at + line.len();
        }
        at += line.len();
    }
    if at > start {
        documents.push((start, text.get(start..at).unwrap_or_default()));
    }
    documents
}
