//! Which parts of a chart's templates and values its renderings reach, and what no rendering can reach.

mod counted;
mod seen;
mod chart_coverage;
mod collect;

pub use chart_coverage::{
    BranchRuns, ChartCoverage, DefinitionCoverage, FileCoverage, LineRuns, Unreachable, ValueUse,
};
pub(in crate::check) use collect::Collected;
pub use counted::{Counted, Totals};
pub(in crate::check) use seen::ValuePaths;
pub use seen::{SeenDecision, SeenLook, SeenRun, ValuePath};
