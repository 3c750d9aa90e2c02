//! Packages to the repositories at some addresses: all are compared before anything is written to one of them.

use crate::artifact::package::Package;
use crate::engine::chart::{ArchiveError, LoadError, archive_name, load_files, read_archive};

use super::index_update::{Environment, UpdateError};
use super::location::Location;
use super::open::{OpenError, RepositorySettings, open_store};
use super::publish::{Existing, Item, Plan, PublishError, Published, carry_out, prepare};
use super::store::Store;

/// An archive that is not a chart.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// It is not an archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// It does not contain a chart that loads.
    #[error(transparent)]
    Chart(#[from] LoadError),
}

/// Packages that were not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishPackagesError {
    /// The repository cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// They cannot be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// What to publish, and how.
#[derive(Debug, Clone, Copy)]
pub struct PublishRequest<'r> {
    /// The repositories.
    pub locations: &'r [Location],
    /// The packages.
    pub items: &'r [Item],
    /// What happens to versions that exist with other content.
    pub existing: Existing,
    /// Whether only the comparison is made.
    pub is_dry_run: bool,
}

/// The outcomes in one repository, in the order of the items.
#[derive(Debug)]
pub struct RepositoryOutcome {
    /// The repository.
    pub location: Location,
    /// What was done, or why not.
    pub result: Result<Vec<Published>, PublishError>,
}

impl From<Package> for Item {
    fn from(package: Package) -> Self {
        Self {
            file_name: package.file_name(),
            metadata: package.chart.metadata,
            archive: package.archive,
            provenance: None,
        }
    }
}

impl Item {
    /// The chart in an archive, which another program may have packed.
    ///
    /// # Errors
    /// When it is not an archive of a chart.
    pub fn from_archive(archive: Vec<u8>) -> Result<Self, ItemError> {
        let chart = load_files(read_archive(&archive)?)?;
        Ok(Self {
            file_name: archive_name(&chart.metadata),
            metadata: chart.metadata,
            archive,
            provenance: None,
        })
    }
}

/// Publishes to the repositories at some addresses. Nothing is written to any of them unless all can be written to and accept
/// all items; a repository that fails afterwards does not keep the others from being completed. `now` is an RFC 3339 time.
///
/// # Errors
/// When a repository cannot be opened, or does not accept an item; with the repository.
pub fn publish_packages(
    request: PublishRequest<'_>,
    settings: &RepositorySettings,
    now: &str,
) -> Result<Vec<RepositoryOutcome>, (Location, Box<PublishPackagesError>)> {
    let environment = Environment {
        now: now.to_owned(),
        clock: &*settings.clock,
    };
    let PublishRequest {
        locations,
        items,
        existing,
        is_dry_run,
    } = request;
    let mut prepared = Vec::new();
    for location in locations {
        let (store, plan) =
            prepare_at(location, request, settings).map_err(|error| (location.clone(), Box::new(error)))?;
        prepared.push((location.clone(), store, plan));
    }
    if locations.len() > 1 && !is_dry_run {
        for (location, store, _) in &mut prepared {
            store.check_writable().map_err(|error| {
                let error = PublishError::from(UpdateError::from(error));
                (location.clone(), Box::new(error.into()))
            })?;
        }
    }
    let outcomes = prepared
        .into_iter()
        .map(|(location, mut store, plan)| RepositoryOutcome {
            location,
            result: if is_dry_run {
                Ok(plan.steps)
            } else {
                carry_out(&mut *store, items, plan, existing, &environment)
            },
        });
    Ok(outcomes.collect())
}

fn prepare_at(
    location: &Location,
    request: PublishRequest<'_>,
    settings: &RepositorySettings,
) -> Result<(Box<dyn Store>, Plan), PublishPackagesError> {
    let mut store = open_store(location, settings)?;
    let is_alone = request.locations.len() == 1 && request.items.len() == 1 && !request.is_dry_run;
    let plan = prepare(&mut *store, request.items, request.existing, !is_alone)?;
    Ok((store, plan))
}
