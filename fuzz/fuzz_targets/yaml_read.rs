//! Any bytes as YAML: a tree whose spans lie inside the text, or an error; the same from both readers.
#![no_main]

use chartwright::text::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let tree = yaml::parse_stream(text);
    for document in tree.documents() {
        let mut stack = vec![document.root];
        while let Some(node) = stack.pop() {
            assert!(tree.source().get(tree.span(node).range()).is_some());
            assert!(tree.line(node) > 0);
            stack.extend(tree.children(node));
        }
    }
    assert_eq!(tree, yaml::parse_stream_from_tokens(text));
    assert_eq!(yaml::parse_first(text), yaml::parse_first_from_tokens(text));
    let loose = yaml::json_from_bytes(text);
    let strict = yaml::json_from_bytes_strict(text);
    assert!(strict.is_err() || loose.is_ok());
});
