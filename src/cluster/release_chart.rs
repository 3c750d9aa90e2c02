//! The chart of a release: a directory, or a chart of a repository, in; its files, and the one archive that Helm gets, out.

use std::path::Path;

use crate::artifact::package::pack;
use crate::artifact::remote::{ChartRequest, RemoteCharts, remote_chart};
use crate::check::run::ChartArchive;
use crate::delivery::environment::{ChartRepository, Environments, chart_address};
use crate::engine::chart::Compat;
use crate::engine::chart::{Chart, LinkPolicy, SupplyDependencies, files_with_dependencies, load_archive, load_files};
use crate::text::sha256::sha256_hex;

/// A chart that can be deployed.
#[derive(Debug, Clone)]
pub(super) struct ReleaseChart {
    /// The chart, with what it depends on.
    pub(super) chart: Chart,
    /// What Helm gets.
    pub(super) archive: ChartArchive,
    /// The SHA-256 of the archive.
    pub(super) digest: String,
}

/// Where charts come from.
pub(super) struct ChartOrigins<'o> {
    /// The directory that paths are relative to.
    pub(super) directory: &'o Path,
    /// The environments, which name repositories.
    pub(super) all: &'o Environments,
    /// The charts of repositories.
    pub(super) charts: &'o RemoteCharts,
    /// What supplies dependencies that `charts/` lacks.
    pub(super) supply: Option<&'o dyn SupplyDependencies>,
    /// Whether links may lead out of a chart.
    pub(super) links: LinkPolicy,
}

impl ChartOrigins<'_> {
    /// The chart of a directory. What is packed is what is rendered, so Helm applies what was judged.
    pub(super) fn in_directory(&self, path: &Path) -> Result<ReleaseChart, String> {
        let place = self.directory.join(path);
        let local = files_with_dependencies(&place, self.links, self.supply);
        let local = local.map_err(|error| format!("{}: {error}", path.display()))?;
        let chart = load_files(local.files.clone()).map_err(|error| format!("{}: {error}", path.display()))?;
        let missing = chart.missing_dependencies();
        if !missing.is_empty() {
            return Err(format!(
                "{}: charts/ lacks dependencies of Chart.yaml: {}",
                path.display(),
                missing.join(", ")
            ));
        }
        let bytes = pack(&local.files, chart.name()).map_err(|error| error.to_string())?;
        let mut chart = chart;
        let neighbours = local.neighbours.iter().map(|(inside, at)| {
            let shown = at.strip_prefix(self.directory).unwrap_or(at);
            (inside.clone(), shown.display().to_string())
        });
        chart.place_at(&path.display().to_string(), &neighbours.collect::<Vec<_>>());
        Ok(ReleaseChart {
            digest: sha256_hex(&bytes),
            archive: ChartArchive {
                name: format!("{}-{}.tgz", chart.name(), chart.metadata.version),
                bytes,
            },
            chart,
        })
    }

    /// A chart of a repository, by its reference: `NAME/CHART` of `helmRepos` or of Helm's list, or `oci://…`.
    pub(super) fn in_repository(&self, reference: &str, version: &str) -> Result<ReleaseChart, String> {
        let named = |known: &&ChartRepository| {
            reference
                .split_once('/')
                .is_some_and(|(name, _)| name == known.name.text)
        };
        let own = self.all.chart_repositories.iter().find(named);
        let address = own.map(|_| chart_address(reference, self.all)).transpose()?;
        let request = match &address {
            Some((repository, chart)) => ChartRequest {
                reference: chart,
                repository: Some(repository),
                version: Some(version),
                is_devel: false,
            },
            None => ChartRequest {
                reference,
                repository: None,
                version: Some(version),
                is_devel: false,
            },
        };
        let found = remote_chart(self.charts, &request).map_err(|error| error.to_string())?;
        let bytes = found.fetched.archive;
        let chart = load_archive(&bytes, &found.file_name, Compat::Helm4).map_err(|error| error.to_string())?;
        Ok(ReleaseChart {
            digest: sha256_hex(&bytes),
            archive: ChartArchive {
                name: found.file_name,
                bytes,
            },
            chart,
        })
    }
}
