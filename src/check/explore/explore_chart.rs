//! The exploration of a chart: its renderings as they are, trials until the budget is spent or nothing is left to try, and causes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use foldhash::fast::RandomState;

use crate::check::explain::{explain_kube_version, explain_missing_dependencies, secrets_of_chart, secrets_of_values};
use crate::check::finding::{Finding, join};
use crate::check::run::{
    ChartValues, CheckError, CheckOutcome, CheckRequest, LIBRARY_CHART, Subject, chart_values, load,
};
use crate::engine::chart::Chart;
use crate::engine::render::refuse_kube_version;
use crate::engine::template::World;
use crate::kubernetes::validate::{Catalog, Target};
use crate::kubernetes::version::embedded_versions;
use crate::text::rule::{Rule, Severity};
use crate::text::stop;
use crate::text::threads::{Batch, with_pool};

use super::candidates::Hints;
use super::causes::{FaultKey, Faults};
use super::exploration::{Exploration, base_flags};
use super::failing_tests::{Failing, FailingChart, choose_failing};
use super::focus::{EarlierChart, Focus};
use super::made_up::Fitting;
use super::repair::repairs;
use super::search::Search;
use super::setting::{Flag, Settings, command_line};
use super::tests_to_write::{MAX_FILES, UsefulTrials, Way, choose_tests, is_written, ways_of};
use super::trial::{Trial, TrialVersion, Trials};

/// Rounds in which settings that are not needed are taken away.
const REDUCING_ROUNDS: usize = 5;
/// Renderings of all these rounds.
const REDUCING_TRIALS: usize = 400;
/// Most renderings that are made to find settings for tests in place of those that broke.
const REPAIRING_TRIALS: usize = 1_500;
/// Most trials that broke and reach the same way which are kept for that, and those of them that were such attempts.
const MOST_BROKEN: usize = 4;
const MOST_BROKEN_AGAIN: usize = 12;
/// Most renderings that are made to find values files that break the chart.
const MOST_FAILING: usize = 1_000;

/// When an exploration ends, unless nothing is left to try before.
#[derive(Clone, Copy)]
pub struct Budget<'b> {
    /// Most renderings.
    pub renderings: usize,
    /// Begins the time of a chart: what it gives says whether that is over, and is asked before each trial.
    pub begin: &'b dyn Fn() -> Box<dyn Fn() -> bool + Sync>,
    /// Whether values files for tests are wanted.
    pub wants_tests: bool,
    /// Charts as they were, by their paths: only what differs is looked at. Charts that are not among them are new.
    pub earlier: Option<&'b BTreeMap<PathBuf, EarlierChart>>,
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
    request.check_paths()?;
    let paths = request.charts.iter().map(|path| Subject::Path(path));
    let subjects = paths.chain(request.archives.iter().map(Subject::Archive));
    Ok(subjects
        .map(|subject| explore(subject, request, budget, make_world, progress))
        .collect())
}

/// Explores the charts that a request has checked, and adds what was found to their findings, without what breaks under values that are
/// made up.
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
        let mut found = explored.findings();
        found.retain(|finding| finding.severity > Severity::Info);
        chart.findings.extend(judge.keep(join(found)));
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
        made.not_explored = Some(LIBRARY_CHART.to_owned());
        return made;
    }
    if let Some(missing) = explain_missing_dependencies(&chart) {
        made.problem = Some(missing);
        return made;
    }
    let earlier = budget.earlier.and_then(|earlier| earlier.get(subject.path()));
    let focus = earlier.map(|earlier| Focus::new(&chart, earlier));
    if focus.as_ref().is_some_and(Focus::is_empty) {
        made.not_explored = Some("nothing that its renderings depend on has changed".to_owned());
        return made;
    }
    let versions = accepted_versions(&chart);
    let Some(minor) = newest_wanted(request, &versions) else {
        let wanted: Vec<&str> = request.versions.iter().map(|version| version.text.as_str()).collect();
        made.problem = Some(explain_kube_version(&chart, &wanted.join(", ")));
        return made;
    };
    let trials = Trials {
        request,
        versions: &versions,
        minor,
    };
    let wants_tests = budget.wants_tests;
    // Values belong to one thread, so each loads the chart for itself.
    let state = || {
        let loaded = load(subject, &path, request).ok().map(|(_, chart)| {
            let values = own_values(&chart, subject, request, wants_tests);
            Trials::state(chart, values)
        });
        (loaded, make_world())
    };
    let is_time_over = (budget.begin)();
    let work = |(state, world): &mut (Option<_>, W), job: Job| {
        if job.is_timed && is_time_over() {
            return None;
        }
        state
            .as_mut()
            .map(|state| trials.run(state, (job.base, job.settings), world))
    };
    let hints = Hints::new(&chart);
    let bases = own_values(&chart, subject, request, wants_tests);
    let cluster = cluster_flags(request, minor);
    let minors = versions.iter().map(|version| version.minor);
    let minors = minors.filter(|other| *other != minor).collect();
    let run = Run {
        is_time_over: &*is_time_over,
        budget,
        progress,
        name: &path,
        chart: &chart,
        bases: &bases,
        has_given_values: request.given.is_some(),
        cluster: &cluster,
        search: Search::new(&hints, minors, focus),
        tried: HashSet::default(),
        faults: Faults::default(),
        fitting: Fitting::default(),
        useful: UsefulTrials::new(chart.name()),
        ways_before: BTreeSet::new(),
        made,
    };
    with_pool(state, work, |batch| run.explore(batch))
}

