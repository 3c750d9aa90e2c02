//! Conversions between types (the methods `ConvertToType` of cel-go `common/types`).

use std::sync::Arc;

use crate::text::go::boolean::parse_bool;
use crate::text::go::duration::parse_duration;
use crate::text::go::float_format::{format_float, format_shortest};
use crate::text::go::float_parse::parse_float;
use crate::text::go::integer::{parse_int, parse_uint};

use super::super::budget::{Budget, Fault, Outcome};
use super::super::instant::{Instant, SECONDS};
use super::super::value::Value;
use super::arguments::{no_function, one};

const TIMESTAMP_OVERFLOW: &str = "timestamp overflow";

fn no_conversion(value: &Value, to: &str) -> Fault {
    Fault::error(format!("type conversion error from '{}' to '{to}'", value.type_name()))
}

/// `bool(value)`
pub fn bool(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match one::<&Value>(name, arguments)? {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        value @ Value::String(text) => parse_bool(text)
            .map(Value::Bool)
            .ok_or_else(|| no_conversion(value, "bool")),
        _ => Err(no_function(name, arguments)),
    }
}

/// `bytes(value)`
pub fn bytes(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    match one::<&Value>(name, arguments)? {
        Value::Bytes(bytes) => Ok(Value::Bytes(Arc::clone(bytes))),
        Value::String(text) => {
            budget.make(text.len())?;
            Ok(Value::Bytes(Arc::from(text.as_bytes())))
        }
        _ => Err(no_function(name, arguments)),
    }
}

/// `double(value)`
#[expect(clippy::cast_precision_loss, reason = "as in Go")]
pub fn double(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match one::<&Value>(name, arguments)? {
        Value::Double(number) => Ok(Value::Double(*number)),
        Value::Int(number) => Ok(Value::Double(*number as f64)),
        Value::Uint(number) => Ok(Value::Double(*number as f64)),
        value @ Value::String(text) => {
            let number = parse_float(text.as_bytes()).map_err(|_| no_conversion(value, "double"))?;
            Ok(Value::Double(number))
        }
        _ => Err(no_function(name, arguments)),
    }
}

/// `int(value)`
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked"
)]
pub fn int(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let overflow = || Fault::error("integer overflow");
    match one::<&Value>(name, arguments)? {
        Value::Int(number) | Value::Duration(number) => Ok(Value::Int(*number)),
        Value::Uint(number) => i64::try_from(*number).map(Value::Int).map_err(|_| overflow()),
        Value::Double(number) => {
            let in_range = *number > i64::MIN as f64 && *number < i64::MAX as f64;
            in_range.then(|| Value::Int(*number as i64)).ok_or_else(overflow)
        }
        Value::Timestamp(instant) => Ok(Value::Int(instant.seconds)),
        value @ Value::String(text) => {
            let number = parse_int(text.as_bytes(), 10).map_err(|_| no_conversion(value, "int"))?;
            Ok(Value::Int(number))
        }
        _ => Err(no_function(name, arguments)),
    }
}

/// `uint(value)`
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the range is checked"
)]
pub fn uint(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let overflow = || Fault::error("unsigned integer overflow");
    match one::<&Value>(name, arguments)? {
        Value::Uint(number) => Ok(Value::Uint(*number)),
        Value::Int(number) => u64::try_from(*number).map(Value::Uint).map_err(|_| overflow()),
        Value::Double(number) => {
            let in_range = *number >= 0.0 && *number < u64::MAX as f64;
            in_range.then(|| Value::Uint(*number as u64)).ok_or_else(overflow)
        }
        value @ Value::String(text) => {
            let number = parse_uint(text.as_bytes(), 10).map_err(|_| no_conversion(value, "uint"))?;
            Ok(Value::Uint(number))
        }
        _ => Err(no_function(name, arguments)),
    }
}

/// `string(value)`
pub fn string(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let value: &Value = one(name, arguments)?;
    let text = text_of(value).ok_or_else(|| no_function(name, arguments))??;
    budget.make(text.len())?;
    Ok(Value::text(&text))
}

/// A value as a text; nothing if its type has none.
pub fn text_of(value: &Value) -> Option<Outcome<String>> {
    Some(Ok(match value {
        Value::String(text) => text.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Bytes(bytes) => {
            let words = "invalid UTF-8 in bytes, cannot convert to string";
            return Some(
                std::str::from_utf8(bytes)
                    .map(str::to_owned)
                    .map_err(|_| Fault::error(words)),
            );
        }
        Value::Double(number) => format_shortest(*number),
        Value::Duration(duration) => seconds(*duration),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Timestamp(instant) => instant.text(),
        Value::Ip(address) => address.to_string(),
        Value::Network(network) => network.text(),
        _ => return None,
    }))
}

/// A duration in seconds.
#[expect(clippy::cast_precision_loss, reason = "as in Go")]
fn seconds(duration: i64) -> String {
    let (whole, rest) = (duration / 1_000_000_000, duration % 1_000_000_000);
    let seconds = whole as f64 + rest as f64 / 1e9;
    format!("{}s", format_float(seconds, b'f', None))
}

/// `timestamp(value)`
pub fn timestamp(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let known = |instant: Instant| {
        let is_known = SECONDS.contains(&instant.seconds);
        is_known
            .then_some(Value::Timestamp(instant))
            .ok_or_else(|| Fault::error(TIMESTAMP_OVERFLOW))
    };
    match one::<&Value>(name, arguments)? {
        Value::Timestamp(instant) => Ok(Value::Timestamp(*instant)),
        Value::Int(seconds) => known(Instant::of_seconds(*seconds)),
        value @ Value::String(text) => {
            let instant = Instant::parse(text).ok_or_else(|| no_conversion(value, "google.protobuf.Timestamp"))?;
            known(instant)
        }
        _ => Err(no_function(name, arguments)),
    }
}

/// `duration(value)`
pub fn duration(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match one::<&Value>(name, arguments)? {
        Value::Duration(duration) => Ok(Value::Duration(*duration)),
        value @ Value::Int(_) => Err(no_conversion(value, "google.protobuf.Duration")),
        value @ Value::String(text) => {
            let duration = parse_duration(text.as_bytes());
            duration
                .map(Value::Duration)
                .map_err(|_| no_conversion(value, "google.protobuf.Duration"))
        }
        _ => Err(no_function(name, arguments)),
    }
}

/// `type(value)`
pub fn type_of(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let value: &Value = one(name, arguments)?;
    Ok(Value::Type(Arc::from(value.type_name())))
}

/// `dyn(value)`
pub fn any(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    one::<&Value>(name, arguments).cloned()
}
