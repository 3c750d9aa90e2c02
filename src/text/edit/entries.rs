//! The pairs of a mapping or the items of a list with the bytes that are theirs: from the key, the dash, or an anchor or tag
//! before them, to the end of the value.

use crate::text::yaml::{NodeId, NodeKind, Tree};

use super::lines::next_token;

/// A pair or an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after its value.
    pub(super) end: usize,
    /// Its value.
    pub(super) value: NodeId,
}

/// The entries of a collection in order.
pub(super) fn entries(tree: &Tree<'_>, collection: NodeId) -> Vec<Entry> {
    let nodes: Vec<(NodeId, NodeId)> = match tree.kind(collection) {
        NodeKind::Mapping => tree.pairs(collection).collect(),
        _ => tree.children(collection).map(|item| (item, item)).collect(),
    };
    let source = tree.source().as_bytes();
    let is_flow = tree.is_flow(collection);
    let mut found: Vec<Entry> = Vec::with_capacity(nodes.len());
    for (first, value) in nodes {
        let written = tree.span(first).range().start;
        let start = match (found.last(), is_flow) {
            (None, false) => tree.span(collection).range().start,
            (None, true) => next_token(tree, tree.span(collection).range().start + 1, written),
            (Some(before), false) => next_token(tree, before.end, written),
            (Some(before), true) => {
                let comma = next_token(tree, before.end, written);
                let after = if source.get(comma) == Some(&b',') {
                    comma + 1
                } else {
                    comma
                };
                next_token(tree, after, written)
            }
        };
        found.push(Entry {
            start,
            end: end_of(tree, value),
            value,
        });
    }
    found
}

/// The byte after a node. The span of a block collection ends with its last scalar, before the bracket that may follow it.
pub(super) fn end_of(tree: &Tree<'_>, node: NodeId) -> usize {
    let mut at = node;
    while !tree.is_flow(at)
        && let Some(last) = tree.children(at).last()
    {
        at = last;
    }
    tree.span(at).range().end
}

/// The collection that a node is in, and which entry of it the node is; none for a document's root.
pub(super) fn parent_of(tree: &Tree<'_>, node: NodeId) -> Option<(NodeId, usize)> {
    let roots = tree.documents().iter().map(|document| document.root);
    let mut at = roots.take_while(|root| *root <= node).last()?;
    while at != node {
        let children = tree.children(at).enumerate().take_while(|(_, child)| *child <= node);
        let (index, child) = children.last()?;
        if child == node {
            let index = if tree.kind(at) == NodeKind::Mapping {
                index / 2
            } else {
                index
            };
            return Some((at, index));
        }
        at = child;
    }
    None
}
