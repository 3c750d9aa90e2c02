//! Looking after a repository: its versions listed, its index compared with its archives and made from them, versions removed
//! and copied to another repository.

mod archives;
mod check;
mod copy;
mod maintain_error;
mod rebuild;
mod remove;
mod stored_version;

#[cfg(test)]
pub(super) use archives::read_archive;
#[cfg(test)]
pub(super) use rebuild::rebuild;
#[cfg(test)]
pub(super) use remove::delete_from;

pub use check::{Checked, Fault, check_repository};
pub use copy::{Copied, read_version};
pub use maintain_error::MaintainError;
pub use rebuild::{LeftOut, RebuildRequest, Rebuilt, rebuild_index};
pub use remove::{Kept, PruneRules, Pruned, delete_version, prune_versions};
pub use stored_version::StoredVersion;

use super::index_error::check_count;
use super::index_update::open_index;
use super::listed_entry::ListedEntry;
use super::location::Location;
use super::open::{RepositorySettings, open_store};
use crate::text::semver::sort_newest_first;

/// The versions of all charts of a repository, or of one: charts in the order of the index, each newest first.
///
/// # Errors
/// When the repository cannot be read, or its index is broken.
pub fn list_versions(
    location: &Location,
    chart: Option<&str>,
    settings: &RepositorySettings,
) -> Result<Vec<ListedEntry>, MaintainError> {
    let index = open_index(&mut *open_store(location, settings)?)?.index;
    let mut names = index.charts();
    names.retain(|name| chart.is_none_or(|wanted| wanted == name));
    check_count(names.iter().map(|name| index.count(name)).sum(), "its charts")?;
    let mut entries = Vec::new();
    for name in names {
        entries.extend(newest_first(index.versions(&name)?));
    }
    match chart {
        Some(chart) if entries.is_empty() => Err(MaintainError::NoChart {
            location: location.to_string(),
            chart: chart.to_owned(),
        }),
        _ => Ok(entries),
    }
}

/// Entries of one chart, newest version first.
pub fn newest_first(entries: Vec<ListedEntry>) -> Vec<ListedEntry> {
    sort_newest_first(entries, |entry: &ListedEntry| entry.version.clone())
}
