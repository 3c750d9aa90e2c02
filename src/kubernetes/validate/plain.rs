//! Documents that can be read without decoding them first.

use crate::text::yaml::{NodeId, NodeKind, Scalar, Tree};

/// Whether a node means what its text says: no aliases, tags or merge keys, keys that are plain text and occur once,
/// no number that JSON cannot express.
pub(super) fn is_plain(tree: &Tree<'_>, root: NodeId) -> bool {
    let is_bare = |node: NodeId| tree.kind(node) != NodeKind::Alias && tree.tag(node).is_empty();
    let mut pending = Vec::with_capacity(64);
    pending.push(root);
    let mut names: Vec<&str> = Vec::with_capacity(32);
    while let Some(node) = pending.pop() {
        if !is_bare(node) {
            return false;
        }
        match tree.kind(node) {
            NodeKind::Mapping => {
                names.clear();
                for (key, value) in tree.pairs(node) {
                    let Some(name) = tree.plain_key(key) else {
                        return false;
                    };
                    names.push(name);
                    pending.push(value);
                }
                if has_duplicates(&mut names) {
                    return false;
                }
            }
            NodeKind::Sequence => pending.extend(tree.children(node)),
            _ if tree.is_known_text(node) => {}
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

/// Whether a name occurs twice. Few names are compared with each other, which is quicker than sorting them.
fn has_duplicates(names: &mut [&str]) -> bool {
    const FEW: usize = 12;
    if names.len() > FEW {
        names.sort_unstable();
        return names.windows(2).any(|pair| pair.first() == pair.last());
    }
    let mut rest = &*names;
    while let [name, others @ ..] = rest {
        if others.contains(name) {
            return true;
        }
        rest = others;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_occur_twice_are_found() {
        let many: Vec<String> = (0..30).map(|number| format!("n{number}")).collect();
        for (names, expected) in [
            (vec!["a", "b", "c"], false),
            (vec!["a", "b", "a"], true),
            (vec![], false),
            (many.iter().map(String::as_str).collect(), false),
            (many.iter().map(String::as_str).chain(["n7"]).collect(), true),
        ] {
            assert_eq!(has_duplicates(&mut names.clone()), expected, "{names:?}");
        }
    }
}
