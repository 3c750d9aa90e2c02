//! Dependencies on a chart beside this one (`repository: file://../orders`), read from its directory when `charts/` has
//! no copy: the charts that `helm dependency build` would put into `charts/`, without writing them. Those of other
//! repositories come from whoever supplies them ([`SupplyDependencies`]), for the chart and for the charts beside it.

use std::collections::HashMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::text::semver::is_compatible_range;

use super::archive::{MAX_ARCHIVE_ENTRIES, MAX_ARCHIVE_SIZE};
use super::dependency::Dependency;
use super::directory::read_directory;
use super::file_tree::{FileTree, read_tree};
use super::load::{Chart, ChartFile, load_chart, load_files};
use super::load_error::LoadError;
use super::outside_links::{LinkPolicy, OutsideLink, outside_links};

/// Longest chain of charts that depend on each other by path.
const MAX_DEPTH: usize = 16;

/// Supplies the dependencies of other repositories that `charts/` lacks. Used by several threads at once.
pub trait SupplyDependencies: fmt::Debug + Sync {
    /// The archives of the chart's dependencies that its `charts/` lacks, those by path left out, as files of the chart: named
    /// `charts/NAME-VERSION.tgz`.
    ///
    /// # Errors
    /// When one cannot be had.
    fn archives(&self, directory: &Path, chart: &Chart) -> Result<Vec<ChartFile>, SupplyError>;
}

/// Why a dependency cannot be supplied. The message shows no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SupplyError {
    /// Name of the dependency; empty where no single one is at fault.
    pub dependency: String,
    /// What went wrong, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Why a chart and its neighbours cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LocalDependencyError {
    /// A chart does not load.
    #[error("{}: {source}", directory.display())]
    Load {
        /// The chart's directory.
        directory: PathBuf,
        /// Why.
        source: LoadError,
    },
    /// Links of a chart lead out of its directory, where that is not allowed. There is at least one.
    #[error("{}", shown_links(directory, links))]
    OutsideLinks {
        /// The chart's directory.
        directory: PathBuf,
        /// The links.
        links: Vec<OutsideLink>,
    },
    /// A dependency of another repository cannot be supplied.
    #[error("{}: {source}", directory.display())]
    Supply {
        /// The chart that needs it.
        directory: PathBuf,
        /// Why.
        source: SupplyError,
    },
    /// The chart found there does not have the required version.
    #[error("dependency {name:?} requires version {wanted:?}, but {} has {found}", directory.display())]
    Version {
        /// The dependency.
        name: String,
        /// Its constraint.
        wanted: String,
        /// The version found.
        found: String,
        /// Where.
        directory: PathBuf,
    },
    /// The chart found there has another name.
    #[error("dependency {name:?} points at {}, which contains the chart {found:?}", directory.display())]
    Name {
        /// The dependency.
        name: String,
        /// The name found.
        found: String,
        /// Where.
        directory: PathBuf,
    },
    /// Charts depend on each other in a circle, or nearly endlessly.
    #[error("charts depend on each other more than {MAX_DEPTH} deep, at {}", .0.display())]
    TooDeep(PathBuf),
    /// Charts that several others depend on are in each of them, and theirs in them again.
    #[error(
        "the charts that it depends on by path have more than {MAX_ARCHIVE_ENTRIES} files or {MAX_ARCHIVE_SIZE} bytes, \
         those of {} included",
        .0.display()
    )]
    TooLarge(PathBuf),
}

/// The first link with its target, and how many more there are.
fn shown_links(directory: &Path, links: &[OutsideLink]) -> String {
    let first = links.first();
    let first = first.map(|link| format!("{}: {link}", directory.join(&link.name).display()));
    let first = first.unwrap_or_default();
    match links.len().saturating_sub(1) {
        0 => first,
        more => format!("{first}; {more} more links lead out of it"),
    }
}

