//! Values to TOML.
//!
//! In: a value. Out: TOML with plain entries before tables, keys sorted, tables indented by two spaces; or the encoder's
//! error. Follows `encode.go`.

use super::super::go_time::{Duration, Time, Zone};
use super::super::kinds::MAX_DEPTH;
use super::{escape, key_part, key_text};
use crate::engine::template::{Text, Value};
use crate::text::go::float_format::format_shortest;

/// Why a value was not written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EncodeError {
    /// The encoder's own error, which `toToml` gives as its output.
    Refused(String),
    /// A panic of Go's reflection, which fails the call.
    Panic(String),
}

type Step = Result<(), EncodeError>;

fn refused<T>(message: impl Into<String>) -> Result<T, EncodeError> {
    Err(EncodeError::Refused(message.into()))
}

/// The TOML type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Nil,
    Plain,
    Array,
    Table,
    Tables,
}

/// Encodes a value.
pub(super) fn encode(value: &Value) -> Result<Vec<u8>, EncodeError> {
    if matches!(value, Value::Nil) {
        let message = "reflect: call of reflect.Value.Type on zero Value";
        return Err(EncodeError::Panic(message.to_owned()));
    }
    let mut writer = Writer { out: Vec::new() };
    writer.entry(&[], value)?;
    Ok(writer.out)
}

/// The value to write for an object that is neither a time nor a duration.
fn resolved(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let any = object.as_any();
            if any.is::<Time>() || any.is::<Duration>() {
                return value.clone();
            }
            let is_table = object.struct_fields().is_some();
            let inner = object.encoded().or_else(|| object.as_map().map(Value::Map));
            inner.unwrap_or_else(|| {
                if is_table {
                    value.clone()
                } else {
                    Value::Str(object.display())
                }
            })
        }
        _ => value.clone(),
    }
}

fn shape(value: &Value) -> Result<Shape, EncodeError> {
    if value.is_nil() {
        return Ok(Shape::Nil);
    }
    Ok(match resolved(value) {
        Value::Complex(..) => return refused("unsupported type: complex128"),
        Value::Map(_) => Shape::Table,
        Value::List(list) => {
            let mut tables = !list.items().is_empty();
            for item in list.items() {
                match shape(item)? {
                    Shape::Nil => return refused("toml: cannot encode array with nil element"),
                    Shape::Table => {}
                    _ => tables = false,
                }
            }
            if tables { Shape::Tables } else { Shape::Array }
        }
        Value::Bytes(_) => Shape::Array,
        Value::Object(object) if object.struct_fields().is_some() => Shape::Table,
        _ => Shape::Plain,
    })
}

struct Writer {
    out: Vec<u8>,
}

impl Writer {
    fn entry(&mut self, key: &[Text], value: &Value) -> Step {
        if key.len() > MAX_DEPTH {
            return refused("toml: nesting is too deep");
        }
        if let Value::Complex(..) = value {
            let shown = key_text(key.iter().map(Text::as_bytes));
            let shown = String::from_utf8_lossy(&shown);
            return refused(format!("unsupported type for key '{shown}': complex128"));
        }
        match (shape(value)?, resolved(value)) {
            (Shape::Nil, Value::List(_)) => self.key_value(key, value, false),
            (Shape::Nil, _) => Ok(()),
            (Shape::Table, value) => self.table(key, table_entries(&value).unwrap_or_default()),
            (Shape::Tables, Value::List(list)) => self.tables(key, list.items()),
            (_, value) => self.key_value(key, &value, false),
        }
    }

    fn new_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn indent(&mut self, key: &[Text]) {
        self.out
            .extend(std::iter::repeat_n(b"  ", key.len().saturating_sub(1)).flatten());
    }

    fn key_value(&mut self, key: &[Text], value: &Value, inline: bool) -> Step {
        let Some(last) = key.last() else {
            return self.element(value, 0);
        };
        self.indent(key);
        key_part(&mut self.out, last.as_bytes());
        self.out.extend_from_slice(b" = ");
        self.element(value, 0)?;
        if !inline {
            self.new_line();
        }
        Ok(())
    }

    fn header(&mut self, key: &[Text], open: &[u8], close: &[u8]) {
        self.indent(key);
        self.out.extend_from_slice(open);
        self.out.extend(key_text(key.iter().map(Text::as_bytes)));
        self.out.extend_from_slice(close);
        self.new_line();
    }

    fn table(&mut self, key: &[Text], entries: Entries) -> Step {
        if key.len() == 1 {
            self.new_line();
        }
        if !key.is_empty() {
            self.header(key, b"[", b"]");
        }
        self.entries(key, entries)
    }

    fn tables(&mut self, key: &[Text], items: &[Value]) -> Step {
        if key.is_empty() {
            return refused("toml: top-level values must be Go maps or structs");
        }
        for item in items {
            if let Some(entries) = table_entries(&resolved(item)) {
                self.new_line();
                self.header(key, b"[[", b"]]");
                self.entries(key, entries)?;
            }
        }
        Ok(())
    }

    /// Plain entries first, then tables.
    fn entries(&mut self, key: &[Text], entries: Entries) -> Step {
        let (plain, tables) = split_entries(entries)?;
        for (name, value) in plain.iter().chain(&tables) {
            if !value.is_nil() {
                let mut path = key.to_vec();
                path.push(name.clone());
                self.entry(&path, value)?;
            }
        }
        Ok(())
    }

