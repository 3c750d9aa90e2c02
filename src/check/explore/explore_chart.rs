//! The exploration of a chart: its renderings as they are, trials until the budget is spent or nothing is left to try, and causes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::check::coverage::Counted;
use crate::check::explain::{explain_kube_version, explain_missing_dependencies, hidden, secrets_of_chart};
use crate::check::finding::{Finding, SecretValues, join};
use crate::check::run::{ChartValues, CheckError, CheckOutcome, CheckRequest, Subject, chart_values, load};
use crate::engine::chart::Chart;
use crate::engine::render::refuse_kube_version;
use crate::engine::template::World;
use crate::kubernetes::validate::{Catalog, Target};
use crate::kubernetes::version::embedded_versions;
use crate::text::rule::Severity;
use crate::text::stop;
use crate::text::threads::{Batch, with_pool};

use super::candidates::Hints;
use super::causes::{Cause, Constraint, Faults};
use super::focus::{EarlierChart, Focus};
use super::search::Search;
use super::setting::{Chosen, Settings};
use super::tests_to_write::{TestValues, UsefulTrials, choose_tests};
use super::trial::{Trial, TrialVersion, Trials};

/// Rounds in which settings that are not needed are taken away.
const REDUCING_ROUNDS: usize = 5;
/// Most places that a finding lists besides its own, and other settings that show it.
const MAX_LISTED: usize = 5;

/// When an exploration ends, unless nothing is left to try before.
#[derive(Clone, Copy)]
pub struct Budget<'b> {
    /// Most renderings.
    pub renderings: usize,
    /// Begins the time of a chart: what it gives says whether that is over, and is asked between batches.
    pub begin: &'b dyn Fn() -> Box<dyn Fn() -> bool + Sync>,
    /// Whether values files for tests are wanted.
    pub wants_tests: bool,
    /// Charts as they were, by their paths: only what differs is looked at. Charts that are not among them are new.
    pub earlier: Option<&'b BTreeMap<PathBuf, EarlierChart>>,
}

/// What is known of a chart that was explored.
#[derive(Debug, Clone, Default)]
pub struct Exploration {
    /// Its path as reports show it.
    pub path: String,
    /// Its name, or the path when it does not load.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What keeps it from being explored.
    pub problem: Option<Finding>,
    /// What breaks it.
    pub causes: Vec<Cause>,
    /// What it refuses on purpose.
    pub constraints: Vec<Constraint>,
    /// Renderings that were made.
    pub renderings: usize,
    /// Whether nothing was left to try.
    pub is_exhausted: bool,
    /// Ways of decisions of its own templates that its values reach as they are.
    pub before: Counted,
    /// The same with those that were explored.
    pub after: Counted,
    /// Values files that reach most of it.
    pub tests: Vec<TestValues>,
    /// What reports must not show.
    pub secrets: SecretValues,
}

/// Explores charts one after the other, each on all cores. `make_world` gives each thread its own.
///
/// # Errors
/// When a path of the request does not exist.
pub fn explore_charts<W: World>(
    request: &CheckRequest,
    budget: Budget<'_>,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &dyn Fn(&str, usize),
) -> Result<Vec<Exploration>, CheckError> {
    if let Some(path) = request.charts.iter().find(|path| !path.exists()) {
        return Err(CheckError::NotFound(path.clone()));
    }
    let paths = request.charts.iter().map(|path| Subject::Path(path));
    let subjects = paths.chain(request.archives.iter().map(Subject::Archive));
    Ok(subjects
        .map(|subject| explore(subject, request, budget, make_world, progress))
        .collect())
}

/// Explores the charts that a request has checked, and adds what was found to their findings.
///
/// # Errors
/// When a path of the request does not exist.
pub fn add_explored<W: World>(
    outcome: &mut CheckOutcome,
    request: &CheckRequest,
    budget: Budget<'_>,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &dyn Fn(&str, usize),
) -> Result<Vec<Exploration>, CheckError> {
    let explored = explore_charts(request, budget, make_world, progress)?;
    let mut judge = request.judgement.start();
    // What keeps a chart from being explored is among its findings already.
    for (chart, explored) in outcome
        .charts
        .iter_mut()
        .zip(&explored)
        .filter(|(_, one)| one.problem.is_none())
    {
        chart.findings.extend(judge.keep(join(explored.findings())));
    }
    outcome.hidden.add(judge.hidden());
    Ok(explored)
}

