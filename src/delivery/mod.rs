//! An image's way: references, the tags it may move to, and the edits that move a tag into a chart.

pub mod image;
pub mod track;
pub mod bump;
pub mod poll;
pub mod event;

#[cfg(test)]
mod kubecd_tests;
