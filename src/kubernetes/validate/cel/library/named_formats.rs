//! Formats by name (`k8s.io/apiserver/pkg/cel/library/format.go`).

use super::super::budget::{Budget, Outcome};
use super::super::named_format::NamedFormat;
use super::super::value::Value;
use super::arguments::{no_function, one};

/// `format.dns1123Label()` and the like.
pub fn constant(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let format = name.strip_prefix("format.").and_then(NamedFormat::named);
    format
        .filter(|_| arguments.is_empty())
        .map(Value::Format)
        .ok_or_else(|| no_function(name, arguments))
}

/// `format.named(name)`
pub fn named(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let format: &str = one(name, arguments)?;
    Ok(NamedFormat::named(format).map_or(Value::Optional(None), |format| Value::some(Value::Format(format))))
}

/// `format.validate(text)`
pub fn validate(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let [Value::Format(format), Value::String(text)] = arguments else {
        return Err(no_function(name, arguments));
    };
    budget.look(text.len())?;
    let problems = format.problems(text);
    if problems.is_empty() {
        return Ok(Value::Optional(None));
    }
    Ok(Value::some(Value::texts(problems)))
}
