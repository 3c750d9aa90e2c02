//! Charts in two states, compared in all ways they are deployed: with the values that are given, or with their defaults, each values file
//! that one of the states has, and each environment. What differs is listed once for all of them; a rendering that fails hides nothing
//! else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::masked::Mask;
use super::object_diff::{FoundObjects, ObjectDiff};
use super::objects::Objects;
use super::render::{DiffSettings, LoadedState, RenderFailure, RenderedWith, Side};
use super::state::StatePlace;
use crate::check::explain::secrets_of_chart;
use crate::check::finding::SecretValues;
use crate::check::run::{DeployedEnvironment, OwnRenderings, ValuesRoot};
use crate::engine::chart::LinkPolicy;
use crate::engine::template::World;
use crate::text::limits::CHART_STEPS;
use crate::text::ordered::CollectOrdered as _;
use crate::text::threads::map_with_state;

/// What renderings with a chart's own values are called.
const DEFAULTS: &str = "default values";

/// A chart in two states.
#[derive(Debug, Clone)]
pub struct ChartPair {
    /// What reports call it.
    pub shown: String,
    /// Before; nothing for a chart that is new.
    pub old: Option<StatePlace>,
    /// After; nothing for a chart that is removed.
    pub new: Option<StatePlace>,
    /// The environments that it is deployed to.
    pub environments: Vec<DeployedEnvironment>,
}

/// What changes in a chart.
#[derive(Debug, Clone, Default)]
pub struct ChartDiff {
    /// What reports call it.
    pub shown: String,
    /// Name and version before; nothing for a chart that is new or does not load.
    pub old: Option<(String, String)>,
    /// Name and version after.
    pub new: Option<(String, String)>,
    /// Whether it is in one of the states only.
    pub is_whole: bool,
    /// What was compared: the names of values.
    pub renderings: Vec<String>,
    /// The objects that differ.
    pub objects: Vec<ObjectDiff>,
    /// Renderings that failed.
    pub failures: Vec<RenderFailure>,
    /// What was not compared, and why.
    pub notes: Vec<String>,
}

impl ChartDiff {
    /// Whether anything differs.
    pub fn differs(&self) -> bool {
        !self.objects.is_empty() || !self.notes.is_empty()
    }

    fn says_something(&self) -> bool {
        self.differs() || !self.failures.is_empty()
    }
}

/// What changes in all charts.
#[derive(Debug, Clone, Default)]
pub struct DiffOutcome {
    /// The charts in which something differs or fails.
    pub charts: Vec<ChartDiff>,
    /// How many were compared.
    pub compared: usize,
}

impl DiffOutcome {
    /// Whether anything differs.
    pub fn differs(&self) -> bool {
        self.charts.iter().any(ChartDiff::differs)
    }

    /// Whether a rendering failed.
    pub fn has_failures(&self) -> bool {
        self.charts.iter().any(|chart| !chart.failures.is_empty())
    }

    /// Whether a reviewer must know of it.
    pub fn says_something(&self) -> bool {
        self.charts.iter().any(ChartDiff::says_something)
    }

    /// Leaves out renderings that fail in both states, and charts about which there is nothing else to say.
    pub fn drop_shared_failures(&mut self) {
        for chart in &mut self.charts {
            let failed = |side: Side| -> BTreeSet<String> {
                let failures = chart.failures.iter().filter(|failure| failure.side == side);
                failures.map(|failure| failure.rendering.clone()).collect_set()
            };
            let (old, new) = (failed(Side::Old), failed(Side::New));
            chart
                .failures
                .retain(|failure| !old.contains(&failure.rendering) || !new.contains(&failure.rendering));
        }
        self.charts.retain(ChartDiff::says_something);
    }
}

/// Compares charts, several at once, in their order. `make_world` gives the clock and the random numbers of a rendering: the same for each.
pub fn compare_charts<W: World + 'static>(
    pairs: &[ChartPair],
    settings: &DiffSettings,
    make_world: &(dyn Fn() -> W + Sync),
) -> DiffOutcome {
    let compared = map_with_state(
        pairs,
        None,
        || (),
        |(), pair| {
            let mut make = || -> Box<dyn World> { Box::new(make_world()) };
            Comparison::new(pair, settings).compare(&mut make)
        },
    );
    DiffOutcome {
        compared: compared.len(),
        charts: compared.into_iter().filter(ChartDiff::says_something).collect(),
    }
}

