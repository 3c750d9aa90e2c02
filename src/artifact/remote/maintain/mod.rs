//! Looking after charts wherever they are: a repository with an index, or a registry. In: an address and what to do. Out: what was
//! found or done, in the same types for both.

mod error;
mod registry_copy;
mod registry_list;
mod registry_remove;

pub use error::MaintainRemoteError;

use crate::artifact::oci::OciReference;
use crate::artifact::repository::maintain::{
    Copied, Fault, PruneRules, Removed, check_repository, copy_item, delete_version, list_versions, prune_versions,
    read_version,
};
use crate::artifact::repository::{Existing, Item, ListedEntry, Location, Published};

use super::registry_push::RegistryPush;
use super::remote_charts::RemoteCharts;

/// Where charts are looked after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChartRepository {
    /// A repository with an index.
    Indexed(Location),
    /// A chart in a registry, or what has charts below it.
    Registry(OciReference),
}

impl ChartRepository {
    /// The repository, if it has an index.
    ///
    /// # Errors
    /// When it is a registry.
    pub fn with_index(&self) -> Result<&Location, MaintainRemoteError> {
        match self {
            Self::Indexed(location) => Ok(location),
            Self::Registry(_) => Err(MaintainRemoteError::NoIndex(self.to_string())),
        }
    }
}

impl std::fmt::Display for ChartRepository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Indexed(location) => location.fmt(f),
            Self::Registry(below) => f.write_str(below.to_string().trim_end_matches('/')),
        }
    }
}

/// A version to copy.
#[derive(Debug, Clone, Copy)]
pub struct CopyVersion<'c> {
    /// The repository that has it.
    pub from: &'c ChartRepository,
    /// The repository that gets it.
    pub to: &'c ChartRepository,
    /// The chart.
    pub chart: &'c str,
    /// Its version, as it is listed.
    pub version: &'c str,
    /// What happens if the other repository has the version with other content.
    pub existing: Existing,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

impl RemoteCharts {
    /// The versions of all charts of a repository, or of one, each chart newest first.
    ///
    /// # Errors
    /// When the repository cannot be read, does not have the chart, or is a registry that does not list its repositories.
    pub fn list(
        &self,
        repository: &ChartRepository,
        chart: Option<&str>,
    ) -> Result<Vec<ListedEntry>, MaintainRemoteError> {
        match repository {
            ChartRepository::Indexed(location) => Ok(list_versions(location, chart, &self.settings.stores)?),
            ChartRepository::Registry(below) => self.list_tagged(below, chart),
        }
    }

    /// What does not agree in a repository. Nothing is written.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn check(&self, repository: &ChartRepository) -> Result<Vec<Fault>, MaintainRemoteError> {
        match repository {
            ChartRepository::Indexed(location) => Ok(check_repository(location, &self.settings.stores)?),
            ChartRepository::Registry(below) => self.check_tagged(below),
        }
    }

    /// Removes a version. `now` is an RFC 3339 time.
    ///
    /// # Errors
    /// When the repository does not have the version, cannot be read or written, or does not remove versions.
    pub fn delete(
        &self,
        repository: &ChartRepository,
        chart: &str,
        version: &str,
        is_dry_run: bool,
        now: &str,
    ) -> Result<Removed, MaintainRemoteError> {
        match repository {
            ChartRepository::Indexed(location) => Ok(delete_version(
                location,
                chart,
                version,
                is_dry_run,
                &self.settings.stores,
                now,
            )?),
            ChartRepository::Registry(below) => self.delete_tagged(below, chart, version, is_dry_run),
        }
    }

    /// Removes versions of all charts by rules. `now` is an RFC 3339 time.
    ///
    /// # Errors
    /// When the repository cannot be read or written, or does not remove versions.
    pub fn prune(
        &self,
        repository: &ChartRepository,
        rules: &PruneRules,
        is_dry_run: bool,
        now: &str,
    ) -> Result<Vec<Removed>, MaintainRemoteError> {
        match repository {
            ChartRepository::Indexed(location) => {
                Ok(prune_versions(location, rules, is_dry_run, &self.settings.stores, now)?)
            }
            ChartRepository::Registry(below) => self.prune_tagged(below, rules, is_dry_run),
        }
    }

    /// Copies a version without packing it again: the archive keeps its bytes, and between registries the manifest as well. `now`
    /// is an RFC 3339 time.
    ///
    /// # Errors
    /// When the first repository does not have the version or it has another digest than is listed, or the second does not
    /// accept it.
    pub fn copy(&self, request: CopyVersion<'_>, now: &str) -> Result<Copied, MaintainRemoteError> {
        let item = match (request.from, request.to) {
            (ChartRepository::Registry(from), ChartRepository::Registry(to)) => {
                return self.copy_tagged(from, to, request);
            }
            (ChartRepository::Registry(from), _) => self.read_tagged(from, request.chart, request.version)?,
            (ChartRepository::Indexed(from), _) => {
                read_version(from, request.chart, request.version, &self.settings.stores)?
            }
        };
        let published = self.publish_item(&item, request, now)?;
        Ok(Copied {
            published,
            has_provenance: item.provenance.is_some(),
        })
    }

    fn publish_item(&self, item: &Item, request: CopyVersion<'_>, now: &str) -> Result<Published, MaintainRemoteError> {
        let CopyVersion {
            existing, is_dry_run, ..
        } = request;
        match request.to {
            ChartRepository::Indexed(to) => Ok(copy_item(to, item, existing, is_dry_run, &self.settings.stores, now)?),
            ChartRepository::Registry(to) => {
                let items = std::slice::from_ref(item);
                let push = RegistryPush::compare(self, to, items, existing)?;
                let steps = if is_dry_run {
                    push.steps()
                } else {
                    push.carry_out(items)?
                };
                steps.into_iter().next().ok_or_else(|| MaintainRemoteError::NoVersion {
                    repository: request.from.to_string(),
                    chart: request.chart.to_owned(),
                    version: request.version.to_owned(),
                })
            }
        }
    }
}
