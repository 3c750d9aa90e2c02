//! A chart's way: packages, the repositories they are published to, and the network between.

pub mod network;
pub mod credential;
pub mod oci;
pub mod package;
pub mod repository;
pub mod remote;
pub mod dependency;
