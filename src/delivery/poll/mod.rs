//! What registries have that is newer than what files name.

mod chart_dependencies;
mod default_files;
mod find_updates;
mod follow_templates;
mod known_tags;
mod patch;
mod tag_source;

pub use default_files::{polled_files, values_files};
pub use find_updates::{PolledImage, Status, listed_tags};
pub use known_tags::KnownTags;
pub use patch::{Patch, PollRequest};
pub use tag_source::{ImageOrigin, SourceImage, TagSource, why_stays};
