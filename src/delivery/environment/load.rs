//! All environments of a repository: `environments.yaml` with its releases files, read completely, or everything that is wrong with
//! them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::fields::{Problem, Written};
use super::kubecd::{EnvironmentsFile, read_environments, read_releases};
use super::model::{Environments, Release};
use super::strategy::Strategy;
use crate::check::finding::Location;
use crate::delivery::bump::ReadFile;
use crate::text::source::SourceFile;

/// The usual name of the file.
pub const ENVIRONMENTS_FILE: &str = "environments.yaml";

/// Environments that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadEnvironmentsError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The files are not what they should be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
}

/// Reads the environments that the file at `path` declares. The paths in it are relative to it, those in a releases file to that; files
/// are read below `directory`.
///
/// # Errors
/// When the file cannot be read; and with everything that is wrong in it and its releases files.
pub fn load_environments(
    path: &Path,
    directory: &Path,
    read: ReadFile<'_>,
) -> Result<Environments, LoadEnvironmentsError> {
    let text = read(&directory.join(path)).map_err(|source| LoadEnvironmentsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let file = SourceFile::new(path.display().to_string(), text);
    let (
        EnvironmentsFile {
            environments,
            clusters,
            chart_repositories,
        },
        mut problems,
    ) = read_environments(&file, path);
    let mut releases_files = ReleasesFiles {
        directory,
        read,
        known: BTreeMap::new(),
    };
    let mut list = Vec::new();
    for declared in environments {
        let mut environment = declared.environment;
        for written in &declared.releases_files {
            match releases_files.read(path, written, &mut problems) {
                Ok(releases) => environment.releases.extend(releases),
                Err(error) => problems.push(Problem {
                    place: written.place.clone(),
                    message: format!(
                        "the releases file `{}` of environment `{}` cannot be read: {error}",
                        written.text, environment.name.text
                    ),
                }),
            }
        }
        if let Some(file) = &environment.default_values_file
            && read(&directory.join(file)).is_err()
        {
            // The implementation looks beside each releases file.
            let beside = environment.releases.iter().find_map(|release| {
                let own = release.file.as_deref()?.parent()?;
                let found = own.join(file.strip_prefix(path.parent()?).ok()?);
                read(&directory.join(&found)).is_ok().then_some(found)
            });
            environment.default_values_file = beside.or(environment.default_values_file);
        }
        check_releases(&environment.name.text, &environment.releases, &mut problems);
        list.push(environment);
    }
    if problems.is_empty() {
        return Ok(Environments {
            list,
            clusters,
            chart_repositories,
        });
    }
    Err(LoadEnvironmentsError::Problems(problems))
}

/// The releases files, each read once: several environments may share one.
struct ReleasesFiles<'r> {
    directory: &'r Path,
    read: ReadFile<'r>,
    known: BTreeMap<PathBuf, Vec<Release>>,
}

impl ReleasesFiles<'_> {
    fn read(
        &mut self,
        environments: &Path,
        written: &Written,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Release>, std::io::Error> {
        let path = environments
            .parent()
            .unwrap_or_else(|| Path::new(""))
            .join(&written.text);
        let path: PathBuf = path.components().collect();
        if let Some(known) = self.known.get(&path) {
            return Ok(known.clone());
        }
        let text = (self.read)(&self.directory.join(&path))?;
        let file = SourceFile::new(path.display().to_string(), text);
        let (releases, found) = read_releases(&file, &path);
        problems.extend(found);
        self.known.insert(path, releases.clone());
        Ok(releases)
    }
}

fn check_releases(environment: &str, releases: &[Release], problems: &mut Vec<Problem>) {
    for (number, release) in releases.iter().enumerate() {
        let name = &release.name;
        let mut earlier = releases.iter().take(number);
        // The resources of a file as a whole have no name.
        if !name.text.is_empty() && earlier.any(|other| other.name.text == name.text) {
            problems.push(Problem {
                place: name.place.clone(),
                message: format!(
                    "there are two releases named `{}` in environment `{environment}`",
                    name.text
                ),
            });
            continue;
        }
        if let Some(other) = release.requires.iter().find(|one| one.release == name.text) {
            problems.push(Problem {
                place: other.place.clone(),
                message: format!("`{}` requires itself", name.text),
            });
        }
        let service = |release: &Release| release.strategy.as_ref().and_then(Strategy::service).map(str::to_owned);
        let mut earlier = releases.iter().take(number).filter(|other| service(other).is_some());
        if let Some(other) = earlier.find(|other| service(other) == service(release)) {
            problems.push(Problem {
                place: name.place.clone(),
                message: format!(
                    "`strategy` of `{}` and of `{}` have the same Service in environment `{environment}`",
                    other.name.text, name.text
                ),
            });
        }
        let own = release.helm_names();
        let mut others = releases.iter().filter(|other| other.name.text != name.text);
        let taken = others.find_map(|other| other.helm_names().into_iter().find(|name| own.contains(name)));
        if let Some(taken) = taken.filter(|_| release.strategy.is_some()) {
            problems.push(Problem {
                place: name.place.clone(),
                message: format!(
                    "`strategy` of `{}` makes a release `{taken}` in environment `{environment}`, and there is one already",
                    name.text
                ),
            });
        }
    }
}

/// The place of a name that no file has: that of an environment which was found by its values file.
pub(super) fn place_of_file(path: &Path) -> Location {
    Location::whole(SourceFile::without_text(path.display().to_string()))
}
