//! `regexMatch`, `regexFindAll`, `regexReplaceAll`, `regexSplit` and their relatives.
//!
//! Follows Sprig's `regex.go` and Go's `regexp`: `regexMatch` is false for a bad pattern, the others without `must` panic
//! with the pattern in the message.

use std::ops::Range;
use std::rc::Rc;

use super::super::arguments::{bytes, int};
use super::super::lists::strings;
use super::super::table::fixed;
use super::expand::expand;
use super::pattern::{Pattern, compiled};
use crate::engine::template::{CallError, CallResult, Function, Growth, Host, List, ListType, Parameter, Text, Value};
use crate::text::go::quote::{can_backquote, quote};

use Parameter::{Int, Str};

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("regexMatch", &[Str, Str], |host, a| {
        Ok(Value::Bool(match compiled(bytes(a, 0), host) {
            Ok(pattern) => pattern.matches(bytes(a, 1), host)?,
            Err(_) => false,
        }))
    }),
    fixed("mustRegexMatch", &[Str, Str], |host, a| {
        Ok(Value::Bool(compiled(bytes(a, 0), host)?.matches(bytes(a, 1), host)?))
    }),
    fixed("regexFind", &[Str, Str], |host, a| first(&*required(a, host)?, a, host)),
    fixed("mustRegexFind", &[Str, Str], |host, a| {
        first(&*compiled(bytes(a, 0), host)?, a, host)
    }),
    fixed("regexFindAll", &[Str, Str, Int], |host, a| {
        all(&*required(a, host)?, a, host)
    }),
    fixed("mustRegexFindAll", &[Str, Str, Int], |host, a| {
        all(&*compiled(bytes(a, 0), host)?, a, host)
    }),
    fixed("regexReplaceAll", &[Str, Str, Str], |host, a| {
        replace(&*required(a, host)?, a, true, host)
    })
    .growing(Growth::ReplacePattern),
    fixed("mustRegexReplaceAll", &[Str, Str, Str], |host, a| {
        replace(&*compiled(bytes(a, 0), host)?, a, true, host)
    })
    .growing(Growth::ReplacePattern),
    fixed("regexReplaceAllLiteral", &[Str, Str, Str], |host, a| {
        replace(&*required(a, host)?, a, false, host)
    })
    .growing(Growth::ReplacePattern),
    fixed("mustRegexReplaceAllLiteral", &[Str, Str, Str], |host, a| {
        replace(&*compiled(bytes(a, 0), host)?, a, false, host)
    })
    .growing(Growth::ReplacePattern),
    fixed("regexSplit", &[Str, Str, Int], |host, a| {
        split(&*required(a, host)?, a, host)
    }),
    fixed("mustRegexSplit", &[Str, Str, Int], |host, a| {
        split(&*compiled(bytes(a, 0), host)?, a, host)
    }),
    fixed("regexQuoteMeta", &[Str], quote_meta),
];

/// `regexp.MustCompile`.
fn required(arguments: &[Value], host: &mut dyn Host) -> Result<Rc<Pattern>, CallError> {
    let source = bytes(arguments, 0);
    compiled(source, host).map_err(|problem| {
        let quoted = if can_backquote(source) {
            format!("`{}`", String::from_utf8_lossy(source))
        } else {
            quote(source)
        };
        CallError::Message(format!("regexp: Compile({quoted}): {problem}"))
    })
}

fn slice<'t>(text: &'t [u8], range: &Range<usize>) -> &'t [u8] {
    text.get(range.clone()).unwrap_or_default()
}

fn first(pattern: &Pattern, arguments: &[Value], host: &mut dyn Host) -> CallResult {
    let text = bytes(arguments, 1);
    let found = pattern.find(text, 1, host)?;
    Ok(Value::str(found.first().map_or(&b""[..], |range| slice(text, range))))
}

/// A negative count means no limit.
fn limit(arguments: &[Value]) -> usize {
    usize::try_from(int(arguments, 2)).unwrap_or(usize::MAX)
}

fn all(pattern: &Pattern, arguments: &[Value], host: &mut dyn Host) -> CallResult {
    let text = bytes(arguments, 1);
    let found = pattern.find(text, limit(arguments), host)?;
    if found.is_empty() {
        return Ok(Value::List(List::nil(ListType::Strings)));
    }
    Ok(strings(found.iter().map(|range| Text::from(slice(text, range)))))
}

fn replace(pattern: &Pattern, arguments: &[Value], with_groups: bool, host: &mut dyn Host) -> CallResult {
    let (text, replacement) = (bytes(arguments, 1), bytes(arguments, 2));
    let mut out = Vec::with_capacity(text.len());
    let mut end = 0;
    for groups in pattern.captures(text, host)? {
        let Some(whole) = groups.first().cloned().flatten() else {
            continue;
        };
        out.extend_from_slice(slice(text, &(end..whole.start)));
        end = whole.end;
        if !with_groups {
            out.extend_from_slice(replacement);
            continue;
        }
        let group = |index: usize| Some(slice(text, groups.get(index)?.as_ref()?));
        let named = |name: &str| {
            // Of several groups with the name, the first that took part in the match.
            let mut indices = pattern.names.iter().enumerate();
            indices.find_map(|(index, other)| (other.as_deref() == Some(name)).then(|| group(index)).flatten())
        };
        expand(&mut out, replacement, group, named);
    }
    out.extend_from_slice(slice(text, &(end..text.len())));
    Ok(Value::str(out))
}

fn split(pattern: &Pattern, arguments: &[Value], host: &mut dyn Host) -> CallResult {
    let text = bytes(arguments, 1);
    let limit = limit(arguments);
    if limit == 0 {
        return Ok(Value::List(List::nil(ListType::Strings)));
    }
    if !pattern.is_empty && text.is_empty() {
        return Ok(strings([Text::default()]));
    }
    let mut parts: Vec<Text> = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for range in pattern.find(text, limit, host)? {
        if parts.len() + 1 >= limit {
            break;
        }
        end = range.start;
        if range.end != 0 {
            parts.push(Text::from(slice(text, &(begin..end))));
        }
        begin = range.end;
    }
    if end != text.len() {
        parts.push(Text::from(slice(text, &(begin..text.len()))));
    }
    Ok(strings(parts))
}

fn quote_meta(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let text = bytes(arguments, 0);
    let mut out = Vec::with_capacity(text.len() * 2);
    for &byte in text {
        if br"\.+*?()|[]{}^$".contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    Ok(Value::str(out))
}
