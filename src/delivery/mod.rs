//! An image's way: references, and the edits that move a tag into a chart.

pub mod image;
pub mod bump;
