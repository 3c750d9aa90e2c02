//! values.schema.json: validation with the verdicts and words of the Go library that Helm uses.

use std::rc::Rc;

use serde_json::Value as Json;

use super::compiled_schemas::{AskedLoader, keep, kept};
use super::schema_acceptance::{Quick, quick_look};
use super::schema_documents::{ChartLoader, FetchDocument, PublishedFiles, SchemaDocuments};
use crate::engine::chart::Chart;
use crate::engine::functions::json::next_value;
use crate::engine::template::{Map, Value};
use crate::kubernetes::json_schema::{Draft, Node, Settings, Validator, replace_invalid_utf8, why_too_large};
use crate::text::go::float_format::format_shortest;
use crate::text::ordered::CollectOrdered as _;

/// URL under which Helm registers a chart's schema.
const SCHEMA_URL: &str = "file:///values.schema.json";

/// Values that break their schema, or a schema that does not compile: Helm's text, several lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaViolation(pub String);

/// The result of validation: the URLs that were not fetched, or why the values are refused.
pub type SchemaVerdict = Result<Vec<String>, SchemaViolation>;

/// Validates the coalesced values of a chart and, below their names, those of its subcharts. Without `remote`, nothing is
/// fetched, and what a schema at a URL describes is not checked: `unchecked` receives the URLs, each once.
///
/// # Errors
/// When values break a schema, or a schema is broken.
pub fn validate_chart_values(
    chart: &Chart,
    values: &Map,
    remote: Option<&dyn FetchDocument>,
    unchecked: &mut Vec<String>,
) -> Result<(), SchemaViolation> {
    let mut text = String::new();
    let published = PublishedFiles::of(chart);
    let documents = SchemaDocuments {
        files: &|url| published.read(url),
        remote,
    };
    collect(chart, values, &documents, &mut text, unchecked);
    if text.is_empty() {
        Ok(())
    } else {
        Err(SchemaViolation(text))
    }
}

fn collect(
    chart: &Chart,
    values: &Map,
    documents: &SchemaDocuments<'_>,
    text: &mut String,
    unchecked: &mut Vec<String>,
) {
    if let Some(schema) = &chart.schema {
        match validate_single_schema(values, schema, documents) {
            Ok(urls) => {
                for url in urls {
                    if !unchecked.contains(&url) {
                        unchecked.push(url);
                    }
                }
            }
            Err(violation) => text.push_str(&format!("{}:\n{}", chart.name(), violation.0)),
        }
    }
    for subchart in &chart.dependencies {
        match values.get(subchart.name().as_bytes()) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(values)) => collect(subchart, &values, documents, text, unchecked),
            Some(other) => text.push_str(&format!(
                "{}:\ninvalid type for values: expected object (map), got {}\n",
                subchart.name(),
                other.type_name()
            )),
        }
    }
}

/// Validates values against the text of one schema, which may refer to `documents`.
///
/// # Errors
/// When the values break the schema, or it is broken.
pub fn validate_single_schema(values: &Map, schema: &[u8], documents: &SchemaDocuments<'_>) -> SchemaVerdict {
    let Some(json) = read_schema(schema).map_err(SchemaViolation)? else {
        return library_verdict(values, schema, documents);
    };
    match quick_look(&json, values) {
        Quick::Accepted => Ok(Vec::new()),
        Quick::Unknown => library_verdict(values, schema, documents),
    }
}

/// The schema, or Go's error text if it is not JSON; nothing for JSON that only Go reads, such as `1e999`.
pub(super) fn read_schema(text: &[u8]) -> Result<Option<Json>, String> {
    if let Some(message) = why_too_large(text) {
        return Err(message);
    }
    let error = match serde_json::from_slice(&replace_invalid_utf8(text)) {
        Ok(json) => return Ok(Some(json)),
        Err(_) if Node::parse(text).is_ok() => return Ok(None),
        Err(error) => error,
    };
    Err(match next_value(text, 0) {
        Ok(None) => "EOF".to_owned(),
        Err(error) => error.to_string(),
        Ok(Some((_, end))) if !text.get(end..).unwrap_or_default().trim_ascii().is_empty() => {
            "invalid character after top-level value".to_owned()
        }
        Ok(Some(_)) => error.to_string(),
    })
}

/// The verdict without a quick look.
pub(super) fn library_verdict(values: &Map, schema: &[u8], documents: &SchemaDocuments<'_>) -> SchemaVerdict {
    let loader = ChartLoader::new(documents);
    let validator = compiled(schema, &loader)?;
    let values = to_node(&Value::Map(values.clone()));
    validator.validate(&values).map_err(|error| {
        let text = error.to_string();
        let text = text
            .strip_prefix(&format!("jsonschema validation failed with '{SCHEMA_URL}#'\n"))
            .unwrap_or(&text);
        SchemaViolation(format!("{text}\n"))
    })?;
    Ok(loader.unchecked())
}

/// The compiled schema.
fn compiled(schema: &[u8], loader: &ChartLoader<'_>) -> Result<Rc<Validator>, SchemaViolation> {
    if let Some(validator) = kept(schema) {
        return Ok(validator);
    }
    let document = Node::parse(schema).map_err(|error| SchemaViolation(error.to_string()))?;
    let loader = AskedLoader::new(loader);
    let settings = Settings {
        default_draft: Draft::V2020,
        formats: &[],
        loader: &loader,
    };
    let validator = Validator::compile(SCHEMA_URL, document, &settings).map_err(SchemaViolation)?;
    let validator = Rc::new(validator);
    keep(schema, &validator, &loader);
    Ok(validator)
}

/// The value as JSON, its numbers as Go prints them.
fn to_node(value: &Value) -> Node {
    let number = |shown: String| Node::Number(shown);
    match value {
        Value::Nil => Node::Null,
        Value::Bool(value) => Node::Bool(*value),
        Value::Int(value) | Value::Int64(value) => number(value.to_string()),
        Value::Int32(value) => number(value.to_string()),
        Value::Uint8(value) => number(value.to_string()),
        Value::Uint32(value) => number(value.to_string()),
        Value::Uint64(value) => number(value.to_string()),
        Value::Float(value) if value.is_finite() => number(format_shortest(*value)),
        Value::Float(_) => Node::Other("float64"),
        Value::Str(text) => Node::Text(text.to_str_lossy().into_owned()),
        Value::List(list) => Node::List(list.items().iter().map(to_node).collect()),
        Value::Map(map) => map.with(|dict| {
            let entries = dict.iter();
            let entries = entries.map(|(key, value)| (key.to_str_lossy().into_owned(), to_node(value)));
            Node::Map(entries.collect_map())
        }),
        Value::Complex(..) => Node::Other("complex128"),
        Value::Bytes(_) => Node::Other("[]uint8"),
        Value::Object(_) => Node::Other("struct"),
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
