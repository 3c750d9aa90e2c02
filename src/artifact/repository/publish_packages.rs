//! Packages to the repository at an address: opens the store and publishes.

use crate::artifact::package::Package;
use crate::engine::chart::{ArchiveError, LoadError, archive_name, load_files, read_archive};

use super::location::Location;
use super::open::{OpenError, RepositorySettings, open_store};
use super::publish::{Environment, Item, Outcome, PublishError, publish};

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

impl From<Package> for Item {
    fn from(package: Package) -> Self {
        Self {
            file_name: package.file_name(),
            metadata: package.chart.metadata,
            archive: package.archive,
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
        })
    }
}

/// Publishes to the repository at an address; the outcomes are in the order of the items. `now` is an RFC 3339 time.
///
/// # Errors
/// When the repository cannot be opened, or does not accept an item. Archives that were already uploaded stay.
pub fn publish_packages(
    location: &Location,
    items: &[Item],
    settings: &RepositorySettings,
    now: &str,
) -> Result<Vec<Outcome>, PublishPackagesError> {
    let mut store = open_store(location, settings)?;
    let environment = Environment {
        now: now.to_owned(),
        clock: &*settings.clock,
    };
    Ok(publish(&mut *store, items, &environment)?)
}
