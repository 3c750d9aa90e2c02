//! Forges, through their interfaces: the commits of a branch made there, and pull requests about them.
//!
//! One trait, which says what is asked of a forge, and a file for each forge. Requests go through the one HTTP client.

mod api;
mod error;
mod interface;
mod github;
mod gitlab;
mod place;
mod sticky_comment;

pub use error::ForgeError;
pub use interface::{FileContent, Forge, NewCommit, PullRequest, PullRequestText, Wishes};
pub use place::{ForgeKind, ForgePlace, PlaceError};
pub use sticky_comment::{CommentName, Kept, keep_comment};