/// The values that a chart has; where tests are written, without those that an earlier run wrote, which are written again.
fn own_values(chart: &Chart, subject: Subject<'_>, request: &CheckRequest, wants_tests: bool) -> Vec<ChartValues> {
    let (mut values, _) = chart_values(chart, subject.directory(), request);
    if wants_tests {
        values.retain(|values| !values.given.files.iter().any(|file| is_written(file.text())));
    }
    values
}

/// The newest version of Kubernetes that is wanted and among these.
fn newest_wanted(request: &CheckRequest, versions: &[TrialVersion]) -> Option<u8> {
    let wanted = request.versions.iter().map(|version| version.minor);
    wanted
        .filter(|minor| versions.iter().any(|version| version.minor == *minor))
        .max()
}

/// The flags that say what cluster charts are rendered for, where that is not the newest one without APIs of its own.
fn cluster_flags(request: &CheckRequest, minor: u8) -> Vec<Flag> {
    let newest = embedded_versions().map(|version| version.minor).max();
    let version = (newest != Some(minor)).then(|| ("--kube-version", format!("1.{minor}")));
    let apis = request
        .api_versions
        .iter()
        .map(|version| ("--api-versions", version.clone()));
    version.into_iter().chain(apis).collect()
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

/// A trial to be made.
struct Job {
    base: usize,
    settings: Settings,
    /// Whether it is left out once the time is over.
    is_timed: bool,
}

/// What makes trials: none of those that are left out.
type Trying<'b> = Batch<'b, Job, Option<Trial>>;

/// An exploration that is going on.
struct Run<'r> {
    budget: Budget<'r>,
    is_time_over: &'r (dyn Fn() -> bool + Sync),
    progress: &'r dyn Fn(&str, usize),
    name: &'r str,
    chart: &'r Chart,
    bases: &'r [ChartValues],
    /// Whether values were given, instead of those that the chart has.
    has_given_values: bool,
    /// Flags for the cluster, where it is not the usual one.
    cluster: &'r [Flag],
    search: Search<'r>,
    /// What trials were made with.
    tried: HashSet<Settings, RandomState>,
    faults: Faults,
    fitting: Fitting,
    useful: UsefulTrials,
    /// Ways that the chart's own values reach, if tests are wanted.
    ways_before: BTreeSet<Way>,
    made: Exploration,
}

