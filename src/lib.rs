//! `chartwright` lints, renders, validates, packages and pushes Helm charts, and moves image tags into them.
//!
//! Data flows one way, and a module imports only modules above it in this list (`tests/layering.rs` holds that):
//!
//! ```text
//! chart on disk → values → render → manifest documents → validate, lint → findings → report
//! chart on disk → package → repository
//! image → bump plan → edit → files
//! ```

pub mod source;
pub mod threads;
pub mod diagnostic;
pub mod finding;
pub mod yaml;
pub mod semver;
pub mod template;
pub mod functions;
pub mod chart;
pub mod values;
pub mod render;
pub mod manifest;
pub mod validate;
pub mod explain;
pub mod lint;
pub mod edit;
pub mod package;
pub mod repository;
pub mod image;
pub mod bump;
pub mod config;
pub mod pipeline;
pub mod report;
pub mod cli;
