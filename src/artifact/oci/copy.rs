//! A chart from one repository to another: the same bytes of the manifest and of all blobs, so all digests stay. Within a registry,
//! blobs are mounted and not sent.

use reqwest::header::ACCEPT;

use crate::artifact::network::{HttpRequest, Method};
use crate::text::limits::{REGISTRY_ANSWER_BYTES, SETTINGS_BYTES};

use super::manifest::{Descriptor, MANIFEST, digest_of};
use super::oci_error::OciError;
use super::pull::ACCEPTED;
use super::registry::{Purpose, Registry};
use super::tagged::TaggedChart;

/// Where a chart is copied from.
#[derive(Debug, Clone, Copy)]
pub struct CopySource<'s> {
    /// The registry.
    pub registry: &'s Registry,
    /// The repository in it.
    pub repository: &'s str,
    /// The chart.
    pub chart: &'s TaggedChart,
}

impl Registry {
    /// The digest of the manifest that a tag has, read with the right to write, which shows at once whether we have it.
    ///
    /// # Errors
    /// When the registry refuses or cannot be reached.
    pub fn digest_to_write(&self, repository: &str, tag: &str) -> Result<Option<String>, OciError> {
        let url = self.url(repository, &format!("manifests/{tag}"))?;
        let request = HttpRequest::new(Method::GET, url, REGISTRY_ANSWER_BYTES).with_header(ACCEPT, ACCEPTED);
        match self.send(repository, Purpose::Push, &request) {
            Ok(answer) => Ok(Some(digest_of(&answer.body))),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Copies a chart into a repository of this registry, under the tag that it has. Blobs of more than `limit` bytes are refused.
    ///
    /// # Errors
    /// When either registry refuses or cannot be reached, or a blob is not what the manifest says.
    pub fn copy_chart(&self, repository: &str, source: CopySource<'_>, limit: u64) -> Result<(), OciError> {
        for blob in &source.chart.blobs {
            if !self.mount(repository, source, blob)? {
                let what = format!(
                    "oci://{}/{}:{}",
                    source.registry.host(),
                    source.repository,
                    source.chart.tag
                );
                let bytes = source.registry.blob(source.repository, blob, limit, &what)?;
                self.upload(repository, blob, &bytes)?;
            }
        }
        let TaggedChart {
            tag,
            manifest,
            media_type,
            digest,
            ..
        } = source.chart;
        let media_type = media_type.as_deref().unwrap_or(MANIFEST);
        self.put_manifest(repository, tag, (media_type, manifest), digest)
    }

    /// Has the registry use a blob of another of its repositories; `false` where it does not.
    fn mount(&self, repository: &str, source: CopySource<'_>, blob: &Descriptor) -> Result<bool, OciError> {
        if source.registry.host() != self.host() || source.repository == repository {
            return Ok(false);
        }
        let mut url = self.url(repository, "blobs/uploads/")?;
        url.query_pairs_mut()
            .append_pair("mount", &blob.digest)
            .append_pair("from", source.repository);
        let mut request = HttpRequest::new(Method::POST, url, SETTINGS_BYTES);
        request.body = Some(Vec::new());
        // 202 begins an upload instead, which is not continued: a registry forgets it.
        Ok(self.send_any(repository, Purpose::Push, &request)?.status == 201)
    }
}
