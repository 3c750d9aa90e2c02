//! Quick acceptance of values that clearly fit their values.schema.json.
//!
//! Compiling a schema, and checking it against its schema of schemas, takes longer than rendering most charts. Here the
//! common keywords of drafts 7, 2019-09 and 2020-12 are checked in place, over template values and without a copy as JSON.
//! Anything unusual counts as doubt, and so does every refusal: then `kubernetes::json_schema` decides, and its messages are
//! shown.

use std::cell::Cell;
use std::collections::HashSet;

use regex::Regex;
use serde_json::{Map as JsonMap, Value as Json};

use crate::engine::template::{Map, Text, Value};
use crate::text::go::pattern::{compile, size};

/// How deep schemas are followed before the decision is left to the library.
const MAX_DEPTH: usize = 100;
/// Integers up to here are exact as floating point, and no other integers are rounded to them.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// How many places of a schema are examined before the decision is left to the library, which names the place where its
/// own limit is reached: a schema can double the work at every level.
const MAX_LOOKS: usize = 1_000_000;
/// Places that compiling a byte of a pattern counts as.
const PATTERN_BYTE: usize = 8;

/// The result of a quick look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quick {
    /// The values surely fit a schema that is surely sound.
    Accepted,
    /// No verdict.
    Unknown,
}

