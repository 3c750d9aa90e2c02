//! Which version of its chart a release should move to, by the track of its chart trigger.

use super::fields::Written;
use super::model::{ChartRepository, Deploys, Environments, Release, Trigger};
use super::newer::Newer;
use crate::delivery::image::ImageReference;
use crate::delivery::poll::TagSource;
use crate::delivery::track::{Choice, Choosing, Tag, Track, step};

/// The chart of a release that moves by itself.
pub(super) struct TriggeredChart<'e> {
    /// Its reference, as it is written.
    pub(super) reference: &'e str,
    /// Its version.
    pub(super) version: &'e Written,
    /// How far it moves.
    track: Track,
}

/// The address of a chart's repository, and the name of the chart in it.
pub type ChartAddress = (String, String);

/// Where a chart is that a release refers to: `oci://…/name`, or the name of a repository before a slash.
///
/// # Errors
/// When there is no repository of that name.
pub fn chart_address(reference: &str, all: &Environments) -> Result<ChartAddress, String> {
    let Some((repository, chart)) = reference.rsplit_once('/') else {
        return Err(format!("`{reference}` names no repository"));
    };
    if repository.contains("://") {
        return Ok((repository.to_owned(), chart.to_owned()));
    }
    let is_named = |known: &&ChartRepository| known.name.text == repository;
    let found = all.chart_repositories.iter().find(is_named);
    let found = found.ok_or_else(|| format!("`helmRepos` has no repository named `{repository}`"))?;
    Ok((found.url.clone(), chart.to_owned()))
}

impl<'e> TriggeredChart<'e> {
    /// The chart of a release, if one of its triggers is about it.
    pub(super) fn of(release: &'e Release) -> Option<Self> {
        let Deploys::Chart { reference, version } = &release.deploys else {
            return None;
        };
        let track = release.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Chart { track } => Some(track.clone()),
            Trigger::Image { .. } => None,
        })?;
        Some(Self {
            reference,
            version,
            track,
        })
    }

    /// Where the chart is.
    ///
    /// # Errors
    /// When there is no repository of that name.
    pub(super) fn address(&self, all: &Environments) -> Result<ChartAddress, String> {
        chart_address(self.reference, all)
    }

    /// What runs, as a reference with a tag.
    pub(super) fn current(&self) -> ImageReference {
        self.at(&self.version.text)
    }

    fn at(&self, version: &str) -> ImageReference {
        ImageReference {
            repository: self.reference.to_owned(),
            tag: Some(version.to_owned()),
            digest: None,
        }
    }

    /// The version that comes next.
    pub(super) fn newer(
        &self,
        (repository, chart): &ChartAddress,
        choosing: &Choosing,
        source: &dyn TagSource,
    ) -> Newer {
        let versions = match source.chart_versions(repository, chart) {
            Ok(versions) => versions,
            Err(reason) => return Newer::Failed(reason),
        };
        let tags: Vec<Tag> = versions.into_iter().map(|name| Tag { name, created: None }).collect();
        let choosing = Choosing {
            track: self.track.clone(),
            ..choosing.clone()
        };
        let choosing = choosing.among_charts();
        let current = &self.version.text;
        match choosing.choose(current, &tags) {
            Choice::Move(version) => Newer::Tag {
                step: step(current, version),
                image: self.at(version),
                stays: None,
            },
            Choice::Stay => Newer::staying(current, &tags, &choosing, source),
            Choice::NotAVersion => Newer::Skipped(format!("`{current}` is not a version")),
        }
    }
}
