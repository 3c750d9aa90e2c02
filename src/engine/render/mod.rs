//! Chart, values and release to rendered files: Helm's engine around the templates.

mod capabilities;
mod chart_objects;
mod files_object;
mod fixed_clock;
mod glob;
mod release;
mod render_chart;
mod struct_object;
mod template_set;

pub use capabilities::{Capabilities, HELM_VERSION, HELM3_VERSION, refuse_kube_version};
pub use fixed_clock::{FixedClock, REPRODUCIBLE_NANOS, reproducible_bytes};
pub use release::{Operation, Release, ReleaseNameError, default_release_name, validate_release_name};
pub use render_chart::{
    RenderError, RenderValues, RenderValuesError, RenderedFile, Rendering, SchemaCheck, WholeRendering, render_chart,
    render_chart_with, render_templates, render_text, render_traced, render_values, render_watched, render_whole,
};
pub use template_set::{
    ChartTemplates, TemplateFile, compile_chart, compile_chart_in_parallel, parse_failures, template_source,
};
