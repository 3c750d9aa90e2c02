//! Go's reflection as Sprig uses it: kinds, emptiness, elements of slices, deep equality.
//!
//! Follows `reflect.Kind`, `reflect.DeepEqual` and Sprig's `defaults.go`.

use std::borrow::Cow;
use std::rc::Rc;

use super::go_time::{Duration, Month, Weekday};
use crate::engine::template::{Object, Value};

/// Nesting beyond which comparing and copying give up, so that maps that contain themselves cannot exhaust the stack.
pub(super) const MAX_DEPTH: usize = 1_000;

/// `reflect.ValueOf(value).Kind().String()`.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Int64(_) => "int64",
        Value::Int32(_) => "int32",
        Value::Uint8(_) => "uint8",
        Value::Uint32(_) => "uint32",
        Value::Uint64(_) => "uint64",
        Value::Float(_) => "float64",
        Value::Complex(..) => "complex128",
        Value::Str(_) => "string",
        Value::Bytes(_) | Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Object(object) => object_kind(object.as_ref()),
    }
}

fn object_kind(object: &dyn Object) -> &'static str {
    match object.type_name() {
        "time.Duration" => "int64",
        "time.Month" | "time.Weekday" => "int",
        name if name.starts_with('*') => "ptr",
        _ if object.as_map().is_some() => "map",
        _ => "struct",
    }
}

/// Sprig's `empty`: the zero value of its type, or a collection without elements.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Bool(flag) => !flag,
        Value::Int(number) | Value::Int64(number) => *number == 0,
        Value::Int32(number) => *number == 0,
        Value::Uint8(number) => *number == 0,
        Value::Uint32(number) => *number == 0,
        Value::Uint64(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        Value::Complex(real, imaginary) => *real == 0.0 && *imaginary == 0.0,
        Value::Str(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.items().is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Object(object) => is_empty_object(object.as_ref()),
    }
}

fn is_empty_object(object: &dyn Object) -> bool {
    let any = object.as_any();
    if let Some(duration) = any.downcast_ref::<Duration>() {
        return duration.0 == 0;
    }
    if let Some(month) = any.downcast_ref::<Month>() {
        return month.0 == 0;
    }
    if let Some(weekday) = any.downcast_ref::<Weekday>() {
        return weekday.0 == 0;
    }
    object.as_map().is_some_and(|map| map.is_empty())
}

/// The elements, when the value is a slice.
pub(super) fn elements(value: &Value) -> Option<Cow<'_, [Value]>> {
    match value {
        Value::List(list) => Some(Cow::Borrowed(list.items())),
        Value::Bytes(bytes) => Some(Cow::Owned(bytes.iter().copied().map(Value::Uint8).collect())),
        _ => None,
    }
}

/// `reflect.DeepEqual`: the same types all the way down, NaN unlike itself.
pub(super) fn deep_equal(a: &Value, b: &Value) -> bool {
    equal_within(a, b, 0)
}

fn equal_within(a: &Value, b: &Value, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) | (Value::Int64(a), Value::Int64(b)) => a == b,
        (Value::Int32(a), Value::Int32(b)) => a == b,
        (Value::Uint8(a), Value::Uint8(b)) => a == b,
        (Value::Uint32(a), Value::Uint32(b)) => a == b,
        (Value::Uint64(a), Value::Uint64(b)) => a == b,
        #[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
        (Value::Float(a), Value::Float(b)) => a == b,
        #[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
        (Value::Complex(a, c), Value::Complex(b, d)) => a == b && c == d,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(x), Value::List(y)) => {
            x.element == y.element
                && x.is_nil() == y.is_nil()
                && x.items().len() == y.items().len()
                && x.items()
                    .iter()
                    .zip(y.items())
                    .all(|(x, y)| equal_within(x, y, depth + 1))
        }
        (Value::Map(x), Value::Map(y)) => {
            x.map_type == y.map_type
                && x.is_nil() == y.is_nil()
                && (x.is_same(y)
                    || x.len() == y.len()
                        && x.snapshot()
                            .iter()
                            .zip(y.snapshot().iter())
                            .all(|((k, v), (l, w))| k == l && equal_within(v, w, depth + 1)))
        }
        (Value::Object(x), Value::Object(y)) => {
            Rc::ptr_eq(x, y) || x.type_name() == y.type_name() && x.display() == y.display()
        }
        _ => false,
    }
}
