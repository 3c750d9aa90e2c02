//! `toJson`, `fromJson` and their relatives.
//!
//! Follows `pkg/engine/funcs.go` of Helm for `toJson`, `mustToJson`, `fromJson` and `fromJsonArray`, Sprig for the
//! others.

use super::arguments::{any, bytes, error};
use super::json::{Style, encode, parse};
use super::table::fixed;
use crate::engine::template::{
    CallResult, Dict, Function, Growth, Host, List, ListType, Map, MapType, Parameter, Text, Value,
};

use Parameter::{Any, Str};

/// Steps that a kibibyte of JSON counts as.
const PARSING_COST: u64 = 256;

/// Steps that sixteen bytes count as that are written as JSON.
const WRITING_COST: u64 = 2;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("toJson", &[Any], |_, a| Ok(or_empty(any(a, 0), Style::Compact)))
        .growing(Growth::WrittenOut)
        .costing_by_growth(WRITING_COST),
    fixed("mustToJson", &[Any], |_, a| or_error(any(a, 0), Style::Compact))
        .growing(Growth::WrittenOut)
        .costing_by_growth(WRITING_COST),
    fixed("toPrettyJson", &[Any], |_, a| Ok(or_empty(any(a, 0), Style::Pretty)))
        .growing(Growth::WrittenOut)
        .costing_by_growth(WRITING_COST),
    fixed("mustToPrettyJson", &[Any], |_, a| or_error(any(a, 0), Style::Pretty))
        .growing(Growth::WrittenOut)
        .costing_by_growth(WRITING_COST),
    fixed("toRawJson", &[Any], |_, a| or_error(any(a, 0), Style::Raw))
        .growing(Growth::WrittenOut)
        .costing_by_growth(WRITING_COST),
    fixed("mustToRawJson", &[Any], |_, a| or_error(any(a, 0), Style::Raw))
        .growing(Growth::WrittenOut)
        .costing_by_growth(WRITING_COST),
    fixed("fromJson", &[Str], from_json).costing_by_size(PARSING_COST),
    fixed("fromJsonArray", &[Str], from_json_array).costing_by_size(PARSING_COST),
    fixed("mustFromJson", &[Str], |_, a| match parse(bytes(a, 0)) {
        Ok((value, None)) => Ok(value),
        Ok((_, Some(problem))) | Err(problem) => error(problem),
    })
    .costing_by_size(PARSING_COST),
];

fn or_empty(value: &Value, style: Style) -> Value {
    Value::str(encode(value, style).unwrap_or_default())
}

fn or_error(value: &Value, style: Style) -> CallResult {
    Ok(Value::str(encode(value, style)?))
}

/// Go's name for the JSON kind of a value in "cannot unmarshal".
const fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        _ => "object",
    }
}

fn from_json(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let (entries, problem) = match parse(bytes(arguments, 0)) {
        Ok((Value::Map(map), problem)) => (map, problem),
        // A top-level null makes the target a nil map.
        Ok((Value::Nil, None)) => return Ok(Value::Map(Map::nil(MapType::Any))),
        Ok((value, _)) => {
            let kind = json_kind(&value);
            let problem = format!("json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}");
            (Map::new(Dict::new()), Some(problem))
        }
        Err(problem) => (Map::new(Dict::new()), Some(problem)),
    };
    if let Some(problem) = problem {
        entries.insert(Text::from("Error"), Value::str(problem));
    }
    Ok(Value::Map(entries))
}

fn from_json_array(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let problem = match parse(bytes(arguments, 0)) {
        Ok((value @ Value::List(_), None)) => return Ok(value),
        Ok((Value::Nil, None)) => return Ok(Value::List(List::nil(ListType::Any))),
        Ok((Value::List(_), Some(problem))) | Err(problem) => problem,
        Ok((value, _)) => {
            let kind = json_kind(&value);
            format!("json: cannot unmarshal {kind} into Go value of type []interface {{}}")
        }
    };
    Ok(Value::list(vec![Value::str(problem)]))
}
