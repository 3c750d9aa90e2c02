//! A chart from a registry: manifest, archive and provenance file, each with the digest and the size that it should have.

use reqwest::header::HeaderName;

use crate::text::limits::{REGISTRY_ANSWER_BYTES, SETTINGS_BYTES};

use super::manifest::{ChartLayers, Descriptor, digest_of};
use super::oci_error::OciError;
use super::reference::is_digest;
use super::registry::Registry;

/// The types of manifests that we say we read. The list of images is one so that we can say what is wrong.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
/// The header with the digest of a manifest.
pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// How a chart is fetched.
pub struct PullOptions<'o> {
    /// Whether its provenance file is fetched too.
    pub with_provenance: bool,
    /// Archives that are known, by hex SHA-256.
    pub cached: &'o dyn Fn(&str) -> Option<Vec<u8>>,
    /// Most bytes of the archive.
    pub limit: u64,
}

/// A chart that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledChart {
    /// The archive.
    pub archive: Vec<u8>,
    /// Its hex SHA-256.
    pub digest: String,
    /// The provenance file, where it was wanted and exists.
    pub provenance: Option<Vec<u8>>,
    /// The digest of the manifest, `sha256:…`.
    pub manifest: String,
}

impl Registry {
    /// Fetches a chart by its tag or the digest of its manifest.
    ///
    /// # Errors
    /// When the registry refuses or does not have it, it is not a chart, or does not have the digest or size it should have.
    pub fn pull_chart(
        &self,
        repository: &str,
        tag_or_digest: &str,
        options: &PullOptions<'_>,
    ) -> Result<PulledChart, OciError> {
        let what = format!("oci://{}/{repository}:{tag_or_digest}", self.host());
        let answer = self.get(
            repository,
            &format!("manifests/{tag_or_digest}"),
            ACCEPTED,
            REGISTRY_ANSWER_BYTES,
        )?;
        let manifest = digest_of(&answer.body);
        let announced = answer.header(&CONTENT_DIGEST).filter(|digest| is_digest(digest));
        let wanted = Some(tag_or_digest).filter(|text| is_digest(text)).or(announced);
        if wanted.is_some_and(|wanted| wanted != manifest) {
            return Err(OciError::broken(what, "its manifest does not have its digest"));
        }
        let layers = ChartLayers::read(&answer.body, &what)?;
        let digest = layers.archive.digest.trim_start_matches("sha256:").to_owned();
        let archive = match (options.cached)(&digest) {
            Some(archive) => archive,
            None => self.blob(repository, &layers.archive, options.limit, &what)?,
        };
        let provenance = match layers.provenance.filter(|_| options.with_provenance) {
            Some(layer) => Some(self.blob(repository, &layer, SETTINGS_BYTES, &what)?),
            None => None,
        };
        Ok(PulledChart {
            archive,
            digest,
            provenance,
            manifest,
        })
    }

    /// A blob with the size and digest that the manifest says.
    pub(super) fn blob(
        &self,
        repository: &str,
        layer: &Descriptor,
        limit: u64,
        what: &str,
    ) -> Result<Vec<u8>, OciError> {
        if layer.size > limit {
            return Err(OciError::broken(
                what,
                format!(
                    "its layer {} has {} bytes, which are more than {limit}",
                    layer.digest, layer.size
                ),
            ));
        }
        let bytes = self
            .get(repository, &format!("blobs/{}", layer.digest), "*/*", layer.size)?
            .body;
        let found = digest_of(&bytes);
        if found != layer.digest || bytes.len() as u64 != layer.size {
            return Err(OciError::broken(
                what,
                format!(
                    "its layer {} with {} bytes has the digest {found} and {} bytes: it was replaced, or not read to its end",
                    layer.digest,
                    layer.size,
                    bytes.len()
                ),
            ));
        }
        Ok(bytes)
    }
}
