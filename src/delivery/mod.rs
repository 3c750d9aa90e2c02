//! An image's way: references, the tags it may move to, the edits that move a tag into a chart, and the environments it goes through.

pub mod image;
pub mod track;
pub mod bump;
pub mod poll;
pub mod event;
pub mod git;
pub mod forge;
pub mod write_back;
pub mod environment;

#[cfg(test)]
mod kubecd_tests;
