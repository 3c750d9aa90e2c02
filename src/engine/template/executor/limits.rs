//! What a call may cost: values that double in a loop, lists of lists of themselves, and functions that take seconds by
//! design are stopped before they fill the memory or the evening.

use crate::engine::template::value::Value;

/// Bytes that the result of one call may have, and that a value may have once it is written out.
pub const MAX_VALUE_BYTES: usize = 1 << 27;
/// Items that a list made by one call may have.
pub const MAX_LIST_ITEMS: usize = 1 << 22;
/// Deepest nesting that is weighed; encoders stop sooner.
const MAX_DEPTH: usize = 1_000;
/// Texts up to here are not looked at: whatever is made of a few of them is small.
const SHORT: usize = 4096;
/// How many bytes are made in the time of one step.
const BYTES_OF_A_STEP: u64 = 64;
/// What an item weighs besides its text.
const ITEM: usize = 8;

/// Whether something large may be made of a value.
pub(super) fn may_grow(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.len() > SHORT,
        Value::Int(width) => *width > 64,
        Value::Map(_) | Value::List(_) => true,
        _ => false,
    }
}

/// Why a call is not made: what it would make is larger than any chart needs.
pub(super) fn refusal(name: &str, arguments: &[Value]) -> Option<String> {
    if name == "include" || !arguments.iter().any(may_grow) {
        return None;
    }
    let bytes = match name {
        "toYaml" | "toYamlPretty" | "mustToYaml" | "toJson" | "mustToJson" | "toPrettyJson" | "mustToPrettyJson"
        | "toRawJson" | "mustToRawJson" | "toToml" | "mustToToml" | "deepCopy" | "mustDeepCopy" | "merge"
        | "mustMerge" | "mergeOverwrite" | "mustMergeOverwrite" | "deepEqual" | "toString" | "toStrings" | "quote"
        | "squote" | "cat" | "print" | "println" | "printf" | "html" | "js" | "urlquery" | "sortAlpha" | "uniq"
        | "mustUniq" | "has" | "mustHas" | "without" | "mustWithout" => {
            arguments.iter().map(weight).fold(0, usize::saturating_add)
        }
        "join" => match arguments {
            [Value::Str(separator), Value::List(list)] => {
                weight_of_list(list.items()).saturating_add(separator.len().saturating_mul(list.items().len()))
            }
            _ => 0,
        },
        "replace" => match arguments {
            [Value::Str(old), Value::Str(new), Value::Str(text)] => text
                .len()
                .saturating_add(count(text.as_bytes(), old.as_bytes()).saturating_mul(new.len())),
            _ => 0,
        },
        "regexReplaceAll" | "mustRegexReplaceAll" | "regexReplaceAllLiteral" | "mustRegexReplaceAllLiteral" => {
            match arguments {
                // How often it matches is not known before; a quarter of the places is more than any sensible use.
                [_, Value::Str(text), Value::Str(new)] => text.len().saturating_mul(new.len()) / 4,
                _ => 0,
            }
        }
        "wrapWith" => match arguments {
            [_, Value::Str(separator), Value::Str(text)] => text.len().saturating_mul(separator.len().max(1)),
            _ => 0,
        },
        "indent" | "nindent" => match arguments {
            [Value::Int(width), Value::Str(text)] => {
                let lines = 1 + memchr::memchr_iter(b'\n', text.as_bytes()).count();
                usize::try_from(*width).unwrap_or(0).saturating_mul(lines)
            }
            _ => 0,
        },
        "splitList" | "split" | "splitn" => match arguments {
            [Value::Str(separator), .., Value::Str(text)] if text.len() > MAX_LIST_ITEMS => {
                let items = count(text.as_bytes(), separator.as_bytes());
                if items > MAX_LIST_ITEMS { usize::MAX } else { 0 }
            }
            _ => 0,
        },
        _ => 0,
    };
    (bytes > MAX_VALUE_BYTES)
        .then(|| format!("what it makes exceeds {MAX_VALUE_BYTES} bytes or {MAX_LIST_ITEMS} items"))
}

/// Steps for the size of a result: making it took time.
pub(super) fn result_cost(value: &Value) -> u64 {
    match value {
        Value::Str(text) => text.len() as u64 / BYTES_OF_A_STEP,
        Value::List(list) => list.items().len() as u64 / 4,
        _ => 0,
    }
}

/// Why a result is not taken.
pub(super) fn result_refusal(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) if text.len() > MAX_VALUE_BYTES => Some(format!("the result exceeds {MAX_VALUE_BYTES} bytes")),
        Value::List(list) if list.items().len() > MAX_LIST_ITEMS => {
            Some(format!("the result exceeds {MAX_LIST_ITEMS} items"))
        }
        _ => None,
    }
}

/// Steps that a call counts as, for functions that are slow by design or run templates.
pub(super) fn cost(name: &str) -> u64 {
    match name {
        "bcrypt" | "htpasswd" => 1_000_000,
        "derivePassword" => 10_000_000,
        "genPrivateKey"
        | "genCA"
        | "genCAWithKey"
        | "genSelfSignedCert"
        | "genSelfSignedCertWithKey"
        | "genSignedCert"
        | "genSignedCertWithKey" => 4_000_000,
        // Ten includes of ten, ten levels deep, are no more than that.
        "include" | "tpl" => 20,
        _ => 0,
    }
}

/// Whether a value can be written out: maps that hold each other again and again grow without end.
pub(super) fn is_too_large(value: &Value) -> bool {
    weight(value) > MAX_VALUE_BYTES
}

fn weight(value: &Value) -> usize {
    let mut left = MAX_VALUE_BYTES + 1;
    weigh(value, 0, &mut left);
    MAX_VALUE_BYTES + 1 - left
}

fn weight_of_list(items: &[Value]) -> usize {
    let mut left = MAX_VALUE_BYTES + 1;
    for item in items {
        weigh(item, 0, &mut left);
    }
    MAX_VALUE_BYTES + 1 - left
}

/// Takes what a value weighs from what is left, and stops at nothing.
fn weigh(value: &Value, depth: usize, left: &mut usize) {
    *left = left.saturating_sub(ITEM);
    if *left == 0 || depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Str(text) => *left = left.saturating_sub(text.len()),
        Value::Bytes(bytes) => *left = left.saturating_sub(bytes.len()),
        Value::List(list) => {
            for item in list.items() {
                if *left == 0 {
                    return;
                }
                weigh(item, depth + 1, left);
            }
        }
        Value::Map(map) => map.with(|entries| {
            for (key, value) in entries {
                if *left == 0 {
                    return;
                }
                *left = left.saturating_sub(key.len());
                weigh(value, depth + 1, left);
            }
        }),
        _ => {}
    }
}

/// How often a separator stands in a text; once a byte when it is empty.
fn count(text: &[u8], separator: &[u8]) -> usize {
    if separator.is_empty() {
        return text.len() + 1;
    }
    memchr::memmem::find_iter(text, separator).count()
}
