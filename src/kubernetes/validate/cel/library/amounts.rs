//! Quantities (`k8s.io/apiserver/pkg/cel/library/quantity.go`), and the methods that versions have too.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::amount::Amount;
use super::super::budget::{Budget, Fault, Outcome};
use super::super::value::Value;
use super::arguments::{no_function, one};

fn made(amount: Amount) -> Value {
    Value::Quantity(Arc::new(amount))
}

/// `quantity(text)`
pub fn quantity(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    Amount::parse(text).map(made).map_err(Fault::error)
}

/// `isQuantity(text)`
pub fn is_quantity(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    Ok(Value::Bool(Amount::parse(text).is_ok()))
}

/// The methods of a quantity alone.
pub fn property(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let [Value::Quantity(amount)] = arguments else {
        return Err(no_function(name, arguments));
    };
    Ok(match name {
        "sign" => Value::Int(amount.sign()),
        "asApproximateFloat" => Value::Double(amount.float()),
        "isInteger" => Value::Bool(amount.whole().is_some()),
        "asInteger" => {
            let words = "cannot convert value to integer";
            Value::Int(amount.whole().ok_or_else(|| Fault::error(words))?)
        }
        _ => return Err(no_function(name, arguments)),
    })
}

/// `add` and `sub`, of a quantity or a whole number.
pub fn calculated(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let (amount, other) = match arguments {
        [Value::Quantity(amount), Value::Quantity(other)] => (**amount, **other),
        [Value::Quantity(amount), Value::Int(number)] => (**amount, Amount::of(*number)),
        _ => return Err(no_function(name, arguments)),
    };
    Ok(made(if name == "add" {
        amount.plus(other)
    } else {
        amount.minus(other)
    }))
}

/// Comparisons of quantities and of versions.
pub fn compared(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let ordering = match arguments {
        [Value::Quantity(one), Value::Quantity(other)] => one.compare(**other),
        [Value::Version(one), Value::Version(other)] => one.compare(other),
        _ => return Err(no_function(name, arguments)),
    };
    Ok(match name {
        "isGreaterThan" => Value::Bool(ordering == Ordering::Greater),
        "isLessThan" => Value::Bool(ordering == Ordering::Less),
        _ => Value::Int(ordering as i64),
    })
}