/// One way in which a chart is deployed.
struct Deployment {
    label: String,
    release: String,
    namespace: String,
    source: Source,
}

enum Source {
    /// What flags give.
    Given,
    /// Files, those that win last, and the directory they must be in.
    Files(Vec<PathBuf>, PathBuf),
    /// Files of the chart.
    Own(Vec<String>),
}

struct Comparison<'p> {
    pair: &'p ChartPair,
    settings: &'p DiffSettings,
    found: FoundObjects,
    secrets: SecretValues,
    diff: ChartDiff,
}

/// What makes the world of a rendering.
type MakeWorld<'w> = &'w mut dyn FnMut() -> Box<dyn World>;

impl<'p> Comparison<'p> {
    fn new(pair: &'p ChartPair, settings: &'p DiffSettings) -> Self {
        Self {
            pair,
            settings,
            found: FoundObjects::default(),
            secrets: SecretValues::default(),
            diff: ChartDiff {
                shown: pair.shown.clone(),
                ..ChartDiff::default()
            },
        }
    }

    fn compare(mut self, make_world: MakeWorld<'_>) -> ChartDiff {
        let mut old = self.load(Side::Old);
        let mut new = self.load(Side::New);
        let about = |state: &Option<LoadedState>| {
            let chart = &state.as_ref()?.chart;
            Some((chart.name().to_owned(), chart.metadata.version.clone()))
        };
        (self.diff.old, self.diff.new) = (about(&old), about(&new));
        self.diff.is_whole = self.pair.old.is_none() || self.pair.new.is_none();
        let is_library =
            |state: &Option<LoadedState>| state.as_ref().is_some_and(|state| state.chart.metadata.is_library());
        if !self.diff.failures.is_empty() || is_library(&new) || (new.is_none() && is_library(&old)) {
            return self.diff;
        }
        for deployment in self.deployments() {
            self.compare_with(&deployment, (old.as_mut(), new.as_mut()), make_world);
        }
        if !self.found.is_empty() {
            for state in [&old, &new].into_iter().flatten() {
                self.secrets.append(secrets_of_chart(&state.chart));
            }
        }
        let mask = Mask::new(self.secrets);
        self.diff.objects = self.found.finish(&mask);
        self.diff
    }

