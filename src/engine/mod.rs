//! Helm's engine: charts, values, templates and their output.

pub mod template;
pub mod functions;
pub mod chart;
pub mod values;
pub mod render;
pub mod manifest;
