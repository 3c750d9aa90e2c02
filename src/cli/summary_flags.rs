//! Where the summary of a run goes besides its reports: GitHub's step summary and outputs, and a comment on the pull request.

use clap::Args;

use super::comment_flags::{CommentFlags, WantedComment};
use super::github_files::{GithubFiles, NoSummaryFlag};
use super::run_context::RunContext;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct SummaryFlags {
    #[command(flatten)]
    files: NoSummaryFlag,
    #[command(flatten)]
    comment: CommentFlags,
}

/// Where a summary is wanted.
#[derive(Debug, Clone)]
pub(super) struct SummaryPlaces {
    files: GithubFiles,
    comment: Option<WantedComment>,
}

/// A summary.
#[derive(Clone, Copy)]
pub(super) struct Summary<'s> {
    /// Whether a reader of the pull request must know.
    pub(super) says_something: bool,
    /// Markdown of so many bytes at most.
    pub(super) text: &'s dyn Fn(usize) -> String,
    /// Outputs of a step.
    pub(super) outputs: &'s [(&'s str, String)],
}

impl SummaryFlags {
    /// The places for a summary `about` something.
    pub(super) fn places(&self, context: RunContext, about: &'static str) -> SummaryPlaces {
        SummaryPlaces {
            files: self.files.files(context),
            comment: self.comment.wanted(about),
        }
    }
}

impl SummaryPlaces {
    /// Whether there is one.
    pub(super) const fn are_wanted(&self) -> bool {
        self.files.are_wanted() || self.comment.is_some()
    }

    /// Whether one of them is for people.
    pub(super) const fn are_read(&self) -> bool {
        self.files.has_summary() || self.comment.is_some()
    }

    /// Writes a summary to all of them.
    pub(super) fn write(&self, context: RunContext, summary: Summary<'_>) {
        self.files.write(context, summary.text, summary.outputs);
        if let Some(comment) = &self.comment {
            comment.write(context, summary.says_something, summary.text);
        }
    }
}
