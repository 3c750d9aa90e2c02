//! Exact versions of the dependencies of a chart: from its lock, or the newest that satisfy what it declares.
//!
//! Follows Helm's `internal/resolver` and `pkg/downloader/manager.go`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::artifact::remote::{ListedVersion, SourceError};
use crate::engine::chart::{LinkPolicy, LocalDependencyError, outside_links, without_dots};
use crate::text::go::quote::quote;
use crate::text::redact::redact_url;
use crate::text::semver::{Constraint, Version};

use super::choose_version::{is_registry, locked_version, needs_list, newest_that_satisfies};
use super::declared::{ChartRequest, Declared, DeclaredList};
use super::error::DependencyError;
use super::load::load;
use super::lock_digest::{helm2_digest, lock_digest};

/// How versions are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Those of the lock; without one, as for an update.
    Build,
    /// The newest ones that satisfy what is declared.
    Update,
}

/// Where a dependency comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It is a directory in `charts/`, and stays there.
    Unpacked,
    /// A chart's directory, which is packed.
    Neighbour(PathBuf),
    /// A repository, by its address.
    Repository(String),
}

/// A dependency whose version is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// Its version; that of an unpacked chart as it is declared.
    pub version: String,
    /// The version as its repository spells it.
    pub listed: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// The versions that repositories offer, by their address and the name of the chart.
pub type Lists = HashMap<(String, String), Result<Vec<ListedVersion>, SourceError>>;

impl ChartRequest {
    /// The way that is really gone: without a lock, a build is an update.
    pub const fn way(&self, asked: Way) -> Way {
        match (asked, &self.lock) {
            (Way::Build, Some(_)) => Way::Build,
            _ => Way::Update,
        }
    }

    /// The dependencies that versions are chosen for.
    pub fn entries(&self, way: Way) -> &[Declared] {
        match (way, &self.lock) {
            (Way::Build, Some(lock)) => &lock.list.entries,
            _ => &self.list.entries,
        }
    }

    /// Whether the lock is of what is declared.
    pub fn is_in_sync(&self) -> bool {
        self.lock.as_ref().is_some_and(|lock| {
            lock_digest(&self.list, &lock.list) == lock.digest
                || (self.is_v1 && helm2_digest(&self.list) == lock.digest)
        })
    }

    /// Checks that the lock is of what is declared.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_lock(&self) -> Result<(), DependencyError> {
        if self.is_in_sync() {
            return Ok(());
        }
        let file = if self.is_v1 { "requirements.yaml" } else { "Chart.yaml" };
        let lock = self.lock_name();
        Err(DependencyError::OutOfSync { lock, file })
    }
}

/// The repository and the chart whose versions are needed for a dependency.
pub fn needed_list(entry: &Declared, way: Way) -> Option<(String, String)> {
    let repository = &entry.repository;
    let is_remote = !repository.is_empty() && !repository.starts_with("file://");
    let is_needed = match way {
        Way::Build => !is_registry(repository),
        Way::Update => needs_list(repository, &entry.dependency.version),
    };
    (is_remote && is_needed).then(|| (repository.clone(), entry.dependency.name.clone()))
}

/// The versions of all dependencies of a chart, in their order; all reasons why there is none. `known` gives those that need not
/// be chosen.
///
/// # Errors
/// When one has no version: not in its repository, not beside this chart, not in `charts/`.
pub fn choose_all(
    request: &ChartRequest,
    way: Way,
    links: LinkPolicy,
    lists: &Lists,
    known: &dyn Fn(&Declared) -> Option<Chosen>,
) -> Result<Vec<Chosen>, Vec<DependencyError>> {
    let (mut chosen, mut errors, mut without_version) = (Vec::new(), Vec::new(), Vec::new());
    for entry in request.entries(way) {
        if let Some(one) = known(entry) {
            chosen.push(one);
            continue;
        }
        match choose(request, entry, way, links, lists) {
            Ok(Some(one)) => chosen.push(one),
            Ok(None) => without_version.push(shown(entry)),
            Err(error) => error.join(&mut errors),
        }
    }
    if !without_version.is_empty() {
        errors.push(DependencyError::NoVersion(without_version));
    }
    if errors.is_empty() { Ok(chosen) } else { Err(errors) }
}

/// A dependency in the words of Helm's error.
pub fn shown(entry: &Declared) -> String {
    let repository = redact_url(&entry.repository);
    let [name, repository, version] =
        [&entry.dependency.name, &repository, &entry.dependency.version].map(|text| quote(text.as_bytes()));
    format!("{name} (repository {repository}, version {version})")
}

