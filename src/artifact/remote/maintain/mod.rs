//! Looking after charts wherever they are: a repository with an index, a registry, or a server over HTTP. In: an address and what to do. Out: what was
//! found or done, in the same types for all.

mod error;
mod registry_copy;
mod registry_list;
mod registry_remove;
mod served;

pub use error::MaintainRemoteError;

use crate::artifact::repository::maintain::{
    Copied, Fault, PruneRules, Pruned, RebuildRequest, Rebuilt, StoredVersion, check_repository, delete_version,
    list_versions, prune_versions, read_version, rebuild_index,
};
use crate::artifact::repository::{Existing, Item, ListedEntry, Published, RepositorySettings};

use super::publish_targets::{IndexedTarget, PublishTarget, TargetsRequest, publish_to_targets};
use super::remote_charts::RemoteCharts;

/// A chart to publish from what was fetched. `reference` names it where it is not one.
fn item_of(archive: Vec<u8>, provenance: Option<Vec<u8>>, reference: &str) -> Result<Item, MaintainRemoteError> {
    match Item::from_archive(archive) {
        Ok(item) => Ok(Item { provenance, ..item }),
        Err(error) => Err(MaintainRemoteError::Chart {
            reference: reference.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// A version to copy.
#[derive(Debug, Clone, Copy)]
pub struct CopyVersion<'c> {
    /// The repository that has it.
    pub from: &'c PublishTarget,
    /// The repository that gets it.
    pub to: &'c PublishTarget,
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
        repository: &PublishTarget,
        chart: Option<&str>,
    ) -> Result<Vec<ListedEntry>, MaintainRemoteError> {
        match repository {
            PublishTarget::Indexed(indexed) => Ok(list_versions(&indexed.location, chart, &self.stores(indexed))?),
            PublishTarget::Registry(below) => self.list_tagged(below, chart),
            PublishTarget::Server(_) => self.list_served(repository, chart),
        }
    }

    /// What does not agree in a repository; entries without a digest are a note. Nothing is written.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn check(&self, repository: &PublishTarget) -> Result<Vec<Fault>, MaintainRemoteError> {
        match repository {
            PublishTarget::Indexed(indexed) => {
                let checked = check_repository(&indexed.location, &self.stores(indexed))?;
                if !checked.without_digest.is_empty() {
                    let versions = checked.without_digest.join(", ");
                    let note = format!("entries without a digest, whose archives cannot be verified: {versions}");
                    self.connections.notes.add(note);
                }
                Ok(checked.faults)
            }
            PublishTarget::Registry(below) => self.check_tagged(below),
            PublishTarget::Server(_) => Err(of_server(repository)),
        }
    }

    /// Makes the index of a repository agree with its archives.
    ///
    /// # Errors
    /// When the repository has no index that we write, or cannot be read or written.
    pub fn rebuild(
        &self,
        repository: &PublishTarget,
        request: &RebuildRequest,
    ) -> Result<Rebuilt, MaintainRemoteError> {
        match repository {
            PublishTarget::Indexed(indexed) => Ok(rebuild_index(&indexed.location, request, &self.stores(indexed))?),
            PublishTarget::Registry(_) | PublishTarget::Server(_) => {
                Err(MaintainRemoteError::NoIndex(repository.to_string()))
            }
        }
    }

    fn stores(&self, indexed: &IndexedTarget) -> RepositorySettings {
        indexed.settings(&self.settings.stores)
    }

    /// Removes a version. `now` is an RFC 3339 time.
    ///
    /// # Errors
    /// When the repository does not have the version, cannot be read or written, or does not remove versions.
    pub fn delete(
        &self,
        repository: &PublishTarget,
        chart: &str,
        version: &str,
        is_dry_run: bool,
        now: &str,
    ) -> Result<StoredVersion, MaintainRemoteError> {
        match repository {
            PublishTarget::Indexed(indexed) => Ok(delete_version(
                &indexed.location,
                chart,
                version,
                is_dry_run,
                &self.stores(indexed),
                now,
            )?),
            PublishTarget::Registry(below) => self.delete_tagged(below, chart, version, is_dry_run),
            PublishTarget::Server(_) => Err(of_server(repository)),
        }
    }

    /// Removes versions of all charts by rules. `now` is an RFC 3339 time. What was removed before something failed is in the result.
    ///
    /// # Errors
    /// When the repository cannot be read, or does not remove versions.
    pub fn prune(
        &self,
        repository: &PublishTarget,
        rules: &PruneRules,
        is_dry_run: bool,
        now: &str,
    ) -> Result<Pruned<MaintainRemoteError>, MaintainRemoteError> {
        match repository {
            PublishTarget::Indexed(indexed) => Ok(Pruned {
                removed: prune_versions(&indexed.location, rules, is_dry_run, &self.stores(indexed), now)?,
                kept: Vec::new(),
                error: None,
            }),
            PublishTarget::Registry(below) => self.prune_tagged(below, rules, is_dry_run),
            PublishTarget::Server(_) => Err(of_server(repository)),
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
            (PublishTarget::Registry(from), PublishTarget::Registry(to)) => {
                return self.copy_tagged(from, to, request);
            }
            (PublishTarget::Server(_), _) => self.read_served(request.from, request.chart, request.version)?,
            (PublishTarget::Registry(from), _) => self.read_tagged(from, request.chart, request.version)?,
            (PublishTarget::Indexed(from), _) => {
                read_version(&from.location, request.chart, request.version, &self.stores(from))?
            }
        };
        let published = self.publish_item(&item, request, now)?;
        Ok(Copied {
            published,
            has_provenance: item.provenance.is_some(),
        })
    }

    fn publish_item(&self, item: &Item, request: CopyVersion<'_>, now: &str) -> Result<Published, MaintainRemoteError> {
        let targets = TargetsRequest {
            targets: std::slice::from_ref(request.to),
            items: std::slice::from_ref(item),
            existing: request.existing,
            is_dry_run: request.is_dry_run,
        };
        let outcomes = publish_to_targets(self, targets, now);
        let outcomes = outcomes.map_err(|refused| MaintainRemoteError::Target(Box::new(refused.error)))?;
        let mut published = None;
        for outcome in outcomes {
            if let Some(error) = outcome.error {
                return Err(MaintainRemoteError::Target(Box::new(error)));
            }
            published = outcome.published.into_iter().next();
        }
        published.ok_or_else(|| MaintainRemoteError::no_version(request.from, request.chart, request.version))
    }
}

/// A server that keeps the index itself has its own rules for what is removed.
fn of_server(repository: &PublishTarget) -> MaintainRemoteError {
    MaintainRemoteError::Served(repository.to_string())
}
