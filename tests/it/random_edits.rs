//! Random edits of real files, each with the values that must be read after it.

use std::path::{Path, PathBuf};

use chartwright::text::edit::{DocumentChoice, Edit, NewNode, NewValue, Operation, Step, YamlPath};
use chartwright::text::yaml::{self, NodeId, NodeKind, Tree};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Map, Value as Json};

use crate::data;

/// Texts that some reader would take for something else, and a few that none would.
const TEXTS: [&str; 24] = [
    "1.10",
    "v2",
    "on",
    "n",
    "null",
    "~",
    "a: b",
    "x # y",
    "",
    "0x1F",
    "0o17",
    "1:30",
    "2024-01-31",
    "it's",
    "say \"hi\"",
    "- a",
    "{{ x }}",
    "*a",
    "é✓",
    "line\nbreak",
    "trailing ",
    "1e999",
    "C:\\dir",
    "two\n\nlines\n",
];

/// The texts whose values are edited: every values.yaml and Chart.yaml of the corpus, or of the example without it, and the torture
/// files.
pub(crate) fn edited_files() -> Vec<PathBuf> {
    let corpus = data::corpus().map(|corpus| corpus.join("charts"));
    let mut found = Vec::new();
    collect(Path::new("fixtures"), &mut found);
    if let Some(corpus) = corpus {
        let mut charts = Vec::new();
        collect(&corpus, &mut charts);
        assert_eq!(
            charts.len(),
            data::EDITED_FILES,
            "tests/it/data.rs has another number of files"
        );
        found.extend(charts);
    }
    found
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, found);
        } else if matches!(&*name, "values.yaml" | "Chart.yaml") || name.starts_with("before.") {
            found.push(path);
        }
    }
}

/// An edit, and the documents of the file after it as JSON.
pub(crate) struct RandomEdit {
    pub(crate) edit: Edit,
    pub(crate) after: Vec<Json>,
    /// The node that it is about; for a removal, what goes.
    pub(crate) node: NodeId,
}

/// A source of random edits.
pub(crate) struct Editor(TestRng);

/// A node of a document with its path, and the pointer to it in the document's JSON.
struct Place {
    document: usize,
    node: NodeId,
    path: YamlPath,
    pointer: String,
    /// Whether it is gone after its removal: a merge key may have another value for its key.
    can_go: bool,
}

impl Editor {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().zip(seed.to_le_bytes()) {
            *at = byte;
        }
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u32()).expect("fits") % end
    }

    fn text(&mut self) -> String {
        TEXTS
            .get(self.below(TEXTS.len()))
            .copied()
            .unwrap_or_default()
            .to_owned()
    }

    /// An edit of a random place; none for a text without one, or whose values are not JSON.
    pub(crate) fn edit(&mut self, tree: &Tree<'_>) -> Option<RandomEdit> {
        let before: Result<Vec<Json>, _> = tree
            .documents()
            .iter()
            .map(|document| yaml::json_from_node(tree, document.root))
            .collect();
        let mut after = before.ok()?;
        let places = places(tree);
        if places.is_empty() {
            return None;
        }
        let place = places.get(self.below(places.len()))?;
        let document = after.get_mut(place.document)?;
        let value = document.pointer_mut(&place.pointer)?;
        let text = self.text();
        let new = NewValue::Text(text.clone());
        let (path, operation, creates) = match (tree.kind(place.node), self.below(5)) {
            (NodeKind::Scalar(_), 0..3) => {
                *value = Json::String(text);
                (place.path.clone(), Operation::Set(new), false)
            }
            (NodeKind::Mapping, 0..3) => {
                let key = format!("new {}", self.below(100));
                let added = if self.below(2) == 0 {
                    Json::String(text)
                } else {
                    serde_json::json!({"inner": text})
                };
                let path = place.path.key(&key);
                let path = if added.is_object() { path.key("inner") } else { path };
                value.as_object_mut()?.insert(key, added);
                (path, Operation::Set(new), true)
            }
            (NodeKind::Sequence, 0..3) => {
                let (node, json) = if self.below(2) == 0 {
                    (NewNode::Scalar(new), Json::String(text))
                } else {
                    let list = NewNode::Sequence(vec![NewNode::Literal("1".to_owned())]);
                    let pairs = vec![("name".to_owned(), NewNode::Scalar(new)), ("list".to_owned(), list)];
                    (NewNode::Mapping(pairs), serde_json::json!({"name": text, "list": [1]}))
                };
                value.as_array_mut()?.push(json);
                (place.path.clone(), Operation::Append(node), false)
            }
            _ if !place.can_go => return None,
            _ => {
                remove(document, &place.pointer)?;
                (place.path.clone(), Operation::Remove, false)
            }
        };
        Some(RandomEdit {
            edit: Edit {
                document: DocumentChoice::Index(place.document),
                creates,
                ..Edit::new(path, operation)
            },
            after,
            node: place.node,
        })
    }
}

/// Removes what a pointer leads to.
fn remove(document: &mut Json, pointer: &str) -> Option<()> {
    let (parent, last) = pointer.rsplit_once('/')?;
    match document.pointer_mut(parent)? {
        Json::Object(map) => map.shift_remove(&last.replace("~1", "/").replace("~0", "~")).map(drop),
        Json::Array(items) => {
            items.remove(last.parse().ok()?);
            Some(())
        }
        _ => None,
    }
}

/// All nodes that paths lead to: not below aliases, and not below keys that are no text or are written twice.
fn places(tree: &Tree<'_>) -> Vec<Place> {
    let mut found = Vec::new();
    for (document, root) in tree.documents().iter().map(|document| document.root).enumerate() {
        let mut pending = vec![(root, YamlPath::default(), String::new(), true)];
        while let Some((node, path, pointer, can_go)) = pending.pop() {
            match tree.kind(node) {
                NodeKind::Mapping => {
                    let mut keys = Map::new();
                    for (key, _) in tree.pairs(node) {
                        let count = keys.entry(tree.text(key).to_owned()).or_insert(Json::from(0));
                        *count = Json::from(count.as_u64().unwrap_or(0) + 1);
                    }
                    let has_merge_key = tree.pairs(node).any(|(key, _)| tree.is_merge_key(key));
                    for (key, value) in tree.pairs(node) {
                        let Some(text) = tree
                            .plain_key(key)
                            .filter(|text| keys.get(*text) == Some(&Json::from(1)))
                        else {
                            continue;
                        };
                        let escaped = text.replace('~', "~0").replace('/', "~1");
                        pending.push((value, path.key(text), format!("{pointer}/{escaped}"), !has_merge_key));
                    }
                }
                NodeKind::Sequence => {
                    for (index, item) in tree.children(node).enumerate() {
                        pending.push((item, path.child(Step::Index(index)), format!("{pointer}/{index}"), true));
                    }
                }
                NodeKind::Scalar(_) | NodeKind::Alias => {}
            }
            if !path.0.is_empty() && !path.0.contains(&Step::Key(String::new())) {
                found.push(Place {
                    document,
                    node,
                    path,
                    pointer,
                    can_go,
                });
            }
        }
    }
    found
}
