//! Values to JSON, the bytes of Go's `encoding/json`.
//!
//! In: a value. Out: JSON with keys sorted, `<`, `>` and `&` escaped unless that is switched off, floats in Go's
//! notation; or Go's error text.

use std::borrow::Borrow;

use super::super::kinds::MAX_DEPTH;
use crate::engine::template::{Object, Text, Value};
use crate::text::go::base64;
use crate::text::go::float_format::{format_json, word};

/// How to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `json.Marshal`.
    Compact,
    /// `SetEscapeHTML(false)`.
    Raw,
    /// `json.MarshalIndent` with two spaces.
    Pretty,
}

/// `json.Marshal`: the bytes, or Go's error text.
///
/// # Errors
/// When the value contains something that JSON cannot express: complex numbers, infinities, maps that contain
/// themselves.
pub fn to_go_json(value: &Value) -> Result<Vec<u8>, String> {
    encode(value, Style::Compact)
}

/// Encodes in a style.
pub(crate) fn encode(value: &Value, style: Style) -> Result<Vec<u8>, String> {
    let mut writer = Writer { out: Vec::new(), style };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    style: Style,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!(
                "json: unsupported value: encountered a cycle via {}",
                value.type_name()
            ));
        }
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::Bool(flag) => self.out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Value::Int(number) | Value::Int64(number) => self.text(&number.to_string()),
            Value::Int32(number) => self.text(&number.to_string()),
            Value::Uint8(number) => self.text(&number.to_string()),
            Value::Uint32(number) => self.text(&number.to_string()),
            Value::Uint64(number) => self.text(&number.to_string()),
            Value::Float(number) => self.float(*number)?,
            Value::Complex(..) => return Err("json: unsupported type: complex128".to_owned()),
            Value::Str(text) => write_string(&mut self.out, text.as_bytes(), self.style != Style::Raw),
            Value::Bytes(bytes) => {
                self.out.push(b'"');
                self.out.extend_from_slice(base64::encode(bytes).as_bytes());
                self.out.push(b'"');
            }
            Value::List(list) if list.is_nil() => self.out.extend_from_slice(b"null"),
            Value::List(list) => self.list(list.items(), depth)?,
            Value::Map(map) if map.is_nil() => self.out.extend_from_slice(b"null"),
            Value::Map(map) => self.map(map, depth)?,
            Value::Object(object) => self.object(object.as_ref(), depth)?,
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn float(&mut self, number: f64) -> Result<(), String> {
        if let Some(shown) = word(number) {
            return Err(format!("json: unsupported value: {shown}"));
        }
        self.text(&format_json(number));
        Ok(())
    }

    fn object(&mut self, object: &dyn Object, depth: usize) -> Result<(), String> {
        if let Some(encoded) = object.encoded() {
            return self.value(&encoded, depth + 1);
        }
        if let Some(fields) = object.struct_fields() {
            let fields = fields.into_iter().filter_map(|field| Some((field.json?, field.value)));
            return self.entries(fields.map(|(name, value)| (Text::from(name), value)), depth);
        }
        match object.as_map() {
            Some(map) => self.map(&map, depth),
            None => Err(format!("json: unsupported type: {}", object.type_name())),
        }
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Result<(), String> {
        self.out.push(b'[');
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.out.push(b',');
            }
            self.line(depth + 1);
            self.value(item, depth + 1)?;
        }
        if !items.is_empty() {
            self.line(depth);
        }
        self.out.push(b']');
        Ok(())
    }

    fn map(&mut self, map: &crate::engine::template::Map, depth: usize) -> Result<(), String> {
        map.with(|entries| self.entries(entries.iter(), depth))
    }

    fn entries<K, V>(&mut self, entries: impl Iterator<Item = (K, V)>, depth: usize) -> Result<(), String>
    where
        K: Borrow<Text>,
        V: Borrow<Value>,
    {
        self.out.push(b'{');
        let mut first = true;
        for (key, value) in entries {
            if !std::mem::take(&mut first) {
                self.out.push(b',');
            }
            self.line(depth + 1);
            write_string(&mut self.out, key.borrow().as_bytes(), self.style != Style::Raw);
            self.out.push(b':');
            if self.style == Style::Pretty {
                self.out.push(b' ');
            }
            self.value(value.borrow(), depth + 1)?;
        }
        if !first {
            self.line(depth);
        }
        self.out.push(b'}');
        Ok(())
    }

    /// A new indented line, in the pretty style only.
    fn line(&mut self, depth: usize) {
        if self.style == Style::Pretty {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b"  ", depth).flatten());
        }
    }
}

/// A JSON string; bytes that are not UTF-8 become `\ufffd`.
fn write_string(out: &mut Vec<u8>, text: &[u8], escape_html: bool) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid();
        let mut plain = 0;
        for (position, character) in valid.char_indices() {
            let Some(escaped) = escape(character, escape_html) else {
                continue;
            };
            out.extend_from_slice(valid.as_bytes().get(plain..position).unwrap_or_default());
            out.extend_from_slice(escaped.as_bytes());
            plain = position + character.len_utf8();
        }
        out.extend_from_slice(valid.as_bytes().get(plain..).unwrap_or_default());
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.push(b'"');
}

fn escape(character: char, escape_html: bool) -> Option<String> {
    Some(match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '<' | '>' | '&' if escape_html => format!("\\u{:04x}", u32::from(character)),
        '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => format!("\\u{:04x}", u32::from(character)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Style, encode};
    use crate::engine::template::{Dict, Map, Text, Value};

    fn text(value: &Value, style: Style) -> String {
        String::from_utf8(encode(value, style).expect("no error")).expect("UTF-8")
    }

    #[test]
    fn styles() {
        let value = Value::list(vec![
            Value::Float(1.0),
            Value::map_of([("b", Value::str("<&>")), ("a", Value::list(Vec::new()))]),
        ]);
        assert_eq!(text(&value, Style::Compact), r#"[1,{"a":[],"b":"\u003c\u0026\u003e"}]"#);
        assert_eq!(text(&value, Style::Raw), r#"[1,{"a":[],"b":"<&>"}]"#);
        assert_eq!(
            text(&value, Style::Pretty),
            "[\n  1,\n  {\n    \"a\": [],\n    \"b\": \"\\u003c\\u0026\\u003e\"\n  }\n]"
        );
        assert_eq!(
            text(&Value::str(&b"a\xff\x01\x7f"[..]), Style::Compact),
            "\"a\\ufffd\\u0001\x7f\""
        );
    }

    #[test]
    fn a_map_holding_itself_is_an_error() {
        let map = Map::new(Dict::new());
        map.insert(Text::from("self"), Value::Map(map.clone()));
        assert!(encode(&Value::Map(map.clone()), Style::Compact).is_err());
        drop(map.remove(b"self"));
    }
}
