//! Packages to the repository at an address: compared first, written later, so that several repositories can be compared before
//! anything is written to one of them.

use crate::artifact::package::Package;
use crate::engine::chart::{
    ArchiveError, ArchiveNameError, LoadError, archive_name, check_archive_name, load_files, read_archive,
};

use super::archive_place::ArchivePlace;
use super::index_update::{Environment, UpdateError};
use super::location::Location;
use super::object_path::ObjectPathError;
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
    /// A package has a name that not every client can save.
    #[error(transparent)]
    Name(#[from] ArchiveNameError),
    /// A package has no path in the repository.
    #[error(transparent)]
    Path(#[from] ObjectPathError),
}

/// What to publish, and how.
#[derive(Debug, Clone, Copy)]
pub struct PublishRequest<'r> {
    /// The packages.
    pub items: &'r [Item],
    /// The names that their archives get.
    pub place: &'r ArchivePlace,
    /// What happens to versions that exist with other content.
    pub existing: Existing,
    /// Whether only the comparison is made.
    pub is_dry_run: bool,
}

/// A repository that was compared with packages. Nothing has been written to it.
pub struct PreparedRepository {
    store: Box<dyn Store>,
    plan: Box<Plan>,
    existing: Existing,
}

impl std::fmt::Debug for PreparedRepository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedRepository")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
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

    /// Refuses a chart that cannot be published, because its archive has a name that not every client can save.
    ///
    /// # Errors
    /// When it has one.
    pub fn check_name(&self) -> Result<(), ArchiveNameError> {
        check_archive_name(&self.metadata)
    }

    /// Whether it is the same version of the same chart.
    pub(super) fn is_version_of(&self, other: &Self) -> bool {
        self.metadata.name == other.metadata.name && self.metadata.version == other.metadata.version
    }
}

impl PreparedRepository {
    /// Opens the repository at an address and compares packages with it. `is_alone` is whether it is the only repository:
    /// a single package is then compared by writing it.
    ///
    /// # Errors
    /// When the repository cannot be opened, or does not accept a package.
    pub fn compare(
        location: &Location,
        request: PublishRequest<'_>,
        is_alone: bool,
        settings: &RepositorySettings,
    ) -> Result<Self, PublishPackagesError> {
        request.items.iter().try_for_each(Item::check_name)?;
        let objects = request.items.iter().map(|item| request.place.object(item));
        let objects = objects.collect::<Result<Vec<_>, _>>()?;
        let mut store = open_store(location, settings)?;
        let is_decided_by_writing = is_alone && request.items.len() == 1 && !request.is_dry_run;
        let plan = prepare(
            &mut *store,
            request.items,
            &objects,
            request.existing,
            !is_decided_by_writing,
        )?;
        Ok(Self {
            store,
            plan: Box::new(plan),
            existing: request.existing,
        })
    }

    /// What is to be done, in the order of the packages.
    pub fn steps(&self) -> &[Published] {
        &self.plan.steps
    }

    /// Finds out whether the repository can be written to.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check_writable(&mut self) -> Result<(), PublishPackagesError> {
        let checked = self.store.check_writable();
        checked.map_err(|error| PublishError::from(UpdateError::from(error)).into())
    }

    /// Writes what was compared; `items` are those of the comparison, and `now` is an RFC 3339 time.
    ///
    /// # Errors
    /// When the repository has changed since and does not accept a package any more, or fails. The index lists none of the
    /// packages then that it did not list before.
    pub fn carry_out(
        mut self,
        items: &[Item],
        settings: &RepositorySettings,
        now: &str,
    ) -> Result<Vec<Published>, PublishPackagesError> {
        let environment = Environment {
            now: now.to_owned(),
            clock: &*settings.clock,
        };
        let published = carry_out(&mut *self.store, items, *self.plan, self.existing, &environment)?;
        Ok(published)
    }
}

/// Publishes to the repository at an address, and no other. `now` is an RFC 3339 time.
///
/// # Errors
/// When the repository cannot be opened, does not accept a package, or fails.
pub fn publish_packages(
    location: &Location,
    request: PublishRequest<'_>,
    settings: &RepositorySettings,
    now: &str,
) -> Result<Vec<Published>, PublishPackagesError> {
    let prepared = PreparedRepository::compare(location, request, true, settings)?;
    if request.is_dry_run {
        return Ok(prepared.plan.steps);
    }
    prepared.carry_out(request.items, settings, now)
}
