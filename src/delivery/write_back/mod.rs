//! Writing back what a plan changes: one commit, pushed, recomputed where another push was faster.

mod commit_plan;
mod error;
mod facts;
mod links;
mod message;
mod pull_request;

pub use commit_plan::{CommitSettings, Committed, PushSettings, commit_planned};
pub use error::WriteBackError;
pub use facts::ImageLinks;
pub use links::image_links;
pub use message::MessageTemplate;
pub use pull_request::{Action, PullRequestSettings, Requested, Topic, request_plan};
