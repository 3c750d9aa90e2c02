//! A registry in which only what was pushed is looked at.

use crate::artifact::oci::version_of;
use crate::delivery::image::same_repository;
use crate::delivery::poll::{ImageOrigin, SourceImage, TagSource};

use super::pushed::{Kind, Pushed};

/// The tags that were pushed. They are looked up in the registry before they are believed, if there is one to ask.
pub struct ObservedTags<'s> {
    /// What was pushed.
    pub pushed: &'s [Pushed],
    /// The charts that were pushed.
    pub charts: &'s [Pushed],
    /// Who is asked whether that is true.
    pub registry: Option<&'s dyn TagSource>,
}

impl ObservedTags<'_> {
    fn of<'p>(&'p self, repository: &'p str) -> impl Iterator<Item = &'p Pushed> {
        self.pushed.iter().filter(move |pushed| {
            // A sender that does not say its host means the repository of the path in any registry.
            match &pushed.host {
                Some(_) => same_repository(&pushed.full_repository(), repository),
                None => repository == pushed.repository || repository.ends_with(&format!("/{}", pushed.repository)),
            }
        })
    }
}

impl ObservedTags<'_> {
    /// The pushed versions of a chart. A sender that does not say its host means the path in any repository.
    fn of_chart(&self, repository: &str, chart: &str) -> impl Iterator<Item = String> {
        let place = repository.split_once("://").map_or(repository, |(_, place)| place);
        let place = format!("{}/{chart}", place.trim_end_matches('/'));
        let pushed = self.charts.iter().filter(move |pushed| {
            let whole = pushed.full_repository();
            place == whole || (pushed.host.is_none() && place.ends_with(&format!("/{whole}")))
        });
        pushed.map(|pushed| version_of(&pushed.tag))
    }
}

/// Looks up what was pushed: an image by its tag, a chart among the versions of its repository.
///
/// # Errors
/// Why it is not there.
pub fn look_up(pushed: &Pushed, source: &dyn TagSource) -> Result<(), String> {
    match pushed.kind {
        Kind::Image => source.image(&pushed.full_repository(), &pushed.tag).map(drop),
        Kind::Chart => {
            let (repository, chart) = pushed.chart_address();
            check_chart(source, (&repository, &chart), &[version_of(&pushed.tag)])
        }
    }
}

/// Whether a repository has versions of a chart.
fn check_chart(source: &dyn TagSource, (repository, chart): (&str, &str), versions: &[String]) -> Result<(), String> {
    let there = source.chart_versions(repository, chart)?;
    match versions.iter().find(|version| !there.contains(version)) {
        Some(version) => Err(format!("{repository} does not have {chart} {version}")),
        None => Ok(()),
    }
}

impl TagSource for ObservedTags<'_> {
    fn chart_versions(&self, repository: &str, chart: &str) -> Result<Vec<String>, String> {
        let pushed: Vec<String> = self.of_chart(repository, chart).collect();
        let Some(registry) = self.registry else {
            return Ok(pushed);
        };
        check_chart(registry, (repository, chart), &pushed)?;
        Ok(pushed)
    }

    fn has_chart(&self, repository: &str, chart: &str) -> bool {
        self.of_chart(repository, chart).next().is_some()
    }

    fn tags(&self, repository: &str) -> Result<Vec<String>, String> {
        let mut tags = Vec::new();
        for pushed in self.of(repository) {
            if let Some(registry) = self.registry {
                registry.image(repository, &pushed.tag)?;
            }
            tags.push(pushed.tag.clone());
        }
        Ok(tags)
    }

    /// Without a registry, what was pushed counts as the newest.
    fn image(&self, repository: &str, tag: &str) -> Result<SourceImage, String> {
        if let Some(registry) = self.registry {
            return registry.image(repository, tag);
        }
        let pushed = self.of(repository).find(|pushed| pushed.tag == tag);
        let pushed = pushed.ok_or_else(|| format!("{tag} was not pushed"))?;
        Ok(SourceImage {
            digest: pushed.digest.clone(),
            created: Some(i128::MAX),
            origin: ImageOrigin::default(),
        })
    }

    fn is_expected(&self) -> bool {
        true
    }

    fn has(&self, repository: &str) -> bool {
        self.of(repository).next().is_some()
    }

    fn repositories(&self) -> Vec<String> {
        self.pushed.iter().map(|pushed| pushed.repository.clone()).collect()
    }
}
