//! A tag out of a registry. A registry that removes tags removes the tag alone; others remove the manifest with all its tags, which
//! is done only where it has no other tag.

use crate::artifact::network::{HttpAnswer, HttpRequest, Method};
use crate::text::limits::SETTINGS_BYTES;

use super::oci_error::OciError;
use super::registry::{Purpose, Registry};

impl Registry {
    /// Removes a tag whose manifest has a digest (`sha256:…`). `true` where the registry had it.
    ///
    /// # Errors
    /// When the registry refuses or does not remove manifests at all, or the manifest has other tags that would vanish as well.
    pub fn delete_tag(&self, repository: &str, tag: &str, digest: &str) -> Result<bool, OciError> {
        let by_tag = self.delete(repository, tag)?;
        match by_tag.status {
            200..=299 => return Ok(true),
            404 => return Ok(false),
            // Registries of the first specification remove by digest only, and say so in one of these ways.
            400 | 405 => {}
            _ => return Err(self.refusal(repository, &by_tag)),
        }
        let others = self.other_tags(repository, tag, digest)?;
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

    /// The other tags that have the same manifest.
    fn other_tags(&self, repository: &str, tag: &str, digest: &str) -> Result<Vec<String>, OciError> {
        let mut others = Vec::new();
        for other in self.tags(repository)? {
            if other != tag && self.manifest_digest(repository, &other)?.as_deref() == Some(digest) {
                others.push(other);
            }
        }
        Ok(others)
    }

    fn refusal(&self, repository: &str, answer: &HttpAnswer) -> OciError {
        let error = OciError::from_answer(answer, self.has_login(repository));
        match (answer.status, error) {
            (400 | 405 | 501, OciError::Answer { url, status, detail }) => OciError::NoDeletes { url, status, detail },
            (_, error) => error,
        }
    }
}
