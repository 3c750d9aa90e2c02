//! Text inside XML.

use super::unevaluated::unevaluated_sentence;
use crate::text::visible::visible_lines;

/// A text as an attribute or an element may hold it. Line feeds are kept as references; other control characters are shown, and
/// what XML cannot hold at all is replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible_lines(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\n' => out.push_str("&#xA;"),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            character => out.push(character),
        }
    }
    out
}

/// A suite with a test that was left out, in the words of [`unevaluated_sentence`]; nothing if no rule was.
pub(super) fn skipped_rules(unevaluated: usize) -> String {
    let Some(sentence) = unevaluated_sentence(unevaluated) else {
        return String::new();
    };
    format!(
        "  <testsuite name=\"rules\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">\n    <testcase name=\"rules\" classname=\"chartwright\" time=\"0\"><skipped message=\"{sentence}\"/></testcase>\n  </testsuite>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_replaced() {
        for (text, want) in [
            ("a <b> & \"c\"", "a &lt;b&gt; &amp; &#34;c&#34;"),
            ("a\nb\tc d", "a&#xA;b c d"),
            ("\u{1b}[0m\r\0", "␛[0m␍␀"),
            ("\u{fffe}\u{ffff}\u{fffd}é", "\u{fffd}\u{fffd}\u{fffd}é"),
        ] {
            assert_eq!(escaped(text), want, "{text:?}");
        }
    }
}
