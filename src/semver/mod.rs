//! Semantic versions and constraints, as Masterminds' `semver` 3.5 reads and compares them.
//!
//! Used by the template functions `semver` and `semverCompare`, and for `kubeVersion` and dependency versions.

mod constraint;
mod version;

pub use constraint::{Constraint, ConstraintError};
/// Whether `version` satisfies `constraint`; false where either does not parse. Helm's `IsCompatibleRange`.
pub fn is_compatible_range(constraint: &str, version: &str) -> bool {
    match (Constraint::parse(constraint), Version::parse(version)) {
        (Ok(constraint), Ok(version)) => constraint.check(&version),
        _ => false,
    }
}

pub use version::{Version, VersionError};
