//! Decoding YAML into Go-like structs the way `sigs.k8s.io/yaml` does: YAML becomes JSON, a number or bool meant for a
//! string field turns back into text, keys match without regard to case, and a wrong type is refused in the words of
//! Go's `encoding/json`.

use serde_json::Value as Json;

use crate::engine::functions::go_time::{Zone, parse_time};
use crate::engine::functions::json::to_go_json;
use crate::engine::template::Value;
use crate::text::go::float_format::format_shortest_32;

/// `time.RFC3339`
const RFC_3339: &[u8] = b"2006-01-02T15:04:05Z07:00";

/// A document that does not fit its Go struct. The text is Go's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The YAML itself is broken: `error converting YAML to JSON: yaml: line 2: …`.
    #[error("error converting YAML to JSON: {0}")]
    Yaml(String),
    /// A text is not a time.
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Time(String),
    /// A value has the wrong type.
    #[error("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go {target}")]
    Type {
        /// The type found in the JSON: `object`, `array`, `string`, `number`, `bool`.
        found: &'static str,
        /// The place and its Go type: `struct field Metadata.version of type string` or `value of type v2.Metadata`.
        target: String,
    },
}

/// One Go struct being filled: its name and the JSON path to it.
#[derive(Debug, Clone)]
pub(crate) struct StructContext {
    /// Name of the struct's type, such as `Metadata`; empty for an anonymous one.
    name: &'static str,
    /// Dotted path from the outermost struct, with a dot at its end unless empty.
    path: String,
}

impl StructContext {
    pub(crate) const fn root(name: &'static str) -> Self {
        Self {
            name,
            path: String::new(),
        }
    }

    /// The context for the struct of type `name` in `field`.
    pub(crate) fn inside(&self, field: &str, name: &'static str) -> Self {
        Self {
            name,
            path: format!("{}{field}.", self.path),
        }
    }

    fn error(&self, field: &str, found: &Json, go_type: &str) -> DecodeError {
        let target = format!("struct field {}.{}{field} of type {go_type}", self.name, self.path);
        DecodeError::Type {
            found: json_kind(found),
            target,
        }
    }

    /// A `string` field; absent and null give an empty one.
    pub(crate) fn string(&self, object: Object<'_>, field: &str) -> Result<String, DecodeError> {
        match object.get(field) {
            None | Some(Json::Null) => Ok(String::new()),
            Some(value) => text_of(value).ok_or_else(|| self.error(field, value, "string")),
        }
    }

    /// A `bool` field.
    pub(crate) fn boolean(&self, object: Object<'_>, field: &str) -> Result<bool, DecodeError> {
        match object.get(field) {
            None | Some(Json::Null) => Ok(false),
            Some(Json::Bool(value)) => Ok(*value),
            Some(value) => Err(self.error(field, value, "bool")),
        }
    }

    /// A `time.Time` field, as written; `null` and nothing give an empty text.
    pub(crate) fn time(object: Object<'_>, field: &str) -> Result<String, DecodeError> {
        let text = match object.get(field) {
            None | Some(Json::Null) => return Ok(String::new()),
            Some(Json::String(text)) => text,
            Some(_) => {
                let message = "Time.UnmarshalJSON: input is not a JSON string";
                return Err(DecodeError::Time(message.to_owned()));
            }
        };
        if is_usual_time(text.as_bytes()) {
            return Ok(text.clone());
        }
        // Go parses the text as it is written in JSON, escapes and all.
        let json = to_go_json(&Value::str(text.as_bytes())).unwrap_or_default();
        let inside = json.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        let inside = inside.unwrap_or(text.as_bytes());
        parse_time(RFC_3339, inside, &Zone::Utc).map_err(DecodeError::Time)?;
        Ok(text.clone())
    }

    /// A `[]string` field.
    pub(crate) fn strings(&self, object: Object<'_>, field: &str) -> Result<Vec<String>, DecodeError> {
        self.array(object, field, "[]string")?
            .iter()
            .map(|item| match item {
                Json::Null => Ok(String::new()),
                item => text_of(item).ok_or_else(|| self.error(field, item, "string")),
            })
            .collect()
    }

    /// A `map[string]string` field, in the order of the file; `None` when absent.
    pub(crate) fn string_map(
        &self,
        object: Object<'_>,
        field: &str,
    ) -> Result<Option<Vec<(String, String)>>, DecodeError> {
        match object.get(field) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Object(entries)) => entries
                .iter()
                .map(|(key, value)| match value {
                    Json::Null => Ok((key.clone(), String::new())),
                    value => text_of(value)
                        .map(|text| (key.clone(), text))
                        .ok_or_else(|| self.error(field, value, "string")),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(value) => Err(self.error(field, value, "map[string]string")),
        }
    }

    /// The elements of a slice field of the given Go type; none when absent or null.
    pub(crate) fn array<'v>(&self, object: Object<'v>, field: &str, go_type: &str) -> Result<&'v [Json], DecodeError> {
        match object.get(field) {
            None | Some(Json::Null) => Ok(&[]),
            Some(Json::Array(items)) => Ok(items),
            Some(value) => Err(self.error(field, value, go_type)),
        }
    }

    /// An element or field that is itself a struct; `None` for null.
    pub(crate) fn object<'v>(
        &self,
        field: &str,
        value: &'v Json,
        go_type: &str,
    ) -> Result<Option<Object<'v>>, DecodeError> {
        match value {
            Json::Null => Ok(None),
            Json::Object(entries) => Ok(Some(Object(Some(entries)))),
            value => Err(self.error(field, value, go_type)),
        }
    }
}

