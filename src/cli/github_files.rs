//! The step summary and the outputs of GitHub Actions: appended to the files that the runner names, in its own runs alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::github_outputs;
use crate::text::source::append_file;

use super::run_context::RunContext;

/// Bytes of a step summary: GitHub shows none at all of a step that writes more than 1 MiB.
const SUMMARY_BYTES: usize = 1_000_000;

#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct NoSummaryFlag {
    /// In GitHub Actions, write no step summary and no outputs.
    #[arg(long)]
    no_summary: bool,
}

/// The files of the runner; none outside of GitHub Actions.
#[derive(Debug, Clone, Default)]
pub(super) struct GithubFiles {
    summary: Option<PathBuf>,
    output: Option<PathBuf>,
}

impl NoSummaryFlag {
    /// The files, unless they are not wanted.
    pub(super) fn files(self, context: RunContext) -> GithubFiles {
        if self.no_summary || context.variable("GITHUB_ACTIONS").as_deref() != Some("true") {
            return GithubFiles::default();
        }
        let file = |name| context.variable(name).map(PathBuf::from);
        GithubFiles {
            summary: file("GITHUB_STEP_SUMMARY"),
            output: file("GITHUB_OUTPUT"),
        }
    }
}

impl GithubFiles {
    /// Whether anything is written.
    pub(super) const fn are_wanted(&self) -> bool {
        self.summary.is_some() || self.output.is_some()
    }

    /// Whether a summary is written.
    pub(super) const fn has_summary(&self) -> bool {
        self.summary.is_some()
    }

    /// Appends a summary, which is made of so many bytes at most, and outputs. That they cannot be written is a warning: it says nothing
    /// about the charts.
    pub(super) fn write(&self, context: RunContext, summary: &dyn Fn(usize) -> String, outputs: &[(&str, String)]) {
        if let Some(path) = &self.summary {
            let present = path.metadata().map_or(0, |found| found.len());
            let room = SUMMARY_BYTES.saturating_sub(usize::try_from(present).unwrap_or(usize::MAX));
            let mut text = summary(room);
            text.push('\n');
            if text.len() > room {
                context.report("warning: the step summary is full; nothing is added to it");
            } else {
                append(context, path, "step summary", &text);
            }
        }
        if let Some(path) = &self.output {
            append(context, path, "outputs", &github_outputs(outputs, &delimiter(context)));
        }
    }
}

fn append(context: RunContext, path: &Path, what: &str, text: &str) {
    if let Err(error) = append_file(path, text.as_bytes()) {
        context.report(&format!(
            "warning: cannot write the {what} to {}: {error}",
            path.display()
        ));
    }
}

/// A line that no text can hold, since it did not exist when the text was made.
fn delimiter(context: RunContext) -> String {
    context
        .random_bytes()
        .iter()
        .fold("chartwright-".to_owned(), |mut text, byte| {
            _ = write!(text, "{byte:02x}");
            text
        })
}
