//! Flags about what changes in a Chart.yaml when a file of the chart does.

use clap::{Args, ValueEnum};

use crate::delivery::bump::{Raise, VersionPart};
use crate::delivery::image::ImageReference;

use super::command_error::CommandError;

#[derive(Debug, Args)]
pub(super) struct ChartUpdateFlags {
    /// Raise the version of the chart as well, when something changes: a part of it, or `auto` for the largest step among its images
    /// (`patch` where that is not known).
    #[arg(long, value_name = "PART")]
    chart_version: Option<PartArgument>,
    /// Set the appVersion of the chart to the new tag of this image, when it moves.
    #[arg(long, value_name = "REPOSITORY")]
    app_version_from: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PartArgument {
    Major,
    Minor,
    Patch,
    Auto,
}

impl ChartUpdateFlags {
    /// How the version is raised.
    pub(super) fn raise(&self) -> Option<Raise> {
        self.chart_version.map(|part| match part {
            PartArgument::Major => Raise::By(VersionPart::Major),
            PartArgument::Minor => Raise::By(VersionPart::Minor),
            PartArgument::Patch => Raise::By(VersionPart::Patch),
            PartArgument::Auto => Raise::AsImages,
        })
    }

    /// The repository whose tag becomes the appVersion.
    pub(super) fn app_version_from(&self) -> Result<Option<String>, CommandError> {
        match &self.app_version_from {
            Some(repository) if !ImageReference::is_repository(repository) => {
                let error = CommandError::usage(format!("--app-version-from {repository}: this is not a repository"));
                Err(error.with_hint("name it without a tag, as the files do: registry.example.com/acme/web"))
            }
            repository => Ok(repository.clone()),
        }
    }

    /// The first of the flags that is given.
    pub(super) fn given(&self) -> Option<&'static str> {
        let version = self.chart_version.map(|_| "--chart-version");
        version.or_else(|| self.app_version_from.as_ref().map(|_| "--app-version-from"))
    }
}
