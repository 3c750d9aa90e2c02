//! Errors of `boon` about values and schemas as the Go library that Helm uses prints them (same author, same tree of
//! errors, different words).
//!
//! In: an error. Out: Helm's text, several lines. `boon` leaves out an `allOf`, `anyOf` or `oneOf` with one error below it;
//! the place of the error in the schema shows which, and they are put back.

use boon::{CompileError, ErrorKind, ValidationError};

use crate::kubernetes::json_schema::{message, quote};
use crate::text::go;

/// Why a schema is not valid.
pub(super) fn compile_error(error: &CompileError) -> String {
    let quoted = |text: &str| go::quote::quote(text.as_bytes());
    match error {
        CompileError::ValidationError { url, src } => {
            format!(
                "{} is not valid against metaschema: {}",
                quoted(url),
                validation_error(src)
            )
        }
        CompileError::LoadUrlError { url, src } => format!("failing loading {}: {src}", quoted(url)),
        CompileError::ParseUrlError { url, src } => format!("error in parsing {}: {src}", quoted(url)),
        CompileError::UnsupportedUrlScheme { url } => format!("no URLLoader registered for {}", quoted(url)),
        CompileError::InvalidMetaSchemaUrl { url, src } => format!("invalid $schema in {}: {src}", quoted(url)),
        CompileError::UnsupportedDraft { url } => format!("draft {} is not supported", quoted(url)),
        CompileError::MetaSchemaCycle { url } => format!("cycle in resolving $schema in {}", quoted(url)),
        CompileError::ParseIdError { loc } => format!("error in parsing id at {}", quoted(&format!("{loc}#"))),
        CompileError::ParseAnchorError { loc } => format!("error in parsing anchor at {}", quoted(loc)),
        CompileError::DuplicateId { url, id, ptr1, ptr2 } => {
            let (first, second) = (quoted(ptr1.min(ptr2)), quoted(ptr1.max(ptr2)));
            format!("duplicate id {} in {} at {first} and {second}", quoted(id), quoted(url))
        }
        CompileError::DuplicateAnchor {
            anchor,
            url,
            ptr1,
            ptr2,
        } => {
            let (first, second) = (quoted(ptr1), quoted(ptr2));
            let (anchor, url) = (quoted(anchor), quoted(url));
            format!("duplicate anchor {anchor} in {url} at {first} and {second}")
        }
        CompileError::InvalidJsonPointer(location) => format!("invalid json-pointer {}", quoted(location)),
        CompileError::JsonPointerNotFound(location) => format!("json-pointer in {} not found", quoted(location)),
        CompileError::AnchorNotFound { url, reference } => {
            format!("anchor in {} not found in schema {}", quoted(reference), quoted(url))
        }
        CompileError::UnsupportedVocabulary { url, vocabulary } => {
            format!("unsupported vocabulary {} in {}", quoted(vocabulary), quoted(url))
        }
        CompileError::InvalidRegex { url, regex, src } => {
            format!("invalid regex {} at {}: {src}", quoted(regex), quoted(url))
        }
        other @ CompileError::Bug(_) => other.to_string(),
    }
}

/// The tree of errors, indented.
pub(super) fn validation_error(error: &ValidationError<'_, '_>) -> String {
    let mut text = String::new();
    display(error, error.schema_url, 0, &mut text);
    text
}