/// Looks at values and schema; only the library refuses.
pub(super) fn quick_look(schema: &Json, values: &Map) -> Quick {
    let Some(draft) = Draft::of(schema) else {
        return Quick::Unknown;
    };
    let acceptance = Acceptance {
        root: schema,
        draft,
        looks: Cell::new(0),
    };
    if !acceptance.is_sound(schema, 0) {
        return Quick::Unknown;
    }
    let verdict = acceptance.verdict(schema, &Value::Map(values.clone()), 0);
    if verdict == Verdict::Fits && acceptance.looks.get() <= MAX_LOOKS {
        Quick::Accepted
    } else {
        Quick::Unknown
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Draft {
    Seven,
    /// 2019-09 and 2020-12, which agree on everything examined here.
    Later,
}

impl Draft {
    fn of(schema: &Json) -> Option<Self> {
        let Some(named) = schema.get("$schema") else {
            return Some(Self::Later);
        };
        let url = named.as_str()?;
        let url = url.strip_suffix('#').unwrap_or(url);
        let place = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
        match place {
            "json-schema.org/draft-07/schema" => Some(Self::Seven),
            "json-schema.org/schema"
            | "json-schema.org/draft/2019-09/schema"
            | "json-schema.org/draft/2020-12/schema" => Some(Self::Later),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fits,
    Breaks,
    Doubt,
}

impl From<bool> for Verdict {
    fn from(fits: bool) -> Self {
        if fits { Self::Fits } else { Self::Breaks }
    }
}

/// All must fit. Doubt about one outweighs the failure of another, since the library may reject the whole schema.
fn all_of(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let mut all = Verdict::Fits;
    for verdict in verdicts {
        match verdict {
            Verdict::Fits => {}
            Verdict::Breaks => all = Verdict::Breaks,
            Verdict::Doubt => return Verdict::Doubt,
        }
    }
    all
}

struct Acceptance<'s> {
    root: &'s Json,
    draft: Draft,
    looks: Cell<usize>,
}

impl<'s> Acceptance<'s> {
    /// Whether a schema has only keywords known here, each in the form that the metaschema requires.
    fn is_sound(&self, schema: &Json, depth: usize) -> bool {
        match schema {
            Json::Bool(_) => true,
            Json::Object(keywords) if depth < MAX_DEPTH => keywords
                .iter()
                .all(|(name, value)| self.is_sound_keyword(name, value, depth)),
            _ => false,
        }
    }

    fn is_sound_keyword(&self, name: &str, value: &Json, depth: usize) -> bool {
        let is_schema = |value: &Json| self.is_sound(value, depth + 1);
        match name {
            "$schema" => depth == 0,
            "$ref" => value.as_str().is_some_and(|target| self.resolve(target).is_some()),
            "type" => match value {
                Json::String(name) => is_type_name(name),
                Json::Array(names) => {
                    are_unique_texts(names) && names.iter().filter_map(Json::as_str).all(is_type_name)
                }
                _ => false,
            },
            "properties" | "definitions" | "$defs" => {
                value.as_object().is_some_and(|inner| inner.values().all(is_schema))
            }
            "additionalProperties" | "items" | "not" | "if" | "then" | "else" => is_schema(value),
            "allOf" | "anyOf" | "oneOf" => value
                .as_array()
                .is_some_and(|inner| !inner.is_empty() && inner.iter().all(is_schema)),
            "required" => value.as_array().is_some_and(|names| are_unique_texts(names)),
            "enum" | "examples" => value.is_array(),
            "const" | "default" => true,
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => exact_integer(value).is_some(),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => value.is_u64(),
            "uniqueItems" | "readOnly" | "writeOnly" | "deprecated" => value.is_boolean(),
            "title" | "description" | "$comment" | "format" => value.is_string(),
            "pattern" => value.as_str().is_some_and(|pattern| self.compiled(pattern).is_some()),
            "$id"
            | "id"
            | "$anchor"
            | "$dynamicRef"
            | "$dynamicAnchor"
            | "$recursiveRef"
            | "$recursiveAnchor"
            | "$vocabulary"
            | "patternProperties"
            | "propertyNames"
            | "dependencies"
            | "dependentRequired"
            | "dependentSchemas"
            | "contains"
            | "minContains"
            | "maxContains"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "prefixItems"
            | "additionalItems"
            | "contentEncoding"
            | "contentMediaType"
            | "contentSchema"
            | "multipleOf" => false,
            // Others mean nothing to any draft.
            _ => true,
        }
    }

    /// The schema behind `#/definitions/name`.
    fn resolve(&self, target: &str) -> Option<&'s Json> {
        let (place, name) = target.strip_prefix("#/")?.split_once('/')?;
        if place != "definitions" && (place != "$defs" || self.draft == Draft::Seven) {
            return None;
        }
        if name.contains(['/', '~', '%']) {
            return None;
        }
        self.root.get(place)?.get(name)
    }

    /// Counts places.
    fn may_look(&self, places: usize) -> bool {
        let looks = self.looks.get().saturating_add(places);
        self.looks.set(looks);
        looks <= MAX_LOOKS
    }

    fn verdict(&self, schema: &Json, value: &Value, depth: usize) -> Verdict {
        let keywords = match schema {
            Json::Bool(accepts) => return Verdict::from(*accepts),
            Json::Object(keywords) if depth < MAX_DEPTH => keywords,
            _ => return Verdict::Doubt,
        };
        if !is_json(value) || !self.may_look(1) {
            return Verdict::Doubt;
        }
        if self.draft == Draft::Seven
            && let Some(target) = keywords.get("$ref")
        {
            // Draft 7 ignores keywords beside a reference.
            return self.keyword("$ref", target, keywords, value, depth);
        }
        all_of(
            keywords
                .iter()
                .map(|(name, wanted)| self.keyword(name, wanted, keywords, value, depth)),
        )
    }

    fn keyword(
        &self,
        name: &str,
        wanted: &Json,
        beside: &JsonMap<String, Json>,
        value: &Value,
        depth: usize,
    ) -> Verdict {
        match name {
            "$ref" => match wanted.as_str().and_then(|target| self.resolve(target)) {
                Some(schema) => self.verdict(schema, value, depth + 1),
                None => Verdict::Doubt,
            },
            "type" => match wanted {
                Json::String(name) => Verdict::from(has_type(value, name)),
                Json::Array(names) => {
                    Verdict::from(names.iter().filter_map(Json::as_str).any(|name| has_type(value, name)))
                }
                _ => Verdict::Doubt,
            },
            "const" => equals(wanted, value),
            "enum" if !self.may_look(wanted.as_array().map_or(0, Vec::len)) => Verdict::Doubt,
            "enum" => any_of(wanted.as_array().into_iter().flatten().map(|one| equals(one, value))),
            "allOf" => all_of(self.each(wanted, value, depth)),
            "anyOf" => any_of(self.each(wanted, value, depth)),
            "oneOf" => self.exactly_one(wanted, value, depth),
            "not" => match self.verdict(wanted, value, depth + 1) {
                Verdict::Fits => Verdict::Breaks,
                Verdict::Breaks => Verdict::Fits,
                Verdict::Doubt => Verdict::Doubt,
            },
            "if" => {
                let branch = match self.verdict(wanted, value, depth + 1) {
                    Verdict::Fits => "then",
                    Verdict::Breaks => "else",
                    Verdict::Doubt => return Verdict::Doubt,
                };
                beside
                    .get(branch)
                    .map_or(Verdict::Fits, |schema| self.verdict(schema, value, depth + 1))
            }
            _ => match value {
                Value::Map(map) => self.object_keyword(name, wanted, beside, map, depth),
                Value::List(list) => self.list_keyword(name, wanted, list.items(), depth),
                Value::Str(text) => self.text_keyword(name, wanted, text),
                _ => number_keyword(name, wanted, value),
            },
        }
    }

    fn each(&self, schemas: &Json, value: &Value, depth: usize) -> impl Iterator<Item = Verdict> {
        let schemas = schemas.as_array().into_iter().flatten();
        schemas.map(move |schema| self.verdict(schema, value, depth + 1))
    }

    fn exactly_one(&self, schemas: &Json, value: &Value, depth: usize) -> Verdict {
        let mut fitting = 0;
        for verdict in self.each(schemas, value, depth) {
            match verdict {
                Verdict::Fits => fitting += 1,
                Verdict::Breaks => {}
                Verdict::Doubt => return Verdict::Doubt,
            }
        }
        Verdict::from(fitting == 1)
    }

    fn object_keyword(
        &self,
        name: &str,
        wanted: &Json,
        beside: &JsonMap<String, Json>,
        map: &Map,
        depth: usize,
    ) -> Verdict {
        match name {
            "required" => Verdict::from(
                wanted
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Json::as_str)
                    .all(|name| map.get(name.as_bytes()).is_some()),
            ),
            "minProperties" => Verdict::from(wanted.as_u64().is_some_and(|least| map.len() as u64 >= least)),
            "maxProperties" => Verdict::from(wanted.as_u64().is_some_and(|most| map.len() as u64 <= most)),
            "properties" => {
                let Some(schemas) = wanted.as_object() else {
                    return Verdict::Doubt;
                };
                map.with(|entries| {
                    all_of(entries.iter().filter_map(|(key, value)| {
                        let schema = schemas.get(key.as_str()?)?;
                        Some(self.verdict(schema, value, depth + 1))
                    }))
                })
            }
            "additionalProperties" => {
                let named = beside.get("properties").and_then(Json::as_object);
                map.with(|entries| {
                    all_of(entries.iter().map(|(key, value)| match key.as_str() {
                        Some(key) if named.is_some_and(|named| named.contains_key(key)) => Verdict::Fits,
                        Some(_) => self.verdict(wanted, value, depth + 1),
                        None => Verdict::Doubt,
                    }))
                })
            }
            _ => Verdict::Fits,
        }
    }

    fn list_keyword(&self, name: &str, wanted: &Json, items: &[Value], depth: usize) -> Verdict {
        match name {
            "minItems" => Verdict::from(wanted.as_u64().is_some_and(|least| items.len() as u64 >= least)),
            "maxItems" => Verdict::from(wanted.as_u64().is_some_and(|most| items.len() as u64 <= most)),
            "items" => all_of(items.iter().map(|item| self.verdict(wanted, item, depth + 1))),
            "uniqueItems" if wanted == &Json::Bool(true) && items.len() > 1 => Verdict::Doubt,
            _ => Verdict::Fits,
        }
    }

    fn text_keyword(&self, name: &str, wanted: &Json, text: &Text) -> Verdict {
        let Some(text) = text.as_str() else {
            return Verdict::Doubt;
        };
        let length = || text.chars().count() as u64;
        match name {
            "minLength" => Verdict::from(wanted.as_u64().is_some_and(|least| length() >= least)),
            "maxLength" => Verdict::from(wanted.as_u64().is_some_and(|most| length() <= most)),
            "pattern" => match wanted.as_str().and_then(|pattern| self.compiled(pattern)) {
                Some(pattern) => Verdict::from(pattern.is_match(text)),
                None => Verdict::Doubt,
            },
            // Later drafts treat formats as annotations.
            "format" if self.draft == Draft::Seven => Verdict::Doubt,
            _ => Verdict::Fits,
        }
    }
}

impl Acceptance<'_> {
    /// A pattern, compiled each time, which counts as so many places.
    fn compiled(&self, pattern: &str) -> Option<Regex> {
        let parts = usize::try_from(size(pattern)?).ok()?;
        self.may_look(parts.saturating_add(PATTERN_BYTE * pattern.len()))
            .then(|| compile(pattern).ok())
            .flatten()
    }
}