/// The files of a chart, and the origin of those that are not its own.
#[derive(Debug, Clone, Default)]
pub struct LocalFiles {
    /// The files; those of neighbours are below `charts/`.
    pub files: Vec<ChartFile>,
    /// Path inside the chart (`charts/orders`) and directory of every chart that was read from beside it.
    pub neighbours: Vec<(String, PathBuf)>,
}

/// The files of a chart directory, with the charts it depends on by path below `charts/`.
///
/// # Errors
/// When the chart or a neighbour does not load, is not the required one, or they depend on each other in a circle; when
/// links lead out of one of them and `links` does not allow that.
pub fn files_with_local_dependencies(directory: &Path, links: LinkPolicy) -> Result<LocalFiles, LocalDependencyError> {
    files_with_dependencies(directory, links, None)
}

/// The same, with the dependencies of other repositories that it and its neighbours lack, where something supplies them.
///
/// # Errors
/// As [`files_with_local_dependencies`], and when a dependency cannot be supplied.
pub fn files_with_dependencies(
    directory: &Path,
    links: LinkPolicy,
    supply: Option<&dyn SupplyDependencies>,
) -> Result<LocalFiles, LocalDependencyError> {
    let mut loading = Loading {
        links,
        supply,
        ..Loading::default()
    };
    collect(directory, 0, &mut loading)
}

/// The same for a chart and its neighbours in a tree of files that is not on this disk.
///
/// # Errors
/// The same. Links that lead out of a chart are not followed in a tree.
pub fn files_in_tree(
    tree: &dyn FileTree,
    directory: &Path,
    supply: Option<&dyn SupplyDependencies>,
) -> Result<LocalFiles, LocalDependencyError> {
    let mut loading = Loading {
        supply,
        tree: Some(tree),
        ..Loading::default()
    };
    collect(directory, 0, &mut loading)
}

/// Charts that were loaded, each once however often others depend on it, and what all of them have together.
#[derive(Default)]
struct Loading<'s> {
    known: HashMap<PathBuf, Rc<Loaded>>,
    files: usize,
    bytes: u64,
    links: LinkPolicy,
    supply: Option<&'s dyn SupplyDependencies>,
    /// Where charts are, if not on this disk.
    tree: Option<&'s dyn FileTree>,
}

struct Loaded {
    files: Vec<ChartFile>,
    chart: Chart,
}

impl Loading<'_> {
    fn load(&mut self, directory: &Path) -> Result<Rc<Loaded>, LocalDependencyError> {
        if let Some(known) = self.known.get(directory) {
            return Ok(Rc::clone(known));
        }
        let failed = |source| LocalDependencyError::Load {
            directory: directory.to_owned(),
            source,
        };
        let (chart, mut files) = if let Some(tree) = self.tree {
            let files = read_tree(tree, directory).map_err(failed)?;
            (load_files(files.clone()).map_err(failed)?, files)
        } else {
            if self.links == LinkPolicy::StayInside && directory.is_dir() {
                let links = outside_links(directory).map_err(failed)?;
                if !links.is_empty() {
                    let directory = directory.to_owned();
                    return Err(LocalDependencyError::OutsideLinks { directory, links });
                }
            }
            let chart = load_chart(directory).map_err(failed)?;
            (chart, read_directory(directory).map_err(failed)?)
        };
        if let Some(supply) = self.supply.filter(|_| lacks_remote(&chart)) {
            let supplied = supply.archives(directory, &chart);
            files.extend(supplied.map_err(|source| LocalDependencyError::Supply {
                directory: directory.to_owned(),
                source,
            })?);
        }
        let loaded = Rc::new(Loaded { files, chart });
        self.known.insert(directory.to_owned(), Rc::clone(&loaded));
        Ok(loaded)
    }

    /// Counts the files of a chart, once for each chart that contains it.
    fn count(&mut self, directory: &Path, files: &[ChartFile]) -> Result<(), LocalDependencyError> {
        self.files += files.len();
        self.bytes += files.iter().map(|file| file.data.len() as u64).sum::<u64>();
        if self.files > MAX_ARCHIVE_ENTRIES || self.bytes > MAX_ARCHIVE_SIZE {
            return Err(LocalDependencyError::TooLarge(directory.to_owned()));
        }
        Ok(())
    }
}

