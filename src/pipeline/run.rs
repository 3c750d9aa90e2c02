//! All charts, several at once, with one report in one order.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::render::{KubeVersion, KubeVersionError};
use crate::template::World;
use crate::threads::map_with_state;
use crate::validate::{Catalog, Options, Target, VersionError};

use super::check_chart::{CheckedChart, check_chart};

/// What every chart is checked with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Globs of values files, relative to a chart.
    pub values: Vec<String>,
    /// Kubernetes versions: `1.31`, `latest`.
    pub kubernetes_versions: Vec<String>,
    /// How manifests are validated.
    pub validation: Options,
    /// Name of the release.
    pub release_name: String,
    /// Namespace of the release.
    pub namespace: String,
}

/// Settings that make no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No schemas of that version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// No version at all.
    #[error(transparent)]
    KubeVersion(#[from] KubeVersionError),
}

/// Checks charts on as many threads as there are processors; results come in the order of `charts`. Each thread makes
/// its own `World`; `progress` is told how many charts are done.
pub fn check_charts<W: World>(
    charts: &[PathBuf],
    settings: &Settings,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<CheckedChart>, PlanError> {
    let targets = settings
        .kubernetes_versions
        .iter()
        .map(|version| {
            let catalog = Catalog::find(version)?;
            let kube_version = match version.as_str() {
                "latest" | "master" => KubeVersion::parse(&format!("1.{}.0", catalog.minor()))?,
                text if text.matches('.').count() < 2 => KubeVersion::parse(&format!("{text}.0"))?,
                text => KubeVersion::parse(text)?,
            };
            Ok((kube_version, [Target::embedded(catalog)]))
        })
        .collect::<Result<Vec<_>, PlanError>>()?;
    let done = AtomicUsize::new(0);
    Ok(map_with_state(charts, None, make_world, |world, chart| {
        let checked = check_chart(chart, settings, &targets, world);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        checked
    }))
}
