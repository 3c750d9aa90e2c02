//! Cutting and joining text: trimming, indenting, replacing, wrapping, abbreviating, quoting.
//!
//! Follows Sprig's `strings.go` and Masterminds' `goutils`. Everything works on bytes, as Go strings are bytes: `trunc`,
//! `substr` and `wrap` may cut a character in two.

use super::arguments::{any, bytes, error, int, text};
use super::display::{plain, string_value};
use super::table::{fixed, variadic};
use crate::engine::template::{
    CallError, CallResult, Dict, Function, Growth, Host, Map, MapType, Parameter, Text, Value,
};
use crate::text::go;
use crate::text::limits::VALUE_BYTES;
use crate::text::ordered::CollectOrdered as _;

use Parameter::{Any, Int, Str};

/// Steps that a kibibyte counts as in which a text is replaced wherever it is: it is looked for twice.
const REPLACING_COST: u64 = 256;
/// Steps that a kibibyte counts as whose characters are looked for in a set.
const TRIMMING_COST: u64 = 128;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("abbrev", &[Int, Str], |_, a| {
        Ok(Value::str(abbreviate(bytes(a, 1), 0, int(a, 0))))
    }),
    fixed("abbrevboth", &[Int, Int, Str], abbreviate_both),
    fixed("trunc", &[Int, Str], truncate),
    fixed("trim", &[Str], |_, a| Ok(Value::str(trim_space(bytes(a, 0))))),
    fixed("trimAll", &[Str, Str], trim_all).costing_by_size(TRIMMING_COST),
    fixed("trimall", &[Str, Str], trim_all).costing_by_size(TRIMMING_COST),
    fixed("trimSuffix", &[Str, Str], trim_suffix),
    fixed("trimPrefix", &[Str, Str], trim_prefix),
    fixed("substr", &[Int, Int, Str], substring),
    fixed("repeat", &[Int, Str], |_, a| {
        Ok(Value::str(repeat(bytes(a, 1), int(a, 0))?))
    }),
    fixed("wrap", &[Int, Str], |_, a| {
        Ok(Value::str(wrap(bytes(a, 1), int(a, 0), b"", LongWords::Kept)))
    }),
    fixed("wrapWith", &[Int, Str, Str], |_, a| {
        Ok(Value::str(wrap(bytes(a, 2), int(a, 0), bytes(a, 1), LongWords::Broken)))
    })
    .growing(Growth::Wrap),
    fixed("contains", &[Str, Str], |_, a| {
        Ok(Value::Bool(find(bytes(a, 1), bytes(a, 0)).is_some()))
    }),
    fixed("hasPrefix", &[Str, Str], |_, a| {
        Ok(Value::Bool(bytes(a, 1).starts_with(bytes(a, 0))))
    }),
    fixed("hasSuffix", &[Str, Str], |_, a| {
        Ok(Value::Bool(bytes(a, 1).ends_with(bytes(a, 0))))
    }),
    variadic("quote", &[Any], quote).growing(Growth::WrittenOut),
    variadic("squote", &[Any], single_quote).growing(Growth::WrittenOut),
    variadic("cat", &[Any], cat).growing(Growth::WrittenOut),
    fixed("indent", &[Int, Str], |_, a| indent(a, Beginning::SameLine)).growing(Growth::Indent),
    fixed("nindent", &[Int, Str], |_, a| indent(a, Beginning::NewLine)).growing(Growth::Indent),
    fixed("replace", &[Str, Str, Str], |_, a| {
        Ok(Value::str(replace(bytes(a, 2), bytes(a, 0), bytes(a, 1))))
    })
    .growing(Growth::Replace)
    .costing_by_size(REPLACING_COST),
    fixed("plural", &[Str, Str, Int], |_, a| {
        Ok(Value::Str(text(a, usize::from(int(a, 2) != 1))))
    }),
    fixed("toString", &[Any], |_, a| Ok(Value::Str(string_value(any(a, 0))))).growing(Growth::WrittenOut),
    fixed("split", &[Str, Str], |_, a| {
        Ok(numbered(split(bytes(a, 1), bytes(a, 0), None)))
    })
    .growing(Growth::Split),
    fixed("splitn", &[Str, Int, Str], split_n).growing(Growth::Split),
    fixed("hello", &[], |_, _| Ok(Value::str("Hello!"))),
];

