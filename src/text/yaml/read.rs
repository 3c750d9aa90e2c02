//! The entry points of reading.

use std::cell::Cell;

use super::compose::{Extent, Readers, compose};
use super::error::YamlError;
use super::tree::{Node, Tree};

thread_local! {
    /// The list of nodes of the last text of [`with_all`].
    static SPARE_NODES: Cell<Vec<Node>> = const { Cell::new(Vec::new()) };
}

/// Nodes for which room is kept on a thread: some megabytes.
const MAX_SPARE: usize = 1 << 16;

/// Reads the first document only, as Go's `yaml.Unmarshal` does: faults after it are not noticed.
///
/// # Errors
/// For the first fault of the text.
pub fn parse_first(bytes: &[u8]) -> Result<Tree<'_>, YamlError> {
    into_result(compose(bytes, Extent::First, Readers::Both, Vec::new()))
}

/// Reads all documents of a stream.
///
/// # Errors
/// For the first fault of the text.
pub fn parse_all(bytes: &[u8]) -> Result<Tree<'_>, YamlError> {
    into_result(compose(bytes, Extent::All, Readers::Both, Vec::new()))
}

/// Reads all documents of a stream for one piece of work, in memory that the thread uses again for the next: the lists of many
/// texts of all sizes cost more than the texts. `work` is given what [`parse_all`] gives.
pub fn with_all<R>(bytes: &[u8], work: impl FnOnce(Result<&Tree<'_>, YamlError>) -> R) -> R {
    let mut tree = compose(bytes, Extent::All, Readers::Both, SPARE_NODES.take());
    let result = work(match tree.error.take() {
        Some(error) => Err(error),
        None => Ok(&tree),
    });
    if tree.nodes.capacity() <= MAX_SPARE {
        tree.nodes.clear();
        SPARE_NODES.set(tree.nodes);
    }
    result
}

/// Reads documents up to the first fault, which the tree then holds: see [`Tree::error`].
pub fn parse_stream(bytes: &[u8]) -> Tree<'_> {
    compose(bytes, Extent::All, Readers::Both, Vec::new())
}

/// The tree of [`parse_stream`], read more slowly: from tokens only. A test's reference for the block reader.
pub fn parse_stream_from_tokens(bytes: &[u8]) -> Tree<'_> {
    compose(bytes, Extent::All, Readers::Tokens, Vec::new())
}

/// The same of [`parse_first`].
///
/// # Errors
/// For the first fault of the text.
pub fn parse_first_from_tokens(bytes: &[u8]) -> Result<Tree<'_>, YamlError> {
    into_result(compose(bytes, Extent::First, Readers::Tokens, Vec::new()))
}

