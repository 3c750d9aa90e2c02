//! The pipeline step: check every chart, and publish those that did not fail.
//!
//! A chart that fails keeps itself and the charts that depend on it from being published, nothing else, unless all or nothing is wanted.

use std::collections::BTreeSet;

use crate::artifact::package::{PackageError, PackageOptions, package_chart};
use crate::artifact::remote::TargetOutcome;
use crate::artifact::repository::{Item, Outcome};
use crate::check::explore::{Budget, Exploration, add_explored};
use crate::check::finding::Finding;
use crate::check::run::{CheckError, CheckOutcome, CheckRequest, CheckedChart, check_charts};
use crate::engine::template::World;

/// How a chart ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartResult {
    /// Nothing in it fails the run.
    Ok,
    /// The same, but nothing was rendered: a library chart, or one whose failures are silenced.
    NotRendered,
    /// It has findings that fail the run.
    Failed,
    /// It is in all repositories now.
    Published,
    /// It was in all repositories before, with the same content.
    Unchanged,
    /// It should have been published and was not.
    NotPublished(Withheld),
}

/// Why a chart is not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// A chart that it depends on, directly or not, failed.
    Needs(String),
    /// Another chart failed, and all or nothing is wanted.
    OtherFailed,
    /// It cannot be packaged.
    NotPackaged,
    /// A repository does not accept it, or cannot be reached.
    Repository,
}

impl ChartResult {
    /// As the summary calls it.
    pub fn name(&self) -> String {
        let name = match self {
            Self::Ok => "ok",
            Self::NotRendered => "not rendered",
            Self::Failed => "failed",
            Self::Published => "published",
            Self::Unchanged => "unchanged in the repository",
            Self::NotPublished(why) => return format!("not published: {}", why.reason()),
        };
        name.to_owned()
    }
}

