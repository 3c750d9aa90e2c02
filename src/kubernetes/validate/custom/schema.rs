//! The schema of a custom resource, read once from its definition.
//!
//! In: `openAPIV3Schema` as JSON. Out: the keywords that `k8s.io/kube-openapi/pkg/validation` and the server's own steps look
//! at. A keyword of the wrong type does not count, nor do those that a definition must not have
//! (`uniqueItems`, `patternProperties`, …): such a definition is not accepted, and reported elsewhere.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::text::json_member::member;
use crate::text::ordered::CollectOrdered as _;

use super::format::Format;
use super::pattern::Pattern;

/// Deepest nesting of a schema that is read; what is deeper may be anything.
const MAX_DEPTH: usize = 200;

/// A set of JSON types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Types(u8);

/// A JSON type, as schemas name it. A number without a fraction is an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Boolean = 1,
    Integer = 2,
    Number = 4,
    String = 8,
    Array = 16,
    Object = 32,
}

impl Type {
    const ALL: [Self; 6] = [
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::String,
        Self::Array,
        Self::Object,
    ];

    /// The name in schemas and messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Types {
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn contains(self, kind: Type) -> bool {
        self.0 & kind as u8 != 0
    }

    const fn with(self, kind: Type) -> Self {
        Self(self.0 | kind as u8)
    }

    /// How messages name the set.
    pub(super) fn names(self) -> String {
        let names = Type::ALL
            .into_iter()
            .filter(|&kind| self.contains(kind))
            .map(Type::name);
        names.collect::<Vec<_>>().join(" or ")
    }
}

/// What `x-kubernetes-list-type` says of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ListType {
    /// One value, replaced as a whole.
    #[default]
    Atomic,
    /// No item occurs twice.
    Set,
    /// No two items have the same keys.
    Map,
}

/// What `additionalProperties` says.
#[derive(Debug, Default)]
pub(super) enum Additional {
    /// Nothing.
    #[default]
    Unset,
    /// Any value, or none at all.
    Any(bool),
    /// Values of a schema.
    Of(Box<Schema>),
}

/// The limits on a number.
#[derive(Debug, Default)]
pub(super) struct Range {
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) excludes_minimum: bool,
    pub(super) excludes_maximum: bool,
    pub(super) multiple_of: Option<f64>,
}

/// How many of something there may be.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) at_least: Option<u64>,
    pub(super) at_most: Option<u64>,
}

/// What a value may be.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "keywords of a schema")]
pub(super) struct Schema {
    pub(super) types: Types,
    pub(super) is_nullable: bool,
    pub(super) is_int_or_string: bool,
    /// Whether it names a format that is not that of bytes, known or not.
    pub(super) has_format: bool,
    pub(super) format: Option<Format>,
    /// A default that is not null.
    pub(super) default: Option<Json>,
    /// A schema is large, and a map of schemas has room for eleven.
    pub(super) properties: BTreeMap<String, Box<Self>>,
    pub(super) additional: Additional,
    pub(super) items: Option<Box<Self>>,
    pub(super) required: Vec<String>,
    pub(super) enumeration: Vec<Json>,
    pub(super) pattern: Option<Pattern>,
    pub(super) range: Range,
    pub(super) length: Count,
    pub(super) item_count: Count,
    pub(super) property_count: Count,
    pub(super) all_of: Vec<Self>,
    pub(super) any_of: Vec<Self>,
    pub(super) one_of: Vec<Self>,
    pub(super) not: Option<Box<Self>>,
    pub(super) preserves_unknown: bool,
    pub(super) is_embedded: bool,
    pub(super) list_type: ListType,
    pub(super) list_map_keys: Vec<String>,
}

impl Schema {
    /// Reads a schema.
    pub(super) fn of(schema: &Json) -> Self {
        Self::nested(schema, 0)
    }

    fn nested(schema: &Json, depth: usize) -> Self {
        let Some(fields) = schema.as_object().filter(|_| depth < MAX_DEPTH) else {
            return Self::default();
        };
        let is = |name: &str| member(fields, name).and_then(Json::as_bool).unwrap_or(false);
        let text = |name: &str| member(fields, name).and_then(Json::as_str);
        let number = |name: &str| member(fields, name).and_then(Json::as_f64);
        let inner = |schema: &Json| Self::nested(schema, depth + 1);
        let boxed = |name: &str| {
            member(fields, name)
                .filter(|schema| schema.is_object())
                .map(|schema| Box::new(inner(schema)))
        };
        let several = |name: &str| list(fields, name).iter().map(inner).collect();
        let is_int_or_string = is("x-kubernetes-int-or-string");
        let types = if is_int_or_string {
            Types::default().with(Type::Integer).with(Type::String)
        } else {
            text("type")
                .and_then(Type::named)
                .map(|kind| Types::default().with(kind))
                .unwrap_or_default()
        };
        let properties = member(fields, "properties")
            .and_then(Json::as_object)
            .into_iter()
            .flatten();
        Self {
            types,
            is_nullable: is("nullable"),
            is_int_or_string,
            has_format: text("format").is_some_and(|format| !matches!(format, "" | "byte")),
            format: text("format").and_then(Format::named),
            default: member(fields, "default").filter(|value| !value.is_null()).cloned(),
            properties: properties
                .map(|(name, schema)| (name.clone(), Box::new(inner(schema))))
                .collect_map(),
            additional: match member(fields, "additionalProperties") {
                Some(Json::Bool(is_allowed)) => Additional::Any(*is_allowed),
                Some(schema @ Json::Object(_)) => Additional::Of(Box::new(inner(schema))),
                _ => Additional::Unset,
            },
            items: boxed("items"),
            required: texts(fields, "required"),
            enumeration: list(fields, "enum").to_vec(),
            pattern: text("pattern").filter(|pattern| !pattern.is_empty()).map(Pattern::new),
            range: Range {
                minimum: number("minimum"),
                maximum: number("maximum"),
                excludes_minimum: is("exclusiveMinimum"),
                excludes_maximum: is("exclusiveMaximum"),
                multiple_of: number("multipleOf"),
            },
            length: count(fields, "minLength", "maxLength"),
            item_count: count(fields, "minItems", "maxItems"),
            property_count: count(fields, "minProperties", "maxProperties"),
            all_of: several("allOf"),
            any_of: several("anyOf"),
            one_of: several("oneOf"),
            not: boxed("not"),
            preserves_unknown: is("x-kubernetes-preserve-unknown-fields"),
            is_embedded: is("x-kubernetes-embedded-resource"),
            list_type: match text("x-kubernetes-list-type") {
                Some("set") => ListType::Set,
                Some("map") => ListType::Map,
                _ => ListType::Atomic,
            },
            list_map_keys: texts(fields, "x-kubernetes-list-map-keys"),
        }
    }

    /// The schema of a field, `additionalProperties` included.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).map(AsRef::as_ref).or(match &self.additional {
            Additional::Of(schema) => Some(schema),
            Additional::Unset | Additional::Any(_) => None,
        })
    }
}

fn list<'f>(fields: &'f Map<String, Json>, name: &str) -> &'f [Json] {
    member(fields, name)
        .and_then(Json::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn texts(fields: &Map<String, Json>, name: &str) -> Vec<String> {
    let texts = list(fields, name).iter().filter_map(Json::as_str);
    texts.map(str::to_owned).collect()
}

fn count(fields: &Map<String, Json>, at_least: &str, at_most: &str) -> Count {
    let number = |name: &str| member(fields, name).and_then(Json::as_u64);
    Count {
        at_least: number(at_least),
        at_most: number(at_most),
    }
}
