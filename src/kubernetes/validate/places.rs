//! The parts of the list and of the mapping that were asked for last, so that many faults in a large one are not each
//! looked for from its start.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::text::yaml::{NodeId, Tree};

/// Length from which the parts are kept.
const LONG: usize = 16;

/// The values of a mapping by their keys.
type Fields<'w> = HashMap<Cow<'w, str>, NodeId, RandomState>;

/// The parts of one list and of one mapping.
#[derive(Debug, Default)]
pub(super) struct Places<'w> {
    list: Option<(NodeId, Vec<NodeId>)>,
    mapping: Option<(NodeId, Fields<'w>)>,
}

impl<'w> Places<'w> {
    /// An item of a list, or a value of a mapping by its number.
    pub(super) fn item(&mut self, tree: &Tree<'_>, node: NodeId, index: usize) -> Option<NodeId> {
        if tree.len(node) < LONG {
            return tree.children(node).nth(index);
        }
        let known = self.list.take().filter(|(list, _)| *list == node);
        let (_, items) = self
            .list
            .insert(known.unwrap_or_else(|| (node, tree.children(node).collect())));
        items.get(index).copied()
    }

    /// The first value of a key among the entries of a mapping of `length`, which `entries` gives.
    pub(super) fn field<I: Iterator<Item = (Cow<'w, str>, NodeId)>>(
        &mut self,
        node: NodeId,
        length: usize,
        key: &str,
        entries: impl FnOnce() -> I,
    ) -> Option<NodeId> {
        if length < LONG {
            return entries().find(|(name, _)| name == key).map(|(_, value)| value);
        }
        let known = self.mapping.take().filter(|(mapping, _)| *mapping == node);
        let (_, fields) = self.mapping.insert(known.unwrap_or_else(|| {
            let mut fields = Fields::default();
            for (name, value) in entries() {
                fields.entry(name).or_insert(value);
            }
            (node, fields)
        }));
        fields.get(key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml::parse_first;

    #[test]
    fn parts_are_those_of_the_node_that_is_asked_about() {
        let numbers = |from: usize| (from..from + 30).map(|number| number.to_string()).collect::<Vec<_>>();
        let text = format!("[[{}], [{}], [7]]", numbers(0).join(", "), numbers(100).join(", "));
        let tree = parse_first(text.as_bytes()).expect("is YAML");
        let lists: Vec<NodeId> = tree.children(tree.root().expect("has a root")).collect();
        let mut places = Places::default();
        let mut item = |list: usize, index| places.item(&tree, lists[list], index).map(|node| tree.text(node));
        assert_eq!(
            [item(0, 0), item(0, 29), item(1, 3), item(2, 0), item(0, 3), item(0, 30)],
            [Some("0"), Some("29"), Some("103"), Some("7"), Some("3"), None]
        );
    }

    #[test]
    fn the_first_of_equal_keys_is_found() {
        let text = "{a: 1, b: 2, a: 3}";
        let tree = parse_first(text.as_bytes()).expect("is YAML");
        let root = tree.root().expect("has a root");
        for length in [3, LONG] {
            let mut places = Places::default();
            let mut field = |key| {
                let entries = || {
                    tree.pairs(root)
                        .map(|(key, value)| (Cow::Borrowed(tree.text(key)), value))
                };
                places.field(root, length, key, entries).map(|node| tree.text(node))
            };
            assert_eq!([field("a"), field("b"), field("c")], [Some("1"), Some("2"), None]);
        }
    }
}
