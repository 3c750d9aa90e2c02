//! Which version of a dependency is used: a constraint and the versions that a repository offers in, one of them out.
//!
//! Follows Helm's `internal/resolver` and `pkg/registry`: the newest version that satisfies the constraint. Entries of an index
//! that name no archive do not count, nor do tags of a registry that are not strict semantic versions. In a registry an exact
//! version is used as it is written, without a list of tags.

use crate::artifact::remote::ListedVersion;
use crate::text::semver::{Constraint, Version, sort_newest_first};

/// Whether the address is that of a registry.
pub fn is_registry(repository: &str) -> bool {
    repository.starts_with("oci://")
}

/// Whether the versions of the repository are needed to choose one: not for an exact version in a registry.
pub fn needs_list(repository: &str, wanted: &str) -> bool {
    !is_registry(repository) || Version::parse(wanted).is_err()
}

/// The newest of the versions that satisfies the constraint.
pub fn newest_that_satisfies(
    repository: &str,
    constraint: &Constraint,
    versions: &[ListedVersion],
) -> Option<ListedVersion> {
    candidates(repository, versions)
        .into_iter()
        .find(|(_, version)| constraint.check(version))
        .map(|(listed, _)| listed)
}

/// The version that a lock names: the one with that spelling, else an equal one, as `1.0` equals `v1.0.0`.
pub fn locked_version(repository: &str, locked: &str, versions: &[ListedVersion]) -> Option<ListedVersion> {
    let usable = |listed: &&ListedVersion| is_registry(repository) || !listed.urls.is_empty();
    if let Some(exact) = versions.iter().filter(usable).find(|listed| listed.version == locked) {
        return Some(exact.clone());
    }
    let wanted = Version::parse(locked).ok()?;
    candidates(repository, versions)
        .into_iter()
        .find(|(_, version)| wanted.compare(version).is_eq())
        .map(|(listed, _)| listed)
}

/// The versions that can be used, newest first.
fn candidates(repository: &str, versions: &[ListedVersion]) -> Vec<(ListedVersion, Version)> {
    let read = |listed: &ListedVersion| {
        if is_registry(repository) {
            Version::parse_strict(&listed.version).ok()
        } else {
            // Sorted with those that have no archive, since Go's sort leaves equal versions in an order that depends on all.
            Version::parse(&listed.version).ok()
        }
    };
    sort_newest_first(versions.to_vec(), |listed| listed.version.clone())
        .into_iter()
        .filter(|listed| is_registry(repository) || !listed.urls.is_empty())
        .filter_map(|listed| read(&listed).map(|version| (listed, version)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "https://charts.example.com";
    const REGISTRY: &str = "oci://registry.example.com/charts";

    fn listed(versions: &str) -> Vec<ListedVersion> {
        let versions = versions.split_whitespace().map(|version| ListedVersion {
            version: version.trim_end_matches('!').to_owned(),
            digest: None,
            // A mark stands for an entry without an archive.
            urls: if version.ends_with('!') {
                Vec::new()
            } else {
                vec![format!("{version}.tgz")]
            },
        });
        versions.collect()
    }

    #[test]
    fn the_newest_version_that_satisfies_is_used() {
        for (repository, constraint, versions, expected) in [
            (INDEX, "^1.0.0", "1.0.0 1.10.0 1.9.0 2.0.0", Some("1.10.0")),
            (INDEX, "*", "1.0.0 2.0.0-rc.1", Some("1.0.0")),
            (INDEX, ">=1.0.0-0", "1.0.0 2.0.0-rc.1", Some("2.0.0-rc.1")),
            (INDEX, "1.x", "v1.2.0 1.1.0 latest", Some("v1.2.0")),
            (INDEX, "1.x", "1.2.0! 1.1.0", Some("1.1.0")),
            (INDEX, "3", "1.2.0 1.1.0", None),
            (INDEX, "*", "x y", None),
            (INDEX, "1.0", "1.0.5+b 1.0.4", Some("1.0.5+b")),
            (REGISTRY, "1.x", "1.2.0 v1.3.0 1.4", Some("1.2.0")),
            (REGISTRY, "*", "1.2.0! latest 01.3.0", Some("1.2.0")),
            (REGISTRY, "~1.2", "1.2.0 1.2.3+b1 1.3.0", Some("1.2.3+b1")),
        ] {
            let chosen = newest_that_satisfies(repository, &Constraint::parse(constraint).unwrap(), &listed(versions));
            let chosen = chosen.map(|listed| listed.version);
            assert_eq!(chosen.as_deref(), expected, "{constraint} of {versions}");
        }
    }

    #[test]
    fn a_locked_version_is_found_in_its_own_spelling_or_an_equal_one() {
        for (locked, versions, expected) in [
            ("1.0.0", "v1.0.0 1.0.0 2.0.0", Some("1.0.0")),
            ("1.0.0", "v1.0.0 2.0.0", Some("v1.0.0")),
            ("1.0.0+b", "1.0.0+a 1.0.0+b", Some("1.0.0+b")),
            ("1.0.0", "1.0.0! 1.0", Some("1.0")),
            ("1.0.1", "1.0.0", None),
        ] {
            let found = locked_version(INDEX, locked, &listed(versions)).map(|listed| listed.version);
            assert_eq!(found.as_deref(), expected, "{locked} of {versions}");
        }
    }

    #[test]
    fn tags_are_listed_for_ranges_only() {
        for (repository, wanted, expected) in [
            (REGISTRY, "1.2.3", false),
            (REGISTRY, "1.2", false),
            (REGISTRY, "^1.2.3", true),
            (REGISTRY, "", true),
            (INDEX, "1.2.3", true),
        ] {
            assert_eq!(needs_list(repository, wanted), expected, "{repository} {wanted}");
        }
    }
}
