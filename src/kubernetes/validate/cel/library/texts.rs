//! Texts (cel-go `ext/strings.go` version 2, and the methods of texts in its standard library).

use std::sync::Arc;

use super::super::budget::{Budget, Fault, Outcome, Stop};
use super::super::value::{List, Value};
use super::arguments::{no_function, one, three, two};

fn out_of_range(index: i64) -> Fault {
    Fault::error(format!("index out of range: {index}"))
}

fn made(text: &str, budget: &mut Budget) -> Outcome<Value> {
    budget.make(text.len())?;
    Ok(Value::text(text))
}

/// The byte where a character begins, or the end of the text.
fn offset(text: &str, characters: usize) -> Option<usize> {
    let mut offsets = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
    offsets.nth(characters)
}

/// The byte where a character begins, or the fault of an index that is not in the text.
fn place(text: &str, index: i64) -> Outcome<usize> {
    let characters = usize::try_from(index).map_err(|_| out_of_range(index))?;
    offset(text, characters).ok_or_else(|| out_of_range(index))
}

/// `contains`, `startsWith` and `endsWith`.
pub fn has(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let [Value::String(text), Value::String(part)] = arguments else {
        return Err(Fault::no_overload());
    };
    budget.look(text.len())?;
    Ok(Value::Bool(match name {
        "contains" => text.contains(&**part),
        "startsWith" => text.starts_with(&**part),
        _ => text.ends_with(&**part),
    }))
}

/// `charAt(index)`
pub fn char_at(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (text, index): (&str, i64) = two(name, arguments)?;
    budget.look(text.len())?;
    let start = place(text, index)?;
    let found = text.get(start..).and_then(|rest| rest.chars().next());
    Ok(Value::text(&found.map(String::from).unwrap_or_default()))
}

/// `lowerAscii`, `upperAscii` and `trim`.
pub fn changed(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    match name {
        "lowerAscii" => made(&text.to_ascii_lowercase(), budget),
        "upperAscii" => made(&text.to_ascii_uppercase(), budget),
        _ => made(text.trim(), budget),
    }
}

/// `substring(start)`, `substring(start, end)`
pub fn substring(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    if let [_, _] = arguments {
        let (text, start): (&str, i64) = two(name, arguments)?;
        budget.look(text.len())?;
        return made(text.get(place(text, start)?..).unwrap_or_default(), budget);
    }
    let (text, start, end): (&str, i64, i64) = three(name, arguments)?;
    budget.look(text.len())?;
    if start > end {
        return Err(Fault::error(format!(
            "invalid substring range. start: {start}, end: {end}"
        )));
    }
    let (start, end) = (place(text, start)?, place(text, end)?);
    made(text.get(start..end).unwrap_or_default(), budget)
}

/// `indexOf(part)`, `indexOf(part, start)` of a text.
pub fn index_of(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (text, part, start): (&str, &str, i64) = match arguments {
        [_, _] => {
            let (text, part) = two(name, arguments)?;
            (text, part, 0)
        }
        _ => three(name, arguments)?,
    };
    budget.look(text.len())?;
    if part.is_empty() {
        return Ok(Value::Int(start));
    }
    let characters = usize::try_from(start).map_err(|_| out_of_range(start))?;
    let found = offset(text, characters).and_then(|start| {
        let found = text.get(start..)?.find(part)?;
        Some(text.get(..start + found)?.chars().count())
    });
    Ok(Value::Int(index(found)))
}

/// `lastIndexOf(part)`, `lastIndexOf(part, last)` of a text.
pub fn last_index_of(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (text, part, last): (&str, &str, i64) = match arguments {
        [_, _] => {
            let (text, part): (&str, &str) = two(name, arguments)?;
            let count = index(Some(text.chars().count()));
            if part.is_empty() {
                return Ok(Value::Int(count));
            }
            if text.len() < part.len() {
                return Ok(Value::Int(-1));
            }
            (text, part, count - 1)
        }
        _ => three(name, arguments)?,
    };
    budget.look(text.len())?;
    if part.is_empty() {
        return Ok(Value::Int(last));
    }
    let last = usize::try_from(last).map_err(|_| out_of_range(last))?;
    if last >= text.chars().count() {
        return Ok(Value::Int(-1));
    }
    // What begins at the last character that counts may end anywhere behind it.
    let end = offset(text, last)
        .unwrap_or(text.len())
        .saturating_add(part.len())
        .min(text.len());
    let searched = text.get(..text.floor_char_boundary(end)).unwrap_or(text);
    let found = searched
        .rfind(part)
        .and_then(|found| Some(text.get(..found)?.chars().count()));
    Ok(Value::Int(index(found)))
}

