//! Lists as sets (cel-go `ext/sets.go`).

use std::sync::Arc;

use super::super::budget::{Budget, Fault, Outcome};
use super::super::equality::contains;
use super::super::value::{List, Value};
use super::arguments::{no_function, two};

/// `sets.contains`, `sets.equivalent` and `sets.intersects`.
pub fn relation(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (one, other): (&Arc<List>, &Arc<List>) = two(name, arguments)?;
    let holds = match name {
        "sets.contains" => contains_all(one, other, budget)?,
        "sets.equivalent" => contains_all(one, other, budget)? && contains_all(other, one, budget)?,
        "sets.intersects" => intersects(one, other, budget)?,
        _ => return Err(no_function(name, arguments)),
    };
    Ok(Value::Bool(holds))
}

fn contains_all(list: &List, part: &List, budget: &mut Budget) -> Outcome<bool> {
    for item in &part.items {
        if !contains(list, item, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn intersects(one: &List, other: &List, budget: &mut Budget) -> Outcome<bool> {
    for item in &one.items {
        match contains(other, item, budget) {
            Ok(true) => return Ok(true),
            Ok(false) | Err(Fault::Error(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(false)
}