/// Where `text` first contains `needle`.
pub(super) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}

/// `strings.Repeat`.
fn repeat(text: &[u8], count: i64) -> Result<Vec<u8>, CallError> {
    let Ok(count) = usize::try_from(count) else {
        return error("strings: negative Repeat count");
    };
    if text.len().saturating_mul(count) > VALUE_BYTES {
        return error("strings: Repeat output length overflow");
    }
    Ok(text.repeat(count))
}

fn truncate(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let whole = bytes(arguments, 1);
    let count = int(arguments, 0);
    let magnitude = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let part = if count < 0 {
        whole.len().checked_sub(magnitude).and_then(|start| whole.get(start..))
    } else {
        whole.get(..magnitude)
    };
    Ok(match part {
        Some(part) if part.len() < whole.len() && (count >= 0 || part.len() == magnitude) => Value::str(part),
        _ => Value::Str(text(arguments, 1)),
    })
}

fn substring(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let (start, end, whole) = (int(arguments, 0), int(arguments, 1), bytes(arguments, 2));
    let length = i64::try_from(whole.len()).unwrap_or(i64::MAX);
    let (from, to) = if start < 0 {
        (0, end)
    } else if end < 0 || end > length {
        (start, length)
    } else {
        (start, end)
    };
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    if let Some(part) = range.and_then(|(from, to)| whole.get(from..to)) {
        return Ok(Value::str(part));
    }
    let bounds = if to < 0 {
        format!("[:{to}]")
    } else if to > length {
        format!("[:{to}] with length {length}")
    } else {
        format!("[{from}:{to}]")
    };
    error(format!("runtime error: slice bounds out of range {bounds}"))
}

/// `strings.TrimSpace`: Unicode white space at both ends.
pub(super) fn trim_space(text: &[u8]) -> &[u8] {
    trim_where(text, char::is_whitespace)
}

/// Cuts characters that satisfy `cut` off both ends; bytes that are not UTF-8 count as U+FFFD.
fn trim_where(text: &[u8], cut: impl Fn(char) -> bool) -> &[u8] {
    let mut rest = text;
    while let Some((character, length)) = first_character(rest) {
        if !cut(character) {
            break;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    while let Some((character, length)) = last_character(rest) {
        if !cut(character) {
            break;
        }
        rest = rest.get(..rest.len() - length).unwrap_or_default();
    }
    rest
}

/// `utf8.DecodeRune`: the first character and its length; U+FFFD of length 1 for a byte that is not UTF-8.
pub(super) fn first_character(text: &[u8]) -> Option<(char, usize)> {
    let first = *text.first()?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    let head = text.get(..text.len().min(4)).unwrap_or(text);
    let valid = match std::str::from_utf8(head) {
        Ok(valid) => valid,
        Err(problem) => std::str::from_utf8(head.get(..problem.valid_up_to())?).ok()?,
    };
    Some(
        valid
            .chars()
            .next()
            .map_or((char::REPLACEMENT_CHARACTER, 1), |character| {
                (character, character.len_utf8())
            }),
    )
}

/// `utf8.DecodeLastRune`.
fn last_character(text: &[u8]) -> Option<(char, usize)> {
    let last = *text.last()?;
    if last.is_ascii() {
        return Some((char::from(last), 1));
    }
    for length in 2..=text.len().min(4) {
        let tail = text.get(text.len() - length..)?;
        if let Ok(valid) = std::str::from_utf8(tail) {
            return valid.chars().next_back().map(|character| (character, length));
        }
    }
    Some((char::REPLACEMENT_CHARACTER, 1))
}

fn trim_all(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let cut = String::from_utf8_lossy(bytes(arguments, 0)).into_owned();
    Ok(Value::str(trim_where(bytes(arguments, 1), |character| {
        cut.contains(character)
    })))
}

fn trim_suffix(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(match bytes(arguments, 1).strip_suffix(bytes(arguments, 0)) {
        Some(rest) => Value::str(rest),
        None => Value::Str(text(arguments, 1)),
    })
}

fn trim_prefix(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(match bytes(arguments, 1).strip_prefix(bytes(arguments, 0)) {
        Some(rest) => Value::str(rest),
        None => Value::Str(text(arguments, 1)),
    })
}

/// `goutils.AbbreviateFull`, after Sprig's own checks.
fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let Some(room) = usize::try_from(width).ok().and_then(|width| width.checked_sub(3)) else {
        return text.to_vec();
    };
    if room == 0 || text.len() <= room + 3 {
        return text.to_vec();
    }
    let offset = usize::try_from(offset).unwrap_or(0).min(text.len());
    let offset = offset.min(text.len() - room);
    let head = |text: &[u8], room: usize| {
        let mut short = text.get(..room).unwrap_or(text).to_vec();
        short.extend_from_slice(b"...");
        short
    };
    if offset <= 4 {
        return head(text, room);
    }
    let mut out = b"...".to_vec();
    if offset + room < text.len() {
        let tail = text.get(offset..).unwrap_or_default();
        // The second half is abbreviated again to the remaining width; below four characters goutils gives nothing.
        match room.checked_sub(3) {
            Some(inner) if inner > 0 && tail.len() > room => out.extend(head(tail, inner)),
            Some(inner) if inner > 0 => out.extend_from_slice(tail),
            _ => {}
        }
    } else {
        out.extend_from_slice(text.get(text.len() - room..).unwrap_or_default());
    }
    out
}

fn abbreviate_both(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let (left, right) = (int(arguments, 0), int(arguments, 1));
    if right < 4 || left > 0 && right < 7 {
        return Ok(Value::Str(text(arguments, 2)));
    }
    Ok(Value::str(abbreviate(bytes(arguments, 2), left, right)))
}

/// How `wrap` treats a word longer than a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LongWords {
    Kept,
    Broken,
}

