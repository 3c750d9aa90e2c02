//! `helm lint`'s own rules, in its order and words.

mod chart_file;
mod chart_source;
mod crds;
mod dependencies;
mod documents;
#[cfg(test)]
mod helm_tests;
mod message;
mod object_name;
mod run;
mod templates;
mod urls;
mod values_file;

pub use chart_source::ChartSource;
pub use message::LintMessage;
pub use run::{LintOptions, lint_chart, lint_files};
pub use templates::check_helm_text;
