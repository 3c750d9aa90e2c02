//! An image's way: references, the tags it may move to, and the edits that move a tag into a chart.

pub mod image;
pub mod track;
pub mod bump;
pub mod event;
pub mod poll;

#[cfg(test)]
mod kubecd_tests;
