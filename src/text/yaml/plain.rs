//! Documents that can be read without decoding them first.

use super::resolve::Scalar;
use super::tree::{NodeId, NodeKind, Tree};

impl Tree<'_> {
    /// Whether a node means what its text says: no aliases, tags or merge keys, keys that are plain text and occur once,
    /// no number that JSON cannot express.
    pub fn is_plain(&self, root: NodeId) -> bool {
        let mut names: Vec<&str> = Vec::with_capacity(32);
        let end = self.node(root).map_or(0, |node| node.end);
        // A node is followed by its descendants.
        let Some(nodes) = self.nodes.get(root.0 as usize..end as usize) else {
            return false;
        };
        for (id, node) in (root.0..end).map(NodeId).zip(nodes) {
            // Most nodes are texts.
            if node.is_text {
                continue;
            }
            if node.properties != 0 {
                return false;
            }
            match node.kind {
                NodeKind::Mapping => {
                    let (mut seen, mut may_repeat) = (0, false);
                    for (key, _) in self.pairs(id) {
                        let Some(name) = self.plain_key(key) else {
                            return false;
                        };
                        let bit = bit_of(name.as_bytes());
                        may_repeat |= seen & bit != 0;
                        seen |= bit;
                    }
                    if may_repeat {
                        names.clear();
                        names.extend(self.pairs(id).filter_map(|(key, _)| self.plain_key(key)));
                        if has_duplicates(&mut names) {
                            return false;
                        }
                    }
                }
                NodeKind::Sequence => {}
                NodeKind::Alias => return false,
                NodeKind::Scalar(_) => {
                    if self.is_infinite(id) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Whether a scalar is a number that JSON cannot express.
    fn is_infinite(&self, id: NodeId) -> bool {
        let first = self.text(id).as_bytes().first();
        matches!(first, Some(b'0'..=b'9' | b'.' | b'+' | b'-'))
            && matches!(self.scalar(id), Ok(Scalar::Float(number)) if !number.is_finite())
    }
}

/// One of 64 bits: names with different ones differ.
fn bit_of(name: &[u8]) -> u64 {
    let byte = |at: usize| usize::from(name.get(at).copied().unwrap_or_default());
    let last = name.len().saturating_sub(1);
    1 << ((byte(0) + 7 * name.len() + 13 * byte(last) + 29 * byte(name.len() / 2)) % 64)
}

/// Whether a name occurs twice. Few names are compared with each other, by a number first that most names have alone, which is
/// quicker than sorting them.
fn has_duplicates(names: &mut [&str]) -> bool {
    const FEW: usize = 16;
    if names.len() > FEW {
        names.sort_unstable();
        return names.windows(2).any(|pair| pair.first() == pair.last());
    }
    let mut numbers = [0; FEW];
    for (number, name) in numbers.iter_mut().zip(&*names) {
        *number = number_of(name.as_bytes());
    }
    let mut rest = numbers.get(..names.len()).unwrap_or_default();
    while let [number, others @ ..] = rest {
        // Without a branch for each, the numbers are compared many at a time.
        if others.iter().map(|other| u32::from(other == number)).sum::<u32>() > 0 {
            return has_equal(names);
        }
        rest = others;
    }
    false
}

/// The length, and bytes from the beginning and the end.
fn number_of(name: &[u8]) -> u64 {
    let length = (name.len() as u64) << 56;
    match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            (u64::from_le_bytes(*first).rotate_left(8) ^ u64::from_le_bytes(*last)).wrapping_add(length)
        }
        _ => name
            .iter()
            .fold(length, |number, &byte| number.rotate_left(8) ^ u64::from(byte)),
    }
}

fn has_equal(names: &[&str]) -> bool {
    let mut rest = names;
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
    use super::super::parse_first;
    use super::*;

    #[test]
    fn names_that_occur_twice_are_found() {
        let many: Vec<String> = (0..30).map(|number| format!("n{number}")).collect();
        for (names, expected) in [
            (vec!["a", "b", "c"], false),
            (vec!["a", "b", "a"], true),
            (
                vec![
                    "securityContext",
                    "b",
                    "terminationGracePeriodSeconds",
                    "securityContext",
                ],
                true,
            ),
            // The same length, beginning and end.
            (vec!["12345678-a-12345678", "12345678-b-12345678"], false),
            (vec!["abcdefg", "abcdefh", "", "bacdefg"], false),
            (vec![], false),
            (many.iter().map(String::as_str).collect(), false),
            (many.iter().map(String::as_str).chain(["n7"]).collect(), true),
        ] {
            assert_eq!(has_duplicates(&mut names.clone()), expected, "{names:?}");
        }
    }

    #[test]
    fn documents_that_mean_more_than_their_text_are_not_plain() {
        for (text, expected) in [
            ("a: 1\nb: [x, {c: -2.5}]\nname: no\n", true),
            ("'yes': '1'\n\"2\": 3\n", true),
            ("~\n", true),
            ("a: &x 1\n", true),
            ("a: &x 1\nb: *x\n", false),
            ("a: !!str 1\n", false),
            ("! a: 1\n", false),
            ("a: {<<: {b: 1}}\n", false),
            ("yes: 1\n", false),
            ("1: 1\n", false),
            ("? [a]\n: 1\n", false),
            ("a: 1\nb: {c: 1, d: 2, c: 3}\n", false),
            ("a: [.inf]\n", false),
        ] {
            let tree = parse_first(text.as_bytes()).unwrap();
            assert_eq!(tree.is_plain(tree.root().unwrap()), expected, "{text}");
        }
    }
}
