//! What changes in the rendered objects between two states of a chart: two states in, for each object that differs what changes, in
//! which values, and which of it is risky out.

mod objects;
mod fields;
mod immutable;
mod risk;
#[cfg(test)]
mod risk_tests;
mod masked;
mod object_diff;
mod state;
mod render;
mod compare;
mod manifests;

pub use compare::{ChartDiff, ChartPair, DiffOutcome, compare_charts};
pub use manifests::{ManifestObjects, compare_manifests};
pub use object_diff::{Change, ObjectDiff};
pub use objects::ObjectId;
pub use render::{DiffSettings, RenderFailure, Side};
pub use risk::{Risk, RiskKind};
pub use state::StatePlace;
