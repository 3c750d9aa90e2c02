//! `--explore` of `lint` and `ci`: charts are explored after they were checked, and what breaks them is among the findings.

use std::time::{Duration, Instant};

use clap::Args;

use crate::check::explore::{Budget, Exploration};
use crate::report::exploration_as_text;

use super::command_error::CommandError;
use super::run_context::RunContext;
use super::time_flag::seconds_or_duration;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ExploreFlag {
    /// Look for values that break each chart, for this time at most, such as 10 (seconds) or 2m: see `chartwright explore`.
    #[arg(long, value_name = "DURATION")]
    explore: Option<String>,
}

impl ExploreFlag {
    /// Whether charts are to be explored.
    pub(super) const fn is_given(&self) -> bool {
        self.explore.is_some()
    }

    /// The time for each chart, if charts are to be explored.
    pub(super) fn limit(&self) -> Result<Option<Duration>, CommandError> {
        let limit = self
            .explore
            .as_deref()
            .map(|written| seconds_or_duration("--explore", written));
        limit.transpose()
    }
}

/// Begins the time of a chart; what is returned says whether it is over. Zero means no limit.
pub(super) fn begin_time(limit: Duration) -> Box<dyn Fn() -> bool + Sync> {
    let begun = Instant::now();
    Box::new(move || !limit.is_zero() && begun.elapsed() >= limit)
}

/// What a chart may take within a time.
pub(super) fn budget(begin: &dyn Fn() -> Box<dyn Fn() -> bool + Sync>) -> Budget<'_> {
    Budget {
        renderings: usize::MAX,
        begin,
        wants_tests: false,
        earlier: None,
    }
}

/// Refusals of a chart that are shown, unless all are wanted.
pub(super) const MOST_REFUSALS: usize = 20;

/// Says how far the exploration of each chart got.
pub(super) fn explored_lines(context: RunContext, explored: &[Exploration], most_refusals: usize) {
    for chart in explored {
        context.report(exploration_as_text(chart, most_refusals).trim_end());
    }
}
