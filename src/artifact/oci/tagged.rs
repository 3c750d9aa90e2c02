//! A chart as a tag has it: its manifest and its configuration, without the archive.

use reqwest::header::ACCEPT;
use serde_json::Value as Json;

use crate::artifact::network::{HttpAnswer, HttpRequest, Method};
use crate::engine::chart::Metadata;
use crate::text::limits::{REGISTRY_ANSWER_BYTES, SETTINGS_BYTES};

use super::manifest::{ChartLayers, Descriptor, blobs_of, digest_of, is_chart};
use super::oci_error::OciError;
use super::package_time::is_fixed_time;
use super::pull::{ACCEPTED, CONTENT_DIGEST};
use super::reference::is_digest;
use super::registry::{Purpose, Registry};

/// The annotation with the time of a chart.
const CREATED: &str = "/annotations/org.opencontainers.image.created";

/// A chart that a tag has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedChart {
    /// The tag.
    pub tag: String,
    /// The digest of the manifest, `sha256:…`.
    pub digest: String,
    /// The digest of the archive, `sha256:…`.
    pub archive: String,
    /// When it was made, as the manifest says; empty where it does not.
    pub created: String,
    /// Chart.yaml, from the configuration.
    pub metadata: Metadata,
    /// Whether it has a provenance file.
    pub has_provenance: bool,
    /// The bytes of the manifest.
    pub(super) manifest: Vec<u8>,
    /// The media type with which the registry sends the manifest.
    pub(super) media_type: Option<String>,
    /// The configuration and all layers.
    pub(super) blobs: Vec<Descriptor>,
    pub(super) layers: ChartLayers,
}

impl Registry {
    /// Reads the chart of a tag; `None` where the tag has something else, the signature of an image for example.
    ///
    /// # Errors
    /// When the registry refuses or does not have the tag, or what it sends does not have its digest.
    pub fn tagged_chart(&self, repository: &str, tag: &str) -> Result<Option<TaggedChart>, OciError> {
        let what = format!("oci://{}/{repository}:{tag}", self.host());
        let answer = self.get(repository, &format!("manifests/{tag}"), ACCEPTED, REGISTRY_ANSWER_BYTES)?;
        let digest = verified_digest(&answer, &what)?;
        let Ok(json) = serde_json::from_slice::<Json>(&answer.body) else {
            return Err(OciError::broken(what, "its manifest is not JSON"));
        };
        if !is_chart(&json) {
            return Ok(None);
        }
        let layers = ChartLayers::read(&answer.body, &what)?;
        let blobs = blobs_of(&json, &what)?;
        let config = blobs
            .first()
            .map(|config| self.blob(repository, config, SETTINGS_BYTES, &what));
        let config = config.transpose()?.unwrap_or_default();
        let broken = |reason: String| OciError::broken(what.clone(), reason);
        let config: Json =
            serde_json::from_slice(&config).map_err(|_| broken("its configuration is not JSON".into()))?;
        let metadata = Metadata::from_json(&config)
            .map_err(|error| broken(format!("its configuration is not a Chart.yaml: {error}")))?;
        let created = json.pointer(CREATED).and_then(Json::as_str);
        let created = created.filter(|created| !is_fixed_time(created)).unwrap_or_default();
        let media_type = answer.headers.get(reqwest::header::CONTENT_TYPE);
        Ok(Some(TaggedChart {
            tag: tag.to_owned(),
            archive: layers.archive.digest.clone(),
            created: created.to_owned(),
            has_provenance: layers.provenance.is_some(),
            media_type: media_type.and_then(|value| value.to_str().ok()).map(str::to_owned),
            metadata,
            digest,
            layers,
            blobs,
            manifest: answer.body,
        }))
    }

    /// The digest of the manifest of a tag; `None` where the registry does not have the tag.
    ///
    /// # Errors
    /// When the registry refuses, or what it sends does not have its digest.
    pub fn manifest_digest(&self, repository: &str, tag: &str) -> Result<Option<String>, OciError> {
        let url = self.url(repository, &format!("manifests/{tag}"))?;
        let request = HttpRequest::new(Method::GET, url, REGISTRY_ANSWER_BYTES).with_header(ACCEPT, ACCEPTED);
        match self.send(repository, Purpose::Pull, &request) {
            Ok(answer) => {
                let what = format!("oci://{}/{repository}:{tag}", self.host());
                verified_digest(&answer, &what).map(Some)
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The digest of a manifest, which is the one that the registry says.
fn verified_digest(answer: &HttpAnswer, what: &str) -> Result<String, OciError> {
    let digest = digest_of(&answer.body);
    match answer.header(&CONTENT_DIGEST).filter(|announced| is_digest(announced)) {
        Some(announced) if announced != digest => Err(OciError::broken(what, "its manifest does not have its digest")),
        _ => Ok(digest),
    }
}
