//! What else changes with a node: aliases that refer to it, or to a collection around it.

use std::collections::HashMap;

use crate::text::compact_sort::sort;
use crate::text::yaml::{NodeId, NodeKind, Tree};

/// An anchor, and everything that refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedAnchor {
    /// Its name.
    pub name: String,
    /// The node that has it.
    pub node: NodeId,
    /// The aliases that stand for it, in order; those of merge keys too.
    pub aliases: Vec<NodeId>,
}

/// The anchors through which a node is part of more than one value: its own, and those of collections around it. With
/// [`Tree::path`] of their aliases, this is every place that an edit of the node changes. It is empty where nothing refers to
/// the node.
pub fn shared_anchors(tree: &Tree<'_>, id: NodeId) -> Vec<SharedAnchor> {
    let mut anchors = anchors(tree);
    anchors.retain(|anchor| contains(tree, anchor.node, id));
    anchors
}

/// All anchors of a file that something refers to, in the order of the first alias of each.
pub(super) fn anchors(tree: &Tree<'_>) -> Vec<SharedAnchor> {
    let mut found: Vec<SharedAnchor> = Vec::new();
    let mut places: HashMap<NodeId, usize> = HashMap::new();
    for alias in aliases(tree) {
        let node = tree.target(alias);
        let place = *places.entry(node).or_insert(found.len());
        match found.get_mut(place) {
            Some(anchor) => anchor.aliases.push(alias),
            None => found.push(SharedAnchor {
                name: tree.text(alias).to_owned(),
                node,
                aliases: vec![alias],
            }),
        }
    }
    found
}

/// The first alias outside of a node that refers to something inside of it.
pub(super) fn alias_into(tree: &Tree<'_>, id: NodeId) -> Option<NodeId> {
    aliases(tree)
        .into_iter()
        .find(|&alias| contains(tree, id, tree.target(alias)) && !contains(tree, id, alias))
}

/// All aliases of a file, in order.
fn aliases(tree: &Tree<'_>) -> Vec<NodeId> {
    // Most files have none, and no other character of YAML begins one.
    if !tree.source().contains('*') {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut pending: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    while let Some(node) = pending.pop() {
        if tree.kind(node) == NodeKind::Alias {
            found.push(node);
        }
        pending.extend(tree.children(node));
    }
    sort(&mut found);
    found
}

/// Whether a node is `ancestor`, or below it. Aliases are not followed.
pub(super) fn contains(tree: &Tree<'_>, ancestor: NodeId, id: NodeId) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    #[test]
    fn every_use_of_an_anchor_is_found() {
        let text = b"x-image: &i {tag: v1}\na: {image: *i}\nb: {<<: *i}\nc: &j [*i]\nd: *j\ne: {tag: v1}\n";
        let tree = yaml::parse_first(text).unwrap();
        let root = tree.root().unwrap();
        let shown = |path: &[&str]| -> Vec<(String, Vec<String>)> {
            let anchors = shared_anchors(&tree, tree.find(root, path).unwrap());
            let paths = |anchor: &SharedAnchor| anchor.aliases.iter().map(|&alias| tree.path(alias)).collect();
            anchors
                .iter()
                .map(|anchor| (anchor.name.clone(), paths(anchor)))
                .collect()
        };
        let uses = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            shown(&["x-image", "tag"]),
            [("i".to_owned(), uses(&["/a/image", "/b/<<", "/c/0"]))]
        );
        assert_eq!(shown(&["c"]), [("j".to_owned(), uses(&["/d"]))]);
        assert_eq!(shown(&["e", "tag"]), []);
        let inside = tree.get(root, "x-image").unwrap();
        assert!(alias_into(&tree, inside).is_some());
        assert!(alias_into(&tree, tree.get(root, "e").unwrap()).is_none());
    }
}
