//! Where charts are published: flags about repositories of the configuration, and the branch or tag that decides.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::package::{FilledSuffix, PackageOptions, VersionSuffix, VersionSuffixError};
use crate::artifact::remote::{Destination, NamedRepositories, NoDestination};
use crate::artifact::repository::GitRef;
use crate::config::{BY_RULE, ReadConfigError, Settings};
use crate::pipeline::{BuildSource, fork_of_pull_request};
use crate::text::source::{Named, read_file};

use super::command_error::CommandError;
use super::run_context::RunContext;

/// Largest description of an event that is read; those of GitHub are below a megabyte.
const EVENT_BYTES: u64 = 16 << 20;

/// Which repositories of the configuration charts are published to.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Destination")]
pub(super) struct DestinationFlags {
    /// Name of a repository in chartwright.yaml, several times for several repositories. `auto` is the one whose rules match the
    /// branch or tag, and the default where no repository is named.
    #[arg(long, value_name = "NAME")]
    to: Vec<String>,
    /// The branch that charts are built from, instead of the one that the CI system or git names.
    #[arg(long, value_name = "NAME", conflicts_with = "tag")]
    branch: Option<String>,
    /// The tag that charts are built from.
    #[arg(long, value_name = "NAME")]
    tag: Option<String>,
}

/// Flags about versions of charts that are built from a branch.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SuffixFlags {
    /// Add this to the chart's version, such as `-{branch}+{sha}`: the name of the branch or tag, and the commit. The placeholders are
    /// those of versionSuffix in chartwright.yaml. Without a value, that of the repository that --to names or the branch or tag decides.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "SUFFIX")]
    version_suffix: Option<String>,
    /// Configuration, instead of the chartwright.yaml in the working directory, or in the nearest one above it in the repository.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    destination: DestinationFlags,
}

impl DestinationFlags {
    /// Whether repositories of the configuration are named.
    pub(super) fn is_given(&self) -> bool {
        !self.to.is_empty()
    }

    /// What is built, in the repository of git that has `directory`.
    pub(super) fn source(&self, context: RunContext, directory: &Path) -> BuildSource {
        let mut source = BuildSource::find(&|name| context.variable(name), directory);
        let branch = self.branch.clone().map(GitRef::Branch);
        if let Some(given) = branch.or_else(|| self.tag.clone().map(GitRef::Tag)) {
            source.git_ref = Some(given);
        }
        source
    }

    /// The repositories that are named, or the one that the branch or tag decides.
    pub(super) fn destinations(
        &self,
        repositories: &NamedRepositories,
        source: &BuildSource,
    ) -> Result<Vec<Destination>, CommandError> {
        let git_ref = source.git_ref.as_ref();
        let by_rule = [BY_RULE.to_owned()];
        let names = if self.to.is_empty() {
            by_rule.as_slice()
        } else {
            &self.to
        };
        let destinations = names.iter().map(|name| {
            let found = if name == BY_RULE {
                repositories.destination_of(git_ref)
            } else {
                repositories.named_destination(name, git_ref)
            };
            found.map_err(no_destination)
        });
        Ok(each_once(destinations.collect::<Result<_, _>>()?))
    }

    /// Whether a name is given that leaves the choice to the branch or tag, or none.
    pub(super) fn chooses_by_rule(&self) -> bool {
        self.to.is_empty() || self.to.iter().any(|name| name == BY_RULE)
    }
}

impl SuffixFlags {
    /// What is added to the version of a chart.
    pub(super) fn suffix(&self, context: RunContext) -> Result<Option<FilledSuffix>, CommandError> {
        let Some(given) = &self.version_suffix else {
            return Ok(None);
        };
        let here = context.working_directory();
        let source = self.destination.source(context, &here);
        let suffix = if given.is_empty() {
            let settings = read_settings(self.config.as_deref(), Path::new("."))?;
            let repositories = settings.repositories(&here).map_err(CommandError::usage)?;
            let destinations = self.destination.destinations(&repositories, &source)?;
            match suffix_of(&destinations)? {
                Some(suffix) => suffix.clone(),
                None => return Ok(None),
            }
        } else {
            VersionSuffix::parse(given).map_err(CommandError::usage)?
        };
        fill(&suffix, &source).map(Some)
    }
}