/// `goutils.WrapCustom`: lines of at most `width` bytes, broken at spaces.
fn wrap(text: &[u8], width: i64, separator: &[u8], long_words: LongWords) -> Vec<u8> {
    let separator = if separator.is_empty() { b"\n" } else { separator };
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while rest.len() > width {
        if let [b' ', tail @ ..] = rest {
            rest = tail;
            continue;
        }
        let line = rest.get(..=width).unwrap_or(rest);
        let space = memchr::memrchr(b' ', line);
        let (end, skip) = match space {
            Some(space) => (space, 1),
            None if long_words == LongWords::Broken => (width, 0),
            None => match memchr::memchr(b' ', rest.get(width..).unwrap_or_default()) {
                Some(space) => (width + space, 1),
                None => break,
            },
        };
        out.extend_from_slice(rest.get(..end).unwrap_or_default());
        out.extend_from_slice(separator);
        rest = rest.get(end + skip..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

fn join_where_not_nil(arguments: &[Value], write: impl Fn(&mut Vec<u8>, &Value)) -> Value {
    let mut out = Vec::new();
    let mut first = true;
    for value in arguments.iter().filter(|value| !matches!(value, Value::Nil)) {
        if !first {
            out.push(b' ');
        }
        first = false;
        write(&mut out, value);
    }
    Value::str(out)
}

fn quote(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(join_where_not_nil(arguments, |out, value| {
        out.extend_from_slice(go::quote::quote(string_value(value).as_bytes()).as_bytes());
    }))
}

fn single_quote(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(join_where_not_nil(arguments, |out, value| {
        out.push(b'\'');
        write_plain(out, value);
        out.push(b'\'');
    }))
}

fn cat(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(join_where_not_nil(arguments, write_plain))
}

fn write_plain(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Str(text) => out.extend_from_slice(text.as_bytes()),
        _ => out.extend(plain(value)),
    }
}

/// Where indented text begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beginning {
    SameLine,
    NewLine,
}

fn indent(arguments: &[Value], beginning: Beginning) -> CallResult {
    let pad = repeat(b" ", int(arguments, 0))?;
    let text = bytes(arguments, 1);
    let lines = memchr::memchr_iter(b'\n', text).count();
    let mut out = Vec::with_capacity(text.len() + (lines + 1) * pad.len() + 1);
    if beginning == Beginning::NewLine {
        out.push(b'\n');
    }
    let mut rest = text;
    loop {
        out.extend_from_slice(&pad);
        let Some((line, tail)) = memchr::memchr(b'\n', rest).and_then(|end| rest.split_at_checked(end + 1)) else {
            out.extend_from_slice(rest);
            break;
        };
        out.extend_from_slice(line);
        rest = tail;
    }
    Ok(Value::str(out))
}

/// `strings.ReplaceAll`; an empty `old` matches before every character and at the end.
pub(super) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    if old.is_empty() {
        let mut rest = text;
        out.extend_from_slice(new);
        while let Some((character, tail)) = first_character(rest).and_then(|(_, length)| rest.split_at_checked(length))
        {
            out.extend_from_slice(character);
            out.extend_from_slice(new);
            rest = tail;
        }
        return out;
    }
    let mut end = 0;
    for position in memchr::memmem::find_iter(text, old) {
        out.extend_from_slice(text.get(end..position).unwrap_or_default());
        out.extend_from_slice(new);
        end = position + old.len();
    }
    out.extend_from_slice(text.get(end..).unwrap_or_default());
    out
}

