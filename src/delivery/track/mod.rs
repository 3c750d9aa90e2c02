//! Which tag comes next: tags as versions, and the tracks that say how far an image may move.

mod choose;
mod tag_filter;
mod tag_version;
mod allowed;
mod why_not;

#[cfg(test)]
mod choose_tests;

pub use allowed::Track;
pub use choose::{Choice, Choosing, Step, Tag, compare, step};
pub use tag_filter::TagFilter;