/// A JSON object whose keys are found as Go finds struct fields: exactly, else without regard to case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'v>(Option<&'v serde_json::Map<String, Json>>);

impl<'v> Object<'v> {
    /// The root of a document: null counts as empty, anything but an object is refused.
    pub(crate) fn root(document: &'v Json, go_type: &str) -> Result<Self, DecodeError> {
        match document {
            Json::Null => Ok(Self(None)),
            Json::Object(entries) => Ok(Self(Some(entries))),
            other => Err(DecodeError::Type {
                found: json_kind(other),
                target: format!("value of type {go_type}"),
            }),
        }
    }

    pub(crate) fn get(self, field: &str) -> Option<&'v Json> {
        let entries = self.0?;
        entries.get(field).or_else(|| {
            entries
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(field))
                .map(|(_, value)| value)
        })
    }
}

/// The text a scalar has for a string field: `1.10` has lost its zero by then, as in Helm.
fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => Some(number_text(number)),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Integers with all their digits; floats as sigs.k8s.io/yaml turns them into text, which is with 32 bits.
fn number_text(number: &serde_json::Number) -> String {
    if let Some(integer) = number.as_i64() {
        return integer.to_string();
    }
    if let Some(integer) = number.as_u64() {
        return integer.to_string();
    }
    format_shortest_32(number.as_f64().unwrap_or_default())
}

const fn json_kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// Whether a text is a time as Helm and most programs write it, which need not be parsed to know that Go accepts it: an
/// index has one for each of its entries.
fn is_usual_time(text: &[u8]) -> bool {
    let Some((head, tail)) = text.split_at_checked(19) else {
        return false;
    };
    let is_shaped = head
        .iter()
        .zip(b"dddd-dd-ddTdd:dd:dd")
        .all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            wanted => byte == wanted,
        });
    let number = |at: usize| {
        let digits = head.get(at..at + 2).unwrap_or_default();
        digits
            .iter()
            .fold(0, |number, byte| number * 10 + u32::from(byte - b'0'))
    };
    let zone = match tail.strip_prefix(b".") {
        None => tail,
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
    };
    // Every month has 28 days.
    is_shaped
        && zone == b"Z"
        && (1..=12).contains(&number(5))
        && (1..=28).contains(&number(8))
        && number(11) < 24
        && number(14) < 60
        && number(17) < 60
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    /// What Helm 4.3 shows of `appVersion`.
    #[test]
    fn numbers_become_text_as_in_helm() {
        for (written, expected) in [
            ("20240101.1", "2.0240102e+07"),
            ("2024.1234567", "2024.1234"),
            ("1234567.0", "1.234567e+06"),
            ("1.10", "1.1"),
            ("-0.0", "-0"),
            ("18446744073709551616", "1.8446744e+19"),
            ("18446744073709551615", "18446744073709551615"),
            ("0x1F", "31"),
            ("1234567", "1234567"),
            ("yes", "true"),
            ("1e40", "+Inf"),
        ] {
            let document = yaml::json_with_floats(format!("v: {written}").as_bytes()).unwrap();
            let object = Object::root(&document, "T").unwrap();
            let text = StructContext::root("T").string(object, "v");
            assert_eq!(text.as_deref(), Ok(expected), "{written}");
        }
    }

    #[test]
    fn a_usual_time_is_one_that_go_accepts() {
        let usual = "2024-01-02T03:04:05.123456789Z";
        assert!(is_usual_time(usual.as_bytes()));
        assert!(is_usual_time(b"2024-12-28T23:59:59Z"));
        let mut seen = 0;
        for at in 0..usual.len() {
            for byte in b' '..=b'~' {
                let mut text = usual.as_bytes().to_vec();
                text[at] = byte;
                for end in [at, at + 1, text.len()] {
                    let text = &text[..end];
                    if is_usual_time(text) {
                        seen += 1;
                        let parsed = parse_time(RFC_3339, text, &Zone::Utc);
                        assert!(parsed.is_ok(), "{}", String::from_utf8_lossy(text));
                    }
                }
            }
        }
        assert!(seen > 100);
    }

    /// The errors of Helm 4.3 about `generated` of Chart.lock.
    #[test]
    fn times_are_read_as_in_go() {
        const NOT_TEXT: &str = "Time.UnmarshalJSON: input is not a JSON string";
        let refused = |text: &str, rest: &str| {
            let layout = r#""2006-01-02T15:04:05Z07:00""#;
            format!(r#"parsing time "{text}" as {layout}: cannot parse {rest}"#)
        };
        for (written, expected) in [
            ("2024-01-02T03:04:05.678+02:00", None),
            ("null", None),
            ("1", Some(NOT_TEXT.to_owned())),
            ("[]", Some(NOT_TEXT.to_owned())),
            ("''", Some(refused("", r#""" as "2006""#))),
            ("2024-01-02", Some(refused("2024-01-02", r#""" as "T""#))),
            ("x<y", Some(refused("x\\\\u003cy", r#""x\\u003cy" as "2006""#))),
        ] {
            let document = yaml::json_with_floats(format!("generated: {written}").as_bytes()).unwrap();
            let object = Object::root(&document, "T").unwrap();
            let error = StructContext::time(object, "generated")
                .err()
                .map(|error| error.to_string());
            let expected = expected.map(|why| format!("error unmarshaling JSON: while decoding JSON: {why}"));
            assert_eq!(error, expected, "{written}");
        }
    }
}