/// The chart in a directory, with the charts it depends on by path as subcharts. An archive is loaded as it is.
///
/// # Errors
/// When a chart cannot be loaded, or is not the required one.
pub fn load_with_local_dependencies(path: &Path) -> Result<Chart, LocalDependencyError> {
    load_with_dependencies(path, LinkPolicy::Follow, None)
}

/// The same, with the dependencies of other repositories that it and its neighbours lack, where something supplies them.
///
/// # Errors
/// As [`load_with_local_dependencies`], when a dependency cannot be supplied, and when links lead out of a chart's directory and `links`
/// does not allow that.
pub fn load_with_dependencies(
    path: &Path,
    links: LinkPolicy,
    supply: Option<&dyn SupplyDependencies>,
) -> Result<Chart, LocalDependencyError> {
    let at = |source| LocalDependencyError::Load {
        directory: path.to_owned(),
        source,
    };
    if links == LinkPolicy::Follow || !path.is_dir() {
        let chart = load_chart(path).map_err(at)?;
        let is_complete = missing(&chart).next().is_none() && (supply.is_none() || !lacks_remote(&chart));
        if !path.is_dir() || is_complete {
            return Ok(chart);
        }
    }
    let LocalFiles { files, neighbours } = files_with_dependencies(path, links, supply)?;
    let mut chart = load_files(files).map_err(at)?;
    let shown = |path: &Path| path.display().to_string();
    chart.read_from(path, &neighbours);
    let neighbours: Vec<(String, String)> = neighbours
        .into_iter()
        .map(|(inside, path)| (inside, shown(&path)))
        .collect();
    chart.place_at(shown(path).trim_end_matches('/'), &neighbours);
    Ok(chart)
}

/// Names and paths of the dependencies by path that `charts/` lacks.
fn missing(chart: &Chart) -> impl Iterator<Item = (&str, &str, &str)> {
    chart.metadata.declared_dependencies().filter_map(|dependency| {
        let path = dependency.repository.strip_prefix("file://")?;
        let is_there = chart
            .dependencies
            .iter()
            .any(|subchart| subchart.name() == dependency.name);
        (!is_there).then_some((dependency.name.as_str(), path, dependency.version.as_str()))
    })
}

/// Whether `charts/` lacks a dependency that another repository has.
fn lacks_remote(chart: &Chart) -> bool {
    missing_remote(chart).next().is_some()
}

/// The dependencies that `charts/` lacks and that another repository has, in the order of Chart.yaml.
pub fn missing_remote(chart: &Chart) -> impl Iterator<Item = &Dependency> {
    chart.metadata.declared_dependencies().filter(|dependency| {
        let repository = &dependency.repository;
        let is_there = chart
            .dependencies
            .iter()
            .any(|subchart| subchart.name() == dependency.name);
        !is_there && !repository.is_empty() && !repository.starts_with("file://")
    })
}