fn explore<W: World>(
    subject: Subject<'_>,
    request: &CheckRequest,
    budget: Budget<'_>,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &dyn Fn(&str, usize),
) -> Exploration {
    let path = subject.shown(&request.report_root);
    let mut made = Exploration {
        name: path.clone(),
        path: path.clone(),
        ..Exploration::default()
    };
    let chart = match load(subject, &path, request) {
        Ok((_, chart)) => chart,
        Err(finding) => {
            made.problem = Some(*finding);
            return made;
        }
    };
    chart.name().clone_into(&mut made.name);
    made.version.clone_from(&chart.metadata.version);
    if chart.metadata.is_library() {
        made.is_exhausted = true;
        return made;
    }
    if let Some(missing) = explain_missing_dependencies(&chart) {
        made.problem = Some(missing);
        return made;
    }
    let earlier = budget.earlier.and_then(|earlier| earlier.get(subject.path()));
    let focus = earlier.map(|earlier| Focus::new(&chart, earlier));
    if focus.as_ref().is_some_and(Focus::is_empty) {
        made.is_exhausted = true;
        return made;
    }
    let versions = accepted_versions(&chart);
    let wanted = request.versions.iter().map(|version| version.minor);
    let minor = wanted
        .filter(|minor| versions.iter().any(|version| version.minor == *minor))
        .max();
    let Some(minor) = minor.or_else(|| versions.last().map(|version| version.minor)) else {
        made.problem = Some(explain_kube_version(&chart, "those of this program"));
        return made;
    };
    let trials = Trials {
        request,
        versions: &versions,
        minor,
    };
    // Values belong to one thread, so each loads the chart for itself.
    let state = || {
        let loaded = load(subject, &path, request).ok().map(|(_, chart)| {
            let (values, _) = chart_values(&chart, subject.directory(), request);
            Trials::state(chart, values)
        });
        (loaded, make_world())
    };
    let work = |(state, world): &mut (Option<_>, W), job: (usize, Settings)| {
        state
            .as_mut()
            .map(|state| trials.run(state, job, world))
            .unwrap_or_default()
    };
    let hints = Hints::new(&chart);
    let (bases, _) = chart_values(&chart, subject.directory(), request);
    let minors = versions
        .iter()
        .map(|version| version.minor)
        .filter(|other| *other != minor)
        .collect();
    let run = Run {
        is_time_over: (budget.begin)(),
        budget,
        progress,
        name: &path,
        chart: &chart,
        bases: &bases,
        search: Search::new(&hints, minors, focus),
        faults: Faults::default(),
        useful: UsefulTrials::default(),
        made,
    };
    with_pool(state, work, |batch| run.explore(batch))
}

/// The versions of Kubernetes that a chart accepts, oldest first.
fn accepted_versions(chart: &Chart) -> Vec<TrialVersion> {
    let accepted = embedded_versions().filter(|version| refuse_kube_version(chart, &version.kube_version).is_none());
    let with_schemas = accepted.filter_map(|version| {
        Some(TrialVersion {
            minor: version.minor,
            target: Target::embedded(Catalog::of(&version).ok()?),
            kube_version: version.kube_version,
        })
    });
    with_schemas.collect()
}

/// An exploration that is going on.
struct Run<'r> {
    budget: Budget<'r>,
    is_time_over: Box<dyn Fn() -> bool + Sync>,
    progress: &'r dyn Fn(&str, usize),
    name: &'r str,
    chart: &'r Chart,
    bases: &'r [ChartValues],
    search: Search<'r>,
    faults: Faults,
    useful: UsefulTrials,
    made: Exploration,
}

