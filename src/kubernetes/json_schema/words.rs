//! The words of messages, as `kind.go` of the library has them.

use crate::text::go;

use super::node::Node;
use super::number::show_count;

/// Go's `%q` with single quotes instead of double ones.
pub(in crate::kubernetes) fn quote(text: &str) -> String {
    let quoted = go::quote::quote(text.as_bytes());
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inside = inside.unwrap_or_default().replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{inside}'")
}

/// Names in quotes, with commas between them.
pub(super) fn quote_all<T: AsRef<str>>(names: &[T]) -> String {
    names
        .iter()
        .map(|name| quote(name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A value in a message.
pub(super) fn show(value: &Node) -> String {
    match value {
        Node::Null => "<nil>".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Number(text) => text.clone(),
        Node::Text(text) => quote(text),
        Node::List(_) | Node::Map(_) | Node::Other(_) => "value".to_owned(),
    }
}

const fn is_simple(value: &Node) -> bool {
    !matches!(value, Node::List(_) | Node::Map(_))
}

pub(super) fn not_constant(want: &Node) -> String {
    if is_simple(want) {
        format!("value must be {}", show(want))
    } else {
        "'const' failed".to_owned()
    }
}

pub(in crate::kubernetes) fn not_in_enumeration(want: &[Node]) -> String {
    if !want.iter().all(is_simple) {
        return "'enum' failed".to_owned();
    }
    let shown: Vec<String> = want.iter().map(show).collect();
    match shown.as_slice() {
        [only] => format!("value must be {only}"),
        several => format!("value must be one of {}", several.join(", ")),
    }
}

pub(in crate::kubernetes) fn missing(names: &[&str]) -> String {
    let noun = if names.len() == 1 { "property" } else { "properties" };
    format!("missing {noun} {}", quote_all(names))
}

pub(super) fn missing_with(property: &str, names: &[&str]) -> String {
    format!(
        "properties {} required, if {} exists",
        quote_all(names),
        quote(property)
    )
}

/// A count or a length that is not within a limit.
pub(in crate::kubernetes) fn counts(name: &str, got: i64, want: i64) -> String {
    format!("{name}: got {}, want {}", show_count(got), show_count(want))
}

/// A text that a pattern does not match.
pub(in crate::kubernetes) fn no_match(text: &str, pattern: &str) -> String {
    format!("{} does not match pattern {}", quote(text), quote(pattern))
}

/// Indices with spaces between them.
pub(super) fn spaced(indices: &[usize]) -> String {
    indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_with_single_quotes() {
        for (text, want) in [
            ("a", "'a'"),
            ("it's", r"'it\'s'"),
            ("say \"x\"", "'say \"x\"'"),
            ("a\nb\\", r"'a\nb\\'"),
            ("é\u{7f}", "'é\\x7f'"),
        ] {
            assert_eq!(quote(text), want);
        }
    }

    #[test]
    fn wanted_values_are_listed_unless_they_are_long() {
        let node = |text: &str| Node::parse(text.as_bytes()).unwrap();
        assert_eq!(
            not_in_enumeration(&[node("1e3"), node("null"), node("\"a\"")]),
            "value must be one of 1e3, <nil>, 'a'"
        );
        assert_eq!(not_in_enumeration(&[node("1.0")]), "value must be 1.0");
        assert_eq!(not_in_enumeration(&[node("1"), node("[]")]), "'enum' failed");
        assert_eq!(not_constant(&node("{}")), "'const' failed");
        assert_eq!(missing(&["a", "b"]), "missing properties 'a', 'b'");
    }
}
