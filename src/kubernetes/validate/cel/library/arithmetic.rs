//! The operators of numbers, texts, lists and times (the singleton bindings of cel-go `common/stdlib/standard.go`).

use std::sync::Arc;

use super::super::budget::{Budget, Fault, Outcome};
use super::super::equality::{compare, contains, identity};
use super::super::mapping::Key;
use super::super::value::{List, ListKind, Value};

const OVERFLOW: &str = "integer overflow";
const UNSIGNED_OVERFLOW: &str = "unsigned integer overflow";
const DURATION_OVERFLOW: &str = "duration overflow";
const TIMESTAMP_OVERFLOW: &str = "timestamp overflow";

/// A result that fits, or an error.
fn fitting<T>(result: Option<T>, words: &str, made: impl FnOnce(T) -> Value) -> Outcome<Value> {
    result.map(made).ok_or_else(|| Fault::error(words))
}

/// That an operator does not take a first operand of this type: texts, times and durations look for a method.
fn no_operator(name: &str, first: &Value) -> Fault {
    match first {
        Value::String(_) | Value::Timestamp(_) | Value::Duration(_) => Fault::no_overload(),
        _ => Fault::error(format!("no such overload: {name}")),
    }
}

/// `a + b`
pub fn add(one: &Value, other: &Value, budget: &mut Budget) -> Outcome<Value> {
    match (one, other) {
        (Value::Int(a), Value::Int(b)) => fitting(a.checked_add(*b), OVERFLOW, Value::Int),
        (Value::Uint(a), Value::Uint(b)) => fitting(a.checked_add(*b), UNSIGNED_OVERFLOW, Value::Uint),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a + b)),
        (Value::String(a), Value::String(b)) => {
            budget.make(a.len() + b.len())?;
            Ok(Value::String(Arc::from([&**a, &**b].concat())))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.make(a.len() + b.len())?;
            Ok(Value::Bytes(Arc::from([&**a, &**b].concat())))
        }
        (Value::List(a), Value::List(b)) => joined(a, b, budget),
        (Value::Duration(a), Value::Duration(b)) => fitting(a.checked_add(*b), DURATION_OVERFLOW, Value::Duration),
        (Value::Duration(duration), Value::Timestamp(instant))
        | (Value::Timestamp(instant), Value::Duration(duration)) => {
            fitting(instant.plus(*duration), TIMESTAMP_OVERFLOW, Value::Timestamp)
        }
        (
            Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::List(_)
            | Value::Duration(_)
            | Value::Timestamp(_),
            _,
        ) => Err(Fault::no_overload()),
        (first, _) => Err(no_operator("_+_", first)),
    }
}

/// A list behind another; sets and keyed lists have no item twice.
fn joined(one: &Arc<List>, other: &Arc<List>, budget: &mut Budget) -> Outcome<Value> {
    if one.kind == ListKind::Plain {
        if one.items.is_empty() {
            return Ok(Value::List(Arc::clone(other)));
        }
        if other.items.is_empty() {
            return Ok(Value::List(Arc::clone(one)));
        }
    }
    budget.make((one.items.len() + other.items.len()) * size_of::<Value>())?;
    let mut items = one.items.clone();
    match &one.kind {
        ListKind::Plain | ListKind::Atomic => items.extend(other.items.iter().cloned()),
        ListKind::Set => {
            let mut known: std::collections::HashSet<Key> = items.iter().filter_map(Key::of).collect();
            for item in &other.items {
                if Key::of(item).is_none_or(|key| known.insert(key)) {
                    items.push(item.clone());
                }
            }
        }
        ListKind::Keyed(names) => {
            let keys = items.iter().map(|item| identity(item, names));
            let mut places: std::collections::BTreeMap<Option<String>, usize> = keys.zip(0..).collect();
            for item in &other.items {
                let key = identity(item, names);
                if let Some(known) = places.get(&key).and_then(|place| items.get_mut(*place)) {
                    *known = item.clone();
                } else {
                    places.insert(key, items.len());
                    items.push(item.clone());
                }
            }
        }
    }
    let kind = one.kind.clone();
    Ok(Value::List(Arc::new(List { items, kind })))
}

