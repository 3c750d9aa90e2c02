//! Dictionaries: `dict`, `get`, `set`, `merge`, `dig`, `pick` and their relatives.
//!
//! Follows Sprig's `dict.go`, `mergo` for merging and `copystructure` for copying. `set`, `unset` and the merges change
//! the map they are given, for everyone who has a reference to it.

use super::arguments::{any, error, map, rest, text};
use super::display::string_value;
use super::kinds::{MAX_DEPTH, is_empty};
use super::lists::strings;
use super::table::{fixed, variadic};
use crate::engine::template::{
    CallError, CallResult, Dict, Function, Growth, Host, List, Map, MapType, Parameter, Value,
};
use crate::text::ordered::CollectOrdered as _;

use Parameter::{Any, Str};

/// Steps that sixteen bytes of maps count as that are merged: each key is looked for in the other map.
const MERGING_COST: u64 = 10;

/// Keys that are compared with a name in the time that it takes to copy an entry, which is a step.
const COMPARISONS_OF_A_STEP: usize = 16;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    variadic("dict", &[Any], dict),
    fixed("get", &[Parameter::Map, Str], get),
    fixed("set", &[Parameter::Map, Str, Any], set),
    fixed("unset", &[Parameter::Map, Str], unset),
    fixed("hasKey", &[Parameter::Map, Str], |_, a| {
        Ok(Value::Bool(map(a, 0).contains_key(text(a, 1).as_bytes())))
    }),
    variadic("pluck", &[Str, Parameter::Map], pluck),
    variadic("keys", &[Parameter::Map], keys),
    variadic("pick", &[Parameter::Map, Str], |host, a| select(host, a, true)),
    variadic("omit", &[Parameter::Map, Str], |host, a| select(host, a, false)),
    variadic("merge", &[Parameter::Map, Parameter::Map], |_, a| {
        Ok(merge(a, Overwrite::No))
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(MERGING_COST),
    variadic("mustMerge", &[Parameter::Map, Parameter::Map], |_, a| {
        Ok(merge(a, Overwrite::No))
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(MERGING_COST),
    variadic("mergeOverwrite", &[Parameter::Map, Parameter::Map], |_, a| {
        Ok(merge(a, Overwrite::Yes))
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(MERGING_COST),
    variadic("mustMergeOverwrite", &[Parameter::Map, Parameter::Map], |_, a| {
        Ok(merge(a, Overwrite::Yes))
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(MERGING_COST),
    fixed("values", &[Parameter::Map], values),
    fixed("deepCopy", &[Any], copy).growing(Growth::WrittenOut),
    fixed("mustDeepCopy", &[Any], copy).growing(Growth::WrittenOut),
    variadic("dig", &[Any], dig),
];

fn dict(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut entries = Dict::new();
    for pair in arguments.chunks(2) {
        let key = string_value(any(pair, 0));
        entries.insert(key, pair.get(1).cloned().unwrap_or_else(|| Value::str("")));
    }
    Ok(Value::map(entries))
}

fn get(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let value = map(arguments, 0).get(text(arguments, 1).as_bytes());
    Ok(value.unwrap_or_else(|| Value::str("")))
}

fn set(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let target = map(arguments, 0);
    if !target.insert(text(arguments, 1), any(arguments, 2).clone()) {
        return error("assignment to entry in nil map");
    }
    Ok(Value::Map(target))
}

fn unset(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let target = map(arguments, 0);
    drop(target.remove(text(arguments, 1).as_bytes()));
    Ok(Value::Map(target))
}

fn pluck(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let key = text(arguments, 0);
    let found = rest(arguments, 1)
        .iter()
        .filter_map(|value| value.as_map()?.get(key.as_bytes()));
    Ok(Value::list(found.collect()))
}

/// Go lists keys in random order; ours come sorted.
fn keys(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let keys = arguments.iter().filter_map(Value::as_map).flat_map(Map::keys);
    Ok(strings(keys))
}

fn values(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let entries = map(arguments, 0).snapshot();
    Ok(Value::list(entries.into_iter().map(|(_, value)| value).collect()))
}

fn select(host: &mut dyn Host, arguments: &[Value], named: bool) -> CallResult {
    let names = rest(arguments, 1);
    let is_named = |key: &[u8]| {
        names
            .iter()
            .any(|name| name.as_text().is_some_and(|name| name.as_bytes() == key))
    };
    let entries = map(arguments, 0).snapshot();
    host.spend((entries.len() * (COMPARISONS_OF_A_STEP + names.len()) / COMPARISONS_OF_A_STEP) as u64)?;
    Ok(Value::map(
        entries
            .into_iter()
            .filter(|(key, _)| is_named(key.as_bytes()) == named)
            .collect_map(),
    ))
}

/// Whether a merge replaces values that are already set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overwrite {
    Yes,
    No,
}

fn merge(arguments: &[Value], overwrite: Overwrite) -> Value {
    let mut target = map(arguments, 0);
    for source in rest(arguments, 1) {
        let Some(source) = source.as_map() else { continue };
        if target.is_nil() && !source.is_nil() {
            target = Map::new(Dict::new());
        }
        merge_into(&target, source, overwrite, 0);
    }
    Value::Map(target)
}

/// How `mergo` merges maps: nested maps merge, everything else is taken whole when the target has nothing or an empty
/// value, or when overwriting. A nil in the source counts only when overwriting.
fn merge_into(target: &Map, source: &Map, overwrite: Overwrite, depth: usize) {
    if depth > MAX_DEPTH || target.is_same(source) {
        return;
    }
    for (key, value) in source.snapshot() {
        let existing = target.get(key.as_bytes());
        if value.is_nil() {
            if overwrite == Overwrite::Yes {
                target.insert(key, value);
            }
            continue;
        }
        let keeps = existing.as_ref().is_some_and(|existing| !is_empty_for_merge(existing));
        match (&existing, &value) {
            (Some(Value::Map(inner)), Value::Map(nested)) => {
                if !inner.is_nil() {
                    merge_into(inner, nested, overwrite, depth + 1);
                }
                if keeps {
                    continue;
                }
            }
            // The original sets a list twice; the effect is that it never replaces one that is set.
            (Some(_), Value::List(_) | Value::Bytes(_)) if keeps && overwrite == Overwrite::No => continue,
            _ => {}
        }
        if overwrite == Overwrite::Yes || !keeps {
            target.insert(key, value);
        }
    }
}

/// `mergo`'s emptiness: as Sprig's, but structs are never empty.
fn is_empty_for_merge(value: &Value) -> bool {
    is_empty(value)
}

fn copy(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    match any(arguments, 0) {
        Value::Nil => error("reflect: call of reflect.Value.Type on zero Value"),
        value => Ok(deep_copy(value, 0)),
    }
}

/// `copystructure.Copy`: maps and lists are new all the way down, the rest is shared.
pub(super) fn deep_copy(value: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return value.clone();
    }
    match value {
        Value::Map(map) if map.is_nil() => value.clone(),
        Value::Map(map) => Value::Map(Map::typed(
            map.map_type,
            map.snapshot()
                .into_iter()
                .map(|(key, value)| (key, deep_copy(&value, depth + 1)))
                .collect_map(),
        )),
        Value::List(list) if list.is_nil() => value.clone(),
        Value::List(list) => Value::List(List::typed(
            list.element,
            list.items().iter().map(|item| deep_copy(item, depth + 1)).collect(),
        )),
        _ => value.clone(),
    }
}

fn dig(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let Some(([path @ .., default], last)) = arguments.split_last().map(|(last, rest)| (rest, last)) else {
        return error("dig needs at least three arguments");
    };
    if path.is_empty() {
        return error("dig needs at least three arguments");
    }
    let mut current = as_plain_map(last)?;
    for key in path {
        if !matches!(key, Value::Str(_)) {
            return error(format!(
                "interface conversion: interface {{}} is {}, not string",
                type_name(key)
            ));
        }
    }
    for (position, key) in path.iter().enumerate() {
        let Some(step) = key.as_text().and_then(|key| current.get(key.as_bytes())) else {
            return Ok(default.clone());
        };
        if position + 1 == path.len() {
            return Ok(step);
        }
        current = as_plain_map(&step)?;
    }
    Ok(default.clone())
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        _ => value.type_name(),
    }
}

/// Go's type assertion to `map[string]interface {}`, which `common.Values` fails.
fn as_plain_map(value: &Value) -> Result<Map, CallError> {
    match value {
        Value::Map(map) if map.map_type == MapType::Any => Ok(map.clone()),
        _ => error(format!(
            "interface conversion: interface {{}} is {}, not map[string]interface {{}}",
            type_name(value)
        )),
    }
}
