//! A tag out of a registry. A registry that removes tags removes the tag alone; others remove the manifest with all its tags, which
//! is done only where it has no other tag.

use crate::artifact::network::{HttpAnswer, HttpRequest, Method};
use crate::text::limits::SETTINGS_BYTES;

use super::oci_error::OciError;
use super::registry::{Purpose, Registry};

impl Registry {
    /// Removes a tag whose manifest has a digest (`sha256:…`). `true` where the registry had it. The tags in `also` are removed too,
    /// so they may have the same manifest.
    ///
    /// # Errors
    /// When the registry refuses or does not remove manifests at all, or the manifest has other tags that would vanish as well.
    pub fn delete_tag(&self, repository: &str, tag: &str, digest: &str, also: &[String]) -> Result<bool, OciError> {
        let by_tag = self.delete(repository, tag)?;
        match by_tag.status {
            200..=299 => return Ok(true),
            404 => return Ok(false),
            // Registries of the first specification remove by digest only, and say so in one of these ways.
            400 | 405 => {}
            _ => return Err(self.refusal(repository, &by_tag)),
        }
        let mut others = self.tags_of_manifest(repository, digest)?;
        others.retain(|other| other != tag && !also.contains(other));
        if !others.is_empty() {
            return Err(OciError::SharedManifest {
                reference: format!("oci://{}/{repository}:{tag}", self.host()),
                others: others.join(", "),
            });
        }
        let by_digest = self.delete(repository, digest)?;
        match by_digest.status {
            200..=299 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refusal(repository, &by_digest)),
        }
    }

    fn delete(&self, repository: &str, reference: &str) -> Result<HttpAnswer, OciError> {
        let url = self.url(repository, &format!("manifests/{reference}"))?;
        self.send_any(
            repository,
            Purpose::Delete,
            &HttpRequest::new(Method::DELETE, url, SETTINGS_BYTES),
        )
    }

    /// The tags that have a manifest.
    ///
    /// # Errors
    /// When the registry refuses, or its pages do not end.
    pub fn tags_of_manifest(&self, repository: &str, digest: &str) -> Result<Vec<String>, OciError> {
        let mut found = Vec::new();
        for tag in self.tags(repository)? {
            if self.manifest_digest(repository, &tag)?.as_deref() == Some(digest) {
                found.push(tag);
            }
        }
        Ok(found)
    }

    fn refusal(&self, repository: &str, answer: &HttpAnswer) -> OciError {
        let error = OciError::from_answer(answer, self.has_login(repository));
        match (answer.status, error) {
            (400 | 405 | 501, OciError::Answer { url, status, detail }) => OciError::NoDeletes { url, status, detail },
            (_, error) => error,
        }
    }
}
