//! Numbers from anything: `int`, `int64`, `float64`, `atoi`, `toDecimal`.
//!
//! Follows `spf13/cast` as Sprig calls it: a value that cannot be converted becomes zero, never an error.

use super::arguments::{any, bytes};
use super::display::plain;
use super::go_time::{Month, Weekday};
use super::table::fixed;
use crate::engine::template::{Function, Parameter, Value};
use crate::text::go::float_parse::parse_float;
use crate::text::go::integer::{NumberError, parse_int};

use Parameter::{Any, Str};

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("int", &[Any], |_, a| Ok(Value::Int(to_int64(any(a, 0))))),
    fixed("int64", &[Any], |_, a| Ok(Value::Int64(to_int64(any(a, 0))))),
    fixed("float64", &[Any], |_, a| Ok(Value::Float(to_float64(any(a, 0))))),
    fixed("atoi", &[Str], |_, a| {
        Ok(Value::Int(nearest_int(parse_int(bytes(a, 0), 10))))
    }),
    fixed("toDecimal", &[Any], |_, a| {
        Ok(Value::Int64(parse_int(&plain(any(a, 0)), 8).unwrap_or_default()))
    }),
];

/// The value Go's `strconv` returns along with an error: zero, or the nearest number.
pub(super) fn nearest_int(parsed: Result<i64, NumberError<i64>>) -> i64 {
    match parsed {
        Ok(number) | Err(NumberError::Range(number)) => number,
        Err(NumberError::Syntax) => 0,
    }
}

/// `cast.ToInt64`.
pub(super) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Int32(number) => i64::from(*number),
        Value::Uint8(number) => i64::from(*number),
        Value::Uint32(number) => i64::from(*number),
        Value::Uint64(number) => number.cast_signed(),
        Value::Float(number) => float_to_int(*number),
        Value::Bool(flag) => i64::from(*flag),
        Value::Str(text) => parse_int(without_zero_fraction(text.as_bytes()), 0).unwrap_or_default(),
        Value::Object(object) => {
            let any = object.as_any();
            let month = any.downcast_ref::<Month>().map(|month| i64::from(month.0));
            let weekday = any.downcast_ref::<Weekday>().map(|weekday| i64::from(weekday.0));
            month.or(weekday).unwrap_or_default()
        }
        _ => 0,
    }
}

/// `cast.ToFloat64`.
pub(super) fn to_float64(value: &Value) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "rounding to the nearest float is what Go does"
    )]
    match value {
        Value::Float(number) => *number,
        Value::Str(text) => parse_float(text.as_bytes()).unwrap_or_default(),
        Value::Uint64(number) => *number as f64,
        _ => to_int64(value) as f64,
    }
}

/// Go's conversion of a float to `int64` on amd64: a value that does not fit becomes the smallest integer.
pub(super) fn float_to_int(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number.is_nan() || !(-LIMIT..LIMIT).contains(&number) {
        return i64::MIN;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let whole = number as i64;
    whole
}

/// `cast`'s `trimZeroDecimal`: `8.00` is read as 8.
fn without_zero_fraction(text: &[u8]) -> &[u8] {
    match text.iter().rposition(|&byte| byte == b'.') {
        Some(point) => match text.split_at_checked(point) {
            Some((whole, fraction)) if fraction.len() > 1 && fraction.iter().skip(1).all(|&byte| byte == b'0') => whole,
            _ => text,
        },
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{to_float64, to_int64};
    use crate::engine::template::Value;

    #[test]
    fn integers() {
        for (text, expected) in [
            ("017", 15),
            ("0x1F", 31),
            ("8.00", 8),
            ("8.5", 0),
            ("", 0),
            ("-3", -3),
            ("1_000", 1000),
        ] {
            assert_eq!(to_int64(&Value::str(text)), expected, "{text}");
        }
        assert_eq!(to_int64(&Value::Float(1e300)), i64::MIN);
        assert_eq!(to_int64(&Value::Float(-2.9)), -2);
        assert!((to_float64(&Value::str("0x1p-2")) - 0.25).abs() < f64::EPSILON);
    }
}
