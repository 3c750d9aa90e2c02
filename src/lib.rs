//! `chartwright` lints, renders, validates, packages and pushes Helm charts, and moves image tags into them.
//!
//! Data flows one way. The modules below are layers: each imports only layers above it in this list, and inside a layer a
//! module imports only modules above it in the layer's `mod.rs` (`tests/it/layering` checks both):
//!
//! ```text
//! chart on disk → values → render → manifest documents → validate, lint → findings → report
//! chart on disk → package → repository
//! image → bump plan → edit → files
//! ```

#![cfg_attr(
    test,
    expect(clippy::disallowed_methods, reason = "tests read files and settings of their own")
)]

pub mod text;
pub mod kubernetes;
pub mod engine;
pub mod check;
pub mod artifact;
mod delivery;
mod cluster;
mod report;
mod pipeline;
mod config;
pub mod cli;
