//! Text inside Markdown: it marks up nothing, mentions no one, and ends no cell of a table, block or element that it is in.

use std::fmt::Write as _;

use crate::text::visible::{shown_line, visible_lines, without_commands};

/// The longest run of backticks.
fn longest_fence(text: &str) -> usize {
    let runs = text.split(|character| character != '`').map(str::len);
    runs.max().unwrap_or_default()
}

/// A text of one line as a code span.
pub fn code(text: &str) -> String {
    let text = shown_line(text);
    let fence = "`".repeat(longest_fence(&text) + 1);
    let text = without_commands(&text);
    if text.trim().is_empty() {
        return "` `".to_owned();
    }
    // A blank at both ends is taken away by the reader.
    format!("{fence} {text} {fence}")
}

/// The same in a cell of a table, which a bar would end even in code.
pub fn cell(text: &str) -> String {
    code(&text.replace('|', "\u{2223}"))
}

/// The same in HTML.
pub fn html_code(text: &str) -> String {
    let text = shown_line(text);
    let mut out = String::with_capacity(text.len() + 16);
    for character in without_commands(&text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // What would be markup in a paragraph, where the heading stands without its lines.
            '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '"' | '\'' | '!' | '@' | '#' | ':' | '|' | '$' => {
                _ = write!(out, "&#{};", u32::from(character));
            }
            character => out.push(character),
        }
    }
    format!("<code>{out}</code>")
}

/// Lines as a block of code.
pub fn fenced(language: &str, text: &str) -> String {
    let shown: Vec<String> = text.lines().map(shown_line).collect();
    let shown = shown.join("\n") + "\n";
    let fence = "`".repeat((longest_fence(&shown) + 1).max(3));
    format!("{fence}{language}\n{}{fence}\n", visible_lines(&shown))
}

/// A text of one line as prose, also in a cell of a table. GitHub would take `@name` for a mention, `#1` for an issue, and what is between
/// dollars for a formula.
pub fn prose(text: &str) -> String {
    let text = shown_line(text);
    let text = without_commands(&text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek();
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '~' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '$' => out.push_str("<span>$</span>"),
            '@' | '#' if next.is_some_and(|next| next.is_alphanumeric()) => {
                out.push(character);
                out.push_str("<!-- -->");
            }
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_marks_up_nothing() {
        for (text, want) in [
            ("a | b\nc", "a \\| b␊c"),
            ("**b** _i_ `c` [l](x)", "\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\[l\\](x)"),
            ("<b> &lt;", "&lt;b&gt; &amp;lt;"),
            ("@all me@x #12 #!", "@<!-- -->all me@<!-- -->x #<!-- -->12 #!"),
            (
                "{{ $a $b }} ~~x~~",
                "{{ <span>$</span>a <span>$</span>b }} \\~\\~x\\~\\~",
            ),
            ("::error::x ##[error]y", "\\\\::error::x #\\\\#\\[error\\]y"),
        ] {
            assert_eq!(prose(text), want, "{text:?}");
        }
    }
}
