//! `string.format(list)` (cel-go `ext/formatting.go`, with the numbers of English).

use std::sync::Arc;

use crate::text::go::quote::quote;

use super::super::budget::{Budget, Fault, Outcome};
use super::super::mapping::Key;
use super::super::value::{List, Value};
use super::arguments::two;
use super::conversions::text_of;

/// Digits behind the point where none are asked for.
const PRECISION: usize = 6;
/// Most digits behind the point: more are made by nothing that is meant.
const MOST_PRECISION: usize = 100_000;

/// `format.format(values)`
pub fn format(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (text, values): (&str, &Arc<List>) = two(name, arguments)?;
    let mut out = String::new();
    let mut rest = text;
    let mut index = 0;
    while let Some((before, after)) = rest.split_once('%') {
        budget.make(before.len() + 1)?;
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let value = values
            .items
            .get(index)
            .ok_or_else(|| Fault::error(format!("index {index} out of range")))?;
        if after.is_empty() {
            return Err(Fault::error("unexpected end of string"));
        }
        let (precision, after) = precision(after)?;
        let Some(clause) = after.chars().next() else {
            return Err(Fault::error(
                "could not parse formatting clause: error while parsing precision: could not find end of precision specifier",
            ));
        };
        let formatted = formatted(clause, precision, value, budget).map_err(|fault| match fault {
            Formatting::Unknown => Fault::error(format!(
                "could not parse formatting clause: unrecognized formatting clause \"{clause}\""
            )),
            Formatting::Fault(Fault::Error(words)) => Fault::error(format!("error during formatting: {words}")),
            Formatting::Fault(stop) => stop,
        })?;
        budget.make(formatted.len())?;
        out.push_str(&formatted);
        rest = after.get(clause.len_utf8()..).unwrap_or_default();
        index += 1;
    }
    budget.make(rest.len())?;
    out.push_str(rest);
    Ok(Value::text(&out))
}

/// The precision at the start of a clause, and what is behind it.
pub fn precision(clause: &str) -> Outcome<(Option<usize>, &str)> {
    let Some(after) = clause.strip_prefix('.') else {
        return Ok((None, clause));
    };
    let fault = |words: &str| {
        Err(Fault::error(format!(
            "could not parse formatting clause: error while parsing precision: {words}"
        )))
    };
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if rest.is_empty() {
        return fault("could not find end of precision specifier");
    }
    let digits = after.get(..after.len() - rest.len()).unwrap_or_default();
    if digits.is_empty() {
        return fault("error while converting precision to integer: strconv.Atoi: parsing \"\": invalid syntax");
    }
    Ok((Some(digits.parse().unwrap_or(usize::MAX).min(MOST_PRECISION)), rest))
}

enum Formatting {
    Unknown,
    Fault(Fault),
}

impl From<Fault> for Formatting {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn formatted(clause: char, precision: Option<usize>, value: &Value, budget: &mut Budget) -> Result<String, Formatting> {
    let refused = |rule: &str| {
        let words = format!("{rule}, was given {}", value.type_name());
        Err(Formatting::Fault(Fault::Error(words)))
    };
    match clause {
        's' => Ok(shown(value, budget)?),
        'd' => match value {
            Value::Int(number) => Ok(number.to_string()),
            Value::Uint(number) => Ok(number.to_string()),
            _ => refused("decimal clause can only be used on integers"),
        },
        'f' => match float(value) {
            Some(number) => {
                let precision = precision.unwrap_or(PRECISION);
                budget.make(precision)?;
                Ok(fixed(number, precision))
            }
            None => refused("fixed-point clause can only be used on doubles"),
        },
        'e' => match float(value) {
            // What is meant as a precision is the width there.
            Some(number) => {
                let width = precision.unwrap_or_default();
                budget.make(width)?;
                Ok(format!("{:>width$}", scientific(number)))
            }
            None => refused("scientific clause can only be used on doubles"),
        },
        'b' => match value {
            Value::Int(number) => Ok(signed(*number, &format!("{:b}", number.unsigned_abs()))),
            Value::Uint(number) => Ok(format!("{number:b}")),
            Value::Bool(value) => Ok(u8::from(*value).to_string()),
            _ => refused("only integers and bools can be formatted as binary"),
        },
        'o' => match value {
            Value::Int(number) => Ok(signed(*number, &format!("{:o}", number.unsigned_abs()))),
            Value::Uint(number) => Ok(format!("{number:o}")),
            _ => refused("octal clause can only be used on integers"),
        },
        'x' | 'X' => {
            let hex = match value {
                Value::Int(number) => signed(*number, &format!("{:x}", number.unsigned_abs())),
                Value::Uint(number) => format!("{number:x}"),
                Value::String(text) => hexadecimal(text.as_bytes(), budget)?,
                Value::Bytes(bytes) => hexadecimal(bytes, budget)?,
                _ => return refused("only integers, byte buffers, and strings can be formatted as hex"),
            };
            Ok(if clause == 'X' { hex.to_uppercase() } else { hex })
        }
        _ => Err(Formatting::Unknown),
    }
}

fn signed(number: i64, digits: &str) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{digits}")
}

