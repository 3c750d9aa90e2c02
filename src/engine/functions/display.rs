//! Values as text: Go's `%v`, Sprig's `strval` and `strconv.Quote`.
//!
//! In: a value. Out: the bytes `fmt` writes, maps in key order.

use super::kinds::MAX_DEPTH;
use super::numbers::format_float;
use crate::engine::template::{Text, Value};

/// Sprig's `strval`: strings and bytes as they are, everything else by `%v`.
pub(super) fn string_value(value: &Value) -> Text {
    match value {
        Value::Str(text) => text.clone(),
        Value::Bytes(bytes) => Text::from(&bytes[..]),
        Value::Object(object) => object.display(),
        _ => Text::from(plain(value)),
    }
}

/// `fmt.Sprintf("%v", value)`.
pub(super) fn plain(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write_plain(&mut out, value, 0);
    out
}

fn write_plain(out: &mut Vec<u8>, value: &Value, depth: usize) {
    if depth > MAX_DEPTH {
        out.extend_from_slice(b"...");
        return;
    }
    match value {
        Value::Nil => out.extend_from_slice(b"<nil>"),
        Value::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Int(number) | Value::Int64(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Int32(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint8(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint32(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Uint64(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) => out.extend_from_slice(format_float(*number).as_bytes()),
        Value::Complex(real, imaginary) => {
            let sign = if imaginary.is_sign_negative() || imaginary.is_infinite() {
                ""
            } else {
                "+"
            };
            let text = format!("({}{sign}{}i)", format_float(*real), format_float(*imaginary));
            out.extend_from_slice(text.as_bytes());
        }
        Value::Str(text) => out.extend_from_slice(text.as_bytes()),
        Value::Bytes(bytes) => write_sequence(out, bytes.iter().copied().map(Value::Uint8), depth),
        Value::List(list) => write_sequence(out, list.items().iter().cloned(), depth),
        Value::Map(map) => {
            out.extend_from_slice(b"map[");
            for (position, (key, value)) in map.snapshot().iter().enumerate() {
                if position > 0 {
                    out.push(b' ');
                }
                out.extend_from_slice(key.as_bytes());
                out.push(b':');
                write_plain(out, value, depth + 1);
            }
            out.push(b']');
        }
        Value::Object(object) => out.extend_from_slice(object.display().as_bytes()),
    }
}

fn write_sequence(out: &mut Vec<u8>, items: impl Iterator<Item = Value>, depth: usize) {
    out.push(b'[');
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        write_plain(out, &item, depth + 1);
    }
    out.push(b']');
}

/// `strconv.Quote`: a Go string literal; bytes that are not UTF-8 become `\x` escapes.
pub(super) fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_quoted(&mut out, character);
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
    out.push(b'"');
    out
}

/// `strconv.Quote` as text: it is always UTF-8.
pub(super) fn quoted_string(text: &[u8]) -> String {
    String::from_utf8(quoted(text)).unwrap_or_default()
}

fn push_quoted(out: &mut Vec<u8>, character: char) {
    let mut buffer = [0; 4];
    match character {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\u{7}' => out.extend_from_slice(b"\\a"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\u{c}' => out.extend_from_slice(b"\\f"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\u{b}' => out.extend_from_slice(b"\\v"),
        _ if is_printable(character) => out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes()),
        _ => {
            let code = u32::from(character);
            let escaped = match code {
                0..=0x1f | 0x7f => format!("\\x{code:02x}"),
                0x80..=0xffff => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            out.extend_from_slice(escaped.as_bytes());
        }
    }
}

/// `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the space.
pub(super) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    // The standard library knows the same categories, but shows them only through Debug, which also escapes combining
    // marks at the start of a text.
    let mut text = String::from("a");
    text.push(character);
    text.escape_debug().nth(1) == Some(character)
}

#[cfg(test)]
mod tests {
    use super::{plain, quoted_string};
    use crate::engine::template::Value;

    #[test]
    fn quoting() {
        for (text, expected) in [
            (&b"a\"b\\"[..], r#""a\"b\\""#),
            (b"\x07\n\x7f\xff", r#""\a\n\x7f\xff""#),
            ("é\u{a0}\u{2028}🎉\u{301}".as_bytes(), "\"é\\u00a0\\u2028🎉\u{301}\""),
        ] {
            assert_eq!(quoted_string(text), expected);
        }
    }

    #[test]
    fn printing() {
        let value = Value::list(vec![
            Value::Nil,
            Value::Float(1e6),
            Value::map_of([("b", Value::Int(1)), ("a", Value::str("x"))]),
            Value::Complex(0.0, 1.0),
        ]);
        assert_eq!(plain(&value), b"[<nil> 1e+06 map[a:x b:1] (0+1i)]");
    }
}
