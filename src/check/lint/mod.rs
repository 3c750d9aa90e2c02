//! Rules over charts: `helm lint`'s, in its order and words, each message with the place it is about; [`unused_values`];
//! what the objects of a rendering say of each other ([`check_objects`]); secrets that lie open ([`open_secrets`]).

mod chart_file;
mod chart_source;
mod crds;
mod dependencies;
mod documents;
mod message;
mod object_name;
mod objects;
mod references;
mod run;
mod secrets;
mod templates;
mod unused_values;
mod urls;
mod values_file;

pub use chart_source::ChartSource;
pub use message::{LintMessage, LintSeverity, Place};
pub use objects::RenderedText;
pub use references::{ObjectFault, check_objects, check_text_artifacts};
pub use run::{LintOptions, lint_chart};
pub use secrets::{OpenSecret, open_secrets};
pub use unused_values::{UnusedValue, unused_values};
