//! The pipeline step: check every chart, and publish them when none has failed.

use crate::artifact::package::{PackageError, PackageOptions, package_chart};
use crate::artifact::repository::{Item, Outcome};
use crate::check::finding::Finding;
use crate::check::run::{CheckError, CheckOutcome, CheckRequest, CheckedChart, check_charts};
use crate::engine::template::World;

/// How a chart ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartResult {
    /// Nothing in it fails the run.
    Ok,
    /// The same, but there was nothing to render: a library chart.
    NotRendered,
    /// It has findings that fail the run.
    Failed,
    /// It is in the repository now.
    Published,
    /// It was in the repository before, with the same content.
    Unchanged,
    /// It should have been published and was not: another chart failed, or the repository did.
    NotPublished,
}

impl ChartResult {
    /// As the summary calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotRendered => "nothing to render",
            Self::Failed => "failed",
            Self::Published => "published",
            Self::Unchanged => "unchanged in the repository",
            Self::NotPublished => "not published",
        }
    }
}

/// Why charts that were found to be in order are not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishFailure<E> {
    /// A chart cannot be packaged.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The repository refuses a chart, or cannot be reached.
    #[error("{0}")]
    Repository(E),
}

/// How the step ended.
#[derive(Debug)]
pub struct CiOutcome<E> {
    /// The charts, with the findings that count.
    pub checked: CheckOutcome,
    /// How each of them ended.
    pub results: Vec<ChartResult>,
    /// Why nothing was published, where that was not for findings.
    pub error: Option<PublishFailure<E>>,
}

impl<E> CiOutcome<E> {
    /// Whether findings fail the run.
    pub fn has_failed(&self) -> bool {
        self.results.contains(&ChartResult::Failed)
    }

    /// The findings of all charts, each once.
    pub fn findings(&self) -> Vec<Finding> {
        self.checked.findings()
    }
}

/// Publishes archives; outcomes are in their order.
pub type Publish<'p, E> = dyn FnMut(&[Item]) -> Result<Vec<Outcome>, E> + 'p;

/// Checks the charts of a request, and hands their packages to `publish` if none of them has failed.
///
/// # Errors
/// When the charts cannot be checked at all. What goes wrong later is part of the outcome, beside the findings.
pub fn run_ci<W: World, E>(
    request: &CheckRequest,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &(dyn Fn(usize) + Sync),
    publish: Option<&mut Publish<'_, E>>,
) -> Result<CiOutcome<E>, CheckError> {
    let checked = check_charts(request, make_world, progress)?;
    let mut outcome = CiOutcome {
        results: checked.charts.iter().map(|chart| verdict(chart, request)).collect(),
        checked,
        error: None,
    };
    let Some(publish) = publish else {
        return Ok(outcome);
    };
    if outcome.has_failed() {
        outcome.not_published();
        return Ok(outcome);
    }
    let published = packages(&outcome.checked.charts)
        .map_err(PublishFailure::Package)
        .and_then(|items| publish(&items).map_err(PublishFailure::Repository));
    match published {
        Ok(published) => {
            let result = |published| match published {
                Outcome::Published => ChartResult::Published,
                Outcome::AlreadyThere => ChartResult::Unchanged,
            };
            outcome.results = published.into_iter().map(result).collect();
        }
        Err(error) => {
            outcome.not_published();
            outcome.error = Some(error);
        }
    }
    Ok(outcome)
}

impl<E> CiOutcome<E> {
    fn not_published(&mut self) {
        for result in &mut self.results {
            if *result != ChartResult::Failed {
                *result = ChartResult::NotPublished;
            }
        }
    }
}

fn verdict(chart: &CheckedChart, request: &CheckRequest) -> ChartResult {
    if request.judgement.fails(&chart.findings) {
        ChartResult::Failed
    } else if chart.rendered.renderings == 0 {
        ChartResult::NotRendered
    } else {
        ChartResult::Ok
    }
}

fn packages(charts: &[CheckedChart]) -> Result<Vec<Item>, PackageError> {
    let options = PackageOptions::default();
    charts
        .iter()
        .map(|chart| {
            let package = package_chart(&chart.source, &options)?;
            let file_name = package.file_name();
            Ok(Item {
                metadata: package.chart.metadata,
                file_name,
                archive: package.archive,
            })
        })
        .collect()
}
