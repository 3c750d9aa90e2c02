//! Whether a registry accepts uploads, found out before anything is written to another repository: an upload is begun and given up.

use reqwest::header::LOCATION;

use crate::artifact::network::{HttpRequest, Method};
use crate::text::limits::SETTINGS_BYTES;

use super::oci_error::OciError;
use super::registry::{Purpose, Registry};

impl Registry {
    /// Begins an upload to a repository and gives it up, which leaves nothing behind.
    ///
    /// # Errors
    /// When the registry refuses the upload or cannot be reached.
    pub fn check_writable(&self, repository: &str) -> Result<(), OciError> {
        let begin_url = self.url(repository, "blobs/uploads/")?;
        let mut begin = HttpRequest::new(Method::POST, begin_url, SETTINGS_BYTES);
        begin.body = Some(Vec::new());
        let begun = self.send(repository, Purpose::Push, &begin)?;
        let location = begun.header(&LOCATION);
        if let Some(url) = location.and_then(|location| Self::resolve(&begun.url, location).ok()) {
            let mut end = HttpRequest::new(Method::DELETE, url, SETTINGS_BYTES);
            end.is_repeated = false;
            // Not every registry can give uploads up at once; all remove them after a while.
            let _ended = self.send_any(repository, Purpose::Push, &end);
        }
        Ok(())
    }
}
