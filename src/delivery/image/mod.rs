//! Images: references to them, and where files name them.

mod chart_images;
mod chart_places;
mod conventions;
mod forms;
mod left_notes;
mod list;
mod mark;
mod markers;
mod marked_values;
mod places;
mod reference;
mod reference_parts;
mod rendered_images;
mod trace;

#[cfg(test)]
mod chart_places_tests;
#[cfg(test)]
mod places_tests;
#[cfg(test)]
mod trace_tests;

pub use chart_images::{ChartInput, chart_images};
pub use chart_places::{ChartPlaces, LeftReason, WantedImages, chart_places, last_name, with_traced};
pub use conventions::image_places;
pub use left_notes::LeftNotes;
pub use list::{ListedImage, ListedPart, WrittenAt, list_place, list_traced};
pub use places::{ImagePlace, Place, Spelling};
pub use reference::{ImageReference, same_repository};
pub use reference_parts::{Part, reference_parts};
pub use rendered_images::image_names;
