//! An image as a tag has it: the digest of its manifest, when it was made, and from what.

use serde_json::Value as Json;

use crate::text::limits::REGISTRY_ANSWER_BYTES;

use super::manifest::{blobs_of, digest_of};
use super::oci_error::OciError;
use super::registry::Registry;

/// The media types of manifests and of lists of manifests, of OCI and of docker.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// What an image was made from, as its labels say. Whoever made the image chose them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageOrigin {
    /// `org.opencontainers.image.source`, or `org.label-schema.vcs-url`.
    pub source: Option<String>,
    /// `org.opencontainers.image.revision`, or `org.label-schema.vcs-ref`.
    pub revision: Option<String>,
}

/// An image that a tag has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedImage {
    /// The digest of the manifest, or of the list of manifests for several platforms: `sha256:…`.
    pub digest: String,
    /// When it was made, in nanoseconds since 1970, as its configuration says; the first platform's of several.
    pub created: Option<i128>,
    /// What it was made from, by the same configuration.
    pub origin: ImageOrigin,
}

impl Registry {
    /// Reads what a tag has.
    ///
    /// # Errors
    /// When the registry refuses or does not have the tag, or what it sends cannot be read.
    pub fn tagged_image(&self, repository: &str, tag: &str) -> Result<TaggedImage, OciError> {
        let what = format!("{}/{repository}:{tag}", self.host());
        let (digest, mut manifest) = self.image_manifest(repository, tag, &what)?;
        if let Some(platform) = first_platform(&manifest) {
            manifest = self.image_manifest(repository, platform, &what)?.1;
        }
        let config = blobs_of(&manifest, &what)?.into_iter().next();
        let config = config.map(|config| self.blob(repository, &config, REGISTRY_ANSWER_BYTES, &what));
        let config: Option<Json> = config
            .transpose()?
            .and_then(|config| serde_json::from_slice(&config).ok());
        let created = config
            .as_ref()
            .and_then(|config| config.get("created"))
            .and_then(Json::as_str);
        Ok(TaggedImage {
            digest,
            created: created.and_then(created_at),
            origin: config.as_ref().map(origin).unwrap_or_default(),
        })
    }

    fn image_manifest(&self, repository: &str, tag: &str, what: &str) -> Result<(String, Json), OciError> {
        let rest = format!("manifests/{tag}");
        let answer = self.get(repository, &rest, MANIFESTS, REGISTRY_ANSWER_BYTES)?;
        let manifest = serde_json::from_slice(&answer.body);
        let manifest = manifest.map_err(|_| OciError::broken(what, "its manifest is not JSON"))?;
        Ok((digest_of(&answer.body), manifest))
    }
}

/// A time as registries write it, in nanoseconds since 1970.
pub fn created_at(text: &str) -> Option<i128> {
    Some(text.parse::<jiff::Timestamp>().ok()?.as_nanosecond())
}

/// What the labels of a configuration say.
fn origin(config: &Json) -> ImageOrigin {
    let labels = config.pointer("/config/Labels");
    let label = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| labels?.get(*name)?.as_str());
        found.map(str::to_owned)
    };
    ImageOrigin {
        source: label(["org.opencontainers.image.source", "org.label-schema.vcs-url"]),
        revision: label(["org.opencontainers.image.revision", "org.label-schema.vcs-ref"]),
    }
}

/// The digest of the first manifest of a list that is one of a platform, and not an attestation.
fn first_platform(list: &Json) -> Option<&str> {
    let manifests = list.get("manifests")?.as_array()?;
    let is_platform = |manifest: &&Json| manifest.pointer("/platform/os").and_then(Json::as_str) != Some("unknown");
    let first = manifests.iter().find(is_platform).or_else(|| manifests.first())?;
    first.get("digest")?.as_str()
}