/// Writes an error that validating the schema at `base` gave. References with one cause are skipped.
fn display(error: &ValidationError<'_, '_>, base: &str, indent: usize, text: &mut String) {
    let location = error.instance_location.to_string();
    let mut inner = indent;
    let mut line = |at: &str, words: &str| {
        if inner > 0 {
            text.push('\n');
            text.push_str(&"  ".repeat(inner - 1));
            text.push_str("- ");
        }
        inner += 1;
        if !at.is_empty() {
            text.push_str(at);
        }
        text.push_str(words);
    };
    for (levels, words) in left_out(base, error.schema_url) {
        line(&format!("at {}: ", quote(above(&location, levels))), words);
    }
    let is_skipped = error.causes.len() == 1 && matches!(error.kind, ErrorKind::Reference { .. });
    if !is_skipped {
        match &error.kind {
            ErrorKind::Schema { url } => line("", &format!("jsonschema validation failed with {}", quote(url))),
            kind => line(&format!("at {}: ", quote(&location)), &message(kind)),
        }
    }
    for cause in &error.causes {
        let base = match &error.kind {
            ErrorKind::Schema { url } => (*url).to_owned(),
            ErrorKind::Reference { url, .. } => (*url).to_owned(),
            ErrorKind::AllOf => below(error.schema_url, cause.schema_url, "allOf"),
            ErrorKind::AnyOf => below(error.schema_url, cause.schema_url, "anyOf"),
            ErrorKind::OneOf(_) => below(error.schema_url, cause.schema_url, "oneOf"),
            ErrorKind::PropertyName { .. } => format!("{}/propertyNames", error.schema_url),
            ErrorKind::Contains | ErrorKind::MinContains { .. } => format!("{}/contains", error.schema_url),
            _ => error.schema_url.to_owned(),
        };
        display(cause, &base, inner, text);
    }
}

/// The branch of an `allOf` and the like that contains an error.
fn below(schema: &str, cause: &str, keyword: &str) -> String {
    let index = cause
        .strip_prefix(schema)
        .and_then(|rest| rest.strip_prefix('/')?.strip_prefix(keyword)?.strip_prefix('/'))
        .and_then(|rest| rest.split('/').next());
    index.map_or_else(|| schema.to_owned(), |index| format!("{schema}/{keyword}/{index}"))
}

/// What `boon` left out between the schema at `base` and an error at `place`: how many levels of the value lie between,
/// and the words.
fn left_out(base: &str, place: &str) -> Vec<(usize, &'static str)> {
    let Some(rest) = place.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')) else {
        return Vec::new();
    };
    let mut steps = rest.split('/').peekable();
    let mut left_out = Vec::new();
    let mut levels = 0;
    while let Some(keyword) = steps.next() {
        let words = match keyword {
            "allOf" => "'allOf' failed",
            "anyOf" => "'anyOf' failed",
            "oneOf" => "'oneOf' failed, none matched",
            "contains" => "no items match contains schema",
            _ => "",
        };
        if !words.is_empty() {
            left_out.push((levels, words));
        }
        match keyword {
            "allOf" | "anyOf" | "oneOf" | "dependentSchemas" | "dependencies" => {
                steps.next();
            }
            "properties" | "patternProperties" | "prefixItems" => {
                steps.next();
                levels += 1;
            }
            "items" => {
                // A list of schemas is followed by an index.
                steps.next_if(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
                levels += 1;
            }
            "additionalProperties" | "additionalItems" | "unevaluatedProperties" | "unevaluatedItems" | "contains" => {
                levels += 1;
            }
            _ => {}
        }
    }
    for (above, _) in &mut left_out {
        *above = levels - *above;
    }
    left_out
}

/// A JSON pointer without its last steps.
fn above(pointer: &str, levels: usize) -> &str {
    (0..levels).fold(pointer, |pointer, _| {
        pointer.rsplit_once('/').map_or("", |(before, _)| before)
    })
}

#[cfg(test)]
mod tests {
    use super::super::validate_single_schema;
    use crate::engine::functions::yaml_value::map_from_yaml;

    /// The text of Helm 4.3 for `a: 1`, `b: [1, 2]`.
    fn refusal(schema: &str) -> String {
        let values = map_from_yaml(b"a: 1\nb: [1, 2]\n").unwrap();
        validate_single_schema(&values, schema.as_bytes(), &|_| None)
            .unwrap_err()
            .0
            .trim_end()
            .to_owned()
    }

