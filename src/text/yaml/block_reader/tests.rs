//! Which documents the block reader reads, and that it gives the tree that scanner and parser give.

use proptest::prelude::*;

use crate::text::yaml::scanner::{Place, Scanner};
use crate::text::yaml::{parse_first, parse_first_from_tokens, parse_stream, parse_stream_from_tokens};

use super::{BlockReader, Found};

/// Whether the first document is read by the block reader.
fn is_read(text: &str) -> bool {
    let mut scanner = Scanner::new(text, 0, text.is_ascii());
    let mut nodes = Vec::new();
    let begin = Place {
        position: 0,
        line: 0,
        line_start: 0,
    };
    let found = BlockReader::new(&mut scanner, &mut nodes, begin, text.contains('\t')).document();
    BlockReader::accepts(text, text.is_ascii()) && matches!(found, Some(Found::Document(..)))
}

fn assert_same(text: &str) {
    let bytes = text.as_bytes();
    assert_eq!(parse_stream(bytes), parse_stream_from_tokens(bytes), "{text:?}");
    assert_eq!(parse_first(bytes), parse_first_from_tokens(bytes), "{text:?}");
}

#[test]
fn common_documents_are_read_without_tokens() {
    for text in [
        "a: 1\nb: x y # c\nc:\n",
        "# c\n\n---\na: 1\n---\nb: [\n",
        "--- # c\n# d\n",
        "a:\n  b:\n  c: {}\nd: []",
        "a:\n- b\n-\n- c: d\n  e: f\ng: h\n",
        "a:\n  - - b\n    - c\n  -\n    d: e\n",
        "'a': \"b\"\n\"c\" : 'd'#e\nf : g\n",
        "a: 'it''s'\nb: \"c\\td\"\ne: \"f\n  g\"\n",
        "a: |\n  b\n   c\n\nd: >-\n  e\n  f\n# g\nh: i\n",
        "- |+\n  b\n\n- c\n",
        "a: b\n  c\n\n  d # e\nf: g\n",
        "a:\n  b\n  c\nd:\n  'e'\n",
        "a: [b, 'c', \"d e\", f g, ]\nh: {i: j, \"k\":[l]}\n",
        "é: ü\na:b: c:d\n-e: --f\n",
    ] {
        assert!(is_read(text), "{text}");
        assert_same(text);
    }
}

#[test]
fn anything_else_is_left_to_scanner_and_parser() {
    for text in [
        "a",
        "'a'\n",
        "--- a: b\n",
        "a: b\n...\n",
        "%YAML 1.1\n---\na: b\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !!str b\n",
        "? a\n: b\n",
        "a: b\r\n",
        "a: b\u{2028}c: d\n",
        "a:\tb\n",
        "a: b\t\n",
        "-\ta\n",
        "\ta: b\n",
        "a: [b,\n  c]\n",
        "a: [b: c]\n",
        "a: {b}\n",
        "a: {b: c}: d\n",
        "[a]: b\n",
        "a: b: c\n",
        "a: - b\n",
        "a: 'b' c\n",
        "a: 'b\n",
        "a: b\n  c: d\n",
        "a:\n    b: c\n  d\n",
        "a:\n  - b\n - c\n",
        "a: [b]\n  c\n",
        "a: 'b'\n  c\n",
        "- a\nb: c\n",
        "  a: b\nc: d\n",
        "a: @b\n",
    ] {
        assert!(!is_read(text), "{text}");
        assert_same(text);
    }
}

#[test]
fn limits_are_those_of_the_scanner() {
    let deep: String = (0..300).map(|depth| " ".repeat(depth) + "a:\n").collect();
    let brackets = format!("a: {}{}\n", "[".repeat(100), "]".repeat(100));
    for text in [deep, brackets, format!("{}: b\n", "a".repeat(1025))] {
        assert!(!is_read(&text), "{text}");
        assert_same(&text);
    }
    let longest = format!("{}: b\n", "a".repeat(1024));
    assert!(is_read(&longest));
    assert_same(&longest);
}

#[test]
fn reading_continues_directly_after_a_document_that_needs_tokens() {
    for text in [
        "a: b # c\n---\nd: &e f # g\n---\nh: \"i\\tj\" # k\n---\nl: *e\n",
        "a: &b c\n...\n---\nd: e\n",
        "é: [\u{e9}\n]\n--- # \u{e9}\né: |\n  x\n---\n\u{e9}: [ü\n ]\n",
    ] {
        assert_same(text);
    }
}

proptest! {
    #[test]
    fn lines_of_any_kind_give_the_same_tree(
        lines in prop::collection::vec("( {0,4}|---)(- |-)?([ab'\"]{0,2}:)?( ?[a{}\\[\\],|>'\"#é\\\\-]{0,3})", 0..8),
    ) {
        assert_same(&lines.join("\n"));
    }
}
