//! Values as text: Go's `%v` and Sprig's `strval`.
//!
//! In: a value. Out: the bytes `fmt` writes, maps in key order.

use super::kinds::MAX_DEPTH;
use crate::engine::template::{Text, Value};
use crate::text::go::float_format::format_shortest;

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
        Value::Float(number) => out.extend_from_slice(format_shortest(*number).as_bytes()),
        Value::Complex(real, imaginary) => {
            let sign = if imaginary.is_sign_negative() || imaginary.is_infinite() {
                ""
            } else {
                "+"
            };
            let text = format!("({}{sign}{}i)", format_shortest(*real), format_shortest(*imaginary));
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

#[cfg(test)]
mod tests {
    use super::plain;
    use crate::engine::template::Value;

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
