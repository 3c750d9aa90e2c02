//! A chart's way: packages and the repositories they are published to.

pub mod package;
pub mod repository;
