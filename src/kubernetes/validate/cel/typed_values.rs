//! Values of a schema as expressions see them (`UnstructuredToVal` of
//! `k8s.io/apiserver/pkg/cel/common/valuesunstructured.go`).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Map, Value as Json};

use crate::text::go::duration::parse_duration;
use crate::text::json_member::member_of;

use super::super::text_formats::worded_duration;
use super::instant::Instant;
use super::mapping::{Key, Mapping, MappingKind, whole};
use super::schema_types::{MAX_DEPTH, has_metadata, is_embedded};
use super::value::{List, ListKind, Value};

/// A value of a schema. `is_resource` adds the fields that every resource has.
pub fn typed(schema: &Json, json: &Json, is_resource: bool) -> Value {
    value(schema, json, is_resource, 0)
}

/// A value without a schema.
pub fn untyped(json: &Json) -> Value {
    plain(json, 0)
}

fn plain(json: &Json, depth: usize) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::Int(number),
            (None, Some(number)) => Value::Uint(number),
            (None, None) => Value::Double(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::text(text),
        _ if depth > MAX_DEPTH => Value::Null,
        Json::Array(items) => Value::list(items.iter().map(|item| plain(item, depth + 1)).collect()),
        Json::Object(fields) => {
            let mut map = Mapping::new(MappingKind::Plain);
            for (name, value) in fields {
                map.insert(Key::String(Arc::from(name.as_str())), plain(value, depth + 1));
            }
            Value::Map(Arc::new(map))
        }
    }
}

fn invalid(words: impl AsRef<str>) -> Value {
    Value::Invalid(Arc::from(words.as_ref()))
}

/// The name of a value's type in Go.
fn go_type(json: &Json) -> &'static str {
    match json {
        Json::Null => "<nil>",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float64",
        Json::Number(_) => "int64",
        Json::String(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Object(_) => "map[string]interface {}",
    }
}

fn value(schema: &Json, json: &Json, is_resource: bool, depth: usize) -> Value {
    let is = |key: &str| member_of(schema, key).and_then(Json::as_bool).unwrap_or(false);
    let text = |key: &str| member_of(schema, key).and_then(Json::as_str).unwrap_or_default();
    if json.is_null() {
        if is("nullable") {
            return Value::Null;
        }
        return invalid("invalid data, got null for schema with nullable=false");
    }
    if depth > MAX_DEPTH {
        return invalid("invalid data, nested too deeply");
    }
    if is("x-kubernetes-int-or-string") {
        return match json {
            Json::String(text) => Value::text(text),
            json => integer(json).map_or_else(
                || invalid("invalid data, expected XIntOrString value to be either a string or integer"),
                Value::Int,
            ),
        };
    }
    match (text("type"), json) {
        ("object", Json::Object(fields)) => object(schema, fields, is_resource, depth),
        ("object", _) => invalid("invalid data, expected a map for the provided schema with type=object"),
        ("array", Json::Array(items)) => list(schema, items, depth),
        ("array", _) => invalid("invalid data, expected an array for the provided schema with type=array"),
        ("string", Json::String(value)) => formatted(text("format"), value),
        ("string", other) => invalid(format!("invalid data, expected string, got {}", go_type(other))),
        ("number", Json::Number(number)) => Value::Double(number.as_f64().unwrap_or_default()),
        ("number", other) => invalid(format!("invalid data, expected float, got {}", go_type(other))),
        ("integer", json) => integer(json).map_or_else(
            || invalid(format!("invalid data, expected int, got {}", go_type(json))),
            Value::Int,
        ),
        ("boolean", Json::Bool(value)) => Value::Bool(*value),
        ("boolean", other) => invalid(format!("invalid data, expected bool, got {}", go_type(other))),
        _ if is("x-kubernetes-preserve-unknown-fields") => Value::Preserved(Arc::new(json.clone())),
        (kind, _) => invalid(format!(
            "invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got {kind}"
        )),
    }
}

/// A whole number; one that is written with a point but has no fraction is whole once YAML is JSON.
fn integer(json: &Json) -> Option<i64> {
    let number = json.as_number()?;
    number
        .as_i64()
        .or_else(|| number.as_f64().filter(|_| number.is_f64()).and_then(whole))
}