fn index(found: Option<usize>) -> i64 {
    found.and_then(|found| i64::try_from(found).ok()).unwrap_or(-1)
}

/// `replace(old, new)`, `replace(old, new, times)`
pub fn replace(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (text, old, new, times) = match arguments {
        [Value::String(text), Value::String(old), Value::String(new)] => (text, old, new, -1),
        [
            Value::String(text),
            Value::String(old),
            Value::String(new),
            Value::Int(times),
        ] => (text, old, new, *times),
        _ => return Err(no_function(name, arguments)),
    };
    let times = usize::try_from(times).unwrap_or(usize::MAX);
    budget.look(text.len())?;
    let mut out = String::new();
    let mut copied = 0;
    for (at, found) in text.match_indices(&**old).take(times) {
        let before = text.get(copied..at).unwrap_or_default();
        budget.make(before.len() + new.len())?;
        out.push_str(before);
        out.push_str(new);
        copied = at + found.len();
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    made(&out, budget)
}

/// `split(separator)`, `split(separator, most)`
pub fn split(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (text, separator, most): (&str, &str, i64) = match arguments {
        [_, _] => {
            let (text, separator) = two(name, arguments)?;
            (text, separator, -1)
        }
        _ => three(name, arguments)?,
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Value::list(Vec::new()));
    }
    let mut items = Vec::new();
    let mut add = |part: &str| {
        budget.make(part.len() + 2 * size_of::<Value>())?;
        items.push(Value::text(part));
        Ok::<(), Fault>(())
    };
    if separator.is_empty() {
        let mut rest = text;
        let mut count = 0;
        while let Some(first) = rest.chars().next() {
            count += 1;
            let (part, after) = rest.split_at_checked(first.len_utf8()).unwrap_or((rest, ""));
            if count == most {
                add(rest)?;
                break;
            }
            add(part)?;
            rest = after;
        }
    } else {
        for part in text.splitn(most, separator) {
            add(part)?;
        }
    }
    Ok(Value::list(items))
}

/// `join()`, `join(separator)`
pub fn join(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let (list, separator): (&Arc<List>, &str) = match arguments {
        [_] => (one(name, arguments)?, ""),
        _ => two(name, arguments)?,
    };
    let mut out = String::new();
    for (index, item) in list.items.iter().enumerate() {
        if index > 0 {
            budget.make(separator.len())?;
            out.push_str(separator);
        }
        match item {
            Value::String(text) => {
                budget.make(text.len())?;
                out.push_str(text);
            }
            Value::Invalid(words) => return Err(Fault::error(format!("join: invalid input: {words}"))),
            Value::Unknown => return Err(Fault::Stop(Stop::Here)),
            other => return Err(Fault::error(format!("join: invalid input: {}", other.shown()))),
        }
    }
    Ok(Value::text(&out))
}

/// `strings.quote(text)`
pub fn quote(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    let mut out = String::from("\"");
    for letter in text.chars() {
        let escape = match letter {
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{b}' => "\\v",
            '\\' => "\\\\",
            '"' => "\\\"",
            _ => "",
        };
        if escape.is_empty() {
            out.push(letter);
        } else {
            out.push_str(escape);
        }
    }
    out.push('"');
    made(&out, budget)
}

/// `size(value)`, `value.size()`
#[expect(clippy::cast_possible_wrap, reason = "sizes are small")]
pub fn size(_: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    match arguments {
        [value @ (Value::String(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_))] => {
            if let Value::String(text) = value {
                budget.look(text.len())?;
            }
            Ok(Value::Int(value.size() as i64))
        }
        [Value::Timestamp(_) | Value::Duration(_)] => Err(Fault::no_overload()),
        _ => Err(Fault::error("no such overload: size")),
    }
}
