//! Files as a form (`multipart/form-data`): the one encoding of several files in a request that servers agree on.

use reqwest::header::CONTENT_TYPE;
use sha2::{Digest as _, Sha256};

use crate::artifact::network::{HttpRequest, Method, Url};
use crate::text::limits::SETTINGS_BYTES;

/// A form of files.
#[derive(Debug, Default)]
pub(super) struct Form {
    parts: Vec<(String, Vec<u8>)>,
}

impl Form {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a file. Its name is made of the name and the version of a chart; a quote in it is escaped as Go's library does.
    pub(super) fn with_file(mut self, field: &str, file_name: &str, media_type: &str, bytes: &[u8]) -> Self {
        let file_name = file_name.replace('"', "\\\"");
        let head = format!(
            "Content-Disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\nContent-Type: {media_type}\r\n\r\n"
        );
        self.parts.push((head, bytes.to_vec()));
        self
    }

    /// The request that sends it.
    pub(super) fn post(self, url: Url) -> HttpRequest {
        // A digest of the content is not in the content.
        let mut hash = Sha256::new();
        for (head, bytes) in &self.parts {
            hash.update(head);
            hash.update(bytes);
        }
        let boundary = format!("{:x}", hash.finalize());
        let mut body = Vec::new();
        for (head, bytes) in &self.parts {
            body.extend_from_slice(format!("--{boundary}\r\n{head}").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let mut request = HttpRequest::new(Method::POST, url, SETTINGS_BYTES)
            .with_header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
        request.body = Some(body);
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_between_boundaries() {
        let url = Url::parse("http://h/").unwrap();
        let request = Form::new()
            .with_file("chart", "a.tgz", "application/gzip", b"A")
            .with_file("prov", "a\".tgz.prov", "text/plain", b"P")
            .post(url);
        let media_type = &request.headers[0].1;
        let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert_eq!(boundary.len(), 64);
        let want = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"chart\"; filename=\"a.tgz\"\r\nContent-Type: application/gzip\r\n\r\nA\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"prov\"; filename=\"a\\\".tgz.prov\"\r\nContent-Type: text/plain\r\n\r\nP\r\n\
             --{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(request.body.unwrap()).unwrap(), want);
    }
}
