//! Reading an edited text back: what was to change has changed, and everything else is what it was, the comments included.

use std::collections::HashMap;

use crate::text::source::Span;
use crate::text::yaml::{self, NodeId, NodeKind, Scalar, Tree};

use super::splice::{Splice, is_replaced};
use super::value_type::{Planned, Wanted};

/// What an edit is to change in the tree before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// A scalar becomes another.
    Replaced { node: NodeId, wanted: Wanted },
    /// A collection, or a null, gets one more pair or item at its end; `None` for a text without documents.
    Grown { node: Option<NodeId>, added: Planned },
    /// A collection loses a pair or an item.
    Shrunk { collection: NodeId, index: usize },
}

/// Whether `edited`, which is the text of `old` with `splices`, differs from it in what is expected and nothing else.
pub(super) fn is_only_change(old: &Tree<'_>, edited: &[u8], splices: &[Splice], expected: &[&Expected]) -> bool {
    let Ok(new) = yaml::parse_all(edited) else { return false };
    // Only what is removed takes its comments with it.
    let may_lose = expected
        .iter()
        .any(|expected| matches!(expected, Expected::Shrunk { .. }));
    let kept = old
        .comments()
        .iter()
        .filter(|comment| !(may_lose && is_replaced(splices, **comment)));
    let is_same_comment = |(a, b): (&Span, &Span)| a.of(old.source().as_bytes()) == b.of(new.source().as_bytes());
    if kept.clone().count() != new.comments().len() || !kept.zip(new.comments()).all(is_same_comment) {
        return false;
    }
    let about = |expected: &&'_ Expected| match expected {
        Expected::Replaced { node, .. } => Some(*node),
        Expected::Grown { node, .. } => *node,
        Expected::Shrunk { collection, .. } => Some(*collection),
    };
    let mut comparison = Comparison {
        old,
        new: &new,
        grown_text: match expected {
            [Expected::Grown { node: None, added }] => Some(added),
            _ => None,
        },
        expected: expected
            .iter()
            .filter_map(|expected| Some((about(expected)?, *expected)))
            .collect(),
        has_aliases: old.source().contains('*'),
        counterparts: HashMap::new(),
        aliases: Vec::new(),
    };
    comparison.documents() && comparison.aliases_agree()
}

struct Comparison<'c> {
    old: &'c Tree<'c>,
    new: &'c Tree<'c>,
    /// What is added to a text without documents.
    grown_text: Option<&'c Planned>,
    /// By the node that it is about.
    expected: HashMap<NodeId, &'c Expected>,
    /// Whether the old text may have aliases.
    has_aliases: bool,
    /// The new node for each old one, if there are aliases.
    counterparts: HashMap<NodeId, NodeId>,
    aliases: Vec<(NodeId, NodeId)>,
}

impl Comparison<'_> {
    fn documents(&mut self) -> bool {
        let (old, new) = (self.old.documents(), self.new.documents());
        if let Some(added) = self.grown_text {
            return old.is_empty() && matches!(new, [document] if has_grown(self.new, document.root, added, 0));
        }
        let is_same = old.len() == new.len() && old.iter().zip(new).all(|(a, b)| a.is_explicit == b.is_explicit);
        let mut pending: Vec<(NodeId, NodeId)> = old.iter().zip(new).map(|(a, b)| (a.root, b.root)).collect();
        while let Some((a, b)) = pending.pop() {
            match self.children(a, b) {
                Some(children) => pending.extend(children),
                None => return false,
            }
        }
        is_same
    }

    /// The pairs of children to compare of two nodes that agree so far.
    fn children(&mut self, a: NodeId, b: NodeId) -> Option<Vec<(NodeId, NodeId)>> {
        let (old, new) = (self.old, self.new);
        if self.has_aliases {
            self.counterparts.insert(a, b);
        }
        if old.tag(a) != new.tag(b) {
            return None;
        }
        let mut olds: Vec<NodeId> = old.children(a).collect();
        let mut news: Vec<NodeId> = new.children(b).collect();
        match self.expected.get(&a) {
            Some(Expected::Replaced { wanted, .. }) => {
                let is_wanted = matches!(new.kind(b), NodeKind::Scalar(_))
                    && new.scalar(b).is_ok_and(|scalar| wanted.is(&scalar, new.text(b)));
                return is_wanted.then(Vec::new);
            }
            Some(Expected::Grown { added, .. }) => {
                let was_empty = old.len(a) == 0 && (old.kind(a) == new.kind(b) || old.is_null(a));
                if !(was_empty || old.kind(a) == new.kind(b)) || !has_grown(new, b, added, olds.len()) {
                    return None;
                }
                news.truncate(olds.len());
            }
            Some(Expected::Shrunk { index, .. }) => {
                let width = if old.kind(a) == NodeKind::Mapping { 2 } else { 1 };
                let gone = index * width..(index + 1) * width;
                if old.kind(a) != new.kind(b) || gone.end > olds.len() {
                    return None;
                }
                olds.drain(gone);
            }
            None => {
                let is_same = old.kind(a) == new.kind(b)
                    && old.text(a) == new.text(b)
                    && old.is_implicit(a) == new.is_implicit(b);
                if !is_same {
                    return None;
                }
                if old.kind(a) == NodeKind::Alias {
                    self.aliases.push((a, b));
                }
            }
        }
        (olds.len() == news.len()).then(|| olds.into_iter().zip(news).collect())
    }

    /// Whether every alias stands for the node that it stood for.
    fn aliases_agree(&self) -> bool {
        self.aliases
            .iter()
            .all(|(a, b)| self.counterparts.get(&self.old.target(*a)) == Some(&self.new.target(*b)))
    }
}

/// Whether a collection has the entries of `added` after its first `before` children, and nothing else after them.
fn has_grown(tree: &Tree<'_>, id: NodeId, added: &Planned, before: usize) -> bool {
    let mut rest = tree.children(id).skip(before);
    let is_added = match added {
        Planned::Mapping(pairs) => {
            tree.kind(id) == NodeKind::Mapping
                && pairs.iter().all(|(key, value)| {
                    let (found_key, found_value) = (rest.next(), rest.next());
                    found_key.is_some_and(|found| is_key(tree, found, key))
                        && found_value.is_some_and(|found| is_planned(tree, found, value))
                })
        }
        Planned::Sequence(items) => {
            tree.kind(id) == NodeKind::Sequence
                && items
                    .iter()
                    .all(|item| rest.next().is_some_and(|found| is_planned(tree, found, item)))
        }
        Planned::Scalar(_) => false,
    };
    is_added && rest.next().is_none()
}

fn is_key(tree: &Tree<'_>, id: NodeId, key: &str) -> bool {
    !tree.is_merge_key(id) && matches!(tree.scalar(id), Ok(Scalar::Str(found)) if found == key) && is_scalar(tree, id)
}

fn is_scalar(tree: &Tree<'_>, id: NodeId) -> bool {
    matches!(tree.kind(id), NodeKind::Scalar(_))
}

/// Whether a node is what was to be added.
fn is_planned(tree: &Tree<'_>, id: NodeId, planned: &Planned) -> bool {
    match planned {
        Planned::Scalar(wanted) => {
            is_scalar(tree, id) && tree.scalar(id).is_ok_and(|scalar| wanted.is(&scalar, tree.text(id)))
        }
        Planned::Mapping(_) | Planned::Sequence(_) => has_grown(tree, id, planned, 0),
    }
}
