//! Lookups in wide mappings: a tree looks at all keys of a mapping for each, so that many lookups in one with many keys would take the
//! square of their number.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::tree::{NodeId, NodeKind, Tree};

/// Up to how many keys a mapping is looked through.
const FEW: usize = 16;

/// The keys of wide mappings, by their text, once they were needed.
pub struct KeyIndex<'t> {
    tree: &'t Tree<'t>,
    known: RefCell<HashMap<NodeId, Rc<Keys<'t>>>>,
}

/// Values by the texts of their keys.
type Keys<'t> = HashMap<&'t str, NodeId>;

impl<'t> KeyIndex<'t> {
    /// An index of a tree, in which nothing is known yet.
    pub fn new(tree: &'t Tree<'t>) -> Self {
        Self {
            tree,
            known: RefCell::default(),
        }
    }

    /// The same as [`Tree::get`].
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        let mapping = self.tree.target(id);
        if self.tree.len(mapping) <= FEW {
            return self.tree.get(id, key);
        }
        let mut known = self.known.borrow_mut();
        let keys = known.entry(mapping).or_insert_with(|| Rc::new(self.keys(mapping)));
        keys.get(key).copied()
    }

    fn keys(&self, mapping: NodeId) -> Keys<'t> {
        let tree = self.tree;
        let pairs = tree.pairs(mapping).map(|(name, value)| (tree.target(name), value));
        let scalars = pairs.filter(|(name, _)| matches!(tree.kind(*name), NodeKind::Scalar(_)));
        // The last one counts where a key is written twice.
        scalars.map(|(name, value)| (tree.text(name), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_first;
    use super::*;

    #[test]
    fn lookups_are_those_of_the_tree() {
        let mut text = "? [a]\n: 1\n&k k5: first\n*k : aliased\n".to_owned();
        for number in 0..40 {
            text.push_str(&format!("k{}: {number}\n", number % 30));
        }
        let tree = parse_first(text.as_bytes()).unwrap();
        let (root, index) = (tree.root().unwrap(), KeyIndex::new(&tree));
        for key in (0..31)
            .map(|number| format!("k{number}"))
            .chain([String::new(), "a".to_owned()])
        {
            assert_eq!(index.get(root, &key), tree.get(root, &key), "{key}");
        }
    }
}