/// `strings.SplitN` with `limit`, `strings.Split` without: an empty separator cuts between characters.
pub(super) fn split<'a>(text: &'a [u8], separator: &[u8], limit: Option<usize>) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        while limit.is_none_or(|limit| parts.len() + 1 < limit) {
            let Some((part, tail)) = first_character(rest).and_then(|(_, length)| rest.split_at_checked(length)) else {
                return parts;
            };
            parts.push(part);
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
        return parts;
    }
    while limit.is_none_or(|limit| parts.len() + 1 < limit) {
        let Some((part, tail)) = find(rest, separator).and_then(|end| rest.split_at_checked(end)) else {
            break;
        };
        parts.push(part);
        rest = tail.get(separator.len()..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

fn split_n(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let parts = match usize::try_from(int(arguments, 1)) {
        Ok(0) => Vec::new(),
        Ok(limit) => split(bytes(arguments, 2), bytes(arguments, 0), Some(limit)),
        Err(_) => split(bytes(arguments, 2), bytes(arguments, 0), None),
    };
    Ok(numbered(parts))
}

/// Parts as `_0`, `_1` and so on.
fn numbered(parts: Vec<&[u8]>) -> Value {
    let entries: Dict = parts
        .into_iter()
        .enumerate()
        .map(|(position, part)| (Text::from(format!("_{position}")), Value::str(part)))
        .collect_map();
    Value::Map(Map::typed(MapType::Strings, entries))
}

#[cfg(test)]
mod tests {
    use super::{LongWords, abbreviate, replace, split, trim_space, wrap};

    #[test]
    fn cutting() {
        assert_eq!(abbreviate(b"hello world", 0, 5), b"he...");
        assert_eq!(abbreviate(b"1234 5678 9123", 5, 10), b"...5678...");
        assert_eq!(trim_space("\u{a0} x\t\n\u{2003}".as_bytes()), b"x");
        assert_eq!(wrap(b"Hello World abc", 5, b"", LongWords::Kept), b"Hello\nWorld\nabc");
        assert_eq!(wrap(b"HelloWorld", 5, b"\t", LongWords::Broken), b"Hello\tWorld");
    }

    #[test]
    fn splitting() {
        assert_eq!(split("aéb".as_bytes(), b"", None), [&b"a"[..], "é".as_bytes(), b"b"]);
        assert_eq!(split(b"a/b/c", b"/", Some(2)), [&b"a"[..], b"b/c"]);
        assert_eq!(split(b"", b"/", None), [&b""[..]]);
        assert!(split(b"", b"", None).is_empty());
        assert_eq!(replace(b"abc", b"", b"-"), b"-a-b-c-");
        assert_eq!(replace(b"aXbX", b"X", b""), b"ab");
    }
}
