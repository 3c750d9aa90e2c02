//! A rendering with some settings, judged in full. Each thread loads the chart for itself and keeps the verdicts on its texts.

use std::collections::BTreeMap;

use crate::check::coverage::SeenRun;
use crate::check::finding::Finding;
use crate::check::run::{ChartValues, CheckRequest, Variant, VariantState, Watching, check_variant, variant_state};
use crate::engine::chart::{Chart, merge_maps, read_values};
use crate::engine::template::World;
use crate::kubernetes::validate::Target;
use crate::kubernetes::version::KubeVersion;
use crate::text::rule::{Rule, Severity};

use super::setting::{Setting, Settings};

/// A version of Kubernetes that trials may be for.
pub(super) struct TrialVersion {
    pub(super) minor: u8,
    pub(super) kube_version: KubeVersion,
    pub(super) target: Target,
}

/// What a trial showed.
#[derive(Debug, Default)]
pub(super) struct Trial {
    pub(super) settings: Settings,
    /// Errors that a chart does not make on purpose.
    pub(super) faults: Vec<Finding>,
    /// Why the chart refuses the values.
    pub(super) refusals: Vec<Finding>,
    /// Whether all templates rendered.
    pub(super) is_complete: bool,
    /// Rules of definitions and policies that could not be evaluated.
    pub(super) unevaluated: usize,
    /// What ran; nothing where the values are refused before anything does.
    pub(super) seen: Option<SeenRun>,
}

/// What a thread keeps from trial to trial.
pub(super) struct TrialState<'r> {
    chart: Chart,
    bases: Vec<ChartValues>,
    by_version: BTreeMap<u8, VariantState<'r>>,
}

/// What all trials have in common.
pub(super) struct Trials<'r> {
    pub(super) request: &'r CheckRequest,
    pub(super) versions: &'r [TrialVersion],
    /// The version of trials that set none.
    pub(super) minor: u8,
}

impl<'r> Trials<'r> {
    /// What a thread needs: the chart, and the values that trials change.
    pub(super) const fn state(chart: Chart, bases: Vec<ChartValues>) -> TrialState<'r> {
        TrialState {
            chart,
            bases,
            by_version: BTreeMap::new(),
        }
    }

    /// Renders and judges. `base` says which values are changed, by their index.
    pub(super) fn run(
        &self,
        state: &mut TrialState<'r>,
        (base, settings): (usize, Settings),
        world: &mut dyn World,
    ) -> Trial {
        let mut minor = self.minor;
        let mut api_versions = self.request.api_versions.clone();
        for setting in settings.iter() {
            match setting {
                Setting::KubeVersion(other) => minor = *other,
                Setting::ApiVersion(version) => api_versions.push(version.clone()),
                Setting::Value { .. } => {}
            }
        }
        let versions: &'r [TrialVersion] = self.versions;
        let Some(version) = versions.iter().find(|version| version.minor == minor) else {
            return Trial::default();
        };
        let Some(values) = state.bases.get(base).and_then(|base| changed_values(base, &settings)) else {
            return Trial::default();
        };
        let own = state
            .by_version
            .entry(minor)
            .or_insert_with(|| variant_state(&state.chart, self.request, std::slice::from_ref(&version.target)));
        let variant = Variant {
            values: &values,
            kube_version: &version.kube_version,
            minor,
            api_versions: &api_versions,
            loaded: None,
            watching: Watching::Decisions,
        };
        let found = check_variant(&state.chart, &variant, self.request, own, world);
        // A schema that cannot be used refuses nothing: it is at fault itself.
        let is_refusal = |finding: &Finding| {
            finding.rule == Rule::ValuesSchema.into() && !finding.primary.file.path().ends_with("values.schema.json")
        };
        let errors = found
            .findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error);
        let (by_schema, faults) = errors.partition(is_refusal);
        let mut refusals: Vec<Finding> = by_schema;
        refusals.extend(found.refusals);
        Trial {
            settings,
            faults,
            refusals,
            is_complete: found.is_complete,
            unevaluated: found.unevaluated,
            seen: found.seen,
        }
    }
}

/// The base values with those of settings over them; nothing if they are no values, which settings always are.
fn changed_values(base: &ChartValues, settings: &Settings) -> Option<ChartValues> {
    let over = settings.values();
    let values = if over.as_object().is_some_and(serde_json::Map::is_empty) {
        base.values.clone()
    } else {
        merge_maps(&base.values, &read_values(over.to_string().as_bytes()).ok()?)
    };
    let mut given = base.given.clone();
    given.flags.splice(0..0, settings.iter().map(Setting::flag));
    Some(ChartValues {
        label: label(base, settings),
        values,
        given,
        are_defaults: false,
        is_for_tests: true,
        release: base.release.clone(),
    })
}

/// What findings call the rendering.
fn label(base: &ChartValues, settings: &Settings) -> String {
    let flags = settings.command_line();
    match (base.are_defaults, flags.is_empty()) {
        (_, true) => base.label.clone(),
        (true, false) => flags,
        (false, false) => format!("{} {flags}", base.label),
    }
}
