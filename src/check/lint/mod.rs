//! Rules: Helm's own (`helm`), over the files of a chart (`chart`), and over what it renders to (`objects`). One file per rule.

pub(crate) mod helm;
pub(crate) mod chart;
pub mod objects;
