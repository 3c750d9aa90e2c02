//! Reading arguments that the engine has already checked against a function's parameters.
//!
//! In: the argument slice and a position. Out: the value of the declared type; the type's zero value should the engine
//! ever pass something else, so that no function can panic on its arguments.

use crate::engine::template::{CallError, Map, MapType, Text, Value};

/// Go's text for a nil dereference, such as `reflect.TypeOf(nil).Kind()`.
pub(super) const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// A `string` argument as bytes.
pub(super) fn bytes(arguments: &[Value], index: usize) -> &[u8] {
    match arguments.get(index) {
        Some(Value::Str(text)) => text.as_bytes(),
        _ => &[],
    }
}

/// A `string` argument, shared.
pub(super) fn text(arguments: &[Value], index: usize) -> Text {
    match arguments.get(index) {
        Some(Value::Str(text)) => text.clone(),
        _ => Text::default(),
    }
}

/// A `string` argument with U+FFFD for bytes that are not UTF-8.
pub(super) fn string(arguments: &[Value], index: usize) -> String {
    String::from_utf8_lossy(bytes(arguments, index)).into_owned()
}

/// An `int` or `int64` argument.
pub(super) fn int(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(number) | Value::Int64(number)) => *number,
        _ => 0,
    }
}

/// A `float64` argument.
pub(super) fn float(arguments: &[Value], index: usize) -> Option<f64> {
    match arguments.get(index) {
        Some(Value::Float(number)) => Some(*number),
        _ => None,
    }
}

/// A `bool` argument.
pub(super) fn boolean(arguments: &[Value], index: usize) -> bool {
    matches!(arguments.get(index), Some(Value::Bool(true)))
}

/// An `interface {}` argument; nil when absent.
pub(super) fn any(arguments: &[Value], index: usize) -> &Value {
    const NIL: &Value = &Value::Nil;
    arguments.get(index).unwrap_or(NIL)
}

/// The variadic arguments from `index` on.
pub(super) fn rest(arguments: &[Value], index: usize) -> &[Value] {
    arguments.get(index..).unwrap_or_default()
}

/// A `map[string]interface {}` argument.
pub(super) fn map(arguments: &[Value], index: usize) -> Map {
    match arguments.get(index) {
        Some(Value::Map(map)) => map.with_type(MapType::Any),
        _ => Map::nil(MapType::Any),
    }
}

/// A function's own error.
pub(super) fn error<T>(message: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::Message(message.into()))
}
