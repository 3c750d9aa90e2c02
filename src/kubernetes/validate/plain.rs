//! Documents that can be read without decoding them first.

use crate::text::yaml::{NodeId, NodeKind, Scalar, Tree};

/// Whether a node means what its text says: no aliases, tags or merge keys, keys that are plain text and occur once,
/// no number that JSON cannot express.
pub(super) fn is_plain(tree: &Tree<'_>, root: NodeId) -> bool {
    let is_bare = |node: NodeId| tree.kind(node) != NodeKind::Alias && tree.tag(node).is_empty();
    let mut pending = vec![root];
    let mut names: Vec<&str> = Vec::new();
    while let Some(node) = pending.pop() {
        if !is_bare(node) {
            return false;
        }
        match tree.kind(node) {
            NodeKind::Mapping => {
                names.clear();
                for (key, value) in tree.pairs(node) {
                    let is_text = matches!(tree.scalar(key), Ok(Scalar::Str(_))) && !tree.is_merge_key(key);
                    if !is_text || !is_bare(key) {
                        return false;
                    }
                    names.push(tree.text(key));
                    pending.push(value);
                }
                names.sort_unstable();
                if names.windows(2).any(|pair| pair.first() == pair.last()) {
                    return false;
                }
            }
            NodeKind::Sequence => pending.extend(tree.children(node)),
            _ => {
                let first = tree.text(node).as_bytes().first();
                if matches!(first, Some(b'0'..=b'9' | b'.' | b'+' | b'-'))
                    && matches!(tree.scalar(node), Ok(Scalar::Float(number)) if !number.is_finite())
                {
                    return false;
                }
            }
        }
    }
    true
}
