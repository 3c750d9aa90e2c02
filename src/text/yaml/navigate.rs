//! Walking a tree: children, pairs, lookups and paths.

use super::tree::{Node, NodeId, NodeKind, Tree};
use crate::text::json_pointer;

impl Tree<'_> {
    /// The children of a collection in order; for a mapping, keys and values alternately. Aliases have none: see
    /// [`Tree::target`].
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut next = id.0.saturating_add(1);
        let end = self.node(id).map_or(0, |node| node.end);
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let child = NodeId(next);
            next = self.node(child)?.end;
            Some(child)
        })
    }

    /// Number of elements of a sequence or of pairs of a mapping.
    pub fn len(&self, id: NodeId) -> usize {
        match self.node(id) {
            Some(Node {
                kind: NodeKind::Sequence,
                text,
                ..
            }) => text.start as usize,
            Some(Node {
                kind: NodeKind::Mapping,
                text,
                ..
            }) => text.start as usize / 2,
            _ => 0,
        }
    }

    /// The pairs of a mapping in order, duplicates and merge keys as written.
    pub fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let is_mapping = self.kind(id) == NodeKind::Mapping;
        let mut children = self.children(id);
        std::iter::from_fn(move || {
            if is_mapping {
                children.next().zip(children.next())
            } else {
                None
            }
        })
    }

    /// The value of a scalar key: the last one where it is written twice. Follows an alias to a mapping, not `<<`.
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        let found = self
            .pairs(self.target(id))
            .filter(|(name, _)| self.is_text(self.target(*name), key));
        found.last().map(|(_, value)| value)
    }

    /// The element of a sequence.
    pub fn element(&self, id: NodeId, index: usize) -> Option<NodeId> {
        let id = self.target(id);
        if self.kind(id) != NodeKind::Sequence {
            return None;
        }
        self.children(id).nth(index)
    }

    /// Follows keys, and indices of sequences, from `id`.
    pub fn find(&self, id: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(id, |at, step| match self.kind(self.target(at)) {
            NodeKind::Sequence => self.element(at, step.parse().ok()?),
            _ => self.get(at, step),
        })
    }

    /// A node's path from its document's root, as a JSON pointer: `/spec/containers/0/image`. The path of a key is
    /// that of its value.
    pub fn path(&self, id: NodeId) -> String {
        let before = self.documents.partition_point(|document| document.root <= id);
        let Some(document) = before.checked_sub(1).and_then(|index| self.documents.get(index)) else {
            return String::new();
        };
        let mut path = String::new();
        let mut at = document.root;
        while at != id {
            let Some((index, child)) = self
                .children(at)
                .enumerate()
                .take_while(|(_, child)| *child <= id)
                .last()
            else {
                break;
            };
            path.push('/');
            if self.kind(at) == NodeKind::Mapping {
                let key = self.children(at).nth(index & !1);
                let key = key.map(|key| self.text(self.target(key))).unwrap_or_default();
                path.push_str(&json_pointer::escape(key));
            } else {
                path.push_str(&index.to_string());
            }
            at = child;
        }
        path
    }
}
