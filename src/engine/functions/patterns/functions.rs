//! `regexMatch`, `regexFindAll`, `regexReplaceAll`, `regexSplit` and their relatives.
//!
//! Follows Sprig's `regex.go` and Go's `regexp`: `regexMatch` is false for a bad pattern, the others without `must` panic
//! with the pattern in the message.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::super::arguments::{bytes, int};
use super::super::lists::strings;
use super::super::table::fixed;
use super::expand::expand;
use crate::engine::template::{CallError, CallResult, Function, Growth, List, ListType, Parameter, Text, Value};
use crate::text::go::pattern::too_large;
use crate::text::go::quote::{can_backquote, quote};
use crate::text::go::regexp::translate;

use Parameter::{Int, Str};

/// Memory that a compiled pattern may use.
const SIZE_LIMIT: usize = 64 << 20;
/// Patterns kept compiled on a thread.
const CACHE_SIZE: usize = 256;

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("regexMatch", &[Str, Str], |_, a| {
        Ok(Value::Bool(
            compiled(bytes(a, 0)).is_ok_and(|pattern| pattern.matches(bytes(a, 1))),
        ))
    }),
    fixed("mustRegexMatch", &[Str, Str], |_, a| {
        Ok(Value::Bool(compiled(bytes(a, 0))?.matches(bytes(a, 1))))
    }),
    fixed("regexFind", &[Str, Str], |_, a| Ok(first(&*required(a)?, a))),
    fixed("mustRegexFind", &[Str, Str], |_, a| {
        Ok(first(&*compiled(bytes(a, 0))?, a))
    }),
    fixed("regexFindAll", &[Str, Str, Int], |_, a| Ok(all(&*required(a)?, a))),
    fixed("mustRegexFindAll", &[Str, Str, Int], |_, a| {
        Ok(all(&*compiled(bytes(a, 0))?, a))
    }),
    fixed("regexReplaceAll", &[Str, Str, Str], |_, a| {
        Ok(replace(&*required(a)?, a, true))
    })
    .growing(Growth::ReplacePattern),
    fixed("mustRegexReplaceAll", &[Str, Str, Str], |_, a| {
        Ok(replace(&*compiled(bytes(a, 0))?, a, true))
    })
    .growing(Growth::ReplacePattern),
    fixed("regexReplaceAllLiteral", &[Str, Str, Str], |_, a| {
        Ok(replace(&*required(a)?, a, false))
    })
    .growing(Growth::ReplacePattern),
    fixed("mustRegexReplaceAllLiteral", &[Str, Str, Str], |_, a| {
        Ok(replace(&*compiled(bytes(a, 0))?, a, false))
    })
    .growing(Growth::ReplacePattern),
    fixed("regexSplit", &[Str, Str, Int], |_, a| Ok(split(&*required(a)?, a))),
    fixed("mustRegexSplit", &[Str, Str, Int], |_, a| {
        Ok(split(&*compiled(bytes(a, 0))?, a))
    }),
    fixed("regexQuoteMeta", &[Str], quote_meta),
];

/// A compiled pattern, for text and for bytes that are not UTF-8.
struct Pattern {
    text: regex::Regex,
    bytes: regex::bytes::Regex,
    names: Vec<Option<String>>,
    is_empty: bool,
}

type Spans = Vec<Option<Range<usize>>>;

impl Pattern {
    fn compile(source: &[u8]) -> Result<Self, String> {
        let translated = translate(source)?;
        let shown = String::from_utf8_lossy(source);
        let too_large = |_| too_large(&shown);
        let text = regex::RegexBuilder::new(&translated.pattern)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(too_large)?;
        let bytes = regex::bytes::RegexBuilder::new(&translated.pattern)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(too_large)?;
        Ok(Self {
            text,
            bytes,
            names: translated.names,
            is_empty: source.is_empty(),
        })
    }

    fn matches(&self, text: &[u8]) -> bool {
        match std::str::from_utf8(text) {
            Ok(text) => self.text.is_match(text),
            Err(_) => self.bytes.is_match(text),
        }
    }

    fn find(&self, text: &[u8], limit: usize) -> Vec<Range<usize>> {
        match std::str::from_utf8(text) {
            Ok(text) => self
                .text
                .find_iter(text)
                .take(limit)
                .map(|found| found.range())
                .collect(),
            Err(_) => self
                .bytes
                .find_iter(text)
                .take(limit)
                .map(|found| found.range())
                .collect(),
        }
    }

    /// Every match with its groups, the whole match first.
    fn captures(&self, text: &[u8]) -> Vec<Spans> {
        let all = 0..self.names.len();
        match std::str::from_utf8(text) {
            Ok(text) => self
                .text
                .captures_iter(text)
                .map(|groups| {
                    all.clone()
                        .map(|at| groups.get(at).map(|group| group.range()))
                        .collect()
                })
                .collect(),
            Err(_) => self
                .bytes
                .captures_iter(text)
                .map(|groups| {
                    all.clone()
                        .map(|at| groups.get(at).map(|group| group.range()))
                        .collect()
                })
                .collect(),
        }
    }
}

thread_local! {
    static CACHE: RefCell<HashMap<Vec<u8>, Rc<Pattern>>> = RefCell::new(HashMap::new());
}

/// The compiled pattern, from the thread's cache when it was used before.
fn compiled(source: &[u8]) -> Result<Rc<Pattern>, String> {
    if let Some(pattern) = CACHE.with_borrow(|cache| cache.get(source).cloned()) {
        return Ok(pattern);
    }
    let pattern = Rc::new(Pattern::compile(source)?);
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHE_SIZE {
            cache.clear();
        }
        cache.insert(source.to_vec(), Rc::clone(&pattern));
    });
    Ok(pattern)
}

/// `regexp.MustCompile`.
fn required(arguments: &[Value]) -> Result<Rc<Pattern>, CallError> {
    let source = bytes(arguments, 0);
    compiled(source).map_err(|problem| {
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

fn first(pattern: &Pattern, arguments: &[Value]) -> Value {
    let text = bytes(arguments, 1);
    let found = pattern.find(text, 1);
    Value::str(found.first().map_or(&b""[..], |range| slice(text, range)))
}

/// A negative count means no limit.
fn limit(arguments: &[Value]) -> usize {
    usize::try_from(int(arguments, 2)).unwrap_or(usize::MAX)
}

fn all(pattern: &Pattern, arguments: &[Value]) -> Value {
    let text = bytes(arguments, 1);
    let found = pattern.find(text, limit(arguments));
    if found.is_empty() {
        return Value::List(List::nil(ListType::Strings));
    }
    strings(found.iter().map(|range| Text::from(slice(text, range))))
}

fn replace(pattern: &Pattern, arguments: &[Value], with_groups: bool) -> Value {
    let (text, replacement) = (bytes(arguments, 1), bytes(arguments, 2));
    let mut out = Vec::with_capacity(text.len());
    let mut end = 0;
    for groups in pattern.captures(text) {
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
    Value::str(out)
}

fn split(pattern: &Pattern, arguments: &[Value]) -> Value {
    let text = bytes(arguments, 1);
    let limit = limit(arguments);
    if limit == 0 {
        return Value::List(List::nil(ListType::Strings));
    }
    if !pattern.is_empty && text.is_empty() {
        return strings([Text::default()]);
    }
    let mut parts: Vec<Text> = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for range in pattern.find(text, limit) {
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
    strings(parts)
}

fn quote_meta(_: &mut dyn crate::engine::template::Host, arguments: &[Value]) -> CallResult {
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
