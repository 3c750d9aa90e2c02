//! The types of the values that a schema describes, as expressions see them (`k8s.io/apiserver/pkg/cel/common/schemas.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::text::json_member::member_of;
use crate::text::ordered::CollectOrdered as _;

use super::types::{Object, Type};

/// Deepest nesting of a schema.
pub(super) const MAX_DEPTH: usize = 200;
/// Words of the language, which fields have only with underscores around them.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// The type of the values of a schema; nothing where expressions cannot see them. `is_resource` adds the fields that
/// every resource has.
pub(super) fn type_of(schema: &Json, is_resource: bool, name: &str, depth: usize) -> Option<Type> {
    let is = |key: &str| member_of(schema, key).and_then(Json::as_bool).unwrap_or(false);
    let text = |key: &str| member_of(schema, key).and_then(Json::as_str).unwrap_or_default();
    if is("x-kubernetes-int-or-string") {
        return Some(Type::Dyn);
    }
    if depth > MAX_DEPTH {
        return None;
    }
    let inner = |schema: &Json, name: String| type_of(schema, is_embedded(schema), &name, depth + 1);
    Some(match (text("type"), text("format")) {
        ("array", _) => Type::list(inner(member_of(schema, "items")?, format!("{name}.@idx"))?),
        ("object", _) => match member_of(schema, "additionalProperties").filter(|values| values.is_object()) {
            Some(values) => Type::map(Type::String, inner(values, format!("{name}.@elem"))?),
            None => object(schema, is_resource, name, &inner),
        },
        ("string", "byte") => Type::Bytes,
        ("string", "duration") => Type::Duration,
        ("string", "date" | "date-time") => Type::Timestamp,
        ("string", _) => Type::String,
        ("boolean", _) => Type::Bool,
        ("number", _) => Type::Double,
        ("integer", _) => Type::Int,
        _ => return None,
    })
}

/// Whether a schema is that of a whole resource inside another.
pub(super) fn is_embedded(schema: &Json) -> bool {
    member_of(schema, "x-kubernetes-embedded-resource").and_then(Json::as_bool) == Some(true)
}

/// Whether a schema describes the fields that every resource has (`WithTypeAndObjectMeta`).
pub(super) fn has_metadata(schema: &Json) -> bool {
    let property = |at: &'_ Json, name: &str, kind: &str| {
        let found = member_of(at, "properties").and_then(|all| member_of(all, name));
        found.is_some_and(|found| member_of(found, "type").and_then(Json::as_str) == Some(kind))
    };
    let metadata = member_of(schema, "properties").and_then(|all| member_of(all, "metadata"));
    let names = |metadata: &Json| property(metadata, "name", "string") && property(metadata, "generateName", "string");
    property(schema, "kind", "string")
        && property(schema, "apiVersion", "string")
        && property(schema, "metadata", "object")
        && metadata.is_some_and(names)
}

fn object(schema: &Json, is_resource: bool, name: &str, inner: &dyn Fn(&Json, String) -> Option<Type>) -> Type {
    let mut fields = BTreeMap::new();
    for (key, property) in member_of(schema, "properties")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
    {
        if let Some(escaped) = escape(key)
            && let Some(found) = inner(property, format!("{name}.{escaped}"))
        {
            fields.insert(escaped, found);
        }
    }
    if is_resource && !has_metadata(schema) {
        for key in ["apiVersion", "kind"] {
            fields.insert(key.to_owned(), Type::String);
        }
        let names = ["name", "generateName"].map(|key| (key.to_owned(), Type::String));
        let metadata = Object {
            name: format!("{name}.metadata"),
            fields: names.into_iter().collect_map(),
        };
        fields.insert("metadata".to_owned(), Type::Object(Arc::new(metadata)));
    }
    let name = name.to_owned();
    Type::Object(Arc::new(Object { name, fields }))
}

/// Whether a name is a word of the language.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// The name by which expressions know a field; nothing if they cannot.
pub(super) fn escape(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    if is_reserved(name) {
        return Some(format!("__{name}__"));
    }
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric();
    if name.bytes().all(is_plain) {
        return Some(name.to_owned());
    }
    let is_known = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-' | '/');
    name.chars().all(is_known).then(|| {
        name.replace("__", "\0")
            .replace('.', "__dot__")
            .replace('-', "__dash__")
            .replace('/', "__slash__")
            .replace('\0', "__underscores__")
    })
}

/// The name of a field that expressions know by a name (`Unescape`); nothing if it has an escape that there is not.
pub(super) fn unescape(name: &str) -> Option<String> {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("__") {
        // As the pattern `__[^_]+__`, from left to right.
        let length = after.find('_').unwrap_or(after.len());
        let word = after.get(..length).unwrap_or_default();
        let Some(behind) = after
            .get(length..)
            .and_then(|behind| behind.strip_prefix("__"))
            .filter(|_| length > 0)
        else {
            plain.push_str(before);
            plain.push('_');
            rest = rest.get(before.len() + 1..)?;
            continue;
        };
        plain.push_str(before);
        plain.push_str(match word {
            "underscores" => "__",
            "dot" => ".",
            "dash" => "-",
            "slash" => "/",
            word if is_reserved(word) && word.len() + 4 == name.len() => word,
            _ => return None,
        });
        rest = behind;
    }
    plain.push_str(rest);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_escaped() {
        for (name, escaped) in [
            ("a", Some("a")),
            ("namespace", Some("__namespace__")),
            ("a-b.c/d", Some("a__dash__b__dot__c__slash__d")),
            ("a__b", Some("a__underscores__b")),
            ("___", Some("__underscores___")),
            ("1a", None),
            ("", None),
            ("a$", None),
        ] {
            assert_eq!(escape(name).as_deref(), escaped, "{name}");
            if let Some(escaped) = escaped {
                assert_eq!(unescape(escaped).as_deref(), Some(name), "{escaped}");
            }
        }
    }

    #[test]
    fn schemas_have_types() {
        for (schema, wanted) in [
            (json!({"x-kubernetes-int-or-string": true}), Some("dyn")),
            (
                json!({"type": "array", "items": {"type": "integer"}}),
                Some("list(int)"),
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "string", "format": "date"}}),
                Some("map(string, timestamp)"),
            ),
            (json!({"type": "object", "additionalProperties": true}), Some("self")),
            (json!({"x-kubernetes-preserve-unknown-fields": true}), None),
            (
                json!({"type": "array", "items": {"x-kubernetes-preserve-unknown-fields": true}}),
                None,
            ),
            (json!({"type": "string", "format": "byte"}), Some("bytes")),
            (json!({"type": "string", "format": "duration"}), Some("duration")),
            (json!({"type": "string", "format": "uri"}), Some("string")),
            (json!({"type": "number"}), Some("double")),
        ] {
            let found = type_of(&schema, false, "self", 0).map(|found| found.to_string());
            assert_eq!(found.as_deref(), wanted, "{schema}");
        }
    }

    #[test]
    fn resources_have_a_name() {
        let schema = json!({"type": "object", "properties": {"kind": {"type": "integer"}, "free": {}}});
        let Some(Type::Object(object)) = type_of(&schema, true, "self", 0) else {
            panic!("an object");
        };
        assert_eq!(
            object.fields.keys().collect::<Vec<_>>(),
            ["apiVersion", "kind", "metadata"]
        );
        assert_eq!(object.fields.get("kind"), Some(&Type::String));
    }
}