/// The version of one dependency; none where no version satisfies.
pub fn choose(
    request: &ChartRequest,
    entry: &Declared,
    way: Way,
    links: LinkPolicy,
    lists: &Lists,
) -> Result<Option<Chosen>, DependencyError> {
    let name = &entry.dependency.name;
    if !is_chart_name(name) {
        return Err(DependencyError::Name(name.clone()));
    }
    let wanted = &entry.dependency.version;
    let constraint = Constraint::parse(wanted).map_err(|source| DependencyError::Constraint {
        name: name.clone(),
        source,
    })?;
    let repository = &entry.repository;
    let found = |version: &str, origin: Origin| Chosen {
        name: name.clone(),
        version: version.to_owned(),
        listed: version.to_owned(),
        origin,
    };
    if repository.is_empty() {
        check_unpacked(&request.directory.join("charts").join(name), name, wanted, &constraint)?;
        return Ok(Some(found(wanted, Origin::Unpacked)));
    }
    if let Some(path) = repository.strip_prefix("file://") {
        let directory = without_dots(&request.directory.join(path));
        let version = neighbour_version(&directory, name, links)?;
        let satisfies = Version::parse(&version).is_ok_and(|version| constraint.check(&version));
        return match way {
            _ if satisfies => Ok(Some(found(&version, Origin::Neighbour(directory)))),
            Way::Update => Ok(None),
            Way::Build => Err(DependencyError::Version {
                name: name.clone(),
                found: version,
                wanted: format!("{wanted} of {}", request.lock_name()),
            }),
        };
    }
    let origin = Origin::Repository(repository.clone());
    let Some(key) = needed_list(entry, way) else {
        return Ok(Some(found(wanted, origin)));
    };
    let versions = match lists.get(&key) {
        Some(Ok(versions)) => versions.as_slice(),
        Some(Err(source)) => {
            return Err(DependencyError::Source {
                name: name.clone(),
                repository: repository.clone(),
                source: source.clone(),
            });
        }
        None => &[],
    };
    match way {
        Way::Update => {
            let newest = newest_that_satisfies(repository, &constraint, versions);
            Ok(newest.map(|listed| found(&listed.version, origin)))
        }
        Way::Build => match locked_version(repository, wanted, versions) {
            Some(listed) => Ok(Some(Chosen {
                listed: listed.version,
                ..found(wanted, origin)
            })),
            None => Err(DependencyError::LockedVersion {
                lock: request.lock_name(),
                name: name.clone(),
                version: wanted.clone(),
                repository: repository.clone(),
            }),
        },
    }
}

/// A name that is one part of a path, since it becomes one.
fn is_chart_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\']) && !name.chars().any(char::is_control)
}

fn check_unpacked(directory: &Path, name: &str, wanted: &str, constraint: &Constraint) -> Result<(), DependencyError> {
    let unpacked = |reason: String| DependencyError::Unpacked {
        directory: directory.to_owned(),
        reason,
    };
    if !directory.is_dir() {
        return Err(unpacked("directory not found".to_owned()));
    }
    let chart = load(directory).map_err(|error| unpacked(error.to_string()))?;
    let found = &chart.metadata.version;
    if Version::parse(found).is_ok_and(|version| constraint.check(&version)) {
        return Ok(());
    }
    Err(DependencyError::Version {
        name: name.to_owned(),
        found: found.clone(),
        wanted: wanted.to_owned(),
    })
}

/// The version of a chart beside this one.
fn neighbour_version(directory: &Path, name: &str, links: LinkPolicy) -> Result<String, DependencyError> {
    if !directory.is_dir() {
        return Err(DependencyError::NoNeighbour {
            name: name.to_owned(),
            directory: directory.to_owned(),
        });
    }
    let failed = |source| LocalDependencyError::Load {
        directory: directory.to_owned(),
        source,
    };
    if links == LinkPolicy::StayInside {
        let links = outside_links(directory).map_err(failed)?;
        if !links.is_empty() {
            let directory = directory.to_owned();
            return Err(LocalDependencyError::OutsideLinks { directory, links }.into());
        }
    }
    let chart = load(directory).map_err(failed)?;
    if chart.name() != name {
        return Err(DependencyError::NeighbourName {
            name: name.to_owned(),
            found: chart.name().to_owned(),
            directory: directory.to_owned(),
        });
    }
    Ok(chart.metadata.version)
}

/// The list of a lock with these versions.
pub fn locked_list(declared: &DeclaredList, chosen: &[Chosen]) -> DeclaredList {
    let entries = declared.entries.iter().zip(chosen).map(|(entry, chosen)| {
        let mut locked = Declared {
            repository: entry.repository.clone(),
            ..Declared::default()
        };
        locked.dependency.name.clone_from(&chosen.name);
        locked.dependency.version.clone_from(&chosen.version);
        locked
    });
    DeclaredList {
        entries: entries.collect(),
        is_present: true,
    }
}
