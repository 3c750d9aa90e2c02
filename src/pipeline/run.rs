//! All charts, several at once, with one report in one order.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::check::explain::Given;
use crate::engine::chart::read_values;
use crate::engine::template::{Dict, Map, World};
use crate::kubernetes::validate::{Catalog, Options, Target};
use crate::kubernetes::version::{VersionError, parse_versions};
use crate::text::threads::map_with_state;

use super::check_chart::{CheckedChart, check_chart};

/// Values from the command line.
#[derive(Debug, Clone)]
pub struct GivenValues {
    /// What renderings with them are called.
    pub label: String,
    /// All of them, merged, as JSON: maps belong to one thread.
    pub json: Vec<u8>,
    /// Where each comes from.
    pub sources: Given,
}

/// What every chart is checked with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Values that are given, instead of the chart's own defaults alone.
    pub given: Option<GivenValues>,
    /// Whether charts that ask for chance are rendered twice, to tell what differs.
    pub finds_random: bool,
    /// Globs of values files, relative to a chart.
    pub values: Vec<String>,
    /// Kubernetes versions, as [`parse_versions`] reads them: `1.31`, `1.28..1.35`, `latest`.
    pub kubernetes_versions: Vec<String>,
    /// How manifests are validated.
    pub validation: Options,
    /// Name of the release.
    pub release_name: String,
    /// Namespace of the release.
    pub namespace: String,
}

impl Settings {
    /// The values of the first rendering, what it is called, and where they come from.
    pub(super) fn first_values(&self) -> (String, Map, Given) {
        match &self.given {
            Some(given) => {
                // What was written as JSON is read back.
                let values = read_values(&given.json).unwrap_or_else(|_| Map::new(Dict::new()));
                (given.label.clone(), values, given.sources.clone())
            }
            None => ("default values".to_owned(), Map::new(Dict::new()), Given::default()),
        }
    }
}

/// Settings that make no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A Kubernetes version that cannot be validated for.
    #[error(transparent)]
    Version(#[from] VersionError),
}

/// Checks charts on as many threads as there are processors; results come in the order of `charts`. Each thread makes
/// its own `World`; `progress` is told how many charts are done.
pub fn check_charts<W: World>(
    charts: &[PathBuf],
    settings: &Settings,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<CheckedChart>, PlanError> {
    let targets = parse_versions(&settings.kubernetes_versions)?
        .into_iter()
        .map(|version| {
            let catalog = Catalog::of(&version)?;
            Ok((version.kube_version, [Target::embedded(catalog)]))
        })
        .collect::<Result<Vec<_>, PlanError>>()?;
    let done = AtomicUsize::new(0);
    Ok(map_with_state(charts, None, make_world, |world, chart| {
        let checked = check_chart(chart, settings, &targets, world);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        checked
    }))
}