/// Each repository once, however it is named; a name before an address, since it may have settings.
pub(super) fn each_once(destinations: Vec<Destination>) -> Vec<Destination> {
    let mut once: Vec<Destination> = Vec::new();
    for destination in destinations {
        let address = destination.target.to_string();
        match once.iter_mut().find(|known| known.target.to_string() == address) {
            Some(known) if known.name.is_none() => *known = destination,
            Some(_) => {}
            None => once.push(destination),
        }
    }
    once
}

/// The version suffix of charts for these repositories, which must agree.
pub(super) fn suffix_of(destinations: &[Destination]) -> Result<Option<&VersionSuffix>, CommandError> {
    let mut suffixes = destinations.iter().map(|destination| destination.suffix.as_ref());
    let first = suffixes.next().flatten();
    if suffixes.any(|other| other != first) {
        let message = "the repositories have different version suffixes";
        return Err(CommandError::usage(message).with_hint("publish to one of them at a time"));
    }
    Ok(first)
}

/// Replaces the placeholders of a suffix.
pub(super) fn fill(suffix: &VersionSuffix, source: &BuildSource) -> Result<FilledSuffix, CommandError> {
    let filled = suffix.fill(&source.values());
    filled.map_err(|error: VersionSuffixError| CommandError::usage(error))
}

/// The same options, with the version suffix of the repositories.
pub(super) fn with_suffix(
    options: PackageOptions,
    destinations: &[Destination],
    source: &BuildSource,
) -> Result<PackageOptions, CommandError> {
    let suffix = suffix_of(destinations)?;
    let suffix = suffix.map(|suffix| fill(suffix, source)).transpose()?;
    Ok(PackageOptions { suffix, ..options })
}

/// The configuration that is named, or the one that counts for a directory: its own, or the nearest above it in its repository.
pub(super) fn read_settings(named: Option<&Path>, directory: &Path) -> Result<Settings, CommandError> {
    Settings::read(named, directory).map_err(settings_error)
}

/// Why there are no settings.
pub(super) fn settings_error(error: ReadConfigError) -> CommandError {
    match error {
        ReadConfigError::Read { .. } => CommandError::could_not_run(error),
        ReadConfigError::Link { .. } | ReadConfigError::Config(_) => CommandError::usage(error),
    }
}

/// Why nothing is published in this run, if it is for a pull request from a fork, or may be.
pub(super) fn fork(context: RunContext) -> Option<String> {
    fork_of_pull_request(&|name| context.variable(name), &read_event)
}

/// Reads the event that a CI system describes in a file.
pub(super) fn read_event(path: &str) -> std::io::Result<Vec<u8>> {
    read_file(Path::new(path), Named::ByUser, EVENT_BYTES)
}

/// Refuses names of repositories in a run for a pull request from a fork, unless they are of a configuration that the user named: who
/// wrote the branch also wrote the configuration in it. `consequence` says what is not done.
pub(super) fn check_names_are_trusted(
    context: RunContext,
    is_named: bool,
    consequence: &str,
) -> Result<(), CommandError> {
    match fork(context).filter(|_| !is_named) {
        None => Ok(()),
        Some(reason) => Err(CommandError::usage(format!("{consequence}: {reason}")).with_hint(
            "give the address of the repository, or its name and a configuration that is not from the branch with --config FILE",
        )),
    }
}

pub(super) fn no_destination(error: NoDestination) -> CommandError {
    let hint = match &error {
        NoDestination::NoRepositories => "name repositories in chartwright.yaml, or give the address of one",
        NoDestination::UnknownName { .. } => "`repositories` in chartwright.yaml names them",
        NoDestination::NoRule { .. } => "name one with --to, or add a rule to chartwright.yaml; nothing was published",
        NoDestination::NoGitRef(_) => "give --branch or --tag, or name a repository with --to",
    };
    CommandError::usage(error).with_hint(hint)
}
