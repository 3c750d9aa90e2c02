//! values.schema.json: validation by `boon`, reported in the words of the Go library that Helm uses.

use boon::{Compiler, Format, Schemas, UrlLoader};
use serde_json::Value as Json;

use super::schema_acceptance::{Quick, quick_look};
use super::schema_error::{compile_error, validation_error};
use super::schema_patterns::rewrite_patterns;
use super::schema_references::{ChartFiles, resolve};
use crate::engine::chart::Chart;
use crate::engine::functions::json::next_value;
use crate::engine::template::{Map, Value};
use crate::text::go::path_error::path_error;
use crate::text::go::quote::quote;

/// URL under which Helm registers a chart's schema.
const SCHEMA_URL: &str = "file:///values.schema.json";

/// Formats that `boon` checks and Helm's library does not know: any text is accepted.
const UNKNOWN_FORMATS: [&str; 2] = ["idn-email", "idn-hostname"];

/// Values that break their schema, or a schema that does not compile: Helm's text, several lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaViolation(pub String);

/// The result of validation: warnings about parts that were not checked, or why the values are refused.
pub type SchemaVerdict = Result<Vec<String>, SchemaViolation>;

/// Validates the coalesced values of a chart and, below their names, those of its subcharts.
///
/// # Errors
/// When values break a schema, or a schema is broken.
pub fn validate_chart_values(chart: &Chart, values: &Map, warnings: &mut Vec<String>) -> Result<(), SchemaViolation> {
    let mut text = String::new();
    collect(chart, values, &mut text, warnings);
    if text.is_empty() {
        Ok(())
    } else {
        Err(SchemaViolation(text))
    }
}

fn collect(chart: &Chart, values: &Map, text: &mut String, warnings: &mut Vec<String>) {
    if let Some(schema) = &chart.schema {
        let files = |name: &str| {
            let file = chart.raw.iter().find(|file| file.name == name)?;
            Some(file.data.to_vec())
        };
        match validate_single_schema(values, schema, &files) {
            Ok(unchecked) => warnings.extend(unchecked),
            Err(violation) => text.push_str(&format!("{}:\n{}", chart.name(), violation.0)),
        }
    }
    for subchart in &chart.dependencies {
        match values.get(subchart.name().as_bytes()) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(values)) => collect(subchart, &values, text, warnings),
            Some(other) => text.push_str(&format!(
                "{}:\ninvalid type for values: expected object (map), got {}\n",
                subchart.name(),
                other.type_name()
            )),
        }
    }
}

/// Validates values against the text of one schema, which may refer to `files` of its chart.
///
/// # Errors
/// When the values break the schema, or it is broken.
pub fn validate_single_schema(values: &Map, schema: &[u8], files: &ChartFiles<'_>) -> SchemaVerdict {
    let schema = read_schema(schema).map_err(SchemaViolation)?;
    match quick_look(&schema, values) {
        Quick::Accepted => Ok(Vec::new()),
        Quick::Unknown => library_verdict(values, schema, files),
        Quick::TooComplex => Err(SchemaViolation(
            "values.schema.json is too complex: its alternatives multiply from level to level\n".to_owned(),
        )),
    }
}

/// The schema, or Go's error text if it is not JSON.
fn read_schema(text: &[u8]) -> Result<Json, String> {
    serde_json::from_slice(text).map_err(|error| match next_value(text, 0) {
        Ok(None) => "EOF".to_owned(),
        Err(error) => error.to_string(),
        Ok(Some((_, end))) if !text.get(end..).unwrap_or_default().trim_ascii().is_empty() => {
            "invalid character after top-level value".to_owned()
        }
        Ok(Some(_)) => error.to_string(),
    })
}

/// The same, only by `boon`.
pub(super) fn library_verdict(values: &Map, mut schema: Json, files: &ChartFiles<'_>) -> SchemaVerdict {
    let patterns = rewrite_patterns(&mut schema);
    let references = resolve(&mut schema, files);
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(Loader));
    for name in UNKNOWN_FORMATS {
        compiler.register_format(Format { name, func: |_| Ok(()) });
    }
    let mut schemas = Schemas::new();
    compiler
        .add_resource(SCHEMA_URL, schema)
        .map_err(|error| SchemaViolation(compile_error(&error)))?;
    for (url, document) in references.documents {
        compiler
            .add_resource(&url, document)
            .map_err(|error| SchemaViolation(compile_error(&error)))?;
    }
    let index = compiler
        .compile(SCHEMA_URL, &mut schemas)
        .map_err(|error| SchemaViolation(patterns.restore(compile_error(&error))))?;
    let instance = to_json(&Value::Map(values.clone()));
    schemas.validate(&instance, index).map_err(|error| {
        let text = patterns.restore(validation_error(&error));
        let text = text
            .strip_prefix(&format!("jsonschema validation failed with '{SCHEMA_URL}#'\n"))
            .unwrap_or(&text);
        SchemaViolation(format!("{text}\n"))
    })?;
    Ok(references.warnings)
}

/// Files, as in Helm. A URL gets here only as `$schema`, and is not fetched. Unresolved URNs accept anything, as in Helm.
struct Loader;

impl UrlLoader for Loader {
    fn load(&self, url: &str) -> Result<Json, Box<dyn std::error::Error>> {
        if url.starts_with("urn:") {
            return Ok(Json::Bool(true));
        }
        if let Some(path) = url.strip_prefix("file://") {
            let text = std::fs::read(path).map_err(|error| path_error("open", path, &error))?;
            return Ok(serde_json::from_slice(&text)?);
        }
        if !url.starts_with("http:") && !url.starts_with("https:") {
            return Err(format!("no URLLoader registered for {}", quote(url.as_bytes())).into());
        }
        Err(format!("{url} is not fetched: rendering uses no network; put the schema into the chart").into())
    }
}

/// The value as JSON; a value that JSON cannot express becomes null.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) | Value::Int64(value) => Json::from(*value),
        Value::Int32(value) => Json::from(*value),
        Value::Uint8(value) => Json::from(*value),
        Value::Uint32(value) => Json::from(*value),
        Value::Uint64(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::Str(text) => Json::String(text.to_str_lossy().into_owned()),
        Value::List(list) => Json::Array(list.items().iter().map(to_json).collect()),
        Value::Map(map) => map.with(|dict| {
            Json::Object(
                dict.iter()
                    .map(|(key, value)| (key.to_str_lossy().into_owned(), to_json(value)))
                    .collect(),
            )
        }),
        Value::Nil | Value::Complex(..) | Value::Bytes(_) | Value::Object(_) => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_that_are_not_json_are_refused_in_gos_words() {
        for (schema, want) in [
            ("{", "unexpected EOF"),
            (" ", "EOF"),
            ("{}}", "invalid character after top-level value"),
            (
                "{a}",
                "invalid character 'a' looking for beginning of object key string",
            ),
            ("{\"a\": tru}", "invalid character '}' in literal true (expecting 'e')"),
        ] {
            assert_eq!(read_schema(schema.as_bytes()).unwrap_err(), want, "{schema}");
        }
        assert!(read_schema(b"{\"type\": \"object\"}").is_ok());
    }
}
