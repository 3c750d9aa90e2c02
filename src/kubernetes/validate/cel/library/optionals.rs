//! Optional values (cel-go `cel/library.go`).

use std::sync::Arc;

use super::super::budget::{Budget, Fault, Outcome};
use super::super::value::{List, Value};
use super::arguments::{no_function, one};

/// `optional.none()`
pub fn none(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match arguments {
        [] => Ok(Value::Optional(None)),
        _ => Err(no_function(name, arguments)),
    }
}

/// `optional.of(value)`
pub fn of(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let value: &Value = one(name, arguments)?;
    Ok(Value::some(value.clone()))
}

/// `optional.ofNonZeroValue(value)`
pub fn of_non_zero(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let value: &Value = one(name, arguments)?;
    Ok(if value.is_zero() {
        Value::Optional(None)
    } else {
        Value::some(value.clone())
    })
}

/// `hasValue()`
pub fn has_value(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match arguments {
        [Value::Optional(value)] => Ok(Value::Bool(value.is_some())),
        _ => Err(no_function(name, arguments)),
    }
}

/// `value()`
pub fn value(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match arguments {
        [Value::Optional(Some(value))] => Ok((**value).clone()),
        [Value::Optional(None)] => Err(Fault::error("optional.none() dereference")),
        _ => Err(no_function(name, arguments)),
    }
}

/// `optional.unwrap(list)`, `list.unwrapOpt()`
pub fn unwrap(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let list: &Arc<List> = one(name, arguments)?;
    budget.make(list.items.len() * size_of::<Value>())?;
    let mut items = Vec::new();
    for item in &list.items {
        match item {
            Value::Optional(Some(value)) => items.push((**value).clone()),
            Value::Optional(None) => {}
            other => return Err(Fault::error(format!("value {} is not optional", other.shown()))),
        }
    }
    Ok(Value::list(items))
}
