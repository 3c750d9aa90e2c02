//! What is wrong with a chart: findings, explanations of failures, lint rules.

pub(crate) mod finding;
pub(crate) mod explain;
pub mod lint;
pub(crate) mod coverage;
pub(crate) mod run;
pub(crate) mod diff;
pub(crate) mod explore;
