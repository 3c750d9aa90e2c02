//! The parts of an image reference, as bytes of its text: a rendered reference in, its registry, repository, tag and digest out. Unlike
//! [`super::ImageReference::parse`] it accepts any text, since a chart may render anything.

use std::ops::Range;

use super::reference::ImageReference;

/// A part of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The host, where the reference names one.
    Registry,
    /// The name, without the registry.
    Repository,
    /// What follows the last `:` of the name.
    Tag,
    /// What follows `@`.
    Digest,
}

impl Part {
    /// What it is called in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Repository => "repository",
            Self::Tag => "tag",
            Self::Digest => "digest",
        }
    }
}

/// The parts that a text has, in its order, without the signs between them.
pub fn reference_parts(text: &str) -> Vec<(Part, Range<usize>)> {
    let (name, digest) = match text.find('@') {
        Some(at) => (0..at, Some(at + 1..text.len())),
        None => (0..text.len(), None),
    };
    let whole_name = text.get(name.clone()).unwrap_or_default();
    let last = whole_name.rfind('/').map_or(0, |at| at + 1);
    let colon = whole_name.get(last..).and_then(|end| end.find(':')).map(|at| last + at);
    let (repository, tag) = match colon {
        Some(at) => (0..at, Some(at + 1..name.end)),
        None => (name, None),
    };
    let mut parts = Vec::new();
    let host = text
        .get(repository.clone())
        .and_then(|name| name.split_once('/'))
        .map(|(host, _)| host)
        .filter(|host| ImageReference::is_host(host));
    let start = host.map_or(0, |host| host.len() + 1);
    if let Some(host) = host {
        parts.push((Part::Registry, 0..host.len()));
    }
    parts.push((Part::Repository, start..repository.end));
    parts.extend(tag.map(|range| (Part::Tag, range)));
    parts.extend(digest.map(|range| (Part::Digest, range)));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found_where_it_is() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, want) in [
            ("nginx", vec![(Part::Repository, "nginx")]),
            ("nginx:1", vec![(Part::Repository, "nginx"), (Part::Tag, "1")]),
            (
                "ghcr.io/acme/web:1.2",
                vec![
                    (Part::Registry, "ghcr.io"),
                    (Part::Repository, "acme/web"),
                    (Part::Tag, "1.2"),
                ],
            ),
            (
                "localhost:5000/web",
                vec![(Part::Registry, "localhost:5000"), (Part::Repository, "web")],
            ),
            ("acme/web:", vec![(Part::Repository, "acme/web"), (Part::Tag, "")]),
            (
                &format!("acme/web:1@{digest}"),
                vec![
                    (Part::Repository, "acme/web"),
                    (Part::Tag, "1"),
                    (Part::Digest, digest.as_str()),
                ],
            ),
        ] {
            let parts = reference_parts(text).into_iter();
            let found: Vec<_> = parts
                .map(|(part, range)| (part, text.get(range).expect("in the text")))
                .collect();
            assert_eq!(found, want, "{text}");
        }
    }
}
