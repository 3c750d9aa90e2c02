//! values.schema.json: validation by `boon`, told in the words of the Go library Helm uses (same author, same tree of
//! errors, other wording).

use boon::{Compiler, ErrorKind, Format, Schemas, UrlLoader, ValidationError};
use serde_json::Value as Json;

use super::schema_acceptance::{Quick, quick_look};
use crate::chart::Chart;
use crate::functions::json::next_value;
use crate::template::{Map, Value};

/// URL under which Helm registers a chart's schema.
const SCHEMA_URL: &str = "file:///values.schema.json";

/// Formats that `boon` checks and Helm's library does not know: any text has them.
const UNKNOWN_FORMATS: [&str; 2] = ["idn-email", "idn-hostname"];

/// Values that break their schema, or a schema that does not compile: Helm's text, several lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaViolation(pub String);

/// Validates the coalesced values of a chart and, below their names, those of its subcharts.
pub fn validate_chart_values(chart: &Chart, values: &Map) -> Result<(), SchemaViolation> {
    let mut text = String::new();
    collect(chart, values, &mut text);
    if text.is_empty() {
        Ok(())
    } else {
        Err(SchemaViolation(text))
    }
}

fn collect(chart: &Chart, values: &Map, text: &mut String) {
    if let Some(schema) = &chart.schema
        && let Err(violation) = validate_single_schema(values, schema)
    {
        text.push_str(&format!("{}:\n{}", chart.name(), violation.0));
    }
    for subchart in &chart.dependencies {
        match values.get(subchart.name().as_bytes()) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(values)) => collect(subchart, &values, text),
            Some(other) => text.push_str(&format!(
                "{}:\ninvalid type for values: expected object (map), got {}\n",
                subchart.name(),
                other.type_name()
            )),
        }
    }
}

/// Validates values against the text of one schema.
pub fn validate_single_schema(values: &Map, schema: &[u8]) -> Result<(), SchemaViolation> {
    let schema = read_schema(schema).map_err(SchemaViolation)?;
    match quick_look(&schema, values) {
        Quick::Accepted => Ok(()),
        Quick::Unknown => library_verdict(values, schema),
        Quick::TooComplex => Err(SchemaViolation(
            "values.schema.json is too complex: its alternatives multiply from level to level\n".to_owned(),
        )),
    }
}

/// The schema, or Go's words for what is no JSON.
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

/// The same by `boon` alone.
pub(super) fn library_verdict(values: &Map, schema: Json) -> Result<(), SchemaViolation> {
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(Loader));
    for name in UNKNOWN_FORMATS {
        compiler.register_format(Format { name, func: |_| Ok(()) });
    }
    let mut schemas = Schemas::new();
    compiler
        .add_resource(SCHEMA_URL, schema)
        .map_err(|error| SchemaViolation(error.to_string()))?;
    let index = compiler
        .compile(SCHEMA_URL, &mut schemas)
        .map_err(|error| SchemaViolation(format!("{error:#}")))?;
    let instance = to_json(&Value::Map(values.clone()));
    schemas.validate(&instance, index).map_err(|error| {
        let mut text = String::new();
        display(&error, 0, &mut text);
        let text = text
            .strip_prefix(&format!("jsonschema validation failed with '{SCHEMA_URL}#'\n"))
            .unwrap_or(&text);
        SchemaViolation(format!("{text}\n"))
    })
}

/// No network: a schema that refers to a URL is refused with a message that says so. Unresolved URNs accept anything,
/// as in Helm.
struct Loader;

impl UrlLoader for Loader {
    fn load(&self, url: &str) -> Result<Json, Box<dyn std::error::Error>> {
        if url.starts_with("urn:") {
            return Ok(Json::Bool(true));
        }
        if let Some(path) = url.strip_prefix("file://") {
            return Ok(serde_json::from_slice(&std::fs::read(path)?)?);
        }
        Err(format!("{url} is not fetched: rendering uses no network; put the schema into the chart").into())
    }
}

/// The value as JSON; what JSON cannot hold becomes null.
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

/// The tree of errors, indented, references with one cause skipped.
fn display(error: &ValidationError<'_, '_>, indent: usize, text: &mut String) {
    let is_skipped = error.causes.len() == 1 && matches!(error.kind, ErrorKind::Reference { .. });
    let mut inner = indent;
    if !is_skipped {
        if indent > 0 {
            text.push('\n');
            text.push_str(&"  ".repeat(indent - 1));
            text.push_str("- ");
        }
        inner += 1;
        if let ErrorKind::Schema { url } = &error.kind {
            text.push_str(&format!("jsonschema validation failed with {}", quote(url)));
        } else {
            text.push_str(&format!("at {}: ", quote(&error.instance_location.to_string())));
            text.push_str(&message(&error.kind));
        }
    }
    for cause in &error.causes {
        display(cause, inner, text);
    }
}

