//! A version from one repository to another, without packing it again: the archive keeps its bytes and so its digest.

use super::super::index_reader::index_versions;
use super::super::index_update::INDEX;
use super::super::location::Location;
use super::super::object_name::object_names;
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
    let last = |url: &String| url.rsplit('/').next().map_or_else(Vec::new, object_names);
    let names = entry.urls.iter().flat_map(|url| object_names(url));
    let mut found = None;
    for object in names.chain(entry.urls.iter().flat_map(last)) {
        if let Some(archive) = store.get(&object)? {
            found = Some((object, archive.bytes));
            break;
        }
    }
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
