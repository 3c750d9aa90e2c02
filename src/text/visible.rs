//! Text that was input, as it may be shown: nothing in it moves a cursor, hides or reorders what is beside it, begins a line of
//! its own, or is a command to a CI runner.
//!
//! A control character becomes its picture (`␛`, `␊`), or `\u{85}` where Unicode has no picture; so do the controls of the
//! direction of text and the separators of lines and paragraphs. A tab becomes a blank.
//!
//! GitHub's runner obeys a line whose first characters that are not blank are `::`, and `##[` wherever it is in a line; agents of
//! Azure Pipelines and `TeamCity` obey `##vso[` and `##teamcity[`. A backslash between their characters makes them text:
//! `\::error`, `#\#[error]`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::limits::SHOWN_BYTES;
use super::redact::redact_message;

/// A text on one line: line feeds are shown too.
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, false)
}

/// A text on one line, addresses in it without what may be secret.
pub fn shown_line(text: &str) -> String {
    if text.contains("://") {
        visible(&redact_message(text)).into_owned()
    } else {
        visible(text).into_owned()
    }
}

/// A message that may hold values of any length: of more than [`SHOWN_BYTES`] the beginning and the end, and how many bytes are left
/// out. Secrets in it are hidden before: a part of one is not recognized.
pub fn fitting(text: &str) -> Cow<'_, str> {
    if text.len() <= SHOWN_BYTES {
        return Cow::Borrowed(text);
    }
    let (head, tail) = (SHOWN_BYTES * 3 / 4, text.len() - SHOWN_BYTES / 4);
    let head = text.get(..text.floor_char_boundary(head)).unwrap_or_default();
    let tail = text.get(text.ceil_char_boundary(tail)..).unwrap_or_default();
    let left_out = text.len() - head.len() - tail.len();
    Cow::Owned(format!("{head} … {left_out} bytes … {tail}"))
}

/// A text of several lines, whose line feeds are ours.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    match shown(text, true) {
        Cow::Borrowed(text) => without_commands(text),
        Cow::Owned(text) => Cow::Owned(without_commands(&text).into_owned()),
    }
}

/// The same bytes, but commands to CI runners are broken.
pub fn without_commands(text: &str) -> Cow<'_, str> {
    if !may_hold_command(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        push_line(line, &mut out);
    }
    Cow::Owned(out)
}

/// Whether a character does something else than to be seen. Line feeds and tabs are among them.
pub const fn is_control(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

fn shown(text: &str, keeps_lines: bool) -> Cow<'_, str> {
    let is_plain = |character: char| !is_control(character) || (keeps_lines && character == '\n');
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_plain(character) {
            out.push(character);
        } else {
            push_picture(character, &mut out);
        }
    }
    Cow::Owned(out)
}

fn push_picture(character: char, out: &mut String) {
    let code = u32::from(character);
    match character {
        '\t' => out.push(' '),
        '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER)),
        '\u{7f}' => out.push('\u{2421}'),
        _ => _ = write!(out, "\\u{{{code:x}}}"),
    }
}

/// Quick: most texts hold neither.
fn may_hold_command(text: &str) -> bool {
    text.contains("##") || text.contains(':')
}

fn push_line(line: &str, out: &mut String) {
    let start = line.find(|character| !is_blank(character)).unwrap_or(line.len());
    let (blanks, rest) = line.split_at_checked(start).unwrap_or((line, ""));
    out.push_str(blanks);
    if begins_command(rest) {
        out.push('\\');
    }
    let mut rest = rest;
    while let Some(at) = rest.find("##") {
        let (before, marks) = rest.split_at_checked(at + 1).unwrap_or((rest, ""));
        out.push_str(before);
        let word = marks.strip_prefix('#').unwrap_or(marks);
        if word
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .starts_with('[')
        {
            out.push('\\');
        }
        rest = marks;
    }
    out.push_str(rest);
}

/// Whether two colons come first; what has no width between them does not count.
fn begins_command(text: &str) -> bool {
    text.strip_prefix(':')
        .is_some_and(|rest| rest.trim_start_matches(is_without_width).starts_with(':'))
}

/// Blanks, and what has no width: a comparison after the rules of a language passes over it.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_control(character) || is_without_width(character)
}

const fn is_without_width(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_shown() {
        for (text, want) in [
            ("a b", "a b"),
            ("a\nb\tc\r", "a␊b c␍"),
            ("\u{1b}[31mé\0\u{7f}", "␛[31mé␀␡"),
            ("\u{85}\u{9b}", "\\u{85}\\u{9b}"),
            ("\u{202e}\u{2066}\u{200f}\u{61c}", "\\u{202e}\\u{2066}\\u{200f}\\u{61c}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            // Joiners make emoji and letters; they are no danger.
            ("👩\u{200d}🚀 ü", "👩\u{200d}🚀 ü"),
        ] {
            assert_eq!(visible(text), want, "{text:?}");
        }
        assert_eq!(visible_lines("a\n\u{1b}b\r\n"), "a\n␛b␍\n");
    }

    #[test]
    fn commands_to_runners_are_text() {
        for (text, want) in [
            ("::error::x", "\\::error::x"),
            ("a\n \t::add-mask::b\n", "a\n \t\\::add-mask::b\n"),
            ("\u{a0}\u{feff}:\u{200d}:error::x", "\u{a0}\u{feff}\\:\u{200d}:error::x"),
            ("a ::error::x", "a ::error::x"),
            ("x ##[error]y ##[add-mask]z", "x #\\#[error]y #\\#[add-mask]z"),
            ("###[error]", "##\\#[error]"),
            ("##vso[task.setvariable]", "#\\#vso[task.setvariable]"),
            ("##teamcity[x]", "#\\#teamcity[x]"),
            ("## Heading [link]", "## Heading [link]"),
            ("::\n::", "\\::\n\\::"),
            ("a: b", "a: b"),
        ] {
            let shown = without_commands(text);
            assert_eq!(shown, want, "{text:?}");
            assert_eq!(without_commands(&shown), want, "{text:?} twice");
        }
        assert_eq!(visible_lines("\u{1b}::error::x"), "␛::error::x");
    }
}
