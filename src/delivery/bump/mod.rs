//! A new image, or a value by hand, to a plan of edits: files, scalars and their new values. [`plan_bump`] makes the
//! plan from data and writes nothing; [`write_bump`] carries it out: all of its files or
//! none.

mod assignment;
mod chart_version;
mod error;
mod find_target;
#[cfg(test)]
mod form_tests;
mod left_alone;
mod moved_image;
mod plan;
mod plan_bump;
mod plan_image;
mod raise_chart;
mod raise_versions;
mod shown_changes;
mod update_locks;
mod write;

pub use assignment::{ItemKind, ValueKind, parse_append, parse_assignment, parse_document};
pub use chart_version::{Raise, VersionPart};
pub use error::BumpError;
pub use find_target::{TargetError, place_changes};
pub use moved_image::MovedImage;
pub use plan::BumpPlan;
pub use plan_bump::{BumpRequest, ReadFile, SourceFile, absolute, plan_bump, shown_path};
pub use raise_versions::plan_versions;
pub use write::{WriteError, finish_bumps, undo_plan, write_bump, write_planned};
