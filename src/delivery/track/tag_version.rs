//! What a tag says of its version: `v1.2`, `5.7.15-alpine`, `1.25.3-debian-12-r4`, `2024.11.3`, `20241127`.

use std::cmp::Ordering;

use crate::text::semver::Version;

/// First numbers from this one on are dates or build numbers.
const LEAST_DATE: u64 = 1000;
/// Fewest digits of a commit's hash in a tag.
const LEAST_HASH: usize = 7;
/// Beginnings of words that mark a pre-release.
const PRERELEASE_WORDS: [&str; 14] = [
    "alpha",
    "beta",
    "rc",
    "cr",
    "pre",
    "preview",
    "dev",
    "snapshot",
    "nightly",
    "canary",
    "next",
    "milestone",
    "unstable",
    "ea",
];

/// How a tag counts. Only versions of one kind are compared: a build of today is not the major version 20,241,127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// `1.2.3`.
    Semantic,
    /// `2024.11.3`.
    Calendar,
    /// `20241127` or `1234567`.
    Number,
}

/// A tag that is a version.
#[derive(Debug, Clone)]
pub(super) struct TagVersion {
    /// The numbers, and the identifiers of a pre-release.
    pub(super) version: Version,
    scheme: Scheme,
    /// What the image was built on or for, such as `alpine`: another one is another image.
    variant: String,
    /// The number after `-r` at the end, as Bitnami and Alpine count builds of one version.
    revision: u64,
    /// How many numbers are written.
    numbers: usize,
    /// Whether it begins with `v`.
    has_prefix: bool,
}

impl TagVersion {
    /// Reads a tag: an optional `v`, one to three numbers, and what follows after a hyphen; nothing if it is not a version.
    pub(super) fn parse(tag: &str) -> Option<Self> {
        let mut version = Version::parse(tag).ok()?;
        let numbers = tag.split(['-', '+']).next().map_or(0, |head| head.split('.').count());
        let scheme = match (version.major >= LEAST_DATE, numbers) {
            (false, _) => Scheme::Semantic,
            (true, 1) => Scheme::Number,
            (true, _) => Scheme::Calendar,
        };
        let suffix = version.pre.clone();
        let (prerelease, variant, revision) = split_suffix(&suffix);
        prerelease.clone_into(&mut version.pre);
        Some(Self {
            version,
            scheme,
            variant: variant.to_owned(),
            revision,
            numbers,
            has_prefix: tag.starts_with('v'),
        })
    }

    /// Whether it is a pre-release.
    pub(super) fn is_prerelease(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// Whether both count alike and are builds of the same kind, so that one can follow the other.
    pub(super) fn is_comparable(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.variant == other.variant
    }

    /// Whether the tag is written as another one is, with a `v` or without: what `Newest` compares besides.
    pub(super) const fn is_spelt_as(&self, other: &Self) -> bool {
        self.has_prefix == other.has_prefix
    }

    /// Whether a tag that follows this one has to say what it says besides its numbers: a variant, or a `v`.
    pub(super) const fn is_marked(&self) -> bool {
        self.has_prefix || !self.variant.is_empty()
    }

    /// Whether a `v` that the other one has is kept. One may be added, as `KubeCD` wants it.
    pub(super) const fn keeps_prefix_of(&self, other: &Self) -> bool {
        self.has_prefix || !other.has_prefix
    }

    /// The order of versions, then of builds of one version.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let versions = self.version.compare(&other.version);
        versions.then_with(|| self.revision.cmp(&other.revision))
    }

    /// How well a tag fits beside another one of the same version: the more numbers the longer it stays what it is (`1.1` moves to
    /// `1.1.1`), and a `v` where there was one.
    pub(super) const fn fitness(&self, current: &Self) -> (usize, bool) {
        (self.numbers, self.has_prefix == current.has_prefix)
    }
}

/// The identifiers of a pre-release, the variant, and the revision at the end of what follows the numbers.
fn split_suffix(suffix: &str) -> (&str, &str, u64) {
    let mut variant_at = 0;
    while let Some(rest) = suffix.get(variant_at..).filter(|rest| !rest.is_empty()) {
        let word = rest.split('-').next().unwrap_or(rest);
        if !is_prerelease_word(word) {
            break;
        }
        variant_at = (variant_at + word.len() + 1).min(suffix.len());
    }
    let prerelease = suffix.get(..variant_at).unwrap_or_default().trim_end_matches('-');
    let variant = suffix.get(variant_at..).unwrap_or_default();
    let numbered = variant
        .rsplit_once("-r")
        .or_else(|| variant.strip_prefix('r').map(|number| ("", number)));
    let counted = numbered.and_then(|(variant, number)| Some((variant, number.parse().ok()?)));
    let (variant, revision) = counted.unwrap_or((variant, 0));
    (prerelease, variant, revision)
}

/// Whether a word after the numbers marks a pre-release, rather than what the image was built on.
fn is_prerelease_word(word: &str) -> bool {
    let first = word.split('.').next().unwrap_or(word).to_ascii_lowercase();
    let letters = first.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_numbered = letters.len() < first.len();
    let is_number = letters.is_empty() && is_numbered;
    let is_short = is_numbered && matches!(letters, "a" | "b" | "m");
    is_number || is_short || PRERELEASE_WORDS.contains(&letters) || is_hash(word)
}

/// Whether a word is a commit's hash, which `git describe` writes with a `g` before it.
pub(super) fn is_hash(word: &str) -> bool {
    let hex = word.strip_prefix('g').unwrap_or(word);
    (LEAST_HASH..=64).contains(&hex.len()) && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_prereleases_variants_and_revisions() {
        for (suffix, expected) in [
            ("", ("", "", 0)),
            ("1", ("1", "", 0)),
            ("rc1", ("rc1", "", 0)),
            ("rc.1", ("rc.1", "", 0)),
            ("RC1", ("RC1", "", 0)),
            ("alpine", ("", "alpine", 0)),
            ("alpine3.20", ("", "alpine3.20", 0)),
            ("rc1-alpine", ("rc1", "alpine", 0)),
            ("b2-slim", ("b2", "slim", 0)),
            ("debian-12-r4", ("", "debian-12", 4)),
            ("r7", ("", "", 7)),
            ("rootless", ("", "rootless", 0)),
            ("SNAPSHOT", ("SNAPSHOT", "", 0)),
            ("4-g3842bd0", ("4-g3842bd0", "", 0)),
            ("amd64", ("", "amd64", 0)),
            ("bookworm", ("", "bookworm", 0)),
            ("1-ubi9-r2", ("1", "ubi9", 2)),
        ] {
            assert_eq!(split_suffix(suffix), expected, "{suffix}");
        }
    }

    #[test]
    fn only_versions_of_one_kind_are_compared() {
        for (a, b, is_comparable) in [
            ("1.2", "v2.0.0", true),
            ("1.2", "20241127", false),
            ("1.2", "2024.11.3", false),
            ("2024.11.3", "2024.12.1", true),
            ("2024.11.3", "20241127", false),
            ("1.2-alpine", "1.3", false),
            ("1.2-alpine", "1.3-alpine", true),
            ("1.2-debian-12-r4", "1.3-debian-12-r0", true),
        ] {
            let [a, b] = [a, b].map(|tag| TagVersion::parse(tag).expect(tag));
            assert_eq!(a.is_comparable(&b), is_comparable, "{a:?} {b:?}");
        }
        for tag in ["", "latest", "1.2.3.4", "main-3842bd0", "3842bd0", "v", "1.2.x"] {
            assert!(TagVersion::parse(tag).is_none(), "{tag}");
        }
    }
}
