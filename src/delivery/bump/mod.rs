//! A new image, or a value by hand, to a plan of edits: which scalars of which files become what.

mod chart_version;
mod find_target;
mod plan;

pub use chart_version::{VersionPart, raise_version};
pub use find_target::{TargetError, image_changes, image_paths};
pub use plan::{BumpPlan, FilePlan, PlanError};
