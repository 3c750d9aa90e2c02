//! A state of a chart: a directory, a directory of a commit, or an archive in; the chart, and the values files that are there, out.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::run::{matching_values_files, values_files};
use crate::engine::chart::{
    Chart, ChartFile, Compat, FileTree, LinkPolicy, LocalFiles, SupplyDependencies, files_in_tree,
    files_with_dependencies, load_archive, load_files, read_archive,
};
use crate::text::limits::FILE_BYTES;
use crate::text::semver::is_compatible_range;
use crate::text::source::{Named, is_inside, read_file, would_be_inside};

/// Where a state of a chart is.
#[derive(Debug, Clone)]
pub enum StatePlace {
    /// A directory, or an archive, of this machine.
    Path(PathBuf),
    /// A directory in a tree, such as that of a commit.
    Tree(Arc<dyn FileTree>, PathBuf),
    /// An archive at hand, and what it is called.
    Archive(String, Vec<u8>),
}

/// The archives that `charts/` of a directory on the disk has, of the dependencies that a chart in another state of it lacks: many
/// repositories have git ignore what `dependency build` fetches.
fn fetched_beside(directory: &Path, chart: &Chart) -> Vec<ChartFile> {
    let missing = chart.missing_dependencies();
    let is_wanted = |found: &Chart| {
        let mut declared = chart.metadata.declared_dependencies();
        missing.iter().any(|name| *name == found.name())
            && declared.any(|dependency| {
                dependency.name == found.name() && is_compatible_range(&dependency.version, &found.metadata.version)
            })
    };
    let names = values_files(directory, &["charts/*.tgz".to_owned()]);
    let found = names.into_iter().filter_map(|name| {
        let path = directory.join(&name);
        if !is_inside(directory, &path).unwrap_or(false) {
            return None;
        }
        let bytes = read_file(&path, Named::ByInput, FILE_BYTES).ok()?;
        let dependency = load_archive(&bytes, &name, Compat::Helm4).ok()?;
        is_wanted(&dependency).then(|| ChartFile::new(name, bytes))
    });
    found.collect()
}

fn outside(file: &Path, root: &Path) -> String {
    format!("{}: the values file is not in {}", file.display(), root.display())
}

impl StatePlace {
    /// The chart, with those beside it that it depends on.
    ///
    /// # Errors
    /// When it does not load. The text says why.
    pub(super) fn load(&self, links: LinkPolicy, supply: Option<&dyn SupplyDependencies>) -> Result<Chart, String> {
        let archive = |bytes: &[u8]| {
            let files = read_archive(bytes).map_err(|error| error.to_string())?;
            Ok::<_, String>((files, Vec::new()))
        };
        let (files, neighbours) = match self {
            Self::Path(path) if !path.is_dir() => {
                let bytes = read_file(path, Named::ByUser, FILE_BYTES);
                archive(&bytes.map_err(|error| format!("{}: {error}", path.display()))?)?
            }
            Self::Archive(_, bytes) => archive(bytes)?,
            Self::Path(path) => {
                let local = files_with_dependencies(path, links, supply).map_err(|error| error.to_string())?;
                (local.files, local.neighbours)
            }
            Self::Tree(tree, path) => {
                let LocalFiles { files, neighbours } =
                    files_in_tree(tree.as_ref(), path, supply).map_err(|error| error.to_string())?;
                (files, neighbours)
            }
        };
        let mut chart = load_files(files.clone()).map_err(|error| error.to_string())?;
        if let Self::Tree(_, path) = self
            && !chart.missing_dependencies().is_empty()
        {
            let fetched = fetched_beside(path, &chart);
            if !fetched.is_empty() {
                let all = files.into_iter().chain(fetched).collect();
                chart = load_files(all).map_err(|error| error.to_string())?;
            }
        }
        let shown: Vec<(String, String)> = neighbours
            .iter()
            .map(|(inside, path)| (inside.clone(), path.display().to_string()))
            .collect();
        match self {
            Self::Path(path) | Self::Tree(_, path) => chart.place_at(&path.display().to_string(), &shown),
            Self::Archive(name, _) => chart.place_at(name, &shown),
        }
        Ok(chart)
    }

    /// The chart's values files that match one of the globs, relative to it and sorted. An archive has none that count.
    pub(super) fn values_files(&self, globs: &[String]) -> Vec<String> {
        match self {
            Self::Path(path) if path.is_dir() => values_files(path, globs),
            Self::Tree(tree, path) => matching_values_files(globs, &|directory| {
                let found = tree.names(&path.join(directory)).unwrap_or_default();
                found.into_iter().filter(|name| !name.contains('/')).collect()
            }),
            Self::Path(_) | Self::Archive(..) => Vec::new(),
        }
    }

    /// Whether it is an archive.
    pub(super) fn is_archive(&self) -> bool {
        match self {
            Self::Path(path) => !path.is_dir(),
            Self::Tree(..) => false,
            Self::Archive(..) => true,
        }
    }

    /// The directory of the chart.
    pub(super) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Path(path) | Self::Tree(_, path) => Some(path),
            Self::Archive(..) => None,
        }
    }

    /// A values file, which must be in `root` if one is given; nothing where it is missing.
    ///
    /// # Errors
    /// When it cannot be read, or is elsewhere. The text says why.
    pub(super) fn read(&self, file: &Path, root: Option<&Path>) -> Result<Option<Vec<u8>>, String> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(format!("{}: {error}", file.display())),
        };
        match self {
            Self::Path(_) => {
                if !file.exists() {
                    return Ok(None);
                }
                if let Some(root) = root.filter(|root| !is_inside(root, file).unwrap_or(false)) {
                    return Err(outside(file, root));
                }
                read_file(file, Named::ByInput, FILE_BYTES).map(Some).or_else(failed)
            }
            Self::Tree(tree, _) => {
                if let Some(root) = root.filter(|root| !would_be_inside(root, file).unwrap_or(false)) {
                    return Err(outside(file, root));
                }
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let directory = file.parent().unwrap_or(Path::new(""));
                let read = tree.read(directory, &[name], FILE_BYTES);
                read.map(|texts| texts.into_iter().next()).or_else(failed)
            }
            Self::Archive(..) => Ok(None),
        }
    }
}
