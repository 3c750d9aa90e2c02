//! Where the tags of repositories come from.

pub use crate::artifact::oci::ImageOrigin;
use crate::artifact::oci::TaggedImage;
use crate::artifact::remote::{ChartSource as _, RemoteCharts, SourceError};
use crate::delivery::image::ImageReference;
use crate::delivery::track::{Choosing, Tag};

/// What is known of the image that a tag has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceImage {
    /// The digest: `sha256:…`; `None` where it is not known.
    pub digest: Option<String>,
    /// When it was made, in nanoseconds since 1970.
    pub created: Option<i128>,
    /// What it was made from.
    pub origin: ImageOrigin,
}

impl From<TaggedImage> for SourceImage {
    fn from(image: TaggedImage) -> Self {
        Self {
            digest: Some(image.digest),
            created: image.created,
            origin: image.origin,
        }
    }
}

/// Registries, or what stands in for them.
pub trait TagSource: Sync {
    /// The names of all tags of a repository, in the registry's order.
    ///
    /// # Errors
    /// Why they cannot be listed.
    fn tags(&self, repository: &str) -> Result<Vec<String>, String>;

    /// The image that a tag has.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn image(&self, repository: &str, tag: &str) -> Result<SourceImage, String>;

    /// The versions of a chart of a repository, in the repository's order.
    ///
    /// # Errors
    /// Why they cannot be listed.
    fn chart_versions(&self, repository: &str, chart: &str) -> Result<Vec<String>, String>;

    /// Whether a chart of a repository is looked at.
    fn has_chart(&self, _repository: &str, _chart: &str) -> bool {
        true
    }

    /// Whether images of a repository are looked at.
    fn has(&self, _repository: &str) -> bool {
        true
    }

    /// Whether the tags are few that someone expects to be chosen, so that those that are not need a reason.
    fn is_expected(&self) -> bool {
        false
    }

    /// The repositories that images are looked at of; none where all are.
    fn repositories(&self) -> Vec<String> {
        Vec::new()
    }
}

impl TagSource for RemoteCharts {
    fn tags(&self, repository: &str) -> Result<Vec<String>, String> {
        let (host, path) = ImageReference::location(repository);
        let registry = self.registry_of(&host).map_err(|error| said(&error))?;
        registry.tags(&path).map_err(|error| said(&error.into()))
    }

    fn image(&self, repository: &str, tag: &str) -> Result<SourceImage, String> {
        let (host, path) = ImageReference::location(repository);
        let registry = self.registry_of(&host).map_err(|error| said(&error))?;
        let image = registry.tagged_image(&path, tag).map_err(|error| said(&error.into()))?;
        Ok(image.into())
    }

    fn chart_versions(&self, repository: &str, chart: &str) -> Result<Vec<String>, String> {
        let versions = self.versions(repository, chart).map_err(|error| said(&error))?;
        Ok(versions.into_iter().map(|listed| listed.version).collect())
    }
}

/// Why an image stays at a tag although others were expected to be chosen.
pub fn why_stays(current: &str, tags: &[Tag], choosing: &Choosing, source: &dyn TagSource) -> Option<String> {
    let mut others = tags.iter().filter(|_| source.is_expected());
    let (name, why) = others.find_map(|tag| Some((&tag.name, choosing.why_not(current, &tag.name)?)))?;
    Some(format!("{name} is not taken: {why}"))
}

/// An error with what to do about it.
fn said(error: &SourceError) -> String {
    match &error.hint {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    }
}
