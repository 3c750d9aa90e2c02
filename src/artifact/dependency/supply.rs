//! Dependencies into memory: what a chart's directory lacks, as the files that `dependency build` would write, with nothing
//! written. For commands that load charts: see [`SupplyDependencies`].

use std::path::Path;

use crate::artifact::remote::{ChartSource, RemoteCharts};
use crate::engine::chart::{Chart, ChartFile, LinkPolicy, SupplyDependencies, SupplyError};

use super::chosen::{Lists, Way, choose, needed_list, shown};
use super::declared::{ChartRequest, RepositoryNames};
use super::digest_file::DigestFile;
use super::error::DependencyError;
use super::fetch::fetch;
use super::recorded::{check_digest, read_digests};

/// Supplies dependencies from their repositories: the versions of the lock where it is of what the chart declares, else the newest
/// that satisfy. Archives whose digests are listed beside the lock are compared with them.
pub struct SuppliedDependencies<'s> {
    source: &'s dyn ChartSource,
    names: RepositoryNames<'s>,
}

impl std::fmt::Debug for SuppliedDependencies<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SuppliedDependencies")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl<'s> SuppliedDependencies<'s> {
    /// From a source; `names` gives the addresses of repositories that are named.
    pub const fn new(source: &'s dyn ChartSource, names: RepositoryNames<'s>) -> Self {
        Self { source, names }
    }

    fn archive(
        &self,
        request: &ChartRequest,
        way: Way,
        digests: &DigestFile,
        name: &str,
    ) -> Result<Vec<ChartFile>, DependencyError> {
        let mut files: Vec<ChartFile> = Vec::new();
        for entry in request
            .entries(way)
            .iter()
            .filter(|entry| entry.dependency.name == name)
        {
            let lists: Lists = needed_list(entry, way)
                .map(|key| {
                    let versions = self.source.versions(&key.0, &key.1);
                    (key, versions)
                })
                .into_iter()
                .collect();
            let Some(chosen) = choose(request, entry, way, LinkPolicy::StayInside, &lists)? else {
                return Err(DependencyError::NoVersion(vec![shown(entry)]));
            };
            // The chart lacks only dependencies of repositories, and those need nothing supplied.
            let Some(fetched) = fetch(&chosen, self.source, LinkPolicy::StayInside, self)? else {
                continue;
            };
            check_digest(request, digests, &chosen, &fetched)?;
            let inside = format!("charts/{}", fetched.file_name);
            if !files.iter().any(|file| file.name == inside) {
                files.push(ChartFile::new(inside, fetched.archive));
            }
        }
        Ok(files)
    }
}

impl SupplyDependencies for SuppliedDependencies<'_> {
    fn archives(&self, directory: &Path, chart: &Chart) -> Result<Vec<ChartFile>, SupplyError> {
        let failed = |name: &str, error: &DependencyError| SupplyError {
            dependency: name.to_owned(),
            message: error.to_string(),
            hint: error.hint(),
        };
        let request = ChartRequest::of_chart(directory, chart, self.names).map_err(|error| failed("", &error))?;
        let digests = read_digests(&request)
            .map_err(|error| failed("", &error))?
            .unwrap_or_default();
        let way = if request.is_in_sync() { Way::Build } else { Way::Update };
        let mut names = request.missing.clone();
        names.dedup();
        let mut files = Vec::new();
        for name in &names {
            let supplied = self.archive(&request, way, &digests, name);
            files.extend(supplied.map_err(|error| failed(name, &error))?);
        }
        Ok(files)
    }
}

/// [`SuppliedDependencies`] of repositories and registries, for as long as a run.
#[derive(Debug)]
pub struct RepositorySupply {
    charts: RemoteCharts,
}

impl RepositorySupply {
    /// From repositories.
    pub const fn new(charts: RemoteCharts) -> Self {
        Self { charts }
    }

    /// What was noticed about the repositories so far, each once.
    pub fn take_notes(&self) -> Vec<String> {
        self.charts.take_notes()
    }
}

impl SupplyDependencies for RepositorySupply {
    fn archives(&self, directory: &Path, chart: &Chart) -> Result<Vec<ChartFile>, SupplyError> {
        let names = |name: &str| self.charts.address_of(name);
        SuppliedDependencies::new(&self.charts, &names).archives(directory, chart)
    }
}