    fn place(&self, side: Side) -> Option<&'p StatePlace> {
        match side {
            Side::Old => self.pair.old.as_ref(),
            Side::New => self.pair.new.as_ref(),
        }
    }

    fn load(&mut self, side: Side) -> Option<LoadedState> {
        let supply = self.settings.supply.as_deref().map(|supply| supply as _);
        match self.place(side)?.load(self.settings.links, supply) {
            Ok(chart) => Some(LoadedState::new(chart)),
            Err(message) => {
                self.fail(side, "", message);
                None
            }
        }
    }

    fn fail(&mut self, side: Side, rendering: &str, message: String) {
        self.diff.failures.push(RenderFailure {
            side,
            rendering: rendering.to_owned(),
            message,
        });
    }

    /// The ways in which the chart is deployed. A values file of an environment is not rendered by itself as well.
    fn deployments(&self) -> Vec<Deployment> {
        let settings = self.settings;
        let deployment = |label: &str, source| Deployment {
            label: label.to_owned(),
            release: settings.release_name.clone(),
            namespace: settings.namespace.clone(),
            source,
        };
        if let Some((given, _)) = &settings.given {
            return vec![deployment(&given.label, Source::Given)];
        }
        let mut names = BTreeSet::new();
        let places = [&self.pair.old, &self.pair.new].into_iter().flatten();
        // Of an archive it is not known which files were left out.
        let has_archive = places.clone().any(StatePlace::is_archive);
        for place in places.filter(|_| !has_archive) {
            names.extend(place.values_files(&settings.values));
        }
        let directory = [&self.pair.new, &self.pair.old]
            .into_iter()
            .flatten()
            .find_map(StatePlace::directory);
        let own = OwnRenderings::new(
            directory.unwrap_or(Path::new("")),
            names.into_iter().collect(),
            &self.pair.environments,
            settings.values_replace_defaults,
        );
        let defaults = own.has_defaults.then(|| deployment(DEFAULTS, Source::Own(Vec::new())));
        let mut all: Vec<Deployment> = defaults.into_iter().collect();
        let files = own.files.into_iter();
        all.extend(files.map(|name| deployment(&name, Source::Own(vec![name.clone()]))));
        all.extend(self.pair.environments.iter().map(|environment| {
            Deployment {
                label: environment.name.clone(),
                release: environment
                    .release
                    .clone()
                    .unwrap_or_else(|| settings.release_name.clone()),
                namespace: environment
                    .namespace
                    .clone()
                    .unwrap_or_else(|| settings.namespace.clone()),
                source: Source::Files(environment.values.clone(), environment.root.clone()),
            }
        }));
        all
    }

    /// The values of a rendering of one state; nothing where it lacks a file.
    fn values(&self, deployment: &Deployment, side: Side) -> Result<Option<RenderedWith>, String> {
        let (release, namespace) = (deployment.release.clone(), deployment.namespace.clone());
        let Some(place) = self.place(side) else {
            return Ok(None);
        };
        let mut texts = Vec::new();
        let follows = self.settings.links == LinkPolicy::Follow;
        let mut add = |shown: String, file: &Path, root: Option<&Path>| {
            let text = place.read(file, root.filter(|_| !follows))?;
            Ok::<bool, String>(text.map(|text| texts.push((shown, text))).is_some())
        };
        match &deployment.source {
            Source::Given => {
                let given = self.settings.given.as_ref();
                return Ok(given.map(|(old, new)| {
                    let given = if side == Side::Old { old } else { new };
                    RenderedWith::given(given, release, namespace)
                }));
            }
            Source::Files(files, root) => {
                for file in files {
                    if !add(file.display().to_string(), file, Some(root))? {
                        return Ok(None);
                    }
                }
            }
            Source::Own(names) => {
                let directory = place.directory().unwrap_or(Path::new(""));
                let root = match &self.settings.values_root {
                    ValuesRoot::Chart => Some(directory),
                    ValuesRoot::Directory(root) => Some(root.as_path()),
                    ValuesRoot::Anywhere => None,
                };
                for name in names {
                    if !add(name.clone(), &directory.join(name), root)? {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(RenderedWith::files(texts, release, namespace)))
    }

    fn compare_with(
        &mut self,
        deployment: &Deployment,
        (old, new): (Option<&mut LoadedState>, Option<&mut LoadedState>),
        make_world: MakeWorld<'_>,
    ) {
        let label = deployment.label.as_str();
        let is_spent = |state: &Option<&mut LoadedState>| state.as_ref().is_some_and(|state| state.steps > CHART_STEPS);
        if is_spent(&old) || is_spent(&new) {
            let message = format!("not rendered: the renderings before exceed the limit of {CHART_STEPS} steps");
            self.fail(Side::New, label, message);
            return;
        }
        let has_both = old.is_some() && new.is_some();
        let mut rendered = Vec::new();
        let mut has_failed = false;
        for (side, state) in [(Side::Old, old), (Side::New, new)] {
            let values = self.values(deployment, side);
            let result = match (values, state) {
                (Ok(Some(with)), Some(state)) => {
                    let mut world = make_world();
                    state
                        .render(&with, self.settings, world.as_mut(), &mut self.secrets)
                        .map(Some)
                }
                (Ok(_), _) => Ok(None),
                (Err(message), _) => Err(message),
            };
            match result {
                Ok(one) => rendered.push(one),
                Err(message) => {
                    has_failed = true;
                    self.fail(side, label, message);
                }
            }
        }
        let [old, new] = rendered.as_slice() else { return };
        if has_failed || (old.is_none() && new.is_none()) {
            return;
        }
        if has_both && let (None, Some(only)) | (Some(only), None) = (old, new) {
            let count = only.objects.list.len();
            self.diff.notes.push(if old.is_none() {
                format!("{label} is new: it renders {count} objects")
            } else {
                format!("{label} is removed: it rendered {count} objects")
            });
            return;
        }
        self.diff.renderings.push(label.to_owned());
        let empty = Objects::default();
        let before = old.as_ref().map_or(&empty, |state| &state.objects);
        let after = new.as_ref().map_or(&empty, |state| &state.objects);
        self.found.add(before, after, label);
        if !self.found.is_empty() {
            for file in [old, new].into_iter().flatten().flat_map(|state| &state.files) {
                self.secrets.add_text(file);
            }
        }
    }
}