/// One must fit, and there must be no doubt about any.
fn any_of(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let mut any = Verdict::Breaks;
    for verdict in verdicts {
        match verdict {
            Verdict::Fits => any = Verdict::Fits,
            Verdict::Breaks => {}
            Verdict::Doubt => return Verdict::Doubt,
        }
    }
    any
}

fn is_type_name(name: &str) -> bool {
    ["array", "boolean", "integer", "null", "number", "object", "string"].contains(&name)
}

fn are_unique_texts(texts: &[Json]) -> bool {
    let mut seen = HashSet::new();
    texts
        .iter()
        .all(|text| text.as_str().is_some_and(|text| seen.insert(text)))
}

/// Whether a value exists in JSON: no structs, no bytes, no infinities.
fn is_json(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Bool(_) | Value::Str(_) | Value::List(_) | Value::Map(_) => true,
        _ => number(value).is_some(),
    }
}

/// A number that floating point represents exactly.
fn number(value: &Value) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "inexact numbers are refused below")]
    let number = match value {
        Value::Int(value) | Value::Int64(value) => *value as f64,
        Value::Float(value) => *value,
        _ => return None,
    };
    (number.abs() <= EXACT).then_some(number)
}

/// A number of a schema, if it is an integer that floating point represents exactly. The schema compares exact decimals,
/// and what was written in a fraction is lost here.
fn exact_integer(wanted: &Json) -> Option<f64> {
    let is_integer = wanted.is_i64() || wanted.is_u64();
    wanted.as_f64().filter(|number| is_integer && number.abs() <= EXACT)
}