fn hexadecimal(bytes: &[u8], budget: &mut Budget) -> Outcome<String> {
    budget.make(bytes.len() * 2)?;
    let digit = |number: u8| char::from_digit(u32::from(number), 16);
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    Ok(digits.flatten().collect())
}

/// A number, or a word for one that is not finite.
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::String(text) => match &**text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

fn word(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        return Some("NaN");
    }
    match number {
        f64::INFINITY => Some("∞"),
        f64::NEG_INFINITY => Some("-∞"),
        _ => None,
    }
}

/// With commas between thousands.
fn fixed(number: f64, precision: usize) -> String {
    if let Some(word) = word(number) {
        return word.to_owned();
    }
    let text = format!("{number:.precision$}");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = digits
        .split_at_checked(digits.find('.').unwrap_or(digits.len()))
        .unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

/// `1.5×10⁰³`
fn scientific(number: f64) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    if let Some(word) = word(number) {
        return word.to_owned();
    }
    let text = format!("{number:.PRECISION$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ("⁻", digits),
        None => ("", exponent),
    };
    let digits = format!("{digits:0>2}");
    let raised: String = digits
        .bytes()
        .filter_map(|digit| RAISED.get(usize::from(digit.wrapping_sub(b'0'))))
        .collect();
    format!("{mantissa}×10{sign}{raised}")
}

/// A value as `%s` has it.
fn shown(value: &Value, budget: &mut Budget) -> Outcome<String> {
    budget.work(1)?;
    if let Some(fault) = value.fault() {
        return Err(fault);
    }
    match value {
        Value::List(list) => of_list(list, budget),
        Value::Map(map) => of_map(map.entries(), budget),
        Value::Null => Ok("null".to_owned()),
        Value::Type(name) => Ok(name.to_string()),
        Value::Bytes(_) => {
            let words = "could not convert argument \"invalid UTF-8 in bytes, cannot convert to string\" to string";
            text_of(value).and_then(Result::ok).ok_or_else(|| Fault::error(words))
        }
        Value::Ip(_) | Value::Network(_) => refuse(value),
        value => text_of(value).unwrap_or_else(|| refuse(value)),
    }
}

fn refuse(value: &Value) -> Outcome<String> {
    Err(Fault::error(format!(
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given {}",
        value.type_name()
    )))
}

fn of_list(list: &List, budget: &mut Budget) -> Outcome<String> {
    let mut parts = Vec::new();
    for item in &list.items {
        parts.push(inside(item, budget)?);
    }
    let text = format!("[{}]", parts.join(", "));
    budget.make(text.len())?;
    Ok(text)
}

fn of_map(entries: &[(Key, Value)], budget: &mut Budget) -> Outcome<String> {
    let mut parts = Vec::new();
    for (key, value) in entries {
        let key = match key.value() {
            Value::Double(_) => {
                return Err(Fault::error("no formatting function for map key of type double"));
            }
            Value::String(text) => quote(text.as_bytes()),
            other => other.shown(),
        };
        parts.push((key, inside(value, budget)?));
    }
    parts.sort_by(|one, other| one.0.cmp(&other.0));
    let parts: Vec<String> = parts.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
    let text = format!("{{{}}}", parts.join(", "));
    budget.make(text.len())?;
    Ok(text)
}

/// A value in a list or a mapping.
fn inside(value: &Value, budget: &mut Budget) -> Outcome<String> {
    Ok(match value {
        Value::String(text) => quote(text.as_bytes()),
        Value::Bytes(_) => format!("b{}", quote(shown(value, budget)?.as_bytes())),
        Value::Double(number) if word(*number).is_some() => {
            let word = if number.is_nan() {
                "NaN"
            } else if *number > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            format!("\"{word}\"")
        }
        Value::Double(number) => format!("{number:.PRECISION$}"),
        Value::Timestamp(_) => format!("timestamp({})", quote(shown(value, budget)?.as_bytes())),
        Value::Duration(_) => format!("duration({})", quote(shown(value, budget)?.as_bytes())),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Type(_)
        | Value::List(_)
        | Value::Map(_) => shown(value, budget)?,
        Value::Invalid(_) | Value::Unknown => shown(value, budget)?,
        other => {
            return Err(Fault::error(format!(
                "no formatting function for {}",
                other.type_name()
            )));
        }
    })
}
