//! Requests of Google Cloud Storage's JSON API: a bucket and a name in, a request without login out.

use std::fmt::Write as _;

use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::artifact::network::{HttpRequest, Method, Url};
use crate::text::limits::{MANIFEST_BYTES, REGISTRY_ANSWER_BYTES};

use super::object_headers::object_headers;

/// Makes the requests for one bucket.
#[derive(Debug)]
pub(super) struct GcsRequests {
    endpoint: Url,
    bucket: String,
}

impl GcsRequests {
    /// Requests for a bucket of the service at an address.
    pub(super) const fn new(endpoint: Url, bucket: String) -> Self {
        Self { endpoint, bucket }
    }

    /// Reads an object's content.
    pub(super) fn read(&self, key: &str) -> HttpRequest {
        let mut url = self.object(key);
        url.query_pairs_mut().append_pair("alt", "media");
        request(Method::GET, url, MANIFEST_BYTES)
    }

    /// Writes an object that must be at a generation, 0 being that of no object. Its headers come with its content, so that there is
    /// no moment without them.
    pub(super) fn write(&self, key: &str, bytes: &[u8], generation: u64) -> HttpRequest {
        let mut url = self.path(&format!("upload/storage/v1/b/{}/o", encoded(&self.bucket)));
        url.query_pairs_mut()
            .append_pair("uploadType", "multipart")
            .append_pair("ifGenerationMatch", &generation.to_string());
        let headers = object_headers(key);
        let mut object = json!({"name": key, "contentType": headers.content_type});
        if let (Some(caching), Some(object)) = (headers.cache_control, object.as_object_mut()) {
            object.insert("cacheControl".to_owned(), caching.into());
        }
        // No content has its own digest in it.
        let mut boundary = String::from("chartwright");
        for byte in Sha256::digest(bytes).iter().take(16) {
            let _always = write!(boundary, "{byte:02x}");
        }
        let mut body = Vec::with_capacity(bytes.len() + 512);
        let head = format!(
            "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{object}\r\n--{boundary}\r\nContent-Type: {}\r\n\r\n",
            headers.content_type
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let mut request = request(Method::POST, url, REGISTRY_ANSWER_BYTES)
            .with_header(CONTENT_TYPE, format!("multipart/related; boundary={boundary}"));
        request.body = Some(body);
        request
    }

    /// A page of the objects whose keys begin with a prefix.
    pub(super) fn list(&self, prefix: &str, page: Option<&str>) -> HttpRequest {
        let mut url = self.path(&format!("storage/v1/b/{}/o", encoded(&self.bucket)));
        let fields = "items(name,size),nextPageToken";
        url.query_pairs_mut()
            .append_pair("prefix", prefix)
            .append_pair("fields", fields);
        if let Some(page) = page {
            url.query_pairs_mut().append_pair("pageToken", page);
        }
        request(Method::GET, url, REGISTRY_ANSWER_BYTES)
    }

    /// Removes an object that must be at a generation.
    pub(super) fn delete(&self, key: &str, generation: u64) -> HttpRequest {
        let mut url = self.object(key);
        url.query_pairs_mut()
            .append_pair("ifGenerationMatch", &generation.to_string());
        request(Method::DELETE, url, REGISTRY_ANSWER_BYTES)
    }

    fn object(&self, key: &str) -> Url {
        self.path(&format!("storage/v1/b/{}/o/{}", encoded(&self.bucket), encoded(key)))
    }

    fn path(&self, path: &str) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(path);
        url
    }
}

/// A request that is sent once: stores are asked again by [`super::RetryingStore`].
fn request(method: Method, url: Url, limit: u64) -> HttpRequest {
    HttpRequest {
        is_repeated: false,
        // The login is for this service only, which does not redirect.
        is_redirected: false,
        ..HttpRequest::new(method, url, limit)
    }
}

/// A name as one part of a path: everything that is not unreserved in RFC 3986 is percent-encoded, slashes too.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            let _always = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests() -> GcsRequests {
        GcsRequests::new(Url::parse("http://host:1").unwrap(), "b".to_owned())
    }

    #[test]
    fn names_are_one_part_of_the_path() {
        for (key, want) in [
            ("a-1.0.0+x.tgz", "a-1.0.0%2Bx.tgz"),
            ("p/é ?#%.tgz", "p%2F%C3%A9%20%3F%23%25.tgz"),
            ("p/../q", "p%2F..%2Fq"),
        ] {
            let url = requests().read(key).url;
            assert_eq!(url.as_str(), format!("http://host:1/storage/v1/b/b/o/{want}?alt=media"));
        }
    }

    #[test]
    fn an_index_is_written_with_its_headers_in_one_request() {
        let request = requests().write("p/index.yaml", b"entries: {}\r\n--", 7);
        assert_eq!(
            request.url.as_str(),
            "http://host:1/upload/storage/v1/b/b/o?uploadType=multipart&ifGenerationMatch=7"
        );
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        let (_, kind) = &request.headers[0];
        let boundary = kind.strip_prefix("multipart/related; boundary=").unwrap();
        let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4, "{body}");
        assert!(
            parts[1]
                .contains(r#"{"name":"p/index.yaml","contentType":"application/x-yaml","cacheControl":"no-cache"}"#),
            "{body}"
        );
        assert_eq!(
            parts[2],
            "\r\nContent-Type: application/x-yaml\r\n\r\nentries: {}\r\n--\r\n"
        );
        assert_eq!(parts[3], "--\r\n");
    }
}
