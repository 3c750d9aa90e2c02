//! A version from one repository to another, without packing it again: the archive keeps its bytes and so its digest.

use super::super::index_reader::index_versions;
use super::super::index_update::INDEX;
use super::super::location::Location;
use super::super::object_name::object_name;
use super::super::open::{RepositorySettings, open_store};
use super::super::publish::{Item, Published, digest};
use super::maintain_error::MaintainError;

/// A version that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its state in the repository that got it.
    pub published: Published,
    /// Whether its provenance file was copied too.
    pub has_provenance: bool,
}

/// The archive and provenance file of a version, as it is listed.
///
/// # Errors
/// When the repository does not have the version, or its archive has another digest than is listed.
pub fn read_version(
    from: &Location,
    chart: &str,
    version: &str,
    settings: &RepositorySettings,
) -> Result<Item, MaintainError> {
    let mut store = open_store(from, settings)?;
    let text = store.get(INDEX)?.map(|found| found.bytes);
    let versions = match &text {
        Some(text) => index_versions(text, chart)?,
        None => None,
    };
    let (location, chart, version) = (from.to_string(), chart.to_owned(), version.to_owned());
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
