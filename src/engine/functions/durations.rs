//! Helm's own duration functions: `mustToDuration`, `durationSeconds`, `durationRoundTo` and their relatives.
//!
//! Follows `pkg/engine/funcs.go` of Helm: numbers and numeric text are seconds.

use super::arguments::{any, error};
use super::go_time::{Duration, HOUR, MINUTE, SECOND, parse_duration};
use super::strings::trim_space;
use super::table::fixed;
use crate::engine::template::{CallError, CallResult, Function, Host, Parameter, Value};
use crate::text::go::float_format::format_shortest;
use crate::text::go::float_parse::parse_float;
use crate::text::go::quote::quote;

use Parameter::Any;

/// Steps that a kibibyte counts as of a text that is read as a duration, and quoted if it is none.
const TEXT_COST: u64 = 320;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("mustToDuration", &[Any], |_, a| Ok(to_duration(any(a, 0))?.into())).costing_by_size(TEXT_COST),
    fixed("durationSeconds", &[Any], |_, a| Ok(in_units(a, SECOND, 1.0))).costing_by_size(TEXT_COST),
    fixed("durationMinutes", &[Any], |_, a| Ok(in_units(a, MINUTE, 1.0))).costing_by_size(TEXT_COST),
    fixed("durationHours", &[Any], |_, a| Ok(in_units(a, HOUR, 1.0))).costing_by_size(TEXT_COST),
    fixed("durationDays", &[Any], |_, a| Ok(in_units(a, HOUR, 24.0))).costing_by_size(TEXT_COST),
    fixed("durationWeeks", &[Any], weeks).costing_by_size(TEXT_COST),
    fixed("durationMilliseconds", &[Any], |_, a| Ok(whole(a, 1_000_000))).costing_by_size(TEXT_COST),
    fixed("durationMicroseconds", &[Any], |_, a| Ok(whole(a, 1_000))).costing_by_size(TEXT_COST),
    fixed("durationNanoseconds", &[Any], |_, a| Ok(whole(a, 1))).costing_by_size(TEXT_COST),
    fixed("durationRoundTo", &[Any, Any], |_, a| {
        Ok(to_multiple(a, Duration::round))
    })
    .costing_by_size(TEXT_COST),
    fixed("durationTruncateTo", &[Any, Any], |_, a| {
        Ok(to_multiple(a, Duration::truncate))
    })
    .costing_by_size(TEXT_COST),
];

fn to_duration(value: &Value) -> Result<Duration, CallError> {
    match value {
        Value::Nil => error("invalid duration"),
        Value::Str(text) => from_text(text.as_bytes()),
        Value::Int(seconds) | Value::Int64(seconds) => from_seconds(i128::from(*seconds)),
        Value::Int32(seconds) => from_seconds(i128::from(*seconds)),
        Value::Uint8(seconds) => from_seconds(i128::from(*seconds)),
        Value::Uint32(seconds) => from_seconds(i128::from(*seconds)),
        Value::Uint64(seconds) => from_seconds(i128::from(*seconds)),
        Value::Float(seconds) => from_float(*seconds),
        Value::Object(object) => match object.as_any().downcast_ref::<Duration>() {
            Some(duration) => Ok(*duration),
            None => unsupported(value),
        },
        _ => unsupported(value),
    }
}

fn unsupported(value: &Value) -> Result<Duration, CallError> {
    error(format!("unsupported duration type {}", value.type_name()))
}

fn from_text(text: &[u8]) -> Result<Duration, CallError> {
    let trimmed = trim_space(text);
    if trimmed.is_empty() {
        return error("empty duration");
    }
    if let Ok(duration) = parse_duration(trimmed) {
        return Ok(duration);
    }
    match parse_float(trimmed) {
        Ok(seconds) => from_float(seconds),
        Err(_) => error(format!("could not parse duration {}", quote(text))),
    }
}

fn from_seconds(seconds: i128) -> Result<Duration, CallError> {
    match i64::try_from(seconds * i128::from(SECOND)) {
        Ok(nanoseconds) => Ok(Duration(nanoseconds)),
        Err(_) => error(format!("duration seconds overflow: {seconds}")),
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "Helm's own arithmetic; the range is checked before"
)]
fn from_float(seconds: f64) -> Result<Duration, CallError> {
    const LIMIT: f64 = i64::MAX as f64;
    let shown = format_shortest(seconds);
    if !seconds.is_finite() {
        return error(format!("invalid duration seconds: {shown}"));
    }
    if seconds.abs() > LIMIT / SECOND as f64 {
        return error(format!("duration seconds overflow: {shown}"));
    }
    let nanoseconds = seconds * SECOND as f64;
    if nanoseconds.abs() > LIMIT {
        return error(format!(
            "duration nanoseconds overflow: {}",
            format_shortest(nanoseconds)
        ));
    }
    Ok(Duration(nanoseconds as i64))
}

fn in_units(arguments: &[Value], unit: i64, divisor: f64) -> Value {
    let amount = to_duration(any(arguments, 0)).map_or(0.0, |duration| duration.in_units(unit) / divisor);
    Value::Float(amount)
}

fn weeks(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let amount = to_duration(any(arguments, 0)).map_or(0.0, |duration| duration.in_units(HOUR) / 24.0 / 7.0);
    Ok(Value::Float(amount))
}

fn whole(arguments: &[Value], unit: i64) -> Value {
    Value::Int64(to_duration(any(arguments, 0)).map_or(0, |duration| duration.0 / unit))
}

fn to_multiple(arguments: &[Value], adjust: fn(Duration, Duration) -> Duration) -> Value {
    let Ok(duration) = to_duration(any(arguments, 0)) else {
        return Duration(0).into();
    };
    match to_duration(any(arguments, 1)) {
        Ok(multiple) => adjust(duration, multiple).into(),
        Err(_) => duration.into(),
    }
}
