//! A chart's way: packages, the repositories they are published to, and the network between.

pub mod dependency;
pub mod network;
pub mod package;
pub mod remote;
pub mod repository;
