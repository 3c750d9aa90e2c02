//! Lookups in a tree that many edits are planned on: what takes a walk through a collection, or through the whole text, is done once.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use crate::text::source::LineIndex;
use crate::text::yaml::{KeyIndex, NodeId, NodeKind, Tree};

use super::anchors::{SharedAnchor, anchors};
use super::entries::parent_of;

/// Up to how many items a list is counted through.
const FEW: usize = 16;

/// A tree, and what is known of it.
pub(super) struct TreeIndex<'t> {
    pub(super) tree: &'t Tree<'t>,
    keys: KeyIndex<'t>,
    items: RefCell<HashMap<NodeId, Vec<NodeId>>>,
    parents: OnceCell<HashMap<NodeId, (NodeId, usize)>>,
    /// How often a parent was looked for.
    searches: Cell<usize>,
    lines: OnceCell<LineIndex>,
    anchors: OnceCell<Vec<SharedAnchor>>,
}

impl<'t> TreeIndex<'t> {
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        Self {
            tree,
            keys: KeyIndex::new(tree),
            items: RefCell::default(),
            parents: OnceCell::new(),
            searches: Cell::new(0),
            lines: OnceCell::new(),
            anchors: OnceCell::new(),
        }
    }

    /// The same as [`Tree::get`].
    pub(super) fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.keys.get(id, key)
    }

    /// The same as [`Tree::element`].
    pub(super) fn element(&self, id: NodeId, index: usize) -> Option<NodeId> {
        if self.tree.kind(id) != NodeKind::Sequence || index <= FEW {
            return self.tree.element(id, index);
        }
        let mut items = self.items.borrow_mut();
        let items = items.entry(id).or_insert_with(|| self.tree.children(id).collect());
        items.get(index).copied()
    }

    /// The key of a pair of a mapping, by its number.
    pub(super) fn key(&self, mapping: NodeId, number: usize) -> Option<NodeId> {
        if self.tree.kind(mapping) != NodeKind::Mapping {
            return None;
        }
        if number <= FEW {
            return self.tree.pairs(mapping).nth(number).map(|(key, _)| key);
        }
        let mut items = self.items.borrow_mut();
        let items = items
            .entry(mapping)
            .or_insert_with(|| self.tree.children(mapping).collect());
        items.get(number * 2).copied()
    }

    /// The same as [`parent_of`].
    pub(super) fn parent_of(&self, node: NodeId) -> Option<(NodeId, usize)> {
        self.searches.set(self.searches.get() + 1);
        if self.searches.get() <= FEW {
            return parent_of(self.tree, node);
        }
        self.parents.get_or_init(|| self.all_parents()).get(&node).copied()
    }

    fn all_parents(&self) -> HashMap<NodeId, (NodeId, usize)> {
        let tree = self.tree;
        let mut parents = HashMap::new();
        let mut pending: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
        while let Some(collection) = pending.pop() {
            let width = if tree.kind(collection) == NodeKind::Mapping {
                2
            } else {
                1
            };
            for (index, child) in tree.children(collection).enumerate() {
                parents.insert(child, (collection, index / width));
                if !matches!(tree.kind(child), NodeKind::Scalar(_) | NodeKind::Alias) {
                    pending.push(child);
                }
            }
        }
        parents
    }

    /// The 1-based line of a byte.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let lines = self.lines.get_or_init(|| LineIndex::new(self.tree.source().as_bytes()));
        lines.line(u32::try_from(offset).unwrap_or(u32::MAX))
    }

    /// All anchors of the file that something refers to, in the order of the first alias of each.
    pub(super) fn anchors(&self) -> &[SharedAnchor] {
        self.anchors.get_or_init(|| anchors(self.tree))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    #[test]
    fn parents_and_items_are_those_of_the_tree() {
        let list = "- {a: 1, b: [x, y]}\n".repeat(40);
        let text = format!("{list}---\nk: {{l: [1]}}\n");
        let tree = yaml::parse_all(text.as_bytes()).unwrap();
        let index = TreeIndex::new(&tree);
        let roots: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
        let mut pending = roots.clone();
        let mut seen = 0;
        while let Some(node) = pending.pop() {
            assert_eq!(index.parent_of(node), parent_of(&tree, node));
            pending.extend(tree.children(node));
            seen += 1;
        }
        assert!(seen > 40 * 7, "{seen}");
        for item in 0..41 {
            assert_eq!(index.element(roots[0], item), tree.element(roots[0], item));
        }
    }
}
