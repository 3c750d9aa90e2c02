//! What functions get.

use std::sync::Arc;

use super::super::budget::{Fault, Outcome};
use super::super::value::{List, Value};

/// That a function does not take arguments of these types (`MaybeNoSuchOverload` of cel-go `common/decls`).
pub fn no_function(name: &str, arguments: &[Value]) -> Fault {
    if let Some(fault) = arguments.iter().find_map(Value::fault) {
        return fault;
    }
    let types: Vec<&str> = arguments.iter().map(Value::type_name).collect();
    Fault::error(format!("no such overload: {name}({})", types.join(", ")))
}

/// An argument of one type.
pub trait Argument<'v>: Sized {
    /// The argument, if it is of the type.
    fn of(value: &'v Value) -> Option<Self>;
}

impl<'v> Argument<'v> for &'v str {
    fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Argument<'_> for i64 {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl Argument<'_> for bool {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl<'v> Argument<'v> for &'v Arc<List> {
    fn of(value: &'v Value) -> Option<Self> {
        match value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }
}

impl<'v> Argument<'v> for &'v Value {
    fn of(value: &'v Value) -> Option<Self> {
        Some(value)
    }
}

/// The one argument of a function.
pub fn one<'v, A: Argument<'v>>(name: &str, arguments: &'v [Value]) -> Outcome<A> {
    match arguments {
        [a] => A::of(a).ok_or_else(|| no_function(name, arguments)),
        _ => Err(no_function(name, arguments)),
    }
}

/// The two arguments of a function.
pub fn two<'v, A: Argument<'v>, B: Argument<'v>>(name: &str, arguments: &'v [Value]) -> Outcome<(A, B)> {
    match arguments {
        [a, b] => A::of(a).zip(B::of(b)).ok_or_else(|| no_function(name, arguments)),
        _ => Err(no_function(name, arguments)),
    }
}

/// The three arguments of a function.
pub fn three<'v, A: Argument<'v>, B: Argument<'v>, C: Argument<'v>>(
    name: &str,
    arguments: &'v [Value],
) -> Outcome<(A, B, C)> {
    let found = match arguments {
        [a, b, c] => A::of(a).zip(B::of(b)).zip(C::of(c)),
        _ => None,
    };
    found
        .map(|((a, b), c)| (a, b, c))
        .ok_or_else(|| no_function(name, arguments))
}