    #[test]
    fn branches_with_one_error_are_printed() {
        for (schema, expected) in [
            (
                r#"{"allOf":[{"properties":{"a":{"type":"string"}}}]}"#,
                "- at '': 'allOf' failed\n  - at '/a': got number, want string",
            ),
            (
                r#"{"allOf":[{"required":["k"]},{"required":["l"]}]}"#,
                "- at '': 'allOf' failed\n  - at '': missing property 'k'\n  - at '': missing property 'l'",
            ),
            (
                r#"{"oneOf":[{"required":["zz"]}]}"#,
                "- at '': 'oneOf' failed, none matched\n  - at '': missing property 'zz'",
            ),
            (
                r##"{"$ref":"#/$defs/x","$defs":{"x":{"allOf":[{"$ref":"#/$defs/y"}]},"y":{"properties":{"b":{"items":{"type":"string"}}}}}}"##,
                "- at '': 'allOf' failed\n  - at '': validation failed\n    - at '/b/0': got number, want string\n    - at '/b/1': got number, want string",
            ),
            (
                r#"{"properties":{"b":{"items":{"anyOf":[{"type":"string"}]}}}}"#,
                "- at '/b/0': 'anyOf' failed\n  - at '/b/0': got number, want string\n- at '/b/1': 'anyOf' failed\n  - at '/b/1': got number, want string",
            ),
            (
                r#"{"anyOf":[{"allOf":[{"required":["k"]}]},{"required":["l"]}]}"#,
                "- at '': 'anyOf' failed\n  - at '': 'allOf' failed\n    - at '': missing property 'k'\n  - at '': missing property 'l'",
            ),
            (
                r#"{"patternProperties":{"b":{"allOf":[{"type":"string"}]}}}"#,
                "- at '/b': 'allOf' failed\n  - at '/b': got array, want string",
            ),
            (
                r#"{"dependentSchemas":{"a":{"allOf":[{"required":["k"]}]}}}"#,
                "- at '': 'allOf' failed\n  - at '': missing property 'k'",
            ),
        ] {
            assert_eq!(refusal(schema), expected, "{schema}");
        }
    }

    #[test]
    fn broken_schemas_are_refused_in_helms_words() {
        const BROKEN: &str =
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with ";
        for (schema, expected) in [
            (
                r##"{"properties":{"a":{"$id":"#/properties/a"},"b":{"minimum":"0"}}}"##,
                "'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '': validation failed\n    - at '/properties/a': 'allOf' failed\n      - at '/properties/a/$id': '#/properties/a' does not match pattern '^[^#]*#?$'\n    - at '/properties/b': 'allOf' failed\n      - at '/properties/b/minimum': got string, want number",
            ),
            (
                r#"{"$schema":"http://json-schema.org/draft-07/schema","properties":{"c":{"multipleOf":0}}}"#,
                "'http://json-schema.org/draft-07/schema#'\n- at '/properties/c/multipleOf': exclusiveMinimum: got 0, want 0",
            ),
            (
                "[]",
                "'https://json-schema.org/draft/2020-12/schema#'\n- at '': got array, want boolean or object",
            ),
        ] {
            assert_eq!(refusal(schema), format!("{BROKEN}{expected}"), "{schema}");
        }
        for (schema, expected) in [
            (
                r##"{"$ref":"#/definitions/x"}"##,
                "json-pointer in \"file:///values.schema.json#/definitions/x\" not found",
            ),
            (
                r##"{"$ref":"#foo"}"##,
                "anchor in \"file:///values.schema.json#foo\" not found in schema \"file:///values.schema.json\"",
            ),
            (
                r#"{"$ref":"/no-such-root/x.json"}"#,
                "failing loading \"file:///no-such-root/x.json\": open /no-such-root/x.json: no such file or directory",
            ),
            (
                r#"{"$ref":"foo://x"}"#,
                "failing loading \"foo://x\": no URLLoader registered for \"foo://x\"",
            ),
            (
                r#"{"properties":{"a":{"$id":"x"},"b":{"$id":"x"}}}"#,
                "duplicate id \"file:///x\" in \"file:///values.schema.json\" at \"/properties/a\" and \"/properties/b\"",
            ),
        ] {
            assert_eq!(refusal(schema), expected, "{schema}");
        }
    }
}