fn collect(directory: &Path, depth: usize, loading: &mut Loading<'_>) -> Result<LocalFiles, LocalDependencyError> {
    if depth > MAX_DEPTH {
        return Err(LocalDependencyError::TooDeep(directory.to_owned()));
    }
    let loaded = loading.load(directory)?;
    loading.count(directory, &loaded.files)?;
    let mut files = loaded.files.clone();
    let mut neighbours = Vec::new();
    let mut embedded: Vec<&str> = Vec::new();
    for (name, path, wanted) in missing(&loaded.chart) {
        let neighbour = without_dots(&directory.join(path));
        let found = loading.load(&neighbour)?;
        let found = &found.chart;
        if found.name() != name {
            return Err(LocalDependencyError::Name {
                name: name.to_owned(),
                found: found.name().to_owned(),
                directory: neighbour,
            });
        }
        if !is_compatible_range(wanted, &found.metadata.version) {
            return Err(LocalDependencyError::Version {
                name: name.to_owned(),
                wanted: wanted.to_owned(),
                found: found.metadata.version.clone(),
                directory: neighbour,
            });
        }
        if embedded.contains(&name) {
            continue;
        }
        embedded.push(name);
        let inner = collect(&neighbour, depth + 1, loading)?;
        let inside = format!("charts/{name}");
        files.extend(inner.files.into_iter().map(|file| {
            let name = format!("{inside}/{}", file.name);
            ChartFile::new(name, file.data)
        }));
        let nested = inner.neighbours.into_iter();
        neighbours.extend(nested.map(|(name, path)| (format!("{inside}/{name}"), path)));
        neighbours.push((inside, neighbour));
    }
    Ok(LocalFiles { files, neighbours })
}

/// The path without `x/..` where that leads to the same directory, so that it can be read: `shop/../orders` is `orders`.
pub(crate) fn without_dots(path: &Path) -> PathBuf {
    let plain = lexical(path);
    // Links make the two differ.
    let is_same = match (plain.canonicalize(), path.canonicalize()) {
        (Ok(plain), Ok(path)) => plain == path,
        _ => false,
    };
    if is_same { plain } else { path.to_owned() }
}

/// The path without `.` and `x/..`, links not followed.
pub(crate) fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_subcharts_in_both_forms() {
        for (directory, names) in [("fixtures/shop/shop", 2), ("fixtures/shop/shop-v1", 2)] {
            let chart = load_with_local_dependencies(Path::new(directory)).unwrap();
            assert_eq!(chart.dependencies.len(), names, "{directory}");
        }
    }

    #[test]
    fn charts_that_share_their_neighbours_are_loaded_once_and_counted_for_each() {
        let directory = tempfile::tempdir().unwrap();
        let levels = 15;
        for level in 0..levels {
            let mut dependencies = String::new();
            for name in ["a", "b", "c"].iter().filter(|_| level + 1 < levels) {
                let next = format!("{name}{}", level + 1);
                dependencies += &format!("- {{name: {next}, version: 1.x, repository: \"file://../{next}\"}}\n");
            }
            for name in ["a", "b", "c"] {
                let chart = directory.path().join(format!("{name}{level}"));
                std::fs::create_dir(&chart).unwrap();
                let text =
                    format!("apiVersion: v2\nname: {name}{level}\nversion: 1.0.0\ndependencies:\n{dependencies}");
                std::fs::write(chart.join("Chart.yaml"), text).unwrap();
            }
        }
        let error = files_with_local_dependencies(&directory.path().join("a0"), LinkPolicy::StayInside).unwrap_err();
        assert!(error.to_string().contains("more than 50000 files"), "{error}");
        let few = files_with_local_dependencies(
            &directory.path().join(format!("a{}", levels - 4)),
            LinkPolicy::StayInside,
        )
        .unwrap();
        assert_eq!(few.files.len(), 40);
    }

    #[test]
    fn circles_end_with_an_error() {
        let directory = tempfile::tempdir().unwrap();
        for (name, other) in [("a", "b"), ("b", "a")] {
            let chart = directory.path().join(name);
            std::fs::create_dir(&chart).unwrap();
            let text = format!(
                "apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies:\n- {{name: {other}, version: 1.x, repository: \"file://../{other}\"}}\n"
            );
            std::fs::write(chart.join("Chart.yaml"), text).unwrap();
        }
        let error = load_with_local_dependencies(&directory.path().join("a")).unwrap_err();
        assert!(error.to_string().contains("more than 16 deep"), "{error}");
    }
}
