//! The index of a repository compared with its archives: a repository in, what does not agree out. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::super::index_update::open_index;
use super::super::location::Location;
use super::super::open::{RepositorySettings, open_store};
use super::archives::{Archive, archive_names, object_of, read_archives};
use super::maintain_error::MaintainError;
use crate::text::ordered::CollectOrdered as _;

/// Something in a repository that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The index lists a version whose archive is not there.
    NoArchive {
        /// The chart.
        chart: String,
        /// Its version.
        version: String,
        /// The archive.
        object: String,
    },
    /// An archive that the index does not list.
    NoEntry {
        /// The archive.
        object: String,
    },
    /// The index lists another digest than the archive has.
    Digest {
        /// The chart.
        chart: String,
        /// Its version.
        version: String,
        /// The archive.
        object: String,
        /// The digest in the index.
        listed: String,
        /// The digest of the archive.
        found: String,
    },
    /// A registry does not have a layer of a tag.
    NoLayer {
        /// The chart with its tag.
        object: String,
        /// What the registry says.
        reason: String,
    },
    /// A layer or the manifest of a tag is not what it should be.
    Layer {
        /// The chart with its tag.
        object: String,
        /// What is wrong.
        reason: String,
    },
    /// The archive of an entry has another chart or version, or none.
    Chart {
        /// The archive.
        object: String,
        /// What is wrong.
        reason: String,
    },
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// What does not agree.
    pub faults: Vec<Fault>,
    /// `NAME VERSION` of entries without a digest. Helm accepts them, although what they name cannot be verified.
    pub without_digest: Vec<String>,
}

impl Fault {
    /// The name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoArchive { .. } => "entry-without-archive",
            Self::NoLayer { .. } => "tag-without-layer",
            Self::NoEntry { .. } => "archive-without-entry",
            Self::Digest { .. } | Self::Layer { .. } => "digest-differs",
            Self::Chart { .. } => "not-the-chart",
        }
    }

    /// The archive.
    pub fn object(&self) -> &str {
        match self {
            Self::NoArchive { object, .. }
            | Self::NoEntry { object }
            | Self::Digest { object, .. }
            | Self::NoLayer { object, .. }
            | Self::Layer { object, .. }
            | Self::Chart { object, .. } => object,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoArchive { chart, version, object } => {
                write!(f, "{object}: the archive of {chart} {version} is missing")
            }
            Self::NoEntry { object } => write!(f, "{object}: the index does not list the archive"),
            Self::Digest {
                chart,
                version,
                object,
                listed,
                found,
            } => write!(
                f,
                "{object}: the index lists the digest {listed} for {chart} {version}, but the archive has {found}"
            ),
            Self::NoLayer { object, reason } | Self::Layer { object, reason } | Self::Chart { object, reason } => {
                write!(f, "{object}: {reason}")
            }
        }
    }
}

/// Compares the index of a repository with its archives. Entries whose archives are elsewhere are not looked at.
///
/// # Errors
/// When the repository cannot be read, or its index is broken.
pub fn check_repository(location: &Location, settings: &RepositorySettings) -> Result<Checked, MaintainError> {
    let mut store = open_store(location, settings)?;
    // Listed first: an archive that is pushed meanwhile has its entry afterwards.
    let names = archive_names(&mut *store)?;
    let index = open_index(&mut *store)?.index;
    let archives = read_archives(location, settings, &names)?;
    let archives: BTreeMap<&str, &Archive> = archives.iter().map(|one| (one.object.as_str(), one)).collect_map();
    let (mut faults, mut without_digest, mut listed) = (Vec::new(), Vec::new(), BTreeSet::new());
    for chart in index.charts() {
        for entry in index.versions(&chart)? {
            if entry.digest.is_none() {
                without_digest.push(format!("{chart} {}", entry.version));
            }
            let Some(object) = object_of(&entry, &names) else {
                continue;
            };
            let version = entry.version.clone();
            listed.insert(object.clone());
            let Some(archive) = archives.get(object.as_str()) else {
                faults.push(Fault::NoArchive {
                    chart: chart.clone(),
                    version,
                    object,
                });
                continue;
            };
            let found = &archive.digest;
            match (&entry.digest, &archive.chart) {
                (Some(digest), _) if digest != found => faults.push(Fault::Digest {
                    chart: chart.clone(),
                    version,
                    object,
                    listed: digest.clone(),
                    found: found.clone(),
                }),
                (_, Err(reason)) => faults.push(Fault::Chart {
                    object,
                    reason: reason.clone(),
                }),
                (_, Ok(metadata)) if metadata.name != entry.name || metadata.version != version => {
                    let reason = format!(
                        "the index lists {} {version}, but the archive has {} {}",
                        entry.name, metadata.name, metadata.version
                    );
                    faults.push(Fault::Chart { object, reason });
                }
                _ => {}
            }
        }
    }
    let without_entry = names.iter().filter(|name| !listed.contains(*name));
    faults.extend(without_entry.map(|object| Fault::NoEntry { object: object.clone() }));
    Ok(Checked { faults, without_digest })
}
