//! Lists: `list`, `first`, `append`, `uniq`, `slice` and their relatives, with their `must` twins.
//!
//! Follows Sprig's `list.go`. A function and its `must` twin differ only in how they fail in Go (panic or error), which
//! ends in the same text.

use std::borrow::Cow;

use super::arguments::{NIL_DEREFERENCE, any, bytes, error, int, rest};
use super::conversions::float_to_int;
use super::conversions::to_int64;
use super::display::string_value;
use super::kinds::{deep_equal, elements, is_empty, kind};
use super::table::{fixed, variadic};
use crate::engine::template::{CallError, CallResult, Function, Growth, Host, List, ListType, Parameter, Text, Value};
use crate::text::limits::LIST_ITEMS;

use Parameter::{Any, Int, Str};

/// Values that are compared in the time of a step.
const COMPARISONS_OF_A_STEP: u64 = 4;

/// Steps that sixteen bytes of joined items count as: an item that is not a text is written out.
const JOINING_COST: u64 = 4;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    variadic("list", &[Any], list),
    variadic("tuple", &[Any], list),
    fixed("append", &[Any, Any], append),
    fixed("push", &[Any, Any], append),
    fixed("mustAppend", &[Any, Any], append),
    fixed("mustPush", &[Any, Any], append),
    fixed("prepend", &[Any, Any], prepend),
    fixed("mustPrepend", &[Any, Any], prepend),
    fixed("first", &[Any], first),
    fixed("mustFirst", &[Any], first),
    fixed("rest", &[Any], all_but_first),
    fixed("mustRest", &[Any], all_but_first),
    fixed("last", &[Any], last),
    fixed("mustLast", &[Any], last),
    fixed("initial", &[Any], all_but_last),
    fixed("mustInitial", &[Any], all_but_last),
    fixed("reverse", &[Any], reverse),
    fixed("mustReverse", &[Any], reverse),
    fixed("uniq", &[Any], uniq).growing(Growth::WrittenOut),
    fixed("mustUniq", &[Any], uniq).growing(Growth::WrittenOut),
    variadic("without", &[Any, Any], without).growing(Growth::WrittenOut),
    variadic("mustWithout", &[Any, Any], without).growing(Growth::WrittenOut),
    fixed("has", &[Any, Any], has).growing(Growth::WrittenOut),
    fixed("mustHas", &[Any, Any], has).growing(Growth::WrittenOut),
    fixed("compact", &[Any], compact),
    fixed("mustCompact", &[Any], compact),
    variadic("slice", &[Any, Any], slice),
    variadic("mustSlice", &[Any, Any], slice),
    fixed("chunk", &[Int, Any], chunk),
    fixed("mustChunk", &[Int, Any], chunk),
    variadic("concat", &[Any], concat).growing(Growth::Items),
    fixed("sortAlpha", &[Any], sort_alpha).growing(Growth::WrittenOut),
    fixed("join", &[Str, Any], join)
        .growing(Growth::Join)
        .costing_by_growth(JOINING_COST),
    fixed("toStrings", &[Any], to_strings).growing(Growth::WrittenOut),
    fixed("splitList", &[Str, Str], split_list).growing(Growth::Split),
    fixed("until", &[Int], until),
    fixed("untilStep", &[Int, Int, Int], until_step),
    variadic("seq", &[Int], seq),
];

/// The elements of a slice, or Sprig's refusal: its words, then the kind.
fn slice_or<'a>(value: &'a Value, refusal: &str) -> Result<Cow<'a, [Value]>, CallError> {
    if matches!(value, Value::Nil) {
        return error(NIL_DEREFERENCE);
    }
    elements(value).ok_or_else(|| CallError::Message(format!("{refusal} {}", kind(value))))
}

fn list(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    if arguments.is_empty() {
        // A variadic call without arguments is a nil slice in Go, but reflection's call makes an empty one.
        return Ok(Value::list(Vec::new()));
    }
    Ok(Value::list(arguments.to_vec()))
}

fn append(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot push on type")?;
    let mut items = items.into_owned();
    items.push(any(arguments, 1).clone());
    Ok(Value::list(items))
}

