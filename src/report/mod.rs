//! What was found, and verdicts, as bytes: one format a file.

mod unevaluated;
mod html;
mod markdown_text;
mod json_text;
mod diff;
mod coverage;
mod exploration;
mod findings;
mod agent;
mod apply;
#[cfg(test)]
mod hostile_tests;
mod github_output;
mod verdicts;
mod xml;

pub use agent::{agent_metrics, agent_page};
pub use apply::{
    applied_as_json, explanation_as_json, explanation_as_text, outcome_line, plan_as_json, plan_as_text, problem_line,
};
pub use coverage::{CoverageFormat, CoveredChart, share_of};
pub use diff::{DiffTextOptions, diff_as_html, diff_as_json, diff_as_markdown, diff_as_text};
pub use exploration::exploration_as_text;
pub use findings::{
    Changes, ChartImages, FORMATS, Format, Group, Remarks, Report, Subject, Terminal, concise, merge_reports,
    step_summary, verdict_line,
};
pub use github_output::{PublishedPackage, github_outputs, json_list, packages_json, packages_list};
pub use json_text::{Rows as JsonRows, text as json_document};
#[cfg(test)]
pub(crate) use markdown_text::prose;
pub use unevaluated::unevaluated_sentence;
pub use verdicts::{CheckedFile, ResourceFormat, ResourceOptions, resources_as, unevaluated_rules};
