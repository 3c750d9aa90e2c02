//! Where in a values.schema.json the cause of a library's message is.

use super::value_origins::find_nearest_in;
use crate::check::finding::Location;
use crate::text::json_pointer;
use crate::text::source::SourceFile;
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// Deepest nesting that is searched.
const MAX_DEPTH: usize = 200;
/// Keywords that refer to other schemas.
const REFERENCES: [&str; 4] = ["$ref", "$schema", "$dynamicRef", "$recursiveRef"];
/// How messages about a target that does not exist begin.
const ABOUT_TARGETS: [&str; 4] = [
    "json-pointer in ",
    "anchor in ",
    "failing loading ",
    "error in parsing \"",
];

/// The place of a fault that keeps a schema from being compiled, by its message.
pub(super) fn fault_place(file: &SourceFile, message: &str) -> Option<Location> {
    let quoted: Vec<&str> = message.split('"').skip(1).step_by(2).collect();
    if ABOUT_TARGETS.iter().any(|start| message.starts_with(start)) {
        return reference_place(file, quoted.first()?);
    }
    // The last of several places is the one that was found second.
    let pointer = quoted.iter().rev().find_map(|text| {
        let (_, pointer) = text.split_once('#').unwrap_or(("", text));
        pointer.starts_with('/').then_some(pointer)
    })?;
    let steps: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|step| json_pointer::unescape(&decoded(step)).into_owned())
        .collect();
    find_nearest_in(file, &steps)
}

/// The place of a reference that leads to a URL.
pub(super) fn reference_place(file: &SourceFile, url: &str) -> Option<Location> {
    let tree = yaml::parse_all(file.text()).ok()?;
    let target = decoded(url);
    let leads_there = |reference: &str| {
        let reference = decoded(reference);
        let document = reference.split('#').next().unwrap_or_default();
        !reference.is_empty() && (target.ends_with(&reference) || !document.is_empty() && target.ends_with(document))
    };
    let documents = tree.documents();
    let found = documents
        .iter()
        .find_map(|document| find_reference(&tree, document.root, &leads_there, 0))?;
    Some(Location::new(file.clone(), tree.span(found)))
}

fn find_reference(tree: &Tree<'_>, node: NodeId, leads_there: &dyn Fn(&str) -> bool, depth: usize) -> Option<NodeId> {
    if depth > MAX_DEPTH {
        return None;
    }
    match tree.kind(node) {
        NodeKind::Mapping => tree.pairs(node).find_map(|(key, value)| {
            let is_reference = REFERENCES.contains(&tree.text(key)) && matches!(tree.kind(value), NodeKind::Scalar(_));
            if is_reference && leads_there(tree.text(value)) {
                return Some(value);
            }
            find_reference(tree, value, leads_there, depth + 1)
        }),
        NodeKind::Sequence => tree
            .children(node)
            .find_map(|item| find_reference(tree, item, leads_there, depth + 1)),
        _ => None,
    }
}

/// The text without percent signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let code = digit(0).zip(digit(1)).filter(|_| byte == b'%');
        match code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(code) => {
                bytes.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{
  "$schema": "http://json-schema.org/draft-07/schema",
  "properties": {
    "a b": {"pattern": "("},
    "c": {"$ref": "#/definitions/nope"},
    "d": {"$ref": "#anchor"},
    "e": {"$ref": "https://example.org/x.json#/a"},
    "f": {"$ref": "other%20one.json"},
    "g": {"$id": "x"}
  }
}"##;

    #[test]
    fn faults_are_found_where_they_are_written() {
        let file = SourceFile::new("values.schema.json".to_owned(), SCHEMA.as_bytes().to_vec());
        for (message, want) in [
            (
                r#"invalid regex "(" at "file:///values.schema.json#/properties/a%20b/patternProperties": error"#,
                Some((4, 5)),
            ),
            (
                r#"json-pointer in "file:///values.schema.json#/definitions/nope" not found"#,
                Some((5, 19)),
            ),
            (
                r#"anchor in "file:///values.schema.json#anchor" not found in schema "file:///values.schema.json""#,
                Some((6, 19)),
            ),
            (
                r#"failing loading "https://example.org/x.json": HTTP request failed"#,
                Some((7, 19)),
            ),
            (
                r#"failing loading "file:///other%20one.json": open /other one.json"#,
                Some((8, 19)),
            ),
            (
                r#"error in parsing id at "file:///values.schema.json#/properties/g""#,
                Some((9, 5)),
            ),
            (
                r#"duplicate id "x" in "u" at "/properties/c" and "/properties/g""#,
                Some((9, 5)),
            ),
            ("something else", None),
        ] {
            let place = fault_place(&file, message).map(|location| location.position());
            let place = place.map(|position| (position.line, position.column));
            assert_eq!(place, want, "{message}");
        }
    }
}
