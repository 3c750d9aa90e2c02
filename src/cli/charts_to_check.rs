//! The charts that a command checks: directories, archives, and charts of repositories, which are fetched.

use std::path::{Path, PathBuf};

use crate::check::run::ChartArchive;

use super::chart_reference::{ChartFinder, FoundChart};
use super::ci_plan::charts_below;
use super::command_error::CommandError;
use super::destination_flags::read_settings;

/// A chart of the command line.
pub(super) enum ChartToCheck {
    /// A path, which need not exist.
    Here(PathBuf),
    /// The archive of another machine, by the name that it would be saved under.
    Fetched(ChartArchive),
}

impl ChartToCheck {
    /// Finds a chart by its name, and fetches it if it is elsewhere.
    pub(super) fn find(finder: &mut ChartFinder<'_>, name: &str) -> Result<Self, CommandError> {
        Ok(match finder.find(name)? {
            FoundChart::Here(path) => Self::Here(path),
            // It is reported as any path that does not exist.
            FoundChart::Nowhere(_) => Self::Here(PathBuf::from(name)),
            FoundChart::Fetched(chart) => Self::Fetched(ChartArchive {
                name: chart.file_name,
                bytes: chart.fetched.archive,
            }),
        })
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Here(path) => Some(path),
            Self::Fetched(_) => None,
        }
    }

    pub(super) fn archive(&self) -> Option<&ChartArchive> {
        match self {
            Self::Here(_) => None,
            Self::Fetched(archive) => Some(archive),
        }
    }
}

/// The charts of the working directory that `ci` would check.
pub(super) fn charts_here() -> Result<Vec<String>, CommandError> {
    let here = Path::new(".");
    let found = charts_below(here, &read_settings(None, here)?)?;
    let shown = found.iter().map(|chart| match chart.strip_prefix(here) {
        Ok(below) if !below.as_os_str().is_empty() => below.display().to_string(),
        _ => chart.display().to_string(),
    });
    Ok(shown.collect())
}
