//! What was pushed to a registry.

use std::fmt;

use crate::delivery::image::ImageReference;

/// What a tag is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An image, as far as the payload says.
    Image,
    /// A chart.
    Chart,
}

/// A tag of a repository that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// What it is of.
    pub kind: Kind,
    /// The scheme of its repository's address, where it was given; what payloads are about is in registries.
    pub scheme: Option<String>,
    /// The registry's host; `None` where the sender does not say.
    pub host: Option<String>,
    /// The path of the repository in the registry.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// The digest of the manifest: `sha256:…`; `None` where the sender does not say.
    pub digest: Option<String>,
}

impl Pushed {
    /// An image that a reference names, by docker's rules; `None` for one without a tag.
    pub fn of_reference(reference: &ImageReference) -> Option<Self> {
        let (host, repository) = ImageReference::location(&reference.repository);
        Some(Self {
            kind: Kind::Image,
            scheme: None,
            host: Some(host),
            repository,
            tag: reference.tag.clone()?,
            digest: reference.digest.clone(),
        })
    }

    /// A chart by its address and version: `oci://host/charts/web:1.2.3`, `https://host/charts/web:1.2.3`; `None` for what is not one.
    pub fn of_chart(address: &str) -> Option<Self> {
        let (scheme, place) = address.split_once("://")?;
        let (place, version) = place.rsplit_once(':')?;
        let (host, repository) = place.split_once('/')?;
        let is_whole = !version.is_empty() && !version.contains('/') && !repository.ends_with('/');
        (is_whole && !repository.is_empty()).then(|| Self {
            kind: Kind::Chart,
            scheme: Some(scheme.to_owned()),
            host: Some(host.to_owned()),
            repository: repository.to_owned(),
            tag: version.to_owned(),
            digest: None,
        })
    }

    /// The repository of a chart, and the name of the chart in it.
    pub fn chart_address(&self) -> (String, String) {
        let scheme = self.scheme.as_deref().unwrap_or("oci");
        let place = format!("{scheme}://{}", self.full_repository());
        let (repository, chart) = place.rsplit_once('/').unwrap_or((&place, ""));
        (repository.to_owned(), chart.to_owned())
    }

    /// The repository with the registry's host before it, if that is known.
    pub fn full_repository(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}/{}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// The reference of what was pushed.
    pub fn reference(&self) -> ImageReference {
        ImageReference {
            repository: self.full_repository(),
            tag: Some(self.tag.clone()),
            digest: self.digest.clone(),
        }
    }
}

impl fmt::Display for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reference().fmt(f)
    }
}
