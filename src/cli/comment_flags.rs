//! `--comment`: the report as one comment on the pull request of the run, which later runs change.

use std::path::PathBuf;

use clap::Args;

use crate::delivery::forge::{CommentName, Kept, keep_comment};
use crate::delivery::git::{RemoteName, WorkTree};
use crate::pipeline::{pull_request_number, run_address};

use super::destination_flags::read_event;
use super::forge_connection::{ForgeArgument, ForgeConnection};
use super::run_context::RunContext;
use super::write_back_flags::write_back_error;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct CommentFlags {
    /// Write the report as a comment on the pull request of the run, which later runs change; with =NAME as one of several. None is written
    /// where there is nothing to report.
    ///
    /// The token is in `GITHUB_TOKEN`, `GH_TOKEN` or `GITLAB_TOKEN`. A comment that cannot be written is a warning.
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = comment_name)]
    comment: Option<String>,
    /// Number of the pull request [default: the one that the CI system names].
    #[arg(long, value_name = "NUMBER", requires = "comment")]
    comment_on: Option<u64>,
    /// Forge that has the remote origin, where neither its host nor the CI system says it.
    #[arg(long, value_name = "FORGE", requires = "comment")]
    forge: Option<ForgeArgument>,
    /// File with the certificates of authorities that the forge is trusted by, instead of the system's.
    #[arg(long, value_name = "FILE", requires = "comment")]
    forge_ca_file: Option<PathBuf>,
}

/// A comment that is wanted.
#[derive(Debug, Clone)]
pub(super) struct WantedComment {
    name: CommentName,
    flags: CommentFlags,
}

/// A name, as clap reads it: it is part of the comment's first line.
fn comment_name(name: &str) -> Result<String, String> {
    match CommentName::new("", name) {
        Ok(_) => Ok(name.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl CommentFlags {
    /// The comment `about` something, if it is wanted.
    pub(super) fn wanted(&self, about: &'static str) -> Option<WantedComment> {
        let name = CommentName::new(about, self.comment.as_deref()?).ok()?;
        Some(WantedComment {
            name,
            flags: self.clone(),
        })
    }
}

impl WantedComment {
    /// Writes the comment, and says what happened to it. A failure says nothing about the charts: it is a warning.
    pub(super) fn write(&self, context: RunContext, says_something: bool, text: &dyn Fn(usize) -> String) {
        let variables = |name: &str| context.variable(name);
        let number = self.flags.comment_on;
        let Some(number) = number.or_else(|| pull_request_number(&variables, &read_event)) else {
            context.report("note: no comment is written: the CI system names no pull request; --comment-on does");
            return;
        };
        let footer = run_address(&variables).map_or_else(String::new, |run| format!("\n[The whole run]({run})\n"));
        let text = |most_bytes: usize| text(most_bytes.saturating_sub(footer.len())) + &footer;
        let here = context.working_directory();
        let remote = WorkTree::of(&here).and_then(|tree| tree.remote_address(&RemoteName::origin()));
        let connection = ForgeConnection {
            forge: self.flags.forge,
            ca_file: self.flags.forge_ca_file.as_deref(),
        };
        let kept = connection
            .connect(context, &remote.unwrap_or_default())
            .and_then(|forge| {
                keep_comment(&*forge, number, &self.name, says_something, &text)
                    .map_err(|error| write_back_error(error.into()))
            });
        match kept {
            Ok(Kept::Added) => context.report(&format!("commented on pull request {number}")),
            Ok(Kept::Changed) => context.report(&format!("changed the comment on pull request {number}")),
            Ok(Kept::Unchanged | Kept::NotNeeded) => {}
            Err(error) => context.report(&format!("warning: no comment on pull request {number}: {error}")),
        }
    }
}
