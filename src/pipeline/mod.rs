//! `ci`: what is checked and published for the charts of a repository, and how each of them ended.

mod build_source;
mod ci;
mod deployment;
mod git_head;
mod pull_request;
mod summary;

pub use build_source::BuildSource;
pub use ci::{CiOutcome, Publish, PublishFailure, run_ci};
pub use deployment::{Deployed, deployed};
pub use pull_request::fork_of_pull_request;
pub use summary::summary_table;
