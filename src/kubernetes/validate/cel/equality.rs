//! Which values are equal, and which comes first (the methods `Equal`, `Compare` and `Contains` of cel-go
//! `common/types`, and of the values of schemas in `k8s.io/apiserver/pkg/cel/common/valuesunstructured.go`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::budget::{Budget, Fault, Outcome};
use super::mapping::{Key, Mapping};
use super::value::{List, ListKind, Value};

/// Whether two values are equal, null being equal to null alone (`types.Equal`).
pub fn equal(one: &Value, other: &Value, budget: &mut Budget) -> Outcome<bool> {
    match (one, other) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        _ => same(one, other, budget),
    }
}

/// Whether a value says that another is equal to it (`Equal` of the value).
pub fn same(one: &Value, other: &Value, budget: &mut Budget) -> Outcome<bool> {
    budget.work(1)?;
    if let Some(fault) = one.fault().or_else(|| other.fault()) {
        return Err(fault);
    }
    Ok(match (one, other) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
            numbers(one, other) == Some(Ordering::Equal)
        }
        (Value::String(one), Value::String(other)) => {
            budget.look(one.len().min(other.len()))?;
            one == other
        }
        (Value::Bytes(one), Value::Bytes(other)) => {
            budget.look(one.len().min(other.len()))?;
            one == other
        }
        (Value::Duration(one), Value::Duration(other)) => one == other,
        (Value::Timestamp(one), Value::Timestamp(other)) => one.total() == other.total(),
        (Value::Type(one), Value::Type(other)) => one == other,
        (Value::Optional(one), Value::Optional(other)) => match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => return same(one, other, budget),
            _ => false,
        },
        (Value::List(one), Value::List(other)) => return lists(one, other, budget),
        (Value::Map(one), Value::Map(other)) => return mappings(one, other, budget),
        (Value::Quantity(one), Value::Quantity(other)) => one.compare(**other) == Ordering::Equal,
        (Value::Ip(one), Value::Ip(other)) => one == other,
        (Value::Network(one), Value::Network(other)) => one == other,
        (Value::Url(one), Value::Url(other)) => one.text() == other.text(),
        (Value::Version(one), Value::Version(other)) => one.compare(other) == Ordering::Equal,
        (Value::Format(one), Value::Format(other)) => one == other,
        (Value::Preserved(one), Value::Preserved(other)) => one == other,
        // Values of the server's own types are not compared with others.
        (
            Value::Quantity(_)
            | Value::Ip(_)
            | Value::Network(_)
            | Value::Url(_)
            | Value::Version(_)
            | Value::Format(_),
            _,
        ) => return Err(Fault::no_overload()),
        (Value::List(list), _) if list.kind != ListKind::Plain => return Err(Fault::no_overload()),
        (Value::Map(map), _) if map.is_of_schema() => return Err(Fault::no_overload()),
        _ => false,
    })
}

