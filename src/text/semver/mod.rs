//! Semantic versions and constraints, as Masterminds' `semver` 3.5 reads and compares them.
//!
//! Used by the template functions `semver` and `semverCompare`, and for `kubeVersion` and dependency versions.

mod version;
mod constraint;

pub use constraint::{Constraint, ConstraintError};
pub use version::{Version, VersionError};

use crate::text::go::sort::sort_by;

/// Sorts items by version, newest first, as Helm sorts the entries of an index: items whose version does not parse go
/// last, and equal versions stay where Go's `sort.Sort` leaves them.
pub fn sort_newest_first<T>(items: Vec<T>, version: impl Fn(&T) -> String) -> Vec<T> {
    let mut keyed: Vec<(Option<Version>, T)> = items
        .into_iter()
        .map(|item| (Version::parse(&version(&item)).ok(), item))
        .collect();
    // The reverse of `ChartVersions.Less`.
    sort_by(&mut keyed, |(a, _), (b, _)| match (b, a) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(b), Some(a)) => b.compare(a).is_lt(),
    });
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// Whether `version` satisfies `constraint`; false if either does not parse. Helm's `IsCompatibleRange`.
pub fn is_compatible_range(constraint: &str, version: &str) -> bool {
    match (Constraint::parse(constraint), Version::parse(version)) {
        (Ok(constraint), Ok(version)) => constraint.check(&version),
        _ => false,
    }
}

#[cfg(test)]
mod constraint_tests;

#[cfg(test)]
mod tests {
    use super::sort_newest_first;

    #[test]
    fn entries_of_an_index_are_sorted_as_helm_sorts_them() {
        let versions = ["x", "1.0.0", "y", "2.0.0", "1.0.0+a", "1.0.0+b", "z", "1.0.0-rc", "10"];
        let sorted = sort_newest_first(versions.to_vec(), |version| (*version).to_owned());
        assert_eq!(
            sorted,
            ["10", "2.0.0", "1.0.0", "1.0.0+a", "1.0.0+b", "1.0.0-rc", "z", "y", "x"]
        );
    }
}