/// `a - b`
pub fn subtract(one: &Value, other: &Value) -> Outcome<Value> {
    match (one, other) {
        (Value::Int(a), Value::Int(b)) => fitting(a.checked_sub(*b), OVERFLOW, Value::Int),
        (Value::Uint(a), Value::Uint(b)) => fitting(a.checked_sub(*b), UNSIGNED_OVERFLOW, Value::Uint),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a - b)),
        (Value::Duration(a), Value::Duration(b)) => fitting(a.checked_sub(*b), DURATION_OVERFLOW, Value::Duration),
        (Value::Timestamp(instant), Value::Duration(duration)) => {
            let result = duration.checked_neg().and_then(|duration| instant.plus(duration));
            fitting(result, TIMESTAMP_OVERFLOW, Value::Timestamp)
        }
        (Value::Timestamp(a), Value::Timestamp(b)) => fitting(
            i64::try_from(a.total() - b.total()).ok(),
            DURATION_OVERFLOW,
            Value::Duration,
        ),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_) | Value::Timestamp(_), _) => {
            Err(Fault::no_overload())
        }
        (first, _) => Err(no_operator("_-_", first)),
    }
}

/// `a * b`
pub fn multiply(one: &Value, other: &Value) -> Outcome<Value> {
    match (one, other) {
        (Value::Int(a), Value::Int(b)) => fitting(a.checked_mul(*b), OVERFLOW, Value::Int),
        (Value::Uint(a), Value::Uint(b)) => fitting(a.checked_mul(*b), UNSIGNED_OVERFLOW, Value::Uint),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a * b)),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => Err(Fault::no_overload()),
        (first, _) => Err(no_operator("_*_", first)),
    }
}

/// `a / b`
pub fn divide(one: &Value, other: &Value) -> Outcome<Value> {
    const BY_ZERO: &str = "division by zero";
    match (one, other) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => Err(Fault::error(BY_ZERO)),
        (Value::Int(a), Value::Int(b)) => fitting(a.checked_div(*b), OVERFLOW, Value::Int),
        (Value::Uint(a), Value::Uint(b)) => fitting(a.checked_div(*b), BY_ZERO, Value::Uint),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a / b)),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => Err(Fault::no_overload()),
        (first, _) => Err(no_operator("_/_", first)),
    }
}

/// `a % b`
pub fn modulo(one: &Value, other: &Value) -> Outcome<Value> {
    const BY_ZERO: &str = "modulus by zero";
    match (one, other) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => Err(Fault::error(BY_ZERO)),
        (Value::Int(a), Value::Int(b)) => fitting(a.checked_rem(*b), OVERFLOW, Value::Int),
        (Value::Uint(a), Value::Uint(b)) => fitting(a.checked_rem(*b), BY_ZERO, Value::Uint),
        (Value::Int(_) | Value::Uint(_), _) => Err(Fault::no_overload()),
        (first, _) => Err(no_operator("_%_", first)),
    }
}

/// `-a`
pub fn negate(value: &Value) -> Outcome<Value> {
    match value {
        Value::Int(number) => fitting(number.checked_neg(), OVERFLOW, Value::Int),
        Value::Double(number) => Ok(Value::Double(-number)),
        Value::Duration(number) => fitting(number.checked_neg(), DURATION_OVERFLOW, Value::Duration),
        Value::Bool(_) => Err(Fault::no_overload()),
        other => Err(no_operator("-_", other)),
    }
}

/// `!a`
pub fn not(value: &Value) -> Outcome<Value> {
    match value {
        Value::Bool(value) => Ok(Value::Bool(!value)),
        _ => Err(Fault::no_overload()),
    }
}

/// `a < b` and the like.
pub fn ordered(
    name: &str,
    one: &Value,
    other: &Value,
    holds: fn(std::cmp::Ordering) -> bool,
    budget: &mut Budget,
) -> Outcome<Value> {
    if !super::super::equality::is_comparable(one) {
        return Err(no_operator(name, one));
    }
    compare(one, other, budget).map(|ordering| Value::Bool(holds(ordering)))
}

/// `a in b`
pub fn is_in(item: &Value, container: &Value, budget: &mut Budget) -> Outcome<Value> {
    match container {
        Value::List(list) => contains(list, item, budget).map(Value::Bool),
        Value::Map(map) => {
            let found = Key::of(item).map(|key| map.find(&key));
            match found {
                Some(Some(found)) => found.fault().map_or(Ok(Value::Bool(true)), Err),
                Some(None) => Ok(Value::Bool(false)),
                None if map.is_of_schema() => Err(Fault::no_overload()),
                None => Ok(Value::Bool(false)),
            }
        }
        _ => Err(Fault::no_overload()),
    }
}
