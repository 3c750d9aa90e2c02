//! Rules over charts. These are `helm lint`'s, in its order and words, each message with the place it is about.

mod chart_file;
mod chart_source;
mod crds;
mod dependencies;
mod deprecated_apis;
mod documents;
mod message;
mod object_name;
mod run;
mod templates;
mod urls;
mod values_file;

pub use chart_source::ChartSource;
pub use message::{LintMessage, LintSeverity, Place};
pub use run::{LintOptions, lint_chart};
