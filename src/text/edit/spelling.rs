//! How a new value may be written, the likeliest first: in the style of the old one if that style can express it.

use crate::text::yaml::ScalarStyle;

/// Spellings to try for `text`, in order. Reading the edited file decides which one is right.
pub(super) fn spellings(text: &str, style: ScalarStyle) -> Vec<String> {
    let mut candidates = Vec::new();
    let is_single_line = !text.chars().any(char::is_control);
    match style {
        ScalarStyle::Plain if is_single_line && !text.is_empty() => candidates.push(text.to_owned()),
        ScalarStyle::SingleQuoted if is_single_line => candidates.push(single_quoted(text)),
        _ => {}
    }
    candidates.push(double_quoted(text));
    if is_single_line {
        candidates.push(single_quoted(text));
    }
    candidates
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{85}' | '\u{A0}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' => push_escape(&mut quoted, c),
            c if c.is_control() => push_escape(&mut quoted, c),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn push_escape(quoted: &mut String, c: char) {
    quoted.push_str(&format!("\\u{:04X}", u32::from(c)));
}