fn into_result(mut tree: Tree<'_>) -> Result<Tree<'_>, YamlError> {
    tree.error.take().map_or(Ok(tree), Err)
}

#[cfg(test)]
mod tests {
    use super::super::{NodeKind, json_from_bytes};
    use super::*;
    use crate::text::limits::YAML_NODES;

    fn spans<'t>(tree: &'t Tree<'_>) -> Vec<&'t str> {
        let mut stack = vec![tree.root().expect("has a document")];
        let mut found = Vec::new();
        while let Some(id) = stack.pop() {
            found.push(tree.source().get(tree.span(id).range()).expect("is inside"));
            let children: Vec<_> = tree.children(id).collect();
            stack.extend(children.into_iter().rev());
        }
        found
    }

    #[test]
    fn texts_of_too_many_values_are_refused_by_both_readers() {
        let list = |items: usize| format!("[{}]", "1,".repeat(items));
        let (fits, exceeds) = (list(YAML_NODES - 1), list(YAML_NODES));
        assert!(parse_first(fits.as_bytes()).is_ok());
        let wanted = "yaml: the text has more than 2000000 values";
        assert_eq!(parse_first(exceeds.as_bytes()).unwrap_err().to_string(), wanted);
        assert_eq!(
            parse_first_from_tokens(exceeds.as_bytes()).unwrap_err().to_string(),
            wanted
        );
        let block = "- 1\n".repeat(YAML_NODES);
        assert_eq!(parse_first(block.as_bytes()).unwrap_err().to_string(), wanted);
        let error = json_from_bytes(list(1_000_000).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "yaml: the text has more than 1000000 values");
        assert!(json_from_bytes(list(900_000).as_bytes()).is_ok());
    }

    #[test]
    fn values_are_read() {
        for (text, expected) in [
            ("", "null"),
            ("# c\n", "null"),
            (
                "a: 1\nb:\n- x\n- 'it''s'\n- \"t\\tu\"\n",
                r#"{"a":1,"b":["x","it's","t\tu"]}"#,
            ),
            ("a: [1, {b: c}, d: e, ]\n", r#"{"a":[1,{"b":"c"},{"d":"e"}]}"#),
            (
                "a: |\n  x\n   y\n\nb: >-\n  p\n  q\n\n  r\n",
                r#"{"a":"x\n y\n","b":"p q\nr"}"#,
            ),
            ("a: |+\n  x\n\nb: |2-\n   x\n", r#"{"a":"x\n\n","b":" x"}"#),
            ("a: x\n  y\n\n  z\n", r#"{"a":"x y\nz"}"#),
            ("? a\n: b\n? [c]\n", "yaml: invalid map key: []interface {}{\"c\"}"),
            (
                "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
                r#"{"a":{"b":1},"c":{"b":1,"d":2}}"#,
            ),
            ("a: 1\na: 2\n", r#"{"a":2}"#),
            ("y: 1\n1.5: 2\n", r#"{"true":1,"1.5":2}"#),
            ("a: .inf\n", "json: unsupported value: +Inf"),
            ("a: .inf\na: 1\n", r#"{"a":1}"#),
            (
                "~: 1\n",
                "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1",
            ),
            (
                "a: {{ x }}\n",
                "yaml: invalid map key: map[interface {}]interface {}{\"x\":interface {}(nil)}",
            ),
            ("a: &x [*x]\n", "yaml: anchor 'x' value contains itself"),
            ("a: *x\n", "yaml: unknown anchor 'x' referenced"),
            ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
            (
                "a: 1\nb: c: d\n",
                "yaml: line 2: mapping values are not allowed in this context",
            ),
            (
                "a:\n  b: 1\n\t- c\n",
                "yaml: line 3: found a tab character that violates indentation",
            ),
            ("a: 'x\n", "yaml: line 2: found unexpected end of stream"),
            ("a: [1\nb: 2\n", "yaml: line 1: did not find expected ',' or ']'"),
            ("a: 1\n---\n: [", r#"{"a":1}"#),
        ] {
            let found = match json_from_bytes(text.as_bytes()) {
                Ok(value) => value.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn spans_cover_the_written_text() {
        let tree = parse_first(b"a: !!str &x 'b' # c\nd: |\n  e\n\nf: [g, \"h\"]\ni:\n- j\n- k: l\n").expect("is YAML");
        assert_eq!(
            spans(&tree).get(1..).expect("has children"),
            [
                "a",
                "'b'",
                "d",
                "|\n  e",
                "f",
                "[g, \"h\"]",
                "g",
                "\"h\"",
                "i",
                "- j\n- k: l",
                "j",
                "k: l",
                "k",
                "l"
            ]
        );
        let root = tree.root().expect("has a document");
        let tagged = tree.get(root, "a").expect("is there");
        assert_eq!(tree.tag(tagged), "tag:yaml.org,2002:str");
        assert_eq!(tree.comments().len(), 1);
        let leaf = tree.find(root, &["i", "1", "k"]).expect("is there");
        assert_eq!((tree.path(leaf).as_str(), tree.line(leaf)), ("/i/1/k", 8));
    }

    #[test]
    fn streams_are_read_document_by_document() {
        let tree = parse_stream(b"a\n--- {b: c}\n...\n---\n--- d: [\n");
        let kinds: Vec<_> = tree
            .documents()
            .iter()
            .map(|document| tree.kind(document.root))
            .collect();
        assert_eq!(kinds.len(), 3);
        assert_eq!(kinds.get(1), Some(&NodeKind::Mapping));
        assert!(tree.error().is_some());
    }
}