impl Run<'_> {
    fn explore(mut self, batch: Trying<'_>) -> Exploration {
        self.made.secrets = secrets_of_chart(self.chart);
        for base in self.bases {
            self.made.secrets.extend(&secrets_of_values(&base.given, &base.values));
        }
        let as_they_are = (0..self.bases.len()).map(|base| Job {
            base,
            settings: Settings::default(),
            is_timed: false,
        });
        let mut before: Vec<Trial> = batch(as_they_are.collect()).into_iter().flatten().collect();
        self.made.renderings = before.len();
        self.made.unevaluated = before.iter().map(|trial| trial.unevaluated).sum();
        // The first that renders is changed; if none does, the first of those that are refused on purpose.
        let renders = before
            .iter()
            .position(|trial| trial.is_complete && trial.refusals.is_empty());
        let Some(base) = renders.or_else(|| before.iter().position(|trial| trial.faults.is_empty())) else {
            let faults = before.iter_mut().flat_map(|trial| std::mem::take(&mut trial.faults));
            self.made.problem = faults.min_by_key(|finding| finding.rule != Rule::TemplateRender.into());
            return self.made;
        };
        self.made.base = self.bases.get(base).map(base_flags).unwrap_or_default();
        self.made.base.extend(self.cluster.iter().cloned());
        self.made.is_refused = renders.is_none();
        for trial in &mut before {
            self.faults.add_before(&trial.faults);
            trial.faults.clear();
        }
        if let Some(trial) = before.get_mut(base) {
            self.search.begin(trial, self.is_testable(trial));
            self.faults.add(trial);
        }
        for (index, trial) in before.iter().enumerate() {
            let is_testable = self.is_testable(trial);
            if index != base {
                self.search.learn_base(trial, is_testable);
            }
            if is_testable && self.budget.wants_tests {
                self.ways_before.extend(ways_of(trial));
            }
        }
        (self.made.before, _) = self.search.own_ways(self.chart, &BTreeSet::new());
        self.try_all(base, batch);
        self.reduce(base, batch);
        let is_default = self.bases.get(base).is_some_and(|base| base.are_defaults);
        let mut tested = BTreeSet::new();
        let mut broken = Vec::new();
        let is_testable = is_default && renders.is_some();
        self.made.untestable = match (is_testable, self.has_given_values) {
            _ if !self.budget.wants_tests => None,
            (true, _) => None,
            (false, true) => Some("they would be for the defaults of the chart, not for other values that are given"),
            (false, false) => Some("they would be for the defaults of the chart, which do not render"),
        };
        if self.budget.wants_tests && is_testable {
            broken.extend(self.useful.broken().cloned());
            self.repair(base, batch);
            tested = self.choose_tests(base, batch);
        }
        (self.made.after, self.made.testable) = self.search.own_ways(self.chart, &tested);
        let elsewhere = self.search.elsewhere(self.chart).into_iter();
        self.made.elsewhere = elsewhere.map(|(cluster, count)| (cluster.flags(), count)).collect();
        let (causes, constraints) = self.faults.finish();
        self.made.causes = causes;
        self.made
            .causes
            .retain(|cause| !self.fitting.is_misfit(cause, self.search.base_values()));
        self.made.constraints = constraints;
        if self.budget.wants_tests && is_testable {
            self.choose_failing(base, batch, broken, tested);
        }
        self.made
    }

    fn is_over(&self) -> bool {
        self.made.renderings >= self.budget.renderings || (self.is_time_over)() || stop::reason().is_some()
    }

    fn try_all(&mut self, base: usize, batch: Trying<'_>) {
        while !self.is_over() {
            let mut next = self.search.next_batch();
            next.truncate(self.budget.renderings - self.made.renderings);
            if next.is_empty() {
                self.made.is_exhausted = true;
                return;
            }
            let trials = batch(jobs(base, next, true));
            // What failed because the command's time is over says nothing.
            if stop::reason().is_some() {
                return;
            }
            for mut trial in trials.into_iter().flatten() {
                self.add(&mut trial);
            }
            (self.progress)(self.name, self.made.renderings);
        }
    }

    fn add(&mut self, trial: &mut Trial) {
        self.made.renderings += 1;
        self.tried.insert(trial.settings.clone());
        let is_testable = self.is_testable(trial);
        self.search.learn(trial, is_testable);
        if is_testable {
            self.fitting.add(&trial.settings);
        }
        self.keep_for_tests(trial, is_testable, MOST_BROKEN);
        self.faults.add(trial);
    }

    /// Keeps what tests may be made of.
    fn keep_for_tests(&mut self, trial: &Trial, is_testable: bool, most_broken: usize) {
        match (self.budget.wants_tests, is_testable) {
            (true, true) => self.useful.add(trial),
            (true, false) if trial.settings.are_values() => self.useful.add_broken(trial, most_broken),
            _ => {}
        }
    }

    /// Takes away settings that are not needed for a fault. This is not part of the budget, and has one of its own.
    fn reduce(&mut self, base: usize, batch: Trying<'_>) {
        let mut left = REDUCING_TRIALS;
        for _ in 0..REDUCING_ROUNDS {
            let larger = self.faults.to_reduce();
            let smaller = larger
                .iter()
                .flat_map(|settings| (0..settings.len()).map(|index| settings.without(index)));
            // What was tried before did not show the fault.
            let is_untried = |settings: &Settings| !settings.is_empty() && !self.tried.contains(settings);
            let smaller: BTreeSet<Settings> = smaller.filter(is_untried).take(left).collect();
            left -= smaller.len();
            if smaller.is_empty() || stop::reason().is_some() {
                return;
            }
            let trials = batch(jobs(base, smaller.into_iter().collect(), false));
            if stop::reason().is_some() {
                return;
            }
            for mut trial in trials.into_iter().flatten() {
                self.made.renderings += 1;
                self.tried.insert(trial.settings.clone());
                self.faults.add(&mut trial);
            }
            if self.faults.to_reduce() == larger {
                return;
            }
        }
    }

    /// Seeks settings for what only renderings reached that broke. What these show is not a finding: it is not part of the exploration.
    fn repair(&mut self, base: usize, batch: Trying<'_>) {
        let mut left = REPAIRING_TRIALS;
        while left > 0
            && stop::reason().is_none()
            && let Some(broken) = self.useful.next_broken()
        {
            let again = batch(jobs(base, vec![broken], false));
            let other = again.iter().flatten().flat_map(repairs);
            let other: Vec<Settings> = other
                .filter(|settings| self.tried.insert(settings.clone()))
                .take(left)
                .collect();
            left = left.saturating_sub(other.len() + 1);
            self.made.renderings += other.len() + 1;
            for trial in batch(jobs(base, other, false)).into_iter().flatten() {
                let is_testable = self.is_testable(&trial);
                if is_testable {
                    self.search.count_testable(&trial);
                }
                self.keep_for_tests(&trial, is_testable, MOST_BROKEN_AGAIN);
            }
        }
    }

    /// Chooses values files for tests, without secrets; the ways that they and the chart's own values take.
    fn choose_tests(&mut self, base: usize, batch: Trying<'_>) -> BTreeSet<Way> {
        let useful = std::mem::take(&mut self.useful);
        let mut renderings = 0;
        let run = |settings: Settings| {
            renderings += 1;
            batch(jobs(base, vec![settings], false)).pop().flatten()
        };
        let with = with_cluster(self.cluster);
        let mut chosen = choose_tests(useful, run, &|trial| self.faults.has_new(trial), &with);
        self.made.renderings += renderings;
        let all = chosen.len();
        chosen.retain(|(test, _)| matches!(self.made.secrets.hide(&test.text), Cow::Borrowed(_)));
        self.made.withheld_tests = all - chosen.len();
        let mut reached = std::mem::take(&mut self.ways_before);
        for (test, ways) in chosen {
            reached.extend(ways);
            self.made.tests.push(test);
        }
        self.made.tested = Some(self.search.own_ways_that(self.chart, &|way| reached.contains(way)));
        reached
    }

    /// Adds values files that show what breaks the chart: its causes, and trials that broke and reach what the others do not.
    fn choose_failing(&mut self, base: usize, batch: Trying<'_>, broken: Vec<Settings>, mut reached: BTreeSet<Way>) {
        let causes = self.made.causes.iter().filter(|cause| cause.settings.are_values());
        let causes = causes.map(|cause| (cause.settings.clone(), !cause.is_note()));
        let broken = broken.into_iter().map(|settings| (settings, false));
        let (all, wanted): (Vec<Settings>, Vec<bool>) = causes.chain(broken).take(MOST_FAILING).unzip();
        self.made.renderings += all.len();
        let mut failing = Vec::new();
        let reported = self.made.causes.iter().flat_map(|cause| &cause.findings);
        let reported: BTreeSet<FaultKey> = reported.map(|fault| self.faults.key_of(fault)).collect();
        for (trial, is_wanted) in batch(jobs(base, all, false)).into_iter().zip(wanted) {
            let Some(mut trial) = trial else { continue };
            trial.faults.retain(|fault| self.faults.is_new(fault));
            // A value of the wrong form is not a fault of the chart.
            let is_reported = |fault: &Finding| reported.contains(&self.faults.key_of(fault));
            if !trial.faults.iter().any(is_reported) {
                continue;
            }
            failing.extend(Failing::new(trial, is_wanted));
        }
        let secrets = self.made.secrets_with(&mut failing.iter().flat_map(Failing::faults));
        let own = format!("{}/templates/", self.chart.name());
        let room = MAX_FILES.saturating_sub(self.made.tests.len());
        let chart = FailingChart {
            path: &self.made.path,
            own: &own,
            with: &with_cluster(self.cluster),
            secrets: &secrets,
        };
        let (files, withheld) = choose_failing(failing, &chart, (&mut reached, room));
        self.made.tests.extend(files);
        self.made.withheld_tests += withheld;
        self.made.tested_with_failing = Some(self.search.own_ways_that(self.chart, &|way| reached.contains(way)));
    }

    /// Whether nothing breaks in a rendering that a values file can make.
    fn is_testable(&self, trial: &Trial) -> bool {
        trial.is_complete && trial.refusals.is_empty() && trial.settings.are_values() && !self.faults.has_new(trial)
    }
}

/// What a file says of the cluster that it is for.
fn with_cluster(cluster: &[Flag]) -> String {
    if cluster.is_empty() {
        String::new()
    } else {
        format!(", with {}", command_line(cluster))
    }
}

/// Trials with settings.
fn jobs(base: usize, settings: Vec<Settings>, is_timed: bool) -> Vec<Job> {
    let job = |settings| Job {
        base,
        settings,
        is_timed,
    };
    settings.into_iter().map(job).collect()
}