impl Withheld {
    fn reason(&self) -> String {
        match self {
            Self::Needs(name) => format!("depends on {name}"),
            Self::OtherFailed => "another chart failed".to_owned(),
            Self::NotPackaged => "it cannot be packaged".to_owned(),
            Self::Repository => "the repository does not have it".to_owned(),
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
    /// What exploring them showed, if they were explored.
    pub explored: Vec<Exploration>,
    /// What was done in each of the repositories.
    pub published: Vec<TargetOutcome>,
    /// Why charts were not published, where that was not for findings: the first reason.
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

/// Publishes archives; fails where nothing was written to any repository.
pub type Publish<'p, E> = dyn FnMut(&[Item]) -> Result<Vec<TargetOutcome>, E> + 'p;

/// How charts that did not fail are published.
pub struct Publishing<'p, E> {
    /// How they are packaged.
    pub options: &'p PackageOptions,
    /// What writes archives to the repositories.
    pub publish: &'p mut Publish<'p, E>,
    /// Whether an error is about one chart, so that the others can be published all the same.
    pub is_about_charts: &'p dyn Fn(&E) -> bool,
    /// Whether a chart that fails keeps all others from being published.
    pub all_or_nothing: bool,
    /// The charts that each chart depends on, all of them before it.
    pub needs: &'p [BTreeSet<usize>],
}

/// Checks the charts of a request, explores them if a budget is given, and hands the packages of those that did not fail to `publish`.
///
/// # Errors
/// When the charts cannot be checked at all. What goes wrong later is part of the outcome, beside the findings.
pub fn run_ci<W: World, E>(
    request: &CheckRequest,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &(dyn Fn(usize) + Sync),
    budget: Option<Budget<'_>>,
    publishing: Option<Publishing<'_, E>>,
) -> Result<CiOutcome<E>, CheckError> {
    let mut checked = check_charts(request, make_world, progress)?;
    let explored = match budget {
        Some(budget) => add_explored(&mut checked, request, budget, make_world, &|_, _| ())?,
        None => Vec::new(),
    };
    let mut outcome = CiOutcome {
        results: checked.charts.iter().map(|chart| verdict(chart, request)).collect(),
        checked,
        explored,
        published: Vec::new(),
        error: None,
    };
    if let Some(publishing) = publishing {
        outcome.publish(publishing);
    }
    Ok(outcome)
}

impl<E> CiOutcome<E> {
    fn publish(&mut self, mut publishing: Publishing<'_, E>) {
        let (places, items) = self.packages(&publishing);
        let is_incomplete = self.has_failed() || self.error.is_some();
        if publishing.all_or_nothing && is_incomplete {
            self.withhold(places, &Withheld::OtherFailed);
            return;
        }
        if items.is_empty() {
            return;
        }
        match (publishing.publish)(&items) {
            Ok(published) => {
                for (number, &place) in places.iter().enumerate() {
                    self.set(place, result(number, &published));
                }
                self.published = published;
            }
            Err(error) if items.len() > 1 && !publishing.all_or_nothing && (publishing.is_about_charts)(&error) => {
                self.publish_one_by_one(&mut publishing, places, &items);
            }
            Err(error) => {
                self.withhold(places, &Withheld::Repository);
                self.fail(PublishFailure::Repository(error));
            }
        }
    }

    /// The packages of the charts that can be published, with the places of the charts. The others are marked with the reason.
    fn packages(&mut self, publishing: &Publishing<'_, E>) -> (Vec<usize>, Vec<Item>) {
        let (mut places, mut items) = (Vec::new(), Vec::new());
        for place in 0..self.results.len() {
            let Some(source) = self.checked.charts.get(place).map(|chart| chart.source.clone()) else {
                continue;
            };
            if self.results.get(place) == Some(&ChartResult::Failed) || self.is_kept_back(place, publishing.needs) {
                continue;
            }
            match package_chart(&source, publishing.options) {
                Ok(package) => {
                    places.push(place);
                    items.push(package.into());
                }
                Err(error) => {
                    self.set(place, ChartResult::NotPublished(Withheld::NotPackaged));
                    self.fail(PublishFailure::Package(error));
                }
            }
        }
        (places, items)
    }

    /// Publishes what a repository refused together: a chart that it does not accept is not in the way of the others.
    fn publish_one_by_one(&mut self, publishing: &mut Publishing<'_, E>, places: Vec<usize>, items: &[Item]) {
        let mut waiting = places.into_iter().zip(items);
        while let Some((place, item)) = waiting.next() {
            if self.is_kept_back(place, publishing.needs) {
                continue;
            }
            match (publishing.publish)(std::slice::from_ref(item)) {
                Ok(published) => {
                    self.set(place, result(0, &published));
                    self.published.extend(published);
                }
                Err(error) => {
                    let is_about_chart = (publishing.is_about_charts)(&error);
                    self.set(place, ChartResult::NotPublished(Withheld::Repository));
                    self.fail(PublishFailure::Repository(error));
                    if !is_about_chart {
                        let rest = waiting.map(|(place, _)| place).collect();
                        return self.withhold(rest, &Withheld::Repository);
                    }
                }
            }
        }
    }

    /// Marks a chart that depends on one that is not published, and says whether it does.
    fn is_kept_back(&mut self, place: usize, needs: &[BTreeSet<usize>]) -> bool {
        let needed = needs.get(place).into_iter().flatten();
        let cause = needed.into_iter().find_map(|&needed| match self.results.get(needed)? {
            ChartResult::NotPublished(Withheld::Needs(cause)) => Some(cause.clone()),
            ChartResult::Failed | ChartResult::NotPublished(_) => Some(self.checked.charts.get(needed)?.name.clone()),
            _ => None,
        });
        let Some(cause) = cause else { return false };
        self.set(place, ChartResult::NotPublished(Withheld::Needs(cause)));
        true
    }

    fn withhold(&mut self, places: Vec<usize>, why: &Withheld) {
        for place in places {
            self.set(place, ChartResult::NotPublished(why.clone()));
        }
    }

    fn set(&mut self, place: usize, result: ChartResult) {
        if let Some(slot) = self.results.get_mut(place) {
            *slot = result;
        }
    }

    fn fail(&mut self, failure: PublishFailure<E>) {
        self.error.get_or_insert(failure);
    }
}

/// How the chart of a package ended, by its outcomes in the repositories.
pub(super) fn result(package: usize, published: &[TargetOutcome]) -> ChartResult {
    let mut outcomes = published
        .iter()
        .map(|target| target.published.get(package).map(|one| one.outcome));
    let is_unchanged = |outcome| matches!(outcome, Some(Outcome::AlreadyThere | Outcome::Skipped));
    if outcomes.clone().any(|outcome| outcome.is_none()) {
        ChartResult::NotPublished(Withheld::Repository)
    } else if outcomes.all(is_unchanged) {
        ChartResult::Unchanged
    } else {
        ChartResult::Published
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
