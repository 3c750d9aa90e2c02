//! `init`: what a repository needs before its charts are checked in every pull request.
//!
//! In: a directory. Out: what was found in it ([`Survey`]), and the files that are proposed for it, with the reason for each ([`Proposal`]).

mod ci_files;
mod environment_files;
mod existing_steps;
mod settings_file;
mod survey;
mod proposal;

pub use proposal::{Proposal, ProposedFile, ProposedKind};
pub use survey::{Survey, SurveyError};
