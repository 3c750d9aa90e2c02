//! A version from one repository to another, without packing it again: the archive keeps its bytes and so its digest.

use super::super::archive_place::ArchivePlace;
use super::super::index_reader::index_versions;
use super::super::index_update::INDEX;
use super::super::location::Location;
use super::super::object_name::object_name;
use super::super::open::{RepositorySettings, open_store};
use super::super::publish::{Existing, Item, PublishError, Published, digest};
use super::super::publish_packages::{PublishRequest, publish_packages};
use super::super::store::Store;
use super::maintain_error::MaintainError;

/// What to copy, and where.
#[derive(Debug, Clone, Copy)]
pub struct CopyRequest<'r> {
    /// The repository that has the version.
    pub from: &'r Location,
    /// The repository that gets it.
    pub to: &'r Location,
    /// The chart.
    pub chart: &'r str,
    /// Its version, as it is listed.
    pub version: &'r str,
    /// What happens if the other repository has the version with other content.
    pub existing: Existing,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

/// A version that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its state in the repository that got it.
    pub published: Published,
    /// Whether its provenance file was copied too.
    pub has_provenance: bool,
}

/// Copies a version. `now` is an RFC 3339 time.
///
/// # Errors
/// When the first repository does not have the version or its archive has another digest than is listed, or the second does
/// not accept it.
pub fn copy_version(
    request: CopyRequest<'_>,
    settings: &RepositorySettings,
    now: &str,
) -> Result<Copied, MaintainError> {
    let item = read_item(&mut *open_store(request.from, settings)?, request)?;
    let has_provenance = item.provenance.is_some();
    let publish = PublishRequest {
        items: std::slice::from_ref(&item),
        place: &ArchivePlace::default(),
        existing: request.existing,
        is_dry_run: request.is_dry_run,
    };
    let published = publish_packages(request.to, publish, settings, now)
        .map_err(|error| MaintainError::Publish(Box::new(error)))?;
    if let Some(published) = published.into_iter().next() {
        return Ok(Copied {
            published,
            has_provenance,
        });
    }
    Err(publish_error(PublishError::Contradiction(item.file_name)))
}

fn publish_error(error: PublishError) -> MaintainError {
    MaintainError::Publish(Box::new(error.into()))
}

/// The archive and provenance file of a version.
fn read_item(store: &mut dyn Store, request: CopyRequest<'_>) -> Result<Item, MaintainError> {
    let text = store.get(INDEX)?.map(|found| found.bytes);
    let versions = match &text {
        Some(text) => index_versions(text, request.chart)?,
        None => None,
    };
    let (location, chart) = (request.from.to_string(), request.chart.to_owned());
    let version = request.version.to_owned();
    let mut versions = versions.into_iter().flatten();
    let Some(entry) = versions.find(|entry| entry.version == version) else {
        return Err(MaintainError::NoVersion {
            location,
            chart,
            version,
        });
    };
    let mut names = entry.urls.iter().filter_map(|url| {
        let last = url.rsplit('/').next().unwrap_or_default();
        object_name(url).or_else(|| object_name(last))
    });
    let found = match names.next() {
        Some(object) => store.get(&object)?.map(|found| (object, found.bytes)),
        None => None,
    };
    let Some((object, archive)) = found else {
        return Err(MaintainError::NoArchive {
            location,
            chart,
            version,
            urls: entry.urls.join(", "),
        });
    };
    let found = digest(&archive);
    if let Some(listed) = entry.digest.filter(|listed| *listed != found) {
        return Err(MaintainError::Digest { object, found, listed });
    }
    let provenance = store.get(&format!("{object}.prov"))?.map(|found| found.bytes);
    match Item::from_archive(archive) {
        Ok(item) => Ok(Item { provenance, ..item }),
        Err(source) => Err(MaintainError::Item {
            object,
            source: Box::new(source),
        }),
    }
}
