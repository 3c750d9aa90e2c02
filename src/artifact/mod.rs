//! A chart's way: its dependencies, its package and signature, the repositories and registries it is published to and fetched from,
//! and the network and the logins between.

pub mod network;
pub mod credential;
pub mod oci;
pub mod package;
pub mod repository;
pub mod remote;
pub mod dependency;
