//! Images: references to them, and where files name them.

mod places;
mod reference;

#[cfg(test)]
mod places_tests;

pub use places::{ImagePlace, Place, Spelling, image_places};
pub use reference::{ImageReference, same_repository};
