//! An image's way: references, the tags it may move to, and the edits that move a tag into a chart.

pub mod image;
pub mod track;
pub mod bump;
pub mod poll;
pub mod event;
pub mod git;
pub mod forge;
pub mod write_back;

#[cfg(test)]
mod kubecd_tests;
