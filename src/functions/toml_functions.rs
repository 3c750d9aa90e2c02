//! `toToml` and `fromToml`. Printing follows the encoder of `github.com/BurntSushi/toml` that Helm uses: scalars before
//! tables, two spaces for each level, keys sorted; reading is the crate `toml`, its errors put as that library puts them.

use super::arguments::{any, string};
use super::table::fixed;
use crate::template::{CallResult, Dict, Function, Host, List, Map, Parameter, Text, Value};
use crate::yaml::format_g;

use Parameter::{Any, Str};

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("toToml", &[Any], |_, a| match to_toml(any(a, 0)) {
        Err(Refusal::Panic(text)) => Err(text.into()),
        Err(Refusal::Error(text)) => Ok(Value::str(text)),
        Ok(text) => Ok(Value::str(text)),
    }),
    fixed("mustToToml", &[Any], |_, a| match to_toml(any(a, 0)) {
        Err(Refusal::Panic(text) | Refusal::Error(text)) => Err(text.into()),
        Ok(text) => Ok(Value::str(text)),
    }),
    fixed("fromToml", &[Str], from_toml),
];

/// Why a value does not print.
enum Refusal {
    /// Go's encoder returns an error, whose text `toToml` gives as its result.
    Error(String),
    /// Go's encoder panics.
    Panic(String),
}

/// Deepest nesting that prints.
const MAX_DEPTH: usize = 200;

fn to_toml(value: &Value) -> Result<String, Refusal> {
    let mut out = String::new();
    match value {
        Value::Nil => {
            return Err(Refusal::Panic(
                "reflect: call of reflect.Value.Type on zero Value".to_owned(),
            ));
        }
        Value::Map(map) => table(map, &[], &mut out)?,
        other => inline(other, &mut out, 0)?,
    }
    Ok(out)
}

fn is_table(value: &Value) -> bool {
    matches!(value, Value::Map(_))
}

/// A list whose elements are all tables prints as `[[name]]`.
fn is_array_of_tables(list: &List) -> bool {
    !list.items().is_empty() && list.items().iter().all(is_table)
}

fn table(map: &Map, path: &[String], out: &mut String) -> Result<(), Refusal> {
    if path.len() > MAX_DEPTH {
        return Err(Refusal::Error("toml: nested too deep".to_owned()));
    }
    let entries = map.snapshot();
    let indent = "  ".repeat(path.len());
    let is_later = |value: &Value| match value {
        Value::Map(_) => true,
        Value::List(list) => is_array_of_tables(list),
        _ => false,
    };
    for (name, value) in entries
        .iter()
        .filter(|(_, value)| !is_later(value) && !matches!(value, Value::Nil))
    {
        out.push_str(&indent);
        out.push_str(&key(name));
        out.push_str(" = ");
        inline(value, out, 0)?;
        out.push('\n');
    }
    for (name, value) in entries.iter().filter(|(_, value)| is_later(value)) {
        let mut inner = path.to_vec();
        inner.push(key(name));
        let header = inner.join(".");
        match value {
            Value::Map(inner_map) => {
                open_header(out, path);
                out.push_str(&format!("{indent}[{header}]\n"));
                table(inner_map, &inner, out)?;
            }
            Value::List(list) => {
                for item in list.items() {
                    if let Value::Map(inner_map) = item {
                        if !out.is_empty() {
                            out.push('\n');
                        }
                        out.push_str(&format!("{indent}[[{header}]]\n"));
                        table(inner_map, &inner, out)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A blank line before a table at the top.
fn open_header(out: &mut String, path: &[String]) {
    if path.is_empty() && !out.is_empty() {
        out.push('\n');
    }
}

fn key(name: &Text) -> String {
    let text = name.to_str_lossy();
    let is_bare = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { text.into_owned() } else { quoted(&text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 || c == '\u{7F}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn inline(value: &Value, out: &mut String, depth: usize) -> Result<(), Refusal> {
    if depth > MAX_DEPTH {
        return Err(Refusal::Error("toml: nested too deep".to_owned()));
    }
    match value {
        Value::Str(text) => out.push_str(&quoted(&text.to_str_lossy())),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::List(list) => {
            out.push('[');
            for (index, item) in list.items().iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                if matches!(item, Value::Nil) {
                    return Err(Refusal::Error("toml: cannot encode array with nil element".to_owned()));
                }
                inline(item, out, depth + 1)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            let entries = map.snapshot();
            for (index, (name, item)) in entries
                .iter()
                .filter(|(_, item)| !matches!(item, Value::Nil))
                .enumerate()
            {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(&key(name));
                out.push_str(" = ");
                inline(item, out, depth + 1)?;
            }
            out.push('}');
        }
        Value::Bytes(bytes) => {
            let items: Vec<String> = bytes.iter().map(u8::to_string).collect();
            out.push_str(&format!("[{}]", items.join(", ")));
        }
        Value::Object(object) => out.push_str(&quoted(&object.display().to_str_lossy())),
        Value::Complex(..) => return Err(Refusal::Error("toml: unsupported type: complex128".to_owned())),
        other => out.push_str(&other.display().to_str_lossy()),
    }
    Ok(())
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // Go prints with the exponent from 1e+06 on where the digits are few enough: `%v` of a float64.
    let text = Value::Float(number).display().to_str_lossy().into_owned();
    let text = if text.is_empty() { format_g(number) } else { text };
    if text.contains(['.', 'e']) {
        text
    } else {
        format!("{text}.0")
    }
}

fn from_toml(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let text = string(arguments, 0);
    match text.parse::<toml::Table>() {
        Ok(table) => Ok(Value::map(entries(table))),
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.get(..offset).unwrap_or(&text).matches('\n').count() + 1;
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            Ok(Value::map_of([(
                "Error",
                Value::str(format!("toml: line {line}: {message}")),
            )]))
        }
    }
}

fn entries(table: toml::Table) -> Dict {
    table
        .into_iter()
        .map(|(name, value)| (Text::from(name), from_value(value)))
        .collect()
}

fn from_value(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::str(text),
        toml::Value::Integer(number) => Value::Int64(number),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(value) => Value::Bool(value),
        toml::Value::Datetime(time) => Value::str(time.to_string()),
        toml::Value::Array(items) => Value::list(items.into_iter().map(from_value).collect()),
        toml::Value::Table(table) => Value::map(entries(table)),
    }
}