fn has_type(value: &Value, name: &str) -> bool {
    match value {
        Value::Nil => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Str(_) => name == "string",
        Value::List(_) => name == "array",
        Value::Map(_) => name == "object",
        _ => name == "number" || (name == "integer" && number(value).is_some_and(|number| number.fract() == 0.0)),
    }
}

#[expect(clippy::float_cmp, reason = "JSON numbers are equal when they are the same number")]
fn equals(wanted: &Json, value: &Value) -> Verdict {
    match (wanted, value) {
        (Json::Array(_), Value::List(_)) | (Json::Object(_), Value::Map(_)) => Verdict::Doubt,
        (Json::Null, Value::Nil) => Verdict::Fits,
        (Json::Bool(wanted), Value::Bool(value)) => Verdict::from(wanted == value),
        (Json::String(wanted), Value::Str(text)) => Verdict::from(wanted.as_bytes() == text.as_bytes()),
        (Json::Number(_), value) => match (exact_integer(wanted), number(value)) {
            (Some(wanted), Some(number)) => Verdict::from(wanted == number),
            (_, None) => Verdict::Breaks,
            (None, _) => Verdict::Doubt,
        },
        _ => Verdict::Breaks,
    }
}

fn number_keyword(name: &str, wanted: &Json, value: &Value) -> Verdict {
    let (Some(bound), Some(number)) = (exact_integer(wanted), number(value)) else {
        return Verdict::Fits;
    };
    match name {
        "minimum" => Verdict::from(number >= bound),
        "maximum" => Verdict::from(number <= bound),
        "exclusiveMinimum" => Verdict::from(number > bound),
        "exclusiveMaximum" => Verdict::from(number < bound),
        _ => Verdict::Fits,
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema_documents::SchemaDocuments;
    use super::super::values_schema::{library_verdict, validate_single_schema};
    use super::*;
    use crate::engine::functions::yaml_value::map_from_yaml;

    const SCHEMAS: &[&str] = &[
        r#"{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 1}}}"#,
        r#"{"additionalProperties": false, "properties": {"a": {"enum": [1, "x", null]}, "b": true}}"#,
        r#"{"properties": {"a": {"oneOf": [{"type": "string"}, {"type": "number", "maximum": 3}]}, "b": {"not": {"type": "null"}}}}"#,
        r##"{"properties": {"a": {"$ref": "#/definitions/x", "type": "string"}}, "definitions": {"x": {"type": ["integer", "null"]}}}"##,
        r##"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/x", "type": "string"}}, "definitions": {"x": {"type": ["integer", "null"]}}}"##,
        r##"{"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"anyOf": [{"const": "x"}, {"minimum": 2}]}}}"##,
        r#"{"properties": {"a": {"pattern": "^[a-z]+\\.?$", "minLength": 1, "maxLength": 2}, "b": {"items": {"type": "string"}, "maxItems": 1}}}"#,
        r#"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"maxProperties": 1}}"#,
        r#"{"properties": {"a": {"format": "email"}, "b": {"uniqueItems": true}}, "x-unknown": {"type": 3}}"#,
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"format": "email"}}}"#,
        r#"{"allOf": [{"additionalProperties": {"type": ["string", "array", "number"]}}, {"minProperties": 1}]}"#,
        r#"{"properties": {"a": false}}"#,
        r#"{"patternProperties": {"^a": {"type": "string"}}}"#,
        r#"{"type": "objekt"}"#,
        r#"{"required": ["a", "a"]}"#,
        r#"{"properties": {"a": {"exclusiveMinimum": true}}}"#,
        r#"{"properties": {"a": {"pattern": "("}}}"#,
        r##"{"properties": {"a": {"$ref": "#/definitions/missing"}}}"##,
        r##"{"definitions": {"x": {"$ref": "#/definitions/x"}}, "$ref": "#/definitions/x"}"##,
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"}"#,
    ];

    const VALUES: &[&str] = &[
        "{}",
        "a: 1",
        "a: 0",
        "a: 1.5",
        "a: x",
        "a: xyz",
        "a: x.",
        "a: null",
        "a: []",
        "a: {c: 1}",
        "b: [x]",
        "b: [x, x]",
        "b: [1]",
        "{a: 2, b: y}",
        "{a: 3, b: null}",
        "{b: 1, c: 2}",
        "a: a@b.c",
        "a: true",
    ];

    fn no_documents() -> SchemaDocuments<'static> {
        SchemaDocuments {
            files: &|_| None,
            remote: None,
        }
    }

    fn read(schema: &str, values: &str) -> (Json, Map) {
        let schema = serde_json::from_str(schema).expect("is JSON");
        (schema, map_from_yaml(values.as_bytes()).expect("is YAML"))
    }

    /// A quick yes is the library's yes, and most of the library's are quick.
    #[test]
    fn quick_acceptance_agrees_with_the_library() {
        let (mut quick, mut slow) = (0, 0);
        for schema in SCHEMAS {
            for values in VALUES {
                let (schema_json, map) = read(schema, values);
                let by_library = library_verdict(&map, schema.as_bytes(), &no_documents()).is_ok();
                let here = quick_look(&schema_json, &map) == Quick::Accepted;
                assert!(by_library || !here, "{schema} {values}");
                assert_eq!(
                    validate_single_schema(&map, schema.as_bytes(), &no_documents()).is_ok(),
                    by_library
                );
                quick += usize::from(here);
                slow += usize::from(by_library && !here);
            }
        }
        assert!(quick > 4 * slow, "{quick} quick, {slow} not");
    }

    #[test]
    fn doubt_is_left_to_the_library() {
        for (schema, values) in [
            (r#"{"patternProperties": {"^a": {}}}"#, "a: 1"),
            (r#"{"multipleOf": 2}"#, "a: 1"),
            (r#"{"type": "objekt"}"#, "{}"),
            (r#"{"enum": [{}]}"#, "{}"),
            (r#"{"$schema": "https://example.com/own"}"#, "{}"),
            (r#"{"properties": {"a": {"uniqueItems": true}}}"#, "a: [1, 2]"),
            (r#"{"properties": {"a": {"minimum": 0.25}}}"#, "a: 1"),
            (r#"{"properties": {"a": {"const": 9007199254740993}}}"#, "a: 1"),
            (r#"{"properties": {"a": {"minimum": 1}}}"#, "a: 9007199254740993"),
        ] {
            let (schema_json, map) = read(schema, values);
            assert_eq!(quick_look(&schema_json, &map), Quick::Unknown, "{schema} {values}");
        }
    }

    #[test]
    fn a_schema_that_doubles_its_work_is_stopped() {
        let levels: Vec<String> = (0..40)
            .map(|level| {
                let next = format!(r##"{{"$ref": "#/$defs/d{}"}}"##, level + 1);
                format!(r#""d{level}": {{"anyOf": [{next}, {next}]}}"#)
            })
            .collect();
        let schema = format!(
            r##"{{"$ref": "#/$defs/d0", "$defs": {{{}, "d40": false}}}}"##,
            levels.join(", ")
        );
        let (schema_json, map) = read(&schema, "{}");
        assert_eq!(quick_look(&schema_json, &map), Quick::Unknown);
        let refusal = validate_single_schema(&map, schema.as_bytes(), &no_documents()).unwrap_err();
        assert!(refusal.0.contains("validation stopped at the schema"), "{}", refusal.0);
    }
}
