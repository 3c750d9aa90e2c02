//! Pages of HTML that are complete in one file: no scripts, nothing loaded from elsewhere, light and dark, readable on a phone.

mod page;
mod text;

pub(super) use page::{Mood, Page};
pub(super) use text::escaped;
