//! Looking for thousands of secrets in texts that are mostly short, in the time that reading the text takes.
//!
//! In: the secrets. Out: for a text, the places of those in it, leftmost and longest first. Most places of a text begin no secret, which
//! a look at six bytes says. Of those that begin like the rest of the text, a binary search finds the one that is nearest in order: the
//! longest that the text has there is that one, or one that it begins with.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::text::compact_sort::sort;

/// Bytes that are looked at first. Shorter texts are equal to others by accident, and are no secrets.
pub(super) const LEAST_BYTES: usize = 6;

/// What a text is shortened with: ours, and Go's.
pub(super) const CUTS: [&str; 2] = ["\u{2026}", "..."];

type Start = [u8; LEAST_BYTES];

/// A search for a set of secrets.
pub(super) struct SecretSearch {
    /// In order.
    secrets: Vec<Secret>,
    /// The secrets with the same first bytes.
    starts: HashMap<Start, Range<usize>, RandomState>,
}

struct Secret {
    text: Box<[u8]>,
    /// The longest other secret that it begins with.
    shorter: Option<usize>,
}

impl SecretSearch {
    /// A search for these secrets. Those with fewer than [`LEAST_BYTES`] are left out.
    pub(super) fn new(texts: Vec<String>) -> Self {
        let mut texts: Vec<(u64, String)> = texts.into_iter().map(|text| (first_bytes(&text), text)).collect();
        // Most are in order already, for which this sort has less to do than one that is not stable.
        sort(&mut texts);
        texts.dedup();
        let mut secrets: Vec<Secret> = Vec::with_capacity(texts.len());
        let mut starts: HashMap<Start, Range<usize>, RandomState> = HashMap::default();
        starts.reserve(texts.len());
        for (_, text) in texts {
            let text = text.into_bytes();
            let Some(start) = text.first_chunk() else { continue };
            let index = secrets.len();
            starts.entry(*start).or_insert(index..index).end = index + 1;
            // In this order, what a text begins with stands before it, and what stands between the two begins with it as well.
            let mut shorter = index.checked_sub(1);
            while let Some(earlier) = shorter.and_then(|earlier| secrets.get(earlier))
                && !text.starts_with(&earlier.text)
            {
                shorter = earlier.shorter;
            }
            secrets.push(Secret {
                text: text.into_boxed_slice(),
                shorter,
            });
        }
        Self { secrets, starts }
    }

    /// The places of secrets in a text, in order, and of the beginnings of secrets that [`CUTS`] end.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..)
            && let Some(start) = rest.first_chunk()
        {
            let alike = self.starts.get(start);
            let length = alike.and_then(|alike| self.cut(rest, alike).or_else(|| self.longest(rest, alike)));
            if let Some(length) = length {
                found.push(at..at + length);
            }
            at += length.unwrap_or(1);
        }
        found
    }

    /// The length of the beginning of a secret that a text begins with, where it is shortened there.
    fn cut(&self, text: &[u8], alike: &Range<usize>) -> Option<usize> {
        let secrets = self.secrets.get(alike.clone())?;
        // In this order, the secret that has the most bytes in common with the text is a neighbour of its place.
        let after = secrets.partition_point(|secret| *secret.text <= *text);
        let neighbours = [after.checked_sub(1), Some(after)].into_iter().flatten();
        let common = neighbours.filter_map(|index| Some(common_length(&secrets.get(index)?.text, text)));
        let length = common.max()?;
        let rest = text.get(length..)?;
        CUTS.iter()
            .any(|cut| rest.starts_with(cut.as_bytes()))
            .then_some(length)
    }

    /// The length of the longest secret that a text begins with, of those that begin alike.
    fn longest(&self, text: &[u8], alike: &Range<usize>) -> Option<usize> {
        let secrets = self.secrets.get(alike.clone())?;
        let after = secrets.partition_point(|secret| *secret.text <= *text);
        let nearest = self.secrets.get(alike.start + after.checked_sub(1)?)?;
        let common = common_length(&nearest.text, text);
        let mut candidate = Some(nearest);
        while let Some(secret) = candidate
            && secret.text.len() > common
        {
            candidate = secret.shorter.and_then(|shorter| self.secrets.get(shorter));
        }
        candidate.map(|secret| secret.text.len())
    }
}

/// The beginning of a text as a number in the same order, which is compared faster: there may be a hundred thousand texts.
fn first_bytes(text: &str) -> u64 {
    let mut bytes = [0; 8];
    for (place, byte) in bytes.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    u64::from_be_bytes(bytes)
}

/// How many bytes two texts have in common at their beginnings.
fn common_length(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn found(secrets: &[&str], text: &str) -> Vec<(usize, usize)> {
        let secrets = secrets.iter().map(|&secret| secret.to_owned()).collect();
        let found = SecretSearch::new(secrets).find(text.as_bytes());
        found.into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn the_leftmost_and_longest_secrets_are_found() {
        let secrets = [
            "hunter22",
            "hunter22-more",
            "hunter22-more-of-it",
            "hunter22-most",
            "ter22-",
            "äöüäöü",
            "short",
        ];
        for (text, wanted) in [
            ("", &[][..]),
            ("hunte", &[]),
            ("short", &[]),
            ("hunter22", &[(0, 8)]),
            ("a hunter22-more", &[(2, 15)]),
            ("hunter22-mor", &[(0, 8)]),
            ("hunter22-mos", &[(0, 8)]),
            ("hunter22-more-of-", &[(0, 13)]),
            ("hunter22-more-of-them", &[(0, 13)]),
            ("hunter22-more-of-it!", &[(0, 19)]),
            ("hhunter22hunter22", &[(1, 9), (9, 17)]),
            ("xäöüäöü", &[(1, 13)]),
            ("ter22-", &[(0, 6)]),
            ("ter22+", &[]),
            ("a hunter2\u{2026}", &[(2, 9)]),
            ("hunter22-more-of-...", &[(0, 17)]),
            ("hunter...", &[(0, 6)]),
            ("hunter..", &[]),
            ("hunte\u{2026}", &[]),
        ] {
            assert_eq!(found(&secrets, text), wanted, "{text}");
        }
        assert_eq!(found(&[], "hunter22"), []);
    }

    #[test]
    fn secrets_are_found_as_by_comparing_all_of_them() {
        // All texts of two letters and six to nine bytes that a pattern picks.
        let bits = |number: u32, length: u32| -> String {
            (0..length)
                .map(|bit| if number >> bit & 1 == 0 { 'a' } else { 'b' })
                .collect()
        };
        let all = (6..=9).flat_map(|length| (0..1_u32 << length).map(move |number| (number, length)));
        let picked = all.filter(|(number, length)| number.wrapping_mul(2_654_435_761) >> 28 == length % 4);
        let secrets: BTreeSet<String> = picked.map(|(number, length)| bits(number, length)).collect();
        assert!(secrets.len() > 40, "{}", secrets.len());
        let search = SecretSearch::new(secrets.iter().cloned().collect());
        for number in 0..1 << 12 {
            let text = bits(number, 12);
            let mut wanted = Vec::new();
            let mut at = 0;
            while at < text.len() {
                let here = secrets
                    .iter()
                    .filter(|secret| text.as_bytes()[at..].starts_with(secret.as_bytes()));
                let length = here.map(String::len).max();
                wanted.extend(length.map(|length| at..at + length));
                at += length.unwrap_or(1);
            }
            assert_eq!(search.find(text.as_bytes()), wanted, "{text}");
        }
    }
}