fn prepend(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot prepend on type")?;
    let mut all = Vec::with_capacity(items.len() + 1);
    all.push(any(arguments, 1).clone());
    all.extend_from_slice(&items);
    Ok(Value::list(all))
}

fn first(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot find first on type")?;
    Ok(items.first().cloned().unwrap_or_default())
}

fn last(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot find last on type")?;
    Ok(items.last().cloned().unwrap_or_default())
}

fn all_but_first(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot find rest on type")?;
    Ok(part_or_nil(items.split_first().map(|(_, rest)| rest)))
}

fn all_but_last(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot find initial on type")?;
    Ok(part_or_nil(items.split_last().map(|(_, rest)| rest)))
}

fn part_or_nil(part: Option<&[Value]>) -> Value {
    Value::List(part.map_or(const { List::nil(ListType::Any) }, |part| List::new(part.to_vec())))
}

fn reverse(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot find reverse on type")?;
    Ok(Value::list(items.iter().rev().cloned().collect()))
}

fn uniq(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot find uniq on type")?;
    let mut kept: Vec<Value> = Vec::new();
    for item in items.iter() {
        host.spend(kept.len() as u64 / COMPARISONS_OF_A_STEP)?;
        if !kept.iter().any(|other| deep_equal(item, other)) {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

fn without(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot find without on type")?;
    let omitted = rest(arguments, 1);
    host.spend((items.len() as u64).saturating_mul(omitted.len() as u64) / COMPARISONS_OF_A_STEP)?;
    let kept = items
        .iter()
        .filter(|item| !omitted.iter().any(|other| deep_equal(item, other)));
    Ok(Value::list(kept.cloned().collect()))
}

fn has(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let haystack = any(arguments, 1);
    if matches!(haystack, Value::Nil) {
        return Ok(Value::Bool(false));
    }
    let items = slice_or(haystack, "Cannot find has on type")?;
    let needle = any(arguments, 0);
    Ok(Value::Bool(items.iter().any(|item| deep_equal(needle, item))))
}

fn compact(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let items = slice_or(any(arguments, 0), "Cannot compact on type")?;
    host.spend(items.len() as u64 / COMPARISONS_OF_A_STEP)?;
    Ok(Value::list(
        items.iter().filter(|item| !is_empty(item)).cloned().collect(),
    ))
}

fn slice(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let value = any(arguments, 0);
    let items = slice_or(value, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let start = arguments.get(1).map_or(0, to_int64);
    let end = arguments
        .get(2)
        .map_or_else(|| i64::try_from(items.len()).unwrap_or(i64::MAX), to_int64);
    let range = usize::try_from(start)
        .ok()
        .zip(usize::try_from(end).ok())
        .and_then(|(start, end)| items.get(start..end));
    let Some(part) = range else {
        return error("reflect.Value.Slice: slice index out of bounds");
    };
    Ok(match value {
        Value::Bytes(_) => Value::Bytes(
            part.iter()
                .map(|item| if let Value::Uint8(byte) = item { *byte } else { 0 })
                .collect(),
        ),
        Value::List(list) => Value::List(List::typed(list.element, part.to_vec())),
        _ => Value::list(part.to_vec()),
    })
}

fn chunk(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    const TOO_LONG: &str = "runtime error: makeslice: len out of range";
    let items = slice_or(any(arguments, 1), "Cannot chunk type")?;
    let size = int(arguments, 0);
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    // Sprig computes in floats, and so a size of zero gives an impossible length.
    #[expect(clippy::cast_precision_loss, reason = "Sprig's own arithmetic")]
    let count = float_to_int(((length - 1) as f64 / size as f64).floor() + 1.0);
    if count < 0 {
        return error(TOO_LONG);
    }
    if count == 0 {
        return Ok(Value::List(List::typed(
            ListType::Named("[][]interface {}"),
            Vec::new(),
        )));
    }
    let chunk_size = match usize::try_from(size) {
        Ok(size) if size > 0 => size,
        // A negative size that leaves a remainder gives one chunk.
        _ if size != 0 && length % size > 0 => items.len(),
        _ => return error(TOO_LONG),
    };
    let chunks = items.chunks(chunk_size).map(|part| Value::list(part.to_vec()));
    Ok(Value::List(List::typed(
        ListType::Named("[][]interface {}"),
        chunks.collect(),
    )))
}

fn concat(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut all = Vec::new();
    for value in arguments {
        if matches!(value, Value::Nil) {
            return error(NIL_DEREFERENCE);
        }
        let Some(items) = elements(value) else {
            return error(format!("Cannot concat type {} as list", kind(value)));
        };
        all.extend_from_slice(&items);
    }
    if all.is_empty() {
        return Ok(Value::List(List::nil(ListType::Any)));
    }
    Ok(Value::list(all))
}

/// Sprig's `strslice`: the elements as text without the nil ones; anything else is a list of itself.
pub(super) fn texts(value: &Value) -> Vec<Text> {
    match value {
        Value::Nil => Vec::new(),
        _ => match elements(value) {
            Some(items) => items
                .iter()
                .filter(|item| !matches!(item, Value::Nil))
                .map(string_value)
                .collect(),
            None => vec![string_value(value)],
        },
    }
}

/// A `[]string`.
pub(super) fn strings(texts: impl IntoIterator<Item = Text>) -> Value {
    Value::List(List::typed(
        ListType::Strings,
        texts.into_iter().map(Value::Str).collect(),
    ))
}

fn sort_alpha(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let value = any(arguments, 0);
    if elements(value).is_none() {
        return Ok(strings([string_value(value)]));
    }
    let mut sorted = texts(value);
    sorted.sort_unstable();
    Ok(strings(sorted))
}

fn join(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let separator = bytes(arguments, 0);
    let parts = texts(any(arguments, 1));
    let mut joined = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            joined.extend_from_slice(separator);
        }
        joined.extend_from_slice(part.as_bytes());
    }
    Ok(Value::str(joined))
}

fn to_strings(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(strings(texts(any(arguments, 0))))
}

fn split_list(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let parts = super::strings::split(bytes(arguments, 1), bytes(arguments, 0), None);
    Ok(strings(parts.into_iter().map(Text::from)))
}

fn until(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let count = int(arguments, 0);
    integers(0, count, if count < 0 { -1 } else { 1 })
}

fn until_step(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    integers(int(arguments, 0), int(arguments, 1), int(arguments, 2))
}

fn integers(start: i64, stop: i64, step: i64) -> CallResult {
    let numbers = count_through(start, stop, step)?;
    Ok(Value::List(List::typed(
        ListType::Ints,
        numbers.into_iter().map(Value::Int).collect(),
    )))
}

/// Sprig's `untilStep`.
fn count_through(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, CallError> {
    let downwards = stop < start;
    if step == 0 || downwards != (step < 0) {
        return Ok(Vec::new());
    }
    let distance = i128::from(stop) - i128::from(start);
    if (distance / i128::from(step)) > LIST_ITEMS as i128 {
        return error("runtime error: makeslice: len out of range");
    }
    let mut numbers = Vec::new();
    let mut current = Some(start);
    while let Some(number) = current.filter(|&number| if downwards { number > stop } else { number < stop }) {
        numbers.push(number);
        current = number.checked_add(step);
    }
    Ok(numbers)
}

/// Steps that a number counts as that is written out.
const NUMBER_COST: u64 = 4;

fn seq(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let towards = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, step, end) = match arguments.len() {
        1 => (1, towards(1, int(arguments, 0)), int(arguments, 0)),
        2 => {
            let (start, end) = (int(arguments, 0), int(arguments, 1));
            (start, towards(start, end), end)
        }
        3 => {
            let (start, step, end) = (int(arguments, 0), int(arguments, 1), int(arguments, 2));
            if end < start && step > 0 {
                return Ok(Value::str(""));
            }
            (start, step, end)
        }
        _ => return Ok(Value::str("")),
    };
    let numbers = count_through(start, end.saturating_add(towards(start, end)), step)?;
    host.spend((numbers.len() as u64).saturating_mul(NUMBER_COST))?;
    let printed: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::str(printed.join(" ")))
}