fn formatted(format: &str, text: &str) -> Value {
    match format {
        "duration" => {
            let duration = parse_duration(text.as_bytes()).ok().or_else(|| worded_duration(text));
            let words = || format!("Invalid duration {text}: unable to parse {text} as duration");
            duration.map_or_else(|| invalid(words()), Value::Duration)
        }
        "date" => {
            let words = || format!("Invalid date formatted string {text}: not a date");
            Instant::parse_date(text).map_or_else(|| invalid(words()), Value::Timestamp)
        }
        "date-time" => {
            let instant = match text {
                "" => Some(Instant::of_seconds(0)),
                text => Instant::parse(text).or_else(|| Instant::parse_local(text)),
            };
            let words = || format!("Invalid date-time formatted string {text}: not a time");
            instant.map_or_else(|| invalid(words()), Value::Timestamp)
        }
        "byte" => {
            // The server reads another alphabet here than it checks before.
            let plain: String = text.chars().filter(|letter| !matches!(letter, '\n' | '\r')).collect();
            let words = || format!("Invalid byte formatted string {text}: illegal base64 data");
            URL_SAFE
                .decode(plain)
                .map_or_else(|_| invalid(words()), |bytes| Value::Bytes(Arc::from(bytes)))
        }
        _ => Value::text(text),
    }
}

fn list(schema: &Json, items: &[Json], depth: usize) -> Value {
    let Some(item_schema) = member_of(schema, "items").filter(|items| items.is_object()) else {
        return invalid("invalid array type, expected Items with a non-empty Schema");
    };
    let kind = match member_of(schema, "x-kubernetes-list-type").and_then(Json::as_str) {
        Some("set") => ListKind::Set,
        Some("map") => {
            let names = member_of(schema, "x-kubernetes-list-map-keys").and_then(Json::as_array);
            let names = names.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned);
            ListKind::Keyed(names.collect())
        }
        None | Some("" | "atomic") => ListKind::Atomic,
        Some(other) => {
            return invalid(format!(
                "invalid x-kubernetes-list-type, expected 'map', 'set' or 'atomic' but got {other}"
            ));
        }
    };
    let items = items
        .iter()
        .map(|item| value(item_schema, item, is_embedded(item_schema), depth + 1));
    Value::List(Arc::new(List {
        items: items.collect(),
        kind,
    }))
}

fn object(schema: &Json, fields: &Map<String, Json>, is_resource: bool, depth: usize) -> Value {
    let properties = member_of(schema, "properties").and_then(Json::as_object);
    let additional = member_of(schema, "additionalProperties").filter(|values| values.is_object());
    let has_fields = properties.is_some() || is_resource;
    let adds_metadata = is_resource && !has_metadata(schema);
    let kind = if has_fields {
        MappingKind::Object
    } else {
        MappingKind::Schema
    };
    let mut map = Mapping::new(kind);
    for (name, field) in fields {
        let key = || Key::String(Arc::from(name.as_str()));
        if adds_metadata && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            match (name.as_str(), field) {
                (_, Json::Null) => {}
                ("metadata", Json::Object(fields)) => map.insert(key(), metadata(fields)),
                ("metadata", _) => map.insert(
                    key(),
                    invalid("invalid data, expected a map for the provided schema with type=object"),
                ),
                (_, field) => map.insert(key(), formatted_text(field)),
            }
            continue;
        }
        let property = match properties {
            _ if !has_fields => additional,
            Some(properties) => properties.get(name),
            None => None,
        };
        match property {
            // A field that is null is one that is not there.
            Some(_) if has_fields && field.is_null() => map.hide(name, field),
            Some(property) => map.insert(key(), value(property, field, is_embedded(property), depth + 1)),
            None => map.hide(name, field),
        }
    }
    Value::Map(Arc::new(map))
}

fn formatted_text(json: &Json) -> Value {
    match json {
        Json::String(text) => Value::text(text),
        other => invalid(format!("invalid data, expected string, got {}", go_type(other))),
    }
}

/// What expressions see of the metadata of a resource.
fn metadata(fields: &Map<String, Json>) -> Value {
    let mut map = Mapping::new(MappingKind::Object);
    for (name, field) in fields {
        if matches!(name.as_str(), "name" | "generateName") && !field.is_null() {
            map.insert(Key::String(Arc::from(name.as_str())), formatted_text(field));
        } else {
            map.hide(name, field);
        }
    }
    Value::Map(Arc::new(map))
}
