//! Text inside XML.

/// A text as an attribute or an element may hold it. What XML cannot hold at all is replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\n' => out.push_str("&#xA;"),
            '\t' => out.push_str("&#x9;"),
            character if character < ' ' || character == '\u{fffe}' || character == '\u{ffff}' => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            character => out.push(character),
        }
    }
    out
}
