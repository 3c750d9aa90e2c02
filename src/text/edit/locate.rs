//! The scalar that a path leads to, and whether anything else of the file refers to it.

use crate::text::yaml::{NodeId, NodeKind, Tree};

use super::edit_error::EditError;
use super::yaml_path::{Step, YamlPath};

/// The node at `path` in a document, counted from 0; `None` for the first that has the path.
pub(super) fn find(tree: &Tree<'_>, path: &YamlPath, document: Option<usize>) -> Result<NodeId, EditError> {
    let mut nearest = YamlPath::default();
    for (number, found) in tree.documents().iter().enumerate() {
        if document.is_some_and(|document| document != number) {
            continue;
        }
        let mut at = found.root;
        let mut walked = YamlPath::default();
        for step in &path.0 {
            if tree.kind(at) == NodeKind::Alias {
                let line = tree.line(at);
                return Err(EditError::Shared {
                    path: path.clone(),
                    line,
                    anchor: tree.text(at).to_owned(),
                });
            }
            let next = match step {
                Step::Key(key) => tree.get(at, key),
                Step::Index(index) => tree.element(at, *index),
            };
            match next {
                Some(next) => {
                    at = next;
                    walked = walked.child(step.clone());
                }
                None => break,
            }
        }
        if walked == *path {
            return Ok(at);
        }
        if walked.0.len() > nearest.0.len() {
            nearest = walked;
        }
    }
    Err(EditError::NotFound {
        path: path.clone(),
        nearest: nearest.to_string(),
    })
}

/// The anchor of a node or of a collection around it that an alias of the file refers to.
pub(super) fn shared_anchor(tree: &Tree<'_>, id: NodeId) -> Option<String> {
    let mut pending: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    while let Some(node) = pending.pop() {
        if tree.kind(node) == NodeKind::Alias {
            let target = tree.target(node);
            if target == id || contains(tree, target, id) {
                return Some(tree.text(node).to_owned());
            }
        }
        pending.extend(tree.children(node));
    }
    None
}

fn contains(tree: &Tree<'_>, ancestor: NodeId, id: NodeId) -> bool {
    let mut pending = vec![ancestor];
    while let Some(node) = pending.pop() {
        if node == id {
            return true;
        }
        // Only the child that begins last at or before `id` can contain it: ids are in document order.
        pending.extend(tree.children(node).take_while(|child| *child <= id).last());
    }
    false
}
