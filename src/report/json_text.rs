//! A JSON document as text that may be shown: what a terminal or a runner would obey is written as `\u…`, so a reader of JSON gets
//! it back unchanged.

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::text::visible::is_control;

/// The document, indented, with a line feed at its end.
pub fn text(document: &impl Serialize) -> String {
    // Writing to a string fails only where a document refuses to be written, which none of ours does.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    escaped(text)
}

/// A list whose items are made as they are written: all of them together take many times the memory of their text.
pub struct Rows<F>(pub F);

impl<F: Fn() -> I, I: Iterator<Item = Json>> Serialize for Rows<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0())
    }
}

fn escaped(plain: String) -> String {
    let is_plain = |character: char| character == '\n' || !is_control(character);
    if plain.chars().all(is_plain) && !plain.contains("##") {
        return plain;
    }
    let mut out = String::with_capacity(plain.len() + 64);
    let mut previous = ' ';
    for character in plain.chars() {
        // Only texts hold such characters, and the line feeds between the members of the document.
        if is_plain(character) && !(character == '#' && previous == '#') {
            out.push(character);
        } else {
            out.push_str(&format!("\\u{:04x}", u32::from(character)));
        }
        previous = character;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_every_character_back() {
        let all: String = (0..=0x2100).filter_map(char::from_u32).collect();
        let document = serde_json::json!({"a": all, "b": "##[error]x ###", "c": "::error::x\n"});
        let text = text(&document);
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), document);
        assert!(!text.contains("##"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !is_control(c)));
    }
}
