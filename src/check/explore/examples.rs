//! Examples in the comments of values.yaml: what stands behind a key whose value is empty, as a comment, and reads as a value.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::check::coverage::ValuePath;
use crate::text::ordered::CollectOrdered as _;
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// Most lines that one example may have.
const MAX_LINES: usize = 60;
/// Deepest nesting of values that is looked at.
const MAX_DEPTH: usize = 20;

/// Examples by the paths of the values that they are for.
#[derive(Debug, Default)]
pub(super) struct Examples(BTreeMap<ValuePath, Json>);

impl Examples {
    /// Reads the comments of a values file. A file that is not YAML has none.
    pub(super) fn new(text: &[u8]) -> Self {
        let Ok(tree) = yaml::parse_all(text) else {
            return Self::default();
        };
        let shown = String::from_utf8_lossy(text);
        let lines: Vec<&str> = shown.lines().collect();
        let mut keys = Vec::new();
        for document in tree.documents() {
            add_keys(&tree, document.root, &mut Vec::new(), &mut keys);
        }
        let starts = line_starts(text);
        let found = keys.into_iter().filter_map(|(path, at, is_empty)| {
            let line = starts.partition_point(|&start| start <= at).checked_sub(1)?;
            is_empty
                .then(|| example_below(&lines, line))
                .flatten()
                .map(|example| (path, example))
        });
        Self(found.collect_map())
    }

    /// The example for a value.
    pub(super) fn get(&self, path: &[String]) -> Option<&Json> {
        self.0.get(path)
    }
}

fn line_starts(text: &[u8]) -> Vec<usize> {
    std::iter::once(0)
        .chain(memchr::memchr_iter(b'\n', text).map(|at| at + 1))
        .collect()
}

/// Path and place of each key, and whether its value is empty.
fn add_keys(tree: &Tree<'_>, node: NodeId, path: &mut ValuePath, keys: &mut Vec<(ValuePath, usize, bool)>) {
    let node = tree.target(node);
    if path.len() > MAX_DEPTH || tree.kind(node) != NodeKind::Mapping {
        return;
    }
    for (key, value) in tree.pairs(node) {
        path.push(tree.text(tree.target(key)).to_owned());
        let value = tree.target(value);
        let is_empty = match tree.kind(value) {
            NodeKind::Mapping => tree.pairs(value).next().is_none(),
            NodeKind::Sequence => tree.children(value).next().is_none(),
            _ => matches!(tree.text(value), "" | "~" | "null"),
        };
        keys.push((path.clone(), tree.span(key).start as usize, is_empty));
        add_keys(tree, value, path, keys);
        path.pop();
    }
}

/// The comment below a line, as a value: a list or a map, as the values that templates range over are.
fn example_below(lines: &[&str], line: usize) -> Option<Json> {
    let key_indent = indent(lines.get(line)?);
    let comments: Vec<&str> = lines
        .get(line + 1..)?
        .iter()
        .take(MAX_LINES)
        .map_while(|line| line.trim_start().strip_prefix('#').map(|rest| (line, rest)))
        // A comment that begins further to the left is about something else.
        .take_while(|(line, _)| indent(line) >= key_indent)
        .map(|(_, rest)| rest)
        .collect();
    // Words may stand before and after the example.
    let begins = |text: &str| text.trim_start().starts_with("- ") || text.contains(':');
    let first = comments.iter().position(|text| begins(text))?;
    let comments = comments.get(first..)?;
    (1..=comments.len()).rev().find_map(|length| {
        let text = comments.get(..length)?.join("\n");
        match yaml::json_from_bytes_strict(text.as_bytes()).ok()? {
            Json::Array(items) if !items.is_empty() => Some(Json::Array(items)),
            Json::Object(entries) if !entries.is_empty() && entries.keys().all(|key| is_key(key)) => {
                Some(Json::Object(entries))
            }
            _ => None,
        }
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a text is a key rather than the beginning of a sentence with a colon.
fn is_key(text: &str) -> bool {
    !text.is_empty() && !text.contains(' ')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comments_below_empty_values_are_examples() {
        let text =
            b"hosts: []\n#  - host: a.example.com\n#    paths: [/]\n\ntolerations: []\n# Words about it: see above\n\
            resources: {}\n  # We leave this to the user.\n  # limits:\n  #   cpu: 100m\n\nname: \"\"\n# key: value\n\
            full: [1]\n# - 2\ninner:\n  list: []\n    # - x\n  # - z\n# other: 1\n";
        let examples = Examples::new(text);
        let get = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
            examples.get(&path).cloned()
        };
        assert_eq!(
            get(&["hosts"]),
            Some(json!([{"host": "a.example.com", "paths": ["/"]}]))
        );
        assert_eq!(get(&["tolerations"]), None);
        assert_eq!(get(&["resources"]), Some(json!({"limits": {"cpu": "100m"}})));
        assert_eq!(get(&["full"]), None);
        assert_eq!(get(&["inner", "list"]), Some(json!(["x", "z"])));
        assert_eq!(Examples::new(b"a: [").get(&["a".to_owned()]), None);
    }
}