fn lists(one: &List, other: &List, budget: &mut Budget) -> Outcome<bool> {
    if one.items.len() != other.items.len() {
        return Ok(false);
    }
    match &one.kind {
        ListKind::Set => {
            let keys = |list: &List| {
                list.items
                    .iter()
                    .map(Key::of)
                    .collect::<Option<std::collections::HashSet<Key>>>()
            };
            budget.work(one.items.len() as u64 * 4)?;
            let (Some(known), Some(others)) = (keys(one), keys(other)) else {
                return Ok(false);
            };
            Ok(others.is_subset(&known))
        }
        ListKind::Keyed(names) => {
            let known = by_keys(one, names, budget)?;
            for item in &other.items {
                let Some(mine) = identity(item, names).and_then(|identity| known.get(&identity)) else {
                    return Ok(false);
                };
                if !same(mine, item, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        kind => {
            for (one, other) in one.items.iter().zip(&other.items) {
                let is_equal = if *kind == ListKind::Plain {
                    equal(one, other, budget)?
                } else {
                    same(one, other, budget)?
                };
                if !is_equal {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}

/// What tells an item of a keyed list from the others.
pub fn identity(item: &Value, names: &[String]) -> Option<String> {
    let Value::Map(map) = item else { return None };
    let keys = names
        .iter()
        .map(|name| map.field(name).map_or_else(|| "\0".to_owned(), Value::shown));
    Some(keys.collect::<Vec<_>>().join("\u{1}"))
}

fn by_keys<'l>(list: &'l List, names: &[String], budget: &mut Budget) -> Outcome<BTreeMap<String, &'l Value>> {
    budget.work(list.items.len() as u64 * 8)?;
    let items = list
        .items
        .iter()
        .filter_map(|item| Some((identity(item, names)?, item)));
    Ok(items.collect())
}

fn mappings(one: &Mapping, other: &Mapping, budget: &mut Budget) -> Outcome<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    for (key, value) in one.entries() {
        let Some(found) = other.find(key) else {
            return Ok(false);
        };
        let is_equal = if one.is_of_schema() {
            same(value, found, budget)?
        } else {
            equal(value, found, budget)?
        };
        if !is_equal {
            return Ok(false);
        }
    }
    for (name, value) in one.hidden() {
        budget.work(1)?;
        let found = other.hidden().iter().find(|(known, _)| known == name);
        if found.is_some_and(|(_, found)| found != value) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Which of two numbers is less; nothing if one is none.
#[expect(clippy::cast_precision_loss, reason = "as in Go")]
fn numbers(one: &Value, other: &Value) -> Option<Ordering> {
    let with_float = |float: f64, integer: i128| {
        if float.is_nan() {
            return None;
        }
        float.partial_cmp(&(integer as f64))
    };
    Some(match (one, other) {
        (Value::Double(one), Value::Double(other)) => return one.partial_cmp(other),
        (Value::Double(one), other) => return with_float(*one, integer(other)?),
        (one, Value::Double(other)) => return with_float(*other, integer(one)?).map(Ordering::reverse),
        (one, other) => integer(one)?.cmp(&integer(other)?),
    })
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// Which of two values comes first.
pub fn compare(one: &Value, other: &Value, budget: &mut Budget) -> Outcome<Ordering> {
    budget.work(1)?;
    Ok(match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
            let found = numbers(one, other);
            return found.ok_or_else(|| Fault::error("NaN values cannot be ordered"));
        }
        (Value::String(one), Value::String(other)) => {
            budget.look(one.len().min(other.len()))?;
            one.cmp(other)
        }
        (Value::Bytes(one), Value::Bytes(other)) => {
            budget.look(one.len().min(other.len()))?;
            one.cmp(other)
        }
        (Value::Duration(one), Value::Duration(other)) => one.cmp(other),
        (Value::Timestamp(one), Value::Timestamp(other)) => one.total().cmp(&other.total()),
        _ => return Err(Fault::no_overload()),
    })
}

/// Whether values can be compared at all.
pub const fn is_comparable(value: &Value) -> bool {
    matches!(
        value,
        Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
    )
}

/// Whether a list has an item.
pub fn contains(list: &List, item: &Value, budget: &mut Budget) -> Outcome<bool> {
    let mut fault = None;
    for known in &list.items {
        let found = if list.kind == ListKind::Plain {
            same(item, known, budget)
        } else {
            same(known, item, budget)
        };
        match found {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(Fault::Stop(stop)) => return Err(Fault::Stop(stop)),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    match fault {
        Some(fault) if list.kind != ListKind::Plain => Err(fault),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_different_types_are_compared() {
        let mut budget = Budget::of_call();
        for (one, other, wanted) in [
            (Value::Int(1), Value::Uint(1), Ordering::Equal),
            (Value::Int(-1), Value::Uint(u64::MAX), Ordering::Less),
            (Value::Double(1.5), Value::Int(1), Ordering::Greater),
            (Value::Int(i64::MAX), Value::Double(1e300), Ordering::Less),
            (Value::Uint(0), Value::Double(f64::NEG_INFINITY), Ordering::Greater),
        ] {
            assert_eq!(compare(&one, &other, &mut budget), Ok(wanted), "{one:?} {other:?}");
        }
        assert_eq!(
            equal(&Value::Double(f64::NAN), &Value::Double(f64::NAN), &mut budget),
            Ok(false)
        );
        assert!(compare(&Value::Double(f64::NAN), &Value::Int(1), &mut budget).is_err());
        assert_eq!(equal(&Value::Null, &Value::Int(0), &mut budget), Ok(false));
    }
}
