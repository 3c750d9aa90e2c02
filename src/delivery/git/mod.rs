//! The git program: what a work tree has checked out, commits of single files, pushes, and the way back after a push that came too late;
//! directories of earlier commits, read without a checkout.
//!
//! git itself is run, since it alone has the user's credentials, hooks, signatures and partial clones.

mod base_commit;
mod commit;
mod clone;
mod head;
mod history;
mod names;
mod program;
mod push;
mod status;
mod tree;
mod tree_entries;
mod work_tree;

pub use base_commit::{BaseCommit, BaseError, BaseName};
pub use clone::clone_repository;
pub use commit::Author;
pub use names::{BranchName, RemoteName};
pub use program::GitError;
pub use push::PushOutcome;
pub use status::TrackedState;
pub use tree::GitTree;
pub use work_tree::{Head, WorkTree};