    fn element(&mut self, value: &Value, depth: usize) -> Step {
        if depth > MAX_DEPTH {
            return refused("toml: nesting is too deep");
        }
        match value {
            Value::Str(text) => self.quoted(text.as_bytes()),
            Value::Bool(flag) => self.text(if *flag { "true" } else { "false" }),
            Value::Int(number) | Value::Int64(number) => self.text(&number.to_string()),
            Value::Int32(number) => self.text(&number.to_string()),
            Value::Uint8(number) => self.text(&number.to_string()),
            Value::Uint32(number) => self.text(&number.to_string()),
            Value::Uint64(number) => self.text(&number.to_string()),
            Value::Float(number) => self.float(*number),
            Value::List(list) => self.array(list.items(), depth)?,
            Value::Bytes(bytes) => {
                let items: Vec<Value> = bytes.iter().copied().map(Value::Uint8).collect();
                self.array(&items, depth)?;
            }
            Value::Map(map) => self.inline_table(map.snapshot(), depth)?,
            Value::Object(object) => {
                let any = object.as_any();
                if let Some(time) = any.downcast_ref::<Time>() {
                    self.out.extend(time_text(time));
                } else if let Some(duration) = any.downcast_ref::<Duration>() {
                    self.quoted(duration.text().as_bytes());
                } else if let Some(entries) = table_entries(value) {
                    self.inline_table(entries, depth)?;
                } else {
                    self.element(&resolved(value), depth + 1)?;
                }
            }
            Value::Nil | Value::Complex(..) => return refused(format!("unexpected type: {}", value.type_name())),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn quoted(&mut self, text: &[u8]) {
        self.out.push(b'"');
        escape(&mut self.out, text);
        self.out.push(b'"');
    }

    fn float(&mut self, number: f64) {
        if !number.is_finite() {
            if number.is_sign_negative() {
                self.text("-");
            }
            return self.text(if number.is_nan() { "nan" } else { "inf" });
        }
        let shown = format_shortest(number);
        self.text(&shown);
        if !shown.contains(['e', '.']) {
            self.text(".0");
        }
    }

    fn array(&mut self, items: &[Value], depth: usize) -> Step {
        self.text("[");
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.text(", ");
            }
            self.element(item, depth + 1)?;
        }
        self.text("]");
        Ok(())
    }

    fn inline_table(&mut self, entries: Entries, depth: usize) -> Step {
        let (plain, tables) = split_entries(entries)?;
        self.text("{");
        let groups = [(&plain, !tables.is_empty()), (&tables, false)];
        for (entries, more) in groups {
            for (position, (name, value)) in entries.iter().enumerate() {
                // The comma after the last entry written stays when only nil entries follow.
                if value.is_nil() {
                    continue;
                }
                key_part(&mut self.out, name.as_bytes());
                self.text(" = ");
                self.element(value, depth + 1)?;
                if more || position + 1 < entries.len() {
                    self.text(", ");
                }
            }
        }
        self.text("}");
        Ok(())
    }
}

type Entries = Vec<(Text, Value)>;

/// Entries of a map, sorted, or fields of a struct in their order; none for anything else.
fn table_entries(value: &Value) -> Option<Entries> {
    match value {
        Value::Map(map) => Some(map.snapshot()),
        Value::Object(object) => {
            let fields = object.struct_fields()?.into_iter();
            Some(fields.map(|field| (Text::from(field.name), field.value)).collect())
        }
        _ => None,
    }
}

/// Entries that are not tables, and tables.
fn split_entries(entries: Entries) -> Result<(Entries, Entries), EncodeError> {
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    for (name, value) in entries {
        match shape(&value)? {
            Shape::Table | Shape::Tables => tables.push((name, value)),
            _ => plain.push((name, value)),
        }
    }
    Ok((plain, tables))
}

fn time_text(time: &Time) -> Vec<u8> {
    let layout: &[u8] = match &time.zone {
        Zone::Fixed(name, _) => match name.as_str() {
            "datetime-local" => b"2006-01-02T15:04:05.999999999",
            "date-local" => b"2006-01-02",
            "time-local" => b"15:04:05.999999999",
            _ => b"2006-01-02T15:04:05.999999999Z07:00",
        },
        _ => b"2006-01-02T15:04:05.999999999Z07:00",
    };
    time.format(layout)
}

#[cfg(test)]
mod tests {
    use super::encode;
    use crate::engine::template::Value;

    #[test]
    fn documents() {
        let value = Value::map_of([
            ("z", Value::Int(1)),
            ("a", Value::map_of([("b", Value::Float(1.0)), ("c", Value::map_of([]))])),
            (
                "t",
                Value::list(vec![Value::map_of([("x", Value::Int(1))]), Value::map_of([])]),
            ),
            (
                "e f",
                Value::list(vec![Value::Int(1), Value::map_of([("k", Value::Nil)])]),
            ),
        ]);
        let expected = "\"e f\" = [1, {}]\nz = 1\n\n[a]\n  b = 1.0\n  [a.c]\n\n[[t]]\n  x = 1\n\n[[t]]\n";
        assert_eq!(
            encode(&value).map(|text| String::from_utf8(text).expect("UTF-8")),
            Ok(expected.to_owned())
        );
    }
}
