//! `eq`, `ne`, `lt`, `le`, `gt`, `ge` with Go's rules for which kinds compare.

use crate::engine::template::kind::Kind;
use crate::engine::template::value::Value;

/// Classes of kinds that compare with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic {
    None,
    Bool,
    Complex,
    Int,
    Float,
    String,
    Uint,
}

const BAD_TYPE: &str = "invalid type for comparison";

fn basic(value: &Value) -> Basic {
    match value {
        Value::Bool(_) => Basic::Bool,
        Value::Int(_) | Value::Int64(_) | Value::Int32(_) => Basic::Int,
        Value::Uint8(_) | Value::Uint32(_) | Value::Uint64(_) => Basic::Uint,
        Value::Float(_) => Basic::Float,
        Value::Complex(..) => Basic::Complex,
        Value::Str(_) => Basic::String,
        Value::Object(object) if object.as_integer().is_some() => Basic::Int,
        _ => Basic::None,
    }
}

/// Integers of any sign on one scale.
fn integer(value: &Value) -> Option<i128> {
    let named = || match value {
        Value::Object(object) => object.as_integer(),
        _ => None,
    };
    value
        .as_int()
        .or_else(named)
        .map(i128::from)
        .or_else(|| value.as_uint().map(i128::from))
}

fn incompatible(left: &Value, right: &Value) -> String {
    format!(
        "incompatible types for comparison: {} and {}",
        left.type_name(),
        right.type_name()
    )
}

/// Whether the first equals any of the others.
pub(super) fn equal_any(values: &[Value]) -> Result<bool, String> {
    match values {
        [] | [_] => Err("missing argument for comparison".to_owned()),
        [first, others @ ..] => {
            for other in others {
                if equal(first, other)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

#[expect(clippy::float_cmp, reason = "Go compares exactly")]
pub(super) fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => return Ok(a == b),
        (Value::Float(a), Value::Float(b)) => return Ok(a == b),
        (Value::Str(a), Value::Str(b)) => return Ok(a == b),
        (Value::Complex(a, b), Value::Complex(c, d)) => return Ok(a == c && b == d),
        _ => {}
    }
    if let (Some(a), Some(b)) = (integer(left), integer(right)) {
        return Ok(a == b);
    }
    let has_nil = matches!(left, Value::Nil) || matches!(right, Value::Nil);
    if basic(left) != basic(right) {
        return if has_nil {
            Ok(false)
        } else {
            Err(incompatible(left, right))
        };
    }
    if left.kind() != right.kind() && !has_nil {
        return Err(format!(
            "non-comparable types {}: {}, {}: {}",
            reflected(left),
            left.type_name(),
            right.type_name(),
            right.display()
        ));
    }
    if left.is_nil() || right.is_nil() {
        return Ok(left.is_nil() == right.is_nil());
    }
    match (left, right) {
        (Value::Object(a), Value::Object(b)) if matches!(right.kind(), Kind::Ptr | Kind::Struct) => {
            Ok(std::rc::Rc::ptr_eq(a, b) || a.type_name() == b.type_name() && a.display() == b.display())
        }
        _ => Err(format!(
            "non-comparable type {}: {}",
            reflected(right),
            right.type_name()
        )),
    }
}

/// `%s` of a `reflect.Value`: strings inside print as they are, numbers as `%!s(…)`.
fn reflected(value: &Value) -> String {
    String::from_utf8_lossy(&crate::engine::template::printf::sprintf(
        b"%s",
        std::slice::from_ref(value),
    ))
    .into_owned()
}

pub(super) fn less(left: &Value, right: &Value) -> Result<bool, String> {
    let kinds = (basic(left), basic(right));
    if kinds.0 == Basic::None || kinds.1 == Basic::None {
        return Err(BAD_TYPE.to_owned());
    }
    if let (Some(a), Some(b)) = (integer(left), integer(right)) {
        return Ok(a < b);
    }
    if kinds.0 != kinds.1 {
        return Err(incompatible(left, right));
    }
    match (left, right) {
        (Value::Float(a), Value::Float(b)) => Ok(a < b),
        (Value::Str(a), Value::Str(b)) => Ok(a < b),
        _ => Err(BAD_TYPE.to_owned()),
    }
}

pub(super) fn less_or_equal(left: &Value, right: &Value) -> Result<bool, String> {
    Ok(less(left, right)? || equal(left, right)?)
}
