//! What is wrong with a chart: findings, explanations of failures, lint rules.

pub mod finding;
pub mod explain;
pub mod lint;
pub mod run;
