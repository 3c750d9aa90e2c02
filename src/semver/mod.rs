//! Semantic versions and constraints, as Masterminds' `semver` 3.5 reads and compares them.
//!
//! Used by the template functions `semver` and `semverCompare`, and for `kubeVersion` and dependency versions.

mod constraint;
mod version;

pub use constraint::{Constraint, ConstraintError};
pub use version::{Version, VersionError};
