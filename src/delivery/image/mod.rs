//! Images and registries.

mod reference;

pub use reference::{ImageReference, ReferenceError, same_repository};
