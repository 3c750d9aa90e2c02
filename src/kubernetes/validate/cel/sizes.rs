//! How large the values of a schema can be, in a request to the API server (`k8s.io/apiserver/pkg/cel/common/schemas.go`).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::text::json_member::member_of;
use crate::text::ordered::CollectOrdered as _;

use super::schema_types::{MAX_DEPTH, escape, is_embedded};

/// The largest request, in bytes.
const MAX_REQUEST: u64 = 3 << 20;
/// The largest text in a request, without its quotation marks.
const MAX_TEXT: u64 = MAX_REQUEST - 2;

/// The sizes of the values of a schema.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    /// Most items, entries, bytes; 0 for values that have none.
    pub(super) most: u64,
    /// Least bytes in a request.
    least: u64,
    pub(super) fields: BTreeMap<String, Self>,
    /// Of the items of a list, or of the values of a mapping.
    pub(super) inner: Option<Box<Self>>,
}

impl Sizes {
    pub(super) const fn scalar(most: u64, least: u64) -> Self {
        Self {
            most,
            least,
            fields: BTreeMap::new(),
            inner: None,
        }
    }

    /// The sizes of the values of a schema; nothing where expressions cannot see them.
    pub(super) fn of(schema: &Json, is_resource: bool, depth: usize) -> Option<Self> {
        let text = |key: &str| member_of(schema, key).and_then(Json::as_str).unwrap_or_default();
        let longest = || limit(schema, "maxLength").map(|most| most.saturating_mul(4));
        if member_of(schema, "x-kubernetes-int-or-string").and_then(Json::as_bool) == Some(true) {
            return Some(Self::scalar(longest().unwrap_or(MAX_TEXT), 1));
        }
        if depth > MAX_DEPTH {
            return None;
        }
        let inner = |schema: &Json| Self::of(schema, is_embedded(schema), depth + 1);
        Some(match (text("type"), text("format")) {
            ("array", _) => {
                let items = inner(member_of(schema, "items")?)?;
                Self {
                    most: limit(schema, "maxItems").unwrap_or(MAX_TEXT / (items.least + 1)),
                    least: 2,
                    fields: BTreeMap::new(),
                    inner: Some(Box::new(items)),
                }
            }
            ("object", _) => match member_of(schema, "additionalProperties").filter(|values| values.is_object()) {
                Some(values) => {
                    let values = inner(values)?;
                    Self {
                        most: limit(schema, "maxProperties").unwrap_or(MAX_TEXT / (values.least + 6)),
                        least: 2,
                        fields: BTreeMap::new(),
                        inner: Some(Box::new(values)),
                    }
                }
                None => Self::object(schema, is_resource, &inner),
            },
            ("string", "byte") => Self::scalar(limit(schema, "maxLength").unwrap_or(MAX_TEXT), 2),
            ("string", "duration") => Self::scalar(32, 3),
            ("string", "date") => Self::scalar(12, 12),
            ("string", "date-time") => Self::scalar(32, 21),
            ("string", _) => Self::scalar(longest().or_else(|| longest_of_enum(schema)).unwrap_or(MAX_TEXT), 2),
            ("boolean", _) => Self::scalar(0, 4),
            ("number" | "integer", _) => Self::scalar(0, 1),
            _ => return None,
        })
    }

    fn object(schema: &Json, is_resource: bool, inner: &dyn Fn(&Json) -> Option<Self>) -> Self {
        let required: Vec<&str> = member_of(schema, "required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let (mut fields, mut least) = (BTreeMap::new(), 2);
        let properties = member_of(schema, "properties").and_then(Json::as_object);
        for (name, property) in properties.into_iter().flatten() {
            if is_resource && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                continue;
            }
            let Some(found) = inner(property) else { continue };
            let has_default = member_of(property, "default").is_some_and(|default| !default.is_null());
            if required.contains(&name.as_str()) && !has_default {
                least += name.len() as u64 + found.least + 4;
            }
            if let Some(escaped) = escape(name) {
                fields.insert(escaped, found);
            }
        }
        if is_resource {
            let text = || Self::scalar(MAX_TEXT, 2);
            let names = ["name", "generateName"].map(|name| (name.to_owned(), text()));
            let metadata = Self {
                least: 2,
                fields: names.into_iter().collect_map(),
                ..Self::default()
            };
            fields.insert("metadata".to_owned(), metadata);
            for name in ["apiVersion", "kind"] {
                fields.insert(name.to_owned(), text());
                if required.contains(&name) {
                    least += name.len() as u64 + 6;
                }
            }
        }
        Self {
            most: 0,
            least,
            fields,
            inner: None,
        }
    }

    /// How often such a value fits into a request.
    pub(super) const fn cardinality(&self) -> u64 {
        MAX_REQUEST / (self.least + 1)
    }
}

/// A limit of a schema; a negative one is 0.
pub(super) fn limit(schema: &Json, name: &str) -> Option<u64> {
    let value = member_of(schema, name)?;
    value.as_u64().or_else(|| value.as_i64().map(|_| 0))
}

fn longest_of_enum(schema: &Json) -> Option<u64> {
    let values = member_of(schema, "enum")?
        .as_array()
        .filter(|values| !values.is_empty())?;
    let texts = values.iter().filter_map(Json::as_str);
    Some(texts.map(|text| text.len() as u64).max().unwrap_or_default())
}
