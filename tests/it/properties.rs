//! Edits change the bytes of the edited scalars and nothing else, in every values.yaml of the corpus (see
//! `tests/it/data.rs`), or of the example if there is no corpus.

use std::path::PathBuf;

use chartwright::text::edit::{Change, EditError, NewValue, Step, YamlPath, apply_changes};
use chartwright::text::yaml::{self, NodeId, NodeKind, Tree};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::data;

/// Edits tried on each file.
const EDITS: usize = 6;

const VALUES: [&str; 16] = [
    "1.10",
    "v2",
    "on",
    "null",
    "~",
    "a: b",
    "x # y",
    "",
    "0x1F",
    "it's",
    "say \"hi\"",
    "- a",
    "{{ x }}",
    "*a",
    "é✓",
    "line\nbreak",
];

fn values_files() -> Vec<PathBuf> {
    let corpus = data::corpus().map(|corpus| corpus.join("charts"));
    let root = corpus.unwrap_or_else(|| PathBuf::from("fixtures/shop"));
    let charts = std::fs::read_dir(root)
        .expect("charts")
        .map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = charts
        .map(|chart| chart.join("values.yaml"))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    if data::corpus().is_some() {
        assert_eq!(
            files.len(),
            data::VALUES_FILES,
            "tests/it/data.rs has another number of values files"
        );
    }
    files
}

/// The scalars of a document with their paths, those below aliases left out.
fn scalars(tree: &Tree<'_>, node: NodeId, path: &YamlPath, found: &mut Vec<(YamlPath, NodeId)>) {
    match tree.kind(node) {
        NodeKind::Scalar(_) => found.push((path.clone(), node)),
        NodeKind::Alias => {}
        NodeKind::Sequence => {
            for (index, item) in tree.children(node).enumerate() {
                scalars(tree, item, &path.child(Step::Index(index)), found);
            }
        }
        NodeKind::Mapping => {
            for (key, value) in tree.pairs(node) {
                scalars(tree, value, &path.key(tree.text(key)), found);
            }
        }
    }
}

#[test]
fn edits_change_one_scalar_and_nothing_else() {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut edits = 0usize;
    let mut refused = 0usize;
    for file in values_files() {
        let source = std::fs::read(&file).expect("a values file");
        let Ok(tree) = yaml::parse_all(&source) else { continue };
        let mut found = Vec::new();
        for document in tree.documents() {
            scalars(&tree, document.root, &YamlPath::default(), &mut found);
        }
        for _ in 0..EDITS.min(found.len()) {
            let pick = usize::try_from(random.next_u32()).expect("fits") % found.len();
            let Some((path, node)) = found.get(pick) else { continue };
            let value = VALUES
                .get(usize::try_from(random.next_u32()).expect("fits") % VALUES.len())
                .expect("in range");
            if path.0.is_empty() {
                continue;
            }
            let change = Change {
                document: None,
                path: path.clone(),
                value: NewValue::Text((*value).to_owned()),
            };
            match apply_changes(&source, &[change]) {
                Err(EditError::Shared { .. }) => refused += 1,
                Err(error) => assert!(
                    matches!(error, EditError::NotFound { .. } | EditError::NotScalar { .. }),
                    "{}: {path}: {error}",
                    file.display()
                ),
                Ok((edited, _)) => {
                    edits += 1;
                    let span = tree.span(*node);
                    // A path written twice in one mapping is edited at its last place.
                    if path_of_last(&tree, path) != Some(*node) {
                        continue;
                    }
                    let (before, after) = (span.range().start, source.len() - span.range().end);
                    assert_eq!(edited.get(..before), source.get(..before), "{}: {path}", file.display());
                    assert_eq!(
                        edited.get(edited.len() - after..),
                        source.get(source.len() - after..),
                        "{}: {path}",
                        file.display()
                    );
                    let new = yaml::parse_all(&edited).expect("the result is YAML");
                    let steps: Vec<String> = path
                        .0
                        .iter()
                        .map(|step| match step {
                            Step::Key(key) => key.clone(),
                            Step::Index(index) => index.to_string(),
                        })
                        .collect();
                    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
                    let read = new
                        .documents()
                        .iter()
                        .find_map(|document| new.find(document.root, &steps))
                        .expect("the value is there");
                    assert_eq!(
                        new.scalar(read).expect("a scalar"),
                        yaml::Scalar::Str((*value).into()),
                        "{}: {path}",
                        file.display()
                    );
                }
            }
        }
    }
    assert!(edits > 10, "{edits} edits, {refused} refused");
}

fn path_of_last(tree: &Tree<'_>, path: &YamlPath) -> Option<NodeId> {
    tree.documents().iter().find_map(|document| {
        path.0.iter().try_fold(document.root, |node, step| match step {
            Step::Key(key) => tree.get(node, key),
            Step::Index(index) => tree.element(node, *index),
        })
    })
}
