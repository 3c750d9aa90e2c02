//! Steps to a value, as faults name them, to the node of the document that is there.

use std::collections::HashMap;

use crate::text::json_pointer;
use crate::text::yaml::{NodeId, NodeKind, Scalar, Tree};

/// From so many entries or items on, they are looked up in a table: each of thousands of faults in one object would go through
/// all of it.
const MANY: usize = 32;

/// Finds the nodes of a document; many may be asked for.
pub(super) struct Places<'t, 's> {
    tree: &'t Tree<'s>,
    /// The entries of large mappings, and the items of large lists, by their step.
    tables: HashMap<NodeId, HashMap<String, NodeId>>,
}

impl<'t, 's> Places<'t, 's> {
    pub(super) fn new(tree: &'t Tree<'s>) -> Self {
        Self {
            tree,
            tables: HashMap::new(),
        }
    }

    /// The pointer of some steps, and the last node on the way that exists.
    pub(super) fn place(&mut self, root: NodeId, steps: &[String]) -> (String, NodeId) {
        let (mut node, mut path, mut is_known) = (root, String::new(), true);
        for step in steps {
            path.push('/');
            path.push_str(&json_pointer::escape(step));
            match self.step(node, step).filter(|_| is_known) {
                Some(next) => node = self.tree.target(next),
                None => is_known = false,
            }
        }
        (path, node)
    }

    /// The field or the item that a step leads to.
    pub(super) fn step(&mut self, node: NodeId, step: &str) -> Option<NodeId> {
        let tree = self.tree;
        if let Some(table) = self.tables.get(&node) {
            return table.get(step).copied();
        }
        if tree.children(node).nth(MANY).is_none() {
            return tree.find(node, &[step]);
        }
        let table: HashMap<String, NodeId> = if tree.kind(node) == NodeKind::Sequence {
            let items = tree.children(node).enumerate();
            items.map(|(index, item)| (index.to_string(), item)).collect()
        } else {
            let named = |(name, value): (NodeId, NodeId)| match tree.scalar(tree.target(name)) {
                Ok(Scalar::Str(text)) => Some((text.into_owned(), value)),
                _ => None,
            };
            tree.pairs(node).filter_map(named).collect()
        };
        let found = table.get(step).copied();
        self.tables.insert(node, table);
        found.or_else(|| tree.find(node, &[step]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    #[test]
    fn nodes_are_found_in_small_and_large_collections() {
        let fields = (0..100).fold(String::new(), |text, at| text + &format!("f{at}: {at}\n"));
        let items = (0..100).fold(String::new(), |text, at| text + &format!("- i{at}\n"));
        for text in [
            format!("a: {{b: x}}\nlist: [x, y]\n{fields}"),
            "a: {b: x}\nlist: [x, y]\nf7: 7\nf99: 99\n".to_owned(),
            format!("a: {{b: x}}\nf7: 7\nf99: 99\nlist:\n{items}"),
        ] {
            let tree = yaml::parse_all(text.as_bytes()).unwrap();
            let root = tree.documents().first().unwrap().root;
            let mut places = Places::new(&tree);
            for _ in 0..2 {
                for (steps, reaches) in [
                    (&["a", "b"][..], 2),
                    (&["list", "1"], 2),
                    (&["f7"], 1),
                    (&["f99", "x"], 1),
                    (&["nothing", "b"], 0),
                    (&["list", "1000"], 1),
                ] {
                    let owned: Vec<String> = steps.iter().map(|step| (*step).to_owned()).collect();
                    let (path, node) = places.place(root, &owned);
                    assert_eq!(path, format!("/{}", steps.join("/")));
                    let expected = tree
                        .find(root, &steps[..reaches])
                        .map_or(root, |node| tree.target(node));
                    assert_eq!(node, expected, "{path} {text}");
                }
            }
        }
    }
}
