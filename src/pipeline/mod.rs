//! `ci`: what is checked and published for the charts of a repository, and how each of them ended.

mod ci;
mod summary;

pub use ci::{CiOutcome, Publish, PublishFailure, run_ci};
pub use summary::summary_table;