/// One error in the words of `santhosh-tekuri/jsonschema` v6.
pub(crate) fn message(kind: &ErrorKind<'_, '_>) -> String {
    match kind {
        ErrorKind::Group | ErrorKind::Schema { .. } | ErrorKind::Reference { .. } => "validation failed".to_owned(),
        ErrorKind::ContentSchema => "'contentSchema' failed".to_owned(),
        ErrorKind::PropertyName { prop } => format!("invalid propertyName {}", quote(prop)),
        ErrorKind::RefCycle { url, kw_loc1, kw_loc2 } => {
            format!("both {kw_loc1} and {kw_loc2} resolve to {url:?} causing reference cycle")
        }
        ErrorKind::FalseSchema => "false schema".to_owned(),
        ErrorKind::Type { got, want } => {
            let want: Vec<String> = want.iter().map(|kind| kind.to_string()).collect();
            format!("got {got}, want {}", want.join(" or "))
        }
        ErrorKind::Enum { want } => enumeration(want),
        ErrorKind::Const { want } if want.is_array() || want.is_object() => "'const' failed".to_owned(),
        ErrorKind::Const { want } => format!("value must be {}", show(want)),
        ErrorKind::Format { got, want, err } => format!("{} is not valid {want}: {err}", show(got)),
        ErrorKind::Required { want } if want.len() == 1 => format!("missing property {}", join_quoted(want)),
        ErrorKind::Required { want } => format!("missing properties {}", join_quoted(want)),
        ErrorKind::Dependency { prop, missing } | ErrorKind::DependentRequired { prop, missing } => {
            format!(
                "properties {} required, if {} exists",
                join_quoted(missing),
                quote(prop)
            )
        }
        ErrorKind::AdditionalProperties { got } => {
            let mut names: Vec<&str> = got.iter().map(AsRef::as_ref).collect();
            names.sort_unstable();
            format!("additional properties {} not allowed", join_quoted(&names))
        }
        ErrorKind::Pattern { got, want } => format!("{} does not match pattern {}", quote(got), quote(want)),
        ErrorKind::ContentEncoding { want, err } => format!("value is not {} encoded: {err}", quote(want)),
        ErrorKind::ContentMediaType { want, err, .. } => format!("value is not of mediatype {}: {err}", quote(want)),
        ErrorKind::Not => "'not' failed".to_owned(),
        ErrorKind::AllOf => "'allOf' failed".to_owned(),
        ErrorKind::AnyOf => "'anyOf' failed".to_owned(),
        ErrorKind::OneOf(None) => "'oneOf' failed, none matched".to_owned(),
        ErrorKind::OneOf(Some((a, b))) => format!("'oneOf' failed, subschemas {a}, {b} matched"),
        counted => count_message(counted),
    }
}

/// The messages that compare numbers.
fn count_message(kind: &ErrorKind<'_, '_>) -> String {
    let counts = |name: &str, got: usize, want: usize| format!("{name}: got {}, want {}", group(got), group(want));
    let numbers = |name: &str, got: &serde_json::Number, want: &serde_json::Number| {
        format!("{name}: got {}, want {}", group_number(got), group_number(want))
    };
    match kind {
        ErrorKind::MinProperties { got, want } => counts("minProperties", *got, *want),
        ErrorKind::MaxProperties { got, want } => counts("maxProperties", *got, *want),
        ErrorKind::MinItems { got, want } => counts("minItems", *got, *want),
        ErrorKind::MaxItems { got, want } => counts("maxItems", *got, *want),
        ErrorKind::MinLength { got, want } => counts("minLength", *got, *want),
        ErrorKind::MaxLength { got, want } => counts("maxLength", *got, *want),
        ErrorKind::Minimum { got, want } => numbers("minimum", got, want),
        ErrorKind::Maximum { got, want } => numbers("maximum", got, want),
        ErrorKind::ExclusiveMinimum { got, want } => numbers("exclusiveMinimum", got, want),
        ErrorKind::ExclusiveMaximum { got, want } => numbers("exclusiveMaximum", got, want),
        ErrorKind::MultipleOf { got, want } => numbers("multipleOf", got, want),
        ErrorKind::Contains => "no items match contains schema".to_owned(),
        ErrorKind::MinContains { got, want } if got.is_empty() => {
            format!("min {want} items required to match contains schema, but none matched")
        }
        ErrorKind::MinContains { got, want } => {
            format!(
                "min {want} items required to match contains schema, but matched {} items at {}",
                got.len(),
                spaced(got)
            )
        }
        ErrorKind::MaxContains { got, want } => {
            format!(
                "max {want} items required to match contains schema, but matched {} items at {}",
                got.len(),
                spaced(got)
            )
        }
        ErrorKind::UniqueItems { got: [a, b] } => format!("items at {} and {} are equal", group(*a), group(*b)),
        ErrorKind::AdditionalItems { got } => format!("last {} additionalItem(s) not allowed", group(*got)),
        other => other.to_string(),
    }
}

fn enumeration(want: &[Json]) -> String {
    if want.iter().any(|item| item.is_array() || item.is_object()) {
        return "'enum' failed".to_owned();
    }
    let shown: Vec<String> = want.iter().map(show).collect();
    match shown.as_slice() {
        [only] => format!("value must be {only}"),
        several => format!("value must be one of {}", several.join(", ")),
    }
}

/// Go's `%q` with single quotes instead of double ones.
fn quote(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '\'' => vec!['\\', '\''],
            '"' => vec!['"'],
            c => c.escape_debug().collect(),
        })
        .collect();
    format!("'{escaped}'")
}

fn join_quoted(names: &[&str]) -> String {
    names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
}

fn show(value: &Json) -> String {
    match value {
        Json::String(text) => quote(text),
        Json::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

fn spaced(indices: &[usize]) -> String {
    indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Digits in groups of three, as Go's `x/text/message` prints numbers in English.
fn group(number: usize) -> String {
    group_digits(&number.to_string())
}

fn group_number(number: &serde_json::Number) -> String {
    let float = number.as_f64().unwrap_or_default();
    let text = float.to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", group_digits(whole)),
        None => format!("{sign}{}", group_digits(text)),
    }
}

fn group_digits(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_that_are_no_json_are_refused_in_go_s_words() {
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
