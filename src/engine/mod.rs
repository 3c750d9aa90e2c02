//! Helm's engine: charts, values, templates and what they render to.

pub mod template;
pub mod functions;
pub mod chart;
pub mod values;
pub mod render;
pub mod manifest;
