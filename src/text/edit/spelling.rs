//! How a scalar may be written, the likeliest first: in the style that is there if that style can express it.

use crate::text::yaml::ScalarStyle;

use super::plain_text::{Surroundings, is_plain_text, needs_escape};
use super::value_type::Wanted;

/// How scalars are written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScalarPlace {
    pub(super) style: ScalarStyle,
    pub(super) surroundings: Surroundings,
    /// Whether a tag says what the scalar is, so that quotes are not needed for it.
    pub(super) has_tag: bool,
}

/// Spellings to try for a scalar, in order. Reading the edited file decides which one is right.
pub(super) fn spellings(wanted: &Wanted, place: ScalarPlace) -> Vec<String> {
    let text = match wanted {
        Wanted::Literal(text) => return vec![text.clone()],
        Wanted::Text(text) => text,
    };
    let has_escapes = text.chars().any(needs_escape);
    let mut candidates = Vec::new();
    match place.style {
        ScalarStyle::Plain if is_plain_text(text, place.surroundings) || (place.has_tag && is_simple(text)) => {
            candidates.push(text.clone());
        }
        ScalarStyle::SingleQuoted if !has_escapes => candidates.push(single_quoted(text)),
        _ => {}
    }
    candidates.push(double_quoted(text));
    candidates
}

/// Whether a text has nothing but letters, digits and a few signs.
fn is_simple(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '+'))
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A text in double quotes, as both YAML and JSON read it.
pub(super) fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{A0}' => push_escape(&mut quoted, c),
            c if needs_escape(c) => push_escape(&mut quoted, c),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn push_escape(quoted: &mut String, c: char) {
    quoted.push_str(&format!("\\u{:04X}", u32::from(c)));
}

/// A literal block scalar with other lines, or a folded one of one line with another, and the same header, if the header fits: `old` is
/// all of the old one but its last line break. One that is stripped (`|-`) holds no line break at its end, a usual one (`|`) exactly one.
pub(super) fn literal_block(text: &str, old: &str) -> Option<String> {
    let (header, lines) = old.split_once('\n')?;
    let line_break = if header.ends_with('\r') { "\r\n" } else { "\n" };
    let first = lines.lines().find(|line| !line.trim().is_empty())?;
    let indent: String = first.chars().take_while(|&c| c == ' ').collect();
    let style = header.split_whitespace().next()?;
    let content = match style {
        "|-" | ">-" => Some(text).filter(|text| !text.ends_with('\n')),
        "|" | ">" => text.strip_suffix('\n').filter(|text| !text.ends_with('\n')),
        _ => None,
    }?;
    // A folded one has other line breaks than its text.
    let is_one_line = lines.trim_end().lines().count() == 1 && !content.contains('\n');
    let is_foldable = style.starts_with('|') || is_one_line;
    if !is_foldable
        || content.is_empty()
        || content.starts_with([' ', '\n'])
        || content.chars().any(|c| c != '\n' && needs_escape(c))
    {
        return None;
    }
    let mut block = header.trim_end_matches('\r').to_owned();
    for line in content.split('\n') {
        block.push_str(line_break);
        if !line.is_empty() {
            block.push_str(&indent);
            block.push_str(line);
        }
    }
    Some(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_block_keeps_its_header_and_indentation() {
        for (text, old, want) in [
            ("p\nq\n", "|\n  x\n  y", Some("|\n  p\n  q")),
            ("p\n\nq", "|- # why\r\n   x", Some("|- # why\r\n   p\r\n\r\n   q")),
            ("p", "|\n  x", None),
            ("p\n\n", "|\n  x", None),
            (" p\n", "|\n  x", None),
            ("p\u{7}\n", "|\n  x", None),
            ("p\n", ">\n  x", Some(">\n  p")),
            ("p q", ">- # why\n  x", Some(">- # why\n  p q")),
            ("p q", ">-\n  x\n  y", None),
            ("p\nq\n", ">\n  x", None),
            ("p\n", "|+\n  x", None),
        ] {
            assert_eq!(literal_block(text, old).as_deref(), want, "{text:?} {old:?}");
        }
    }
}
