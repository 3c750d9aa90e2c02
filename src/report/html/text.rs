//! Text inside HTML.

use crate::text::visible::visible;

/// A text of one line as an element or an attribute in double quotes may hold it. Control characters are shown, and nothing in it is
/// a command to a CI runner, should the page be written to a log: every line of a page begins with a tag.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '#' if previous == '#' => out.push_str("&#35;"),
            // No text of Unicode has them.
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            character => out.push(character),
        }
        previous = character;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_is_markup() {
        for (text, want) in [
            ("a <b> & \"c\" 'd'", "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"),
            ("a\nb\tc\u{1b}", "a␊b c␛"),
            ("###[error]", "#&#35;&#35;[error]"),
            ("\u{202e}\u{ffff}é", "\\u{202e}\u{fffd}é"),
        ] {
            assert_eq!(escaped(text), want, "{text:?}");
        }
    }
}