impl Run<'_> {
    fn explore(mut self, batch: Batch<'_, (usize, Settings), Trial>) -> Exploration {
        self.made.secrets = secrets_of_chart(self.chart);
        let before: Vec<Trial> = batch((0..self.bases.len()).map(|base| (base, Settings::default())).collect());
        self.made.renderings = before.len();
        // The first that renders is changed; if none does, the first of all.
        let base = before
            .iter()
            .position(|trial| trial.is_complete && trial.refusals.is_empty())
            .unwrap_or_default();
        for (index, mut trial) in before.into_iter().enumerate() {
            self.faults.add_before(&trial.faults);
            trial.faults.clear();
            if index == base {
                self.search.begin(&trial);
                self.faults.add(&mut trial);
            } else {
                self.search.learn(&trial);
            }
        }
        self.made.before = self.ways();
        self.try_all(base, batch);
        self.reduce(base, batch);
        self.made.after = self.ways();
        if self.budget.wants_tests {
            let useful = std::mem::take(&mut self.useful);
            let run = |settings: Vec<Settings>| batch(settings.into_iter().map(|settings| (base, settings)).collect());
            self.made.tests = choose_tests(useful, run, &|trial| self.faults.has_new(trial));
        }
        let (causes, constraints) = self.faults.finish();
        self.made.causes = causes;
        self.made.constraints = constraints;
        self.made
    }

    fn is_over(&self) -> bool {
        self.made.renderings >= self.budget.renderings || (self.is_time_over)() || stop::reason().is_some()
    }

    fn try_all(&mut self, base: usize, batch: Batch<'_, (usize, Settings), Trial>) {
        while !self.is_over() {
            let mut next = self.search.next_batch();
            next.truncate(self.budget.renderings - self.made.renderings);
            if next.is_empty() {
                self.made.is_exhausted = true;
                return;
            }
            let trials = batch(next.into_iter().map(|settings| (base, settings)).collect());
            // What failed because the command's time is over says nothing.
            if stop::reason().is_some() {
                return;
            }
            for mut trial in trials {
                self.add(&mut trial);
            }
            (self.progress)(self.name, self.made.renderings);
        }
    }

    fn add(&mut self, trial: &mut Trial) {
        self.made.renderings += 1;
        self.search.learn(trial);
        if self.budget.wants_tests && trial.is_complete && !self.faults.has_new(trial) {
            self.useful.add(trial);
        }
        if !trial.faults.is_empty() || !trial.refusals.is_empty() {
            self.made.secrets.extend(&trial.secrets);
        }
        self.faults.add(trial);
    }

    /// Takes away settings that are not needed for a fault.
    fn reduce(&mut self, base: usize, batch: Batch<'_, (usize, Settings), Trial>) {
        for _ in 0..REDUCING_ROUNDS {
            let larger = self.faults.to_reduce();
            let smaller = larger
                .iter()
                .flat_map(|settings| (0..settings.len()).map(|index| settings.without(index)));
            let smaller: BTreeSet<Settings> = smaller.collect();
            if smaller.is_empty() || self.is_over() {
                return;
            }
            let trials = batch(smaller.into_iter().map(|settings| (base, settings)).collect());
            if stop::reason().is_some() {
                return;
            }
            for mut trial in trials {
                self.made.renderings += 1;
                self.faults.add(&mut trial);
            }
            if self.faults.to_reduce() == larger {
                return;
            }
        }
    }

    /// The ways of decisions of the chart's own templates, and those of them that were taken.
    fn ways(&self) -> Counted {
        self.search.own_ways(self.chart)
    }
}

impl Exploration {
    /// The causes as findings, without secrets: an error where the chart speaks of the settings, a warning where they are its examples, else
    /// a note.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.causes.iter().filter_map(Cause::finding).collect();
        findings.extend(self.problem.clone());
        let mut secrets = SecretValues::default();
        secrets.extend(&self.secrets);
        for finding in &findings {
            secrets.add_text(finding.primary.file.text());
        }
        hidden(findings, secrets)
    }
}

impl Cause {
    /// The first fault, with what shows it and what else breaks.
    fn finding(&self) -> Option<Finding> {
        let (first, rest) = self.findings.split_first()?;
        let mut finding = first.clone();
        finding = finding.with_note(format!("shown by {}", self.settings.command_line()));
        finding = match self.settings.chosen() {
            Chosen::OfChart => finding.with_severity(Severity::Error),
            Chosen::Example => finding
                .with_severity(Severity::Warning)
                .with_note("the value is the example in a comment of values.yaml, which may need others beside it"),
            Chosen::MadeUp => finding
                .with_severity(Severity::Info)
                .with_note("the value is made up: the chart has no example of it"),
        };
        for other in rest.iter().take(MAX_LISTED) {
            finding = finding.with_note(format!("also: {}: {}", other.primary, other.message));
        }
        if rest.len() > MAX_LISTED {
            finding = finding.with_note(format!("and {} more", rest.len() - MAX_LISTED));
        }
        let others: Vec<String> = self
            .others
            .iter()
            .take(MAX_LISTED)
            .map(Settings::command_line)
            .collect();
        if !others.is_empty() {
            finding = finding.with_note(format!("shown as well by {}", others.join("; by ")));
        }
        Some(finding.with_help("a values file in ci/ with this setting makes every later check show it"))
    }
}
