//! Lists (`k8s.io/apiserver/pkg/cel/library/lists.go`, and cel-go `ext/lists.go` version 3).

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::budget::{Budget, Fault, Outcome};
use super::super::equality::{compare, is_comparable, same};
use super::super::value::{List, Value};
use super::arguments::{no_function, one, three, two};
use super::arithmetic::add;
use super::texts;

/// Counts the memory of so many items.
fn made(items: Vec<Value>, budget: &mut Budget) -> Outcome<Value> {
    budget.make(items.len() * size_of::<Value>())?;
    Ok(Value::list(items))
}

/// A comparison that does not fail; nothing for values that have no order.
fn ordering(one: &Value, other: &Value, budget: &mut Budget) -> Outcome<Option<Ordering>> {
    match compare(one, other, budget) {
        Ok(ordering) => Ok(Some(ordering)),
        Err(Fault::Error(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// A comparison for equality that does not fail.
fn is_same(one: &Value, other: &Value, budget: &mut Budget) -> Outcome<bool> {
    match same(one, other, budget) {
        Err(Fault::Error(_)) => Ok(false),
        result => result,
    }
}

/// A list whose items can be compared; its first item decides.
fn comparable<'v>(name: &str, arguments: &'v [Value]) -> Outcome<&'v Arc<List>> {
    let list: &Arc<List> = one(name, arguments)?;
    match list.items.first() {
        Some(first) if !is_comparable(first) => Err(no_function(name, arguments)),
        _ => Ok(list),
    }
}

/// `isSorted()`
pub fn is_sorted(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let list = comparable(name, arguments)?;
    for pair in list.items.windows(2) {
        if let [one, other] = pair {
            if !is_comparable(other) {
                return Err(Fault::no_overload());
            }
            if ordering(one, other, budget)? == Some(Ordering::Greater) {
                return Ok(Value::Bool(false));
            }
        }
    }
    Ok(Value::Bool(true))
}

/// `max()` and `min()`
pub fn extreme(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let list = comparable(name, arguments)?;
    let preferred = if name == "max" {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    let mut found: Option<&Value> = None;
    for item in &list.items {
        if !is_comparable(item) {
            return Err(Fault::no_overload());
        }
        found = match found {
            Some(known) if ordering(known, item, budget)? != Some(preferred) => Some(known),
            _ => Some(item),
        };
    }
    found
        .cloned()
        .ok_or_else(|| Fault::error(format!("{name} called on empty list")))
}

/// `sum()` of a list whose sum, if it is empty, is `zero`.
fn sum(name: &str, arguments: &[Value], zero: Value, budget: &mut Budget) -> Outcome<Value> {
    let list: &Arc<List> = one(name, arguments)?;
    let mut total = match list.items.first() {
        None => return Ok(zero),
        Some(Value::Int(_)) => Value::Int(0),
        Some(Value::Uint(_)) => Value::Uint(0),
        Some(Value::Double(_)) => Value::Double(0.0),
        Some(Value::Duration(_)) => Value::Duration(0),
        Some(_) => return Err(no_function(name, arguments)),
    };
    for item in &list.items {
        budget.work(1)?;
        total = add(&total, item, budget)?;
    }
    Ok(total)
}

/// `sum()` of whole numbers, or of what is not known.
pub fn sum_int(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    sum(name, arguments, Value::Int(0), budget)
}

/// `sum()` of numbers without a sign.
pub fn sum_uint(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    sum(name, arguments, Value::Uint(0), budget)
}

/// `sum()` of floating-point numbers.
pub fn sum_double(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    sum(name, arguments, Value::Double(0.0), budget)
}

/// `sum()` of durations.
pub fn sum_duration(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    sum(name, arguments, Value::Duration(0), budget)
}

/// `indexOf` of a list or a text.
pub fn index_of(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let [Value::List(list), item] = arguments else {
        return texts::index_of(name, arguments, budget);
    };
    for (index, known) in (0..).zip(&list.items) {
        if is_same(known, item, budget)? {
            return Ok(Value::Int(index));
        }
    }
    Ok(Value::Int(-1))
}

/// `lastIndexOf` of a list or a text.
pub fn last_index_of(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let [Value::List(list), item] = arguments else {
        return texts::last_index_of(name, arguments, budget);
    };
    let mut last = -1;
    for (index, known) in (0..).zip(&list.items) {
        if is_same(known, item, budget)? {
            last = index;
        }
    }
    Ok(Value::Int(last))
}

/// `slice(start, end)`
pub fn slice(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (list, start, end): (&Arc<List>, i64, i64) = three(name, arguments)?;
    let fault = |words: String| Err(Fault::error(format!("cannot slice({start}, {end}), {words}")));
    let (Ok(first), Ok(last)) = (usize::try_from(start), usize::try_from(end)) else {
        return fault("negative indexes not supported".to_owned());
    };
    if first > last {
        return fault("start index must be less than or equal to end index".to_owned());
    }
    match list.items.get(first..last) {
        Some(items) => made(items.to_vec(), budget),
        None => fault(format!("list is length {}", list.items.len())),
    }
}

/// `flatten()`, `flatten(depth)`
pub fn flatten(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (list, depth) = match arguments {
        [Value::List(list)] => (list, 1),
        [Value::List(list), Value::Int(depth)] => (list, *depth),
        [value] => return Err(Fault::error(format!("no such overload: {}.flatten()", spelt(value)))),
        [value, depth] => {
            let (value, depth) = (spelt(value), spelt(depth));
            return Err(Fault::error(format!("no such overload: {value}.flatten({depth})")));
        }
        _ => return Err(no_function(name, arguments)),
    };
    if depth < 0 {
        return Err(Fault::error("level must be non-negative"));
    }
    let mut items = Vec::new();
    flatten_into(&mut items, list, depth, budget)?;
    Ok(Value::list(items))
}

fn flatten_into(items: &mut Vec<Value>, list: &List, depth: i64, budget: &mut Budget) -> Outcome<()> {
    for item in &list.items {
        match item {
            Value::List(inner) if depth > 0 => flatten_into(items, inner, depth - 1, budget)?,
            item => {
                budget.make(size_of::<Value>())?;
                items.push(item.clone());
            }
        }
    }
    Ok(())
}

/// A type with its parameters.
fn spelt(value: &Value) -> &'static str {
    match value {
        Value::List(_) => "list(dyn)",
        Value::Map(_) => "map(dyn, dyn)",
        other => other.type_name(),
    }
}

/// `lists.range(count)`
pub fn range(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let count: i64 = one(name, arguments)?;
    let bytes = usize::try_from(count)
        .unwrap_or_default()
        .saturating_mul(size_of::<Value>());
    budget.make(bytes)?;
    Ok(Value::list((0..count).map(Value::Int).collect()))
}

/// `reverse()`
pub fn reverse(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let list: &Arc<List> = one(name, arguments)?;
    made(list.items.iter().rev().cloned().collect(), budget)
}

/// `distinct()`
pub fn distinct(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let list: &Arc<List> = one(name, arguments)?;
    let mut items: Vec<Value> = Vec::new();
    for item in &list.items {
        let mut is_known = false;
        for known in &items {
            if is_same(item, known, budget)? {
                is_known = true;
                break;
            }
        }
        if !is_known {
            items.push(item.clone());
        }
    }
    made(items, budget)
}

/// `first()` and `last()`
pub fn end(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let list: &Arc<List> = one(name, arguments)?;
    let found = if name == "first" {
        list.items.first()
    } else {
        list.items.last()
    };
    Ok(found.cloned().map_or(Value::Optional(None), Value::some))
}

/// `sort()`
pub fn sort(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let list: &Arc<List> = one(name, arguments)?;
    sorted(list, list, budget)
}

/// What `sortBy` stands for: a list and the keys of its items.
pub fn sort_by_keys(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (list, keys): (&Arc<List>, &Arc<List>) = two(name, arguments)?;
    sorted(list, keys, budget)
}

fn sorted(list: &Arc<List>, keys: &List, budget: &mut Budget) -> Outcome<Value> {
    let (count, wanted) = (keys.items.len(), list.items.len());
    if count != wanted {
        return Err(Fault::error(format!(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got {wanted} and {count} elements respectively"
        )));
    }
    let Some(first) = keys.items.first() else {
        return Ok(Value::List(Arc::clone(list)));
    };
    if !is_comparable(first) {
        return Err(Fault::error("list elements must be comparable"));
    }
    if count > 1 && keys.items.iter().any(|key| key.type_name() != first.type_name()) {
        return Err(Fault::error("list elements must have the same type"));
    }
    let rounds = u64::from(usize::BITS - count.leading_zeros());
    let bytes: usize = keys
        .items
        .iter()
        .map(|key| if let Value::String(text) = key { text.len() } else { 0 })
        .sum();
    budget.work((count + bytes / 32) as u64 * rounds)?;
    let mut pairs: Vec<(&Value, &Value)> = keys.items.iter().zip(&list.items).collect();
    let mut scratch = Budget::of_constants();
    pairs.sort_by(|one, other| compare(one.0, other.0, &mut scratch).unwrap_or(Ordering::Equal));
    made(pairs.into_iter().map(|(_, item)| item.clone()).collect(), budget)
}
