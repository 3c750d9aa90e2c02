//! Keys and indexes looked up in values (`refQualify` of cel-go `interpreter/attributes.go`).

use super::budget::{Fault, Outcome};
use super::evaluation::checked;
use super::mapping::{Key, unsigned, whole};
use super::value::{List, ListKind, Value};

/// What is at a key or an index. Nothing is there only if that is a question; otherwise it is an error.
pub fn find(value: &Value, key: &Value, is_test: bool) -> Outcome<Option<Value>> {
    let missing = |words: &str| {
        if is_test {
            Ok(None)
        } else {
            Err(Fault::error(format!("{words}: {}", key.shown())))
        }
    };
    if !matches!(
        key,
        Value::String(_) | Value::Int(_) | Value::Uint(_) | Value::Bool(_) | Value::Double(_)
    ) {
        return Err(Fault::error(format!("invalid qualifier type: {}", key.type_name())));
    }
    if let Some(fault) = value.fault() {
        return Err(fault);
    }
    match value {
        Value::Map(map) => {
            if map.is_of_schema() && !matches!(key, Value::String(_)) {
                return Err(Fault::no_overload());
            }
            match Key::of(key).and_then(|key| map.find(&key)) {
                Some(found) => checked(found.clone()).map(Some),
                None => missing("no such key"),
            }
        }
        Value::List(list) => match item(list, key)? {
            Some(found) => checked(found.clone()).map(Some),
            None => missing("index out of bounds"),
        },
        _ => missing("no such key"),
    }
}

fn item<'l>(list: &'l List, key: &Value) -> Outcome<Option<&'l Value>> {
    let unsupported = || Fault::error(format!("unsupported index value {} in list", key.shown()));
    let index = match key {
        Value::Int(index) => *index,
        Value::Uint(index) => i64::try_from(*index).map_err(|_| unsupported())?,
        Value::Double(number) => match (whole(*number), unsigned(*number)) {
            (Some(index), _) => index,
            _ => return Err(unsupported()),
        },
        other => {
            return Err(Fault::error(format!(
                "unsupported index type '{}' in list",
                other.type_name()
            )));
        }
    };
    let found = usize::try_from(index).ok().and_then(|index| list.items.get(index));
    if found.is_some() && list.kind != ListKind::Plain && !matches!(key, Value::Int(_)) {
        return Err(Fault::error(format!("unsupported index: {}", key.shown())));
    }
    Ok(found)
}
