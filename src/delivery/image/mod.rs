//! Images and registries.

mod reference;

pub use reference::{ImageReference, same_repository};
