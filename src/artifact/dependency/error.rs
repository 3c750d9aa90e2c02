//! Why the dependencies of a chart cannot be chosen, fetched or placed, in Helm's words where it has some, and what to do.

use std::path::PathBuf;

use crate::artifact::package::ArchiveWriteError;
use crate::artifact::remote::SourceError;
use crate::engine::chart::{LoadError, LocalDependencyError};
use crate::text::redact::redact_url;
use crate::text::semver::ConstraintError;
use crate::text::source::ReplaceError;

/// An archive whose content is not the one that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} {version} from {} has the digest {found}, but {file} lists {listed}",
    redact_url(url)
)]
pub struct DigestError {
    /// The dependency.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where the archive came from.
    pub url: String,
    /// The file of digests.
    pub file: String,
    /// The digest in the file.
    pub listed: String,
    /// That of the archive.
    pub found: String,
}

/// Why the dependencies of a chart are not what they should be. Nothing was changed. The messages show no credentials.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// There is no such directory.
    #[error("there is no such directory")]
    NoDirectory,
    /// An archive was given.
    #[error("only unpacked charts can be updated")]
    NotUnpacked,
    /// The chart, or one that it depends on by path, does not load.
    #[error(transparent)]
    Local(#[from] LocalDependencyError),
    /// A dependency's name would be a path.
    #[error("dependency {0:?} does not have the name of a chart")]
    Name(String),
    /// A version constraint does not parse.
    #[error("dependency {name:?} has an invalid version/constraint format: {source}")]
    Constraint {
        /// The dependency.
        name: String,
        /// Why.
        source: ConstraintError,
    },
    /// Aliases that are not defined, or texts that are not addresses.
    #[error("no repository definition for {}. Please add them via 'helm repo add'", shown(.0))]
    UnknownRepositories(Vec<String>),
    /// No version satisfies a constraint.
    #[error(
        "can't get a valid version for {} subchart(s): {}. Make sure a matching chart version exists in the repo, or change the \
         version constraint in Chart.yaml", .0.len(), .0.join(", ")
    )]
    NoVersion(Vec<String>),
    /// A lock names a version that the repository does not have.
    #[error("{lock} requires {name} {version}, which {} does not have", redact_url(repository))]
    LockedVersion {
        /// The lock file.
        lock: &'static str,
        /// The dependency.
        name: String,
        /// The version.
        version: String,
        /// Where it should be.
        repository: String,
    },
    /// The lock was made from other dependencies.
    #[error(
        "the lock file ({lock}) is out of sync with the dependencies file ({file}). Please update the dependencies with 'chartwright \
         dependency update'"
    )]
    OutOfSync {
        /// The lock file.
        lock: &'static str,
        /// What it locks.
        file: &'static str,
    },
    /// A repository cannot be read, or lacks the chart.
    #[error("{}", source_message(name, repository, source))]
    Source {
        /// The dependency, or several with commas between them.
        name: String,
        /// The repository.
        repository: String,
        /// Why.
        source: SourceError,
    },
    /// A chart beside this one is not there.
    #[error("dependency {name:?}: directory {} not found", directory.display())]
    NoNeighbour {
        /// The dependency.
        name: String,
        /// Where it should be.
        directory: PathBuf,
    },
    /// A chart beside this one has another name.
    #[error("dependency {name:?} points at {}, which contains the chart {found:?}", directory.display())]
    NeighbourName {
        /// The dependency.
        name: String,
        /// The name found.
        found: String,
        /// Where.
        directory: PathBuf,
    },
    /// A chart in `charts/` or beside this one does not have the version.
    #[error("dependency {name} at version {found} does not satisfy the constraint {wanted}")]
    Version {
        /// The dependency.
        name: String,
        /// The version found.
        found: String,
        /// The constraint.
        wanted: String,
    },
    /// A dependency without a repository is not in `charts/`.
    #[error("unable to load chart '{}': {reason}", directory.display())]
    Unpacked {
        /// Where it should be.
        directory: PathBuf,
        /// Why it is not loaded.
        reason: String,
    },
    /// What was fetched is not a chart.
    #[error("{} is not a chart: {source}", redact_url(url))]
    NotAChart {
        /// Where it came from.
        url: String,
        /// Why.
        source: LoadError,
    },
    /// What was fetched is another chart.
    #[error("{} contains the chart {found:?}, and not {name:?}", redact_url(url))]
    OtherChart {
        /// Where it came from.
        url: String,
        /// The dependency.
        name: String,
        /// The chart in the archive.
        found: String,
    },
    /// The content of a version has changed since its digest was recorded.
    #[error(transparent)]
    Digest(Box<DigestError>),
    /// The file of digests cannot be read.
    #[error("{file}:{line}: not a line of `NAME VERSION sha256:DIGEST REPOSITORY`")]
    DigestFile {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// Two dependencies have archives of one name.
    #[error(
        "{} and {} are both named {file_name} and have different contents",
        redact_url(first),
        redact_url(second)
    )]
    SameName {
        /// The name.
        file_name: String,
        /// Where the first comes from.
        first: String,
        /// Where the second comes from.
        second: String,
    },
    /// The archive of a chart beside this one cannot be written.
    #[error(transparent)]
    Archive(#[from] ArchiveWriteError),
    /// A file has to be written where a link is.
    #[error("{} is a symbolic link, and what it leads to would be overwritten", .0.display())]
    Link(PathBuf),
    /// `charts` is something else than a directory.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// A file cannot be read or deleted, or a directory not created.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The files of the chart cannot be replaced.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
}

