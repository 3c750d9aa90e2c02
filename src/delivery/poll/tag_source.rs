//! Where the tags of repositories come from.

use crate::artifact::oci::TaggedImage;
use crate::artifact::remote::{RemoteCharts, SourceError};
use crate::delivery::image::ImageReference;

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
    fn image(&self, repository: &str, tag: &str) -> Result<TaggedImage, String>;

    /// When the image that a tag has was made, in nanoseconds since 1970.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn created(&self, repository: &str, tag: &str) -> Result<Option<i128>, String> {
        self.image(repository, tag).map(|image| image.created)
    }

    /// Whether images of a repository are looked at.
    fn has(&self, _repository: &str) -> bool {
        true
    }
}

impl TagSource for RemoteCharts {
    fn tags(&self, repository: &str) -> Result<Vec<String>, String> {
        let (host, path) = ImageReference::location(repository);
        let registry = self.registry_of(&host).map_err(|error| said(&error))?;
        registry.tags(&path).map_err(|error| said(&error.into()))
    }

    fn image(&self, repository: &str, tag: &str) -> Result<TaggedImage, String> {
        let (host, path) = ImageReference::location(repository);
        let registry = self.registry_of(&host).map_err(|error| said(&error))?;
        registry.tagged_image(&path, tag).map_err(|error| said(&error.into()))
    }
}

/// An error with what to do about it.
fn said(error: &SourceError) -> String {
    match &error.hint {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    }
}
