//! Reading a file of manifests document by document, as the decoder that `helm lint` uses does.

use crate::engine::chart::{DecodeError, Object, Shape, StructContext, json_of_shape, split_documents, with_line_ends};
use crate::engine::functions::json::{StreamError, next_value};

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
#[derive(Debug)]
pub(super) struct DocumentError {
    pub(super) text: String,
    /// Byte offset in the file.
    pub(super) offset: usize,
}

/// The documents of `text` that are not null, up to the first that does not parse.
pub(super) fn read_documents(text: &[u8]) -> Vec<Result<LintDocument, DocumentError>> {
    let mut documents = Vec::new();
    let begins_as_json = String::from_utf8_lossy(text).trim_start().starts_with('{');
    let (from, mut json_error) = match begins_as_json.then(|| read_json(text, &mut documents)) {
        None => (0, None),
        Some(None) => return documents,
        Some(Some((from, error))) => (from, Some(error)),
    };
    let (split, end) = split_documents(text.get(from..).unwrap_or_default());
    for (offset, document) in split {
        let offset = from + offset;
        match read(document) {
            Ok(found) => {
                json_error = None;
                if let Some(mut read) = found {
                    read.offset = offset;
                    documents.push(Ok(read));
                }
            }
            Err((error, at)) => {
                documents.push(Err(DocumentError {
                    text: json_error.unwrap_or_else(|| error.to_string()),
                    offset: offset + at,
                }));
                return documents;
            }
        }
    }
    if let Err(error) = end {
        documents.push(Err(DocumentError {
            text: json_error.unwrap_or_else(|| error.to_string()),
            offset: from + error.offset,
        }));
    }
    documents
}

/// Reads a text that begins as JSON: values one after the other, as the decoder of Kubernetes does. Where that ends, gives
/// the place from which the rest is YAML and what to say if it is not; none when all was read.
fn read_json(text: &[u8], documents: &mut Vec<Result<LintDocument, DocumentError>>) -> Option<(usize, String)> {
    let (mut from, mut count) = (0, 0);
    let error = loop {
        let (end, error) = match next_value(text, from) {
            Ok(None) => return None,
            Ok(Some((_, end))) => {
                let value = text.get(from..end).unwrap_or_default();
                match serde_json::from_slice(value).map(|json| decode(&json)) {
                    Ok(Ok(mut document)) => {
                        document.offset = from;
                        documents.push(Ok(document));
                        (from, count) = (end, count + 1);
                        continue;
                    }
                    Ok(Err(error)) => (end, error.to_string().replace(FROM_YAML, "")),
                    Err(error) => (end, error.to_string()),
                }
            }
            // After several values it can be nothing but JSON.
            Err(StreamError::Syntax { text, offset }) if count > 1 => (offset, text),
            Err(StreamError::Syntax { text, offset }) => (offset, format!("json: offset {offset}: {text}")),
            Err(error @ StreamError::UnexpectedEnd) => (text.len(), error.to_string()),
        };
        if count > 1 {
            let offset = end.saturating_sub(1);
            documents.push(Err(DocumentError { text: error, offset }));
            return None;
        }
        break error;
    };
    let rest = text.get(from..).unwrap_or_default();
    let space = rest
        .iter()
        .position(|byte| !byte.is_ascii_whitespace() || *byte == b'\n');
    let eaten = space.map(|at| at + usize::from(rest.get(at) == Some(&b'\n')));
    Some((from + eaten.unwrap_or(rest.len()), error))
}

/// What the errors of a document that was YAML begin with.
const FROM_YAML: &str = "error unmarshaling JSON: while decoding JSON: ";

/// Where [`LintDocument`] has texts.
const SHAPE: Shape = Shape::Struct(&[
    ("apiVersion", Shape::Text),
    ("Kind", Shape::Text),
    (
        "Metadata",
        Shape::Struct(&[("Namespace", Shape::Text), ("Name", Shape::Text)]),
    ),
]);

fn read(document: &[u8]) -> Result<Option<LintDocument>, (DecodeError, usize)> {
    let json = json_of_shape(&with_line_ends(document), &SHAPE).map_err(|error| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_value_by_value() {
        for (text, names, error) in [
            (r#"{"kind":"A"}{"kind":"B"} {"kind":"C"}"#, "A B C", ""),
            ("\n {\"kind\":\"A\"}\n---\nkind: B\n", "A B", ""),
            (
                "{{ x }}",
                "",
                "json: offset 2: invalid character '{' looking for beginning of object key string",
            ),
            ("{kind: A}", "A", ""),
            ("{\"kind\":\"A\"", "", "unexpected EOF"),
            (
                r#"{"kind":"A"}{"kind":"B"}{x}"#,
                "A B",
                "invalid character 'x' looking for beginning of object key string",
            ),
            (r#"{"kind":"A"}{"kind":"B"}"#, "A B", ""),
            (
                r#"{"kind":"A"}{x"#,
                "A",
                "json: offset 14: invalid character 'x' looking for beginning of object key string",
            ),
            (r#"{"kind":1}"#, "1", ""),
            (
                r#"{"kind":[]}"#,
                "",
                "json: cannot unmarshal array into Go struct field k8sYamlStruct.Kind of type string",
            ),
        ] {
            let (mut kinds, mut errors) = (Vec::new(), Vec::new());
            for document in read_documents(text.as_bytes()) {
                match document {
                    Ok(document) => kinds.push(document.kind),
                    Err(error) => errors.push(error.text),
                }
            }
            assert_eq!(
                (kinds.join(" ").as_str(), errors.join("; ").as_str()),
                (names, error),
                "{text}"
            );
        }
    }

    /// Names as Helm 4.3 shows them when they are not names of Kubernetes.
    #[test]
    fn numbers_are_texts_where_texts_are_wanted() {
        for (written, expected) in [
            ("name: 100000000.0", Ok("1e+08")),
            ("name: -0.0", Ok("-0")),
            ("name: 1.50", Ok("1.5")),
            ("name: -.inf", Ok("-Inf")),
            ("name: x, namespace: .nan", Ok("x")),
            ("name: x, labels: {a: .inf}", Err("json: unsupported value: +Inf")),
        ] {
            let text = format!("kind: K\nmetadata: {{{written}}}\n");
            let found = read_documents(text.as_bytes()).pop().unwrap();
            let found = found.map(|document| document.name).map_err(|error| error.text);
            let expected = expected
                .map(str::to_owned)
                .map_err(|why| format!("error converting YAML to JSON: {why}"));
            assert_eq!(found, expected, "{written}");
        }
    }

    #[test]
    fn errors_count_the_line_that_begins_a_document() {
        let last = read_documents(b"---\na: b: c\n").pop().and_then(Result::err);
        let text = last.map(|error| error.text).unwrap_or_default();
        assert!(text.contains("line 2: mapping values are not allowed"), "{text}");
    }

    #[test]
    fn documents_have_the_places_at_which_they_begin() {
        for (text, offsets) in [
            ("kind: A\n---\nkind: B\n", &[0, 12][..]),
            (r#"{"kind":"A"} {"kind":"B"}"#, &[0, 12]),
            ("{\"kind\":\"A\"}\n---\nkind: B\n", &[0, 13]),
            ("{\"kind\":\"A\"} \n---\nkind: B\n", &[0, 14]),
        ] {
            let documents = read_documents(text.as_bytes()).into_iter().flatten();
            let found: Vec<usize> = documents.map(|document| document.offset).collect();
            assert_eq!(found, offsets, "{text:?}");
        }
    }
}