impl DependencyError {
    /// Adds an error to others. A repository that fails in the same way for several dependencies is one error.
    pub fn join(self, errors: &mut Vec<Self>) {
        if let Self::Source { name, source, .. } = &self {
            for earlier in errors.iter_mut() {
                if let Self::Source {
                    name: names,
                    source: same,
                    ..
                } = earlier
                    && source == same
                {
                    names.push_str(", ");
                    names.push_str(name);
                    return;
                }
            }
        }
        errors.push(self);
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Source { source, .. } => return source.hint.clone(),
            Self::Local(LocalDependencyError::Supply { source, .. }) => return source.hint.clone(),
            Self::Local(LocalDependencyError::OutsideLinks { .. }) => {
                "copy what it leads to into the chart, or pass --allow-links if whoever may change the chart may read any file that \
                 you can read"
            }
            Self::NotUnpacked => "give the directory of a chart",
            Self::UnknownRepositories(names) if names.iter().any(|name| is_neither(name)) => {
                "repositories must be URLs or aliases: write \"https://charts.example.com/\", or \"@example\" for one that \
                 `helm repo add example URL` has added"
            }
            Self::UnknownRepositories(_) => "add it with `helm repo add NAME URL`, or write its URL",
            Self::OutOfSync { .. } => {
                "run `chartwright dependency update`, which chooses versions anew, and commit the lock file"
            }
            Self::LockedVersion { .. } => {
                "the version may have been deleted: `chartwright dependency update` chooses another one"
            }
            Self::Version { .. } => {
                "change the version in Chart.yaml if need be; `chartwright dependency update` then writes it into the lock file"
            }
            Self::Digest(error) => {
                return Some(format!(
                    "somebody may have replaced a published version; if the new content is right, delete its line of {} and run \
                     `chartwright dependency update`",
                    error.file
                ));
            }
            Self::DigestFile { .. } => "restore the file, or delete it: `chartwright dependency update` writes it anew",
            Self::SameName { .. } => "use a version of one of them that the other does not have",
            Self::Unpacked { .. } => {
                "a dependency without a repository must be a directory in charts/; or name its repository"
            }
            Self::Link(_) => "remove the link",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Whether the chart is at fault, and not the world around it.
    pub const fn is_finding(&self) -> bool {
        match self {
            Self::Source { source, .. } => source.is_missing,
            Self::Local(LocalDependencyError::Supply { .. })
            | Self::NoDirectory
            | Self::File { .. }
            | Self::Replace(_)
            | Self::Archive(_) => false,
            _ => true,
        }
    }
}

/// The repository is named once, whether or not the source names it.
fn source_message(name: &str, repository: &str, source: &SourceError) -> String {
    let repository = redact_url(repository);
    if source.message.contains(repository.trim_end_matches('/')) {
        format!("{name}: {source}")
    } else {
        format!("{name} of {repository}: {source}")
    }
}

/// Whether a repository is neither a URL nor an alias, as Helm tells them apart.
fn is_neither(repository: &str) -> bool {
    !repository.contains("//") && !repository.starts_with('@') && !repository.starts_with("alias:")
}

fn shown(repositories: &[String]) -> String {
    let shown: Vec<String> = repositories.iter().map(|repository| redact_url(repository)).collect();
    shown.join(", ")
}
