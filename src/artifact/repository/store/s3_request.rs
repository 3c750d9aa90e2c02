//! Requests of S3: a key in, a request without signature out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest as _, Sha256};

use crate::artifact::network::{HttpRequest, Method, Url, Verdict};
use crate::text::limits::{MANIFEST_BYTES, REGISTRY_ANSWER_BYTES};
use crate::text::sha256::sha256_hex;

use super::object_headers::object_headers;
use super::s3_address::S3Address;
use super::store_error::StoreFailure;

/// The header with the digest of the body.
const PAYLOAD: HeaderName = HeaderName::from_static("x-amz-content-sha256");
/// The digest again, for the store to keep and compare.
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-checksum-sha256");
/// The payload of a body that is not signed.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// What every request of a store has, besides what it is about.
#[derive(Debug, Clone, Default)]
pub(super) struct S3Headers {
    /// Of all requests.
    pub(super) all: Vec<(HeaderName, String)>,
    /// Of those about the content of an object: the key of the customer that it is encrypted with.
    pub(super) content: Vec<(HeaderName, String)>,
    /// Of writes: encryption, and who may read the object. Some stores refuse these in other requests.
    pub(super) writes: Vec<(HeaderName, String)>,
    /// Whether the store compares the body with a digest, besides the signature.
    pub(super) has_checksum: bool,
    /// Whether the signature leaves out the body.
    pub(super) is_payload_unsigned: bool,
}

/// What a write requires of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition<'v> {
    /// It must not exist.
    Absent,
    /// It must have an entity tag.
    Tag(&'v str),
}

/// Makes the requests for one bucket.
#[derive(Debug)]
pub(super) struct S3Requests {
    /// Where the bucket is.
    pub(super) address: S3Address,
    /// What requests have.
    pub(super) headers: S3Headers,
    /// Whether it is a directory bucket, which wants sessions.
    pub(super) is_zonal: bool,
}

impl S3Requests {
    /// Reads an object.
    pub(super) fn read(&self, key: &str) -> Result<HttpRequest, StoreFailure> {
        let mut request = self.request(Method::GET, self.object(key)?, MANIFEST_BYTES);
        request.headers.extend(self.headers.content.iter().cloned());
        Ok(self.with_payload(request, None))
    }

    /// Writes an object.
    pub(super) fn write(&self, key: &str, bytes: &[u8], condition: Condition<'_>) -> Result<HttpRequest, StoreFailure> {
        let headers = object_headers(key);
        let mut request = self.request(Method::PUT, self.object(key)?, REGISTRY_ANSWER_BYTES);
        request = request.with_header(CONTENT_TYPE, headers.content_type);
        if let Some(caching) = headers.cache_control {
            request = request.with_header(CACHE_CONTROL, caching);
        }
        request = match condition {
            Condition::Absent => request.with_header(IF_NONE_MATCH, "*"),
            Condition::Tag(tag) => request.with_header(IF_MATCH, tag),
        };
        request.headers.extend(self.headers.content.iter().cloned());
        request.headers.extend(self.headers.writes.iter().cloned());
        Ok(self.with_payload(request, Some(bytes)))
    }

    /// Removes an object.
    pub(super) fn delete(&self, key: &str) -> Result<HttpRequest, StoreFailure> {
        let request = self.request(Method::DELETE, self.object(key)?, REGISTRY_ANSWER_BYTES);
        Ok(self.with_payload(request, None))
    }

    /// A page of the objects whose keys begin with a prefix.
    pub(super) fn list(&self, prefix: &str, page: Option<&str>) -> HttpRequest {
        let mut parameters = vec![("encoding-type", "url"), ("list-type", "2"), ("prefix", prefix)];
        parameters.extend(page.map(|page| ("continuation-token", page)));
        self.with_payload(
            self.request(Method::GET, self.address.bucket(&parameters), REGISTRY_ANSWER_BYTES),
            None,
        )
    }

    /// Asks a directory bucket for the keys of a session.
    pub(super) fn session(&self) -> HttpRequest {
        let url = self.address.bucket(&[("session", "")]);
        self.with_payload(self.request(Method::GET, url, REGISTRY_ANSWER_BYTES), None)
    }

    fn object(&self, key: &str) -> Result<Url, StoreFailure> {
        self.address.object(key).ok_or_else(|| StoreFailure::Transport {
            message: "the name has a part `.` or `..`, which no address can have".to_owned(),
            verdict: Verdict::Final,
        })
    }

    /// A request that is sent once: stores are asked again by [`super::RetryingStore`].
    fn request(&self, method: Method, url: Url, limit: u64) -> HttpRequest {
        let mut request = HttpRequest {
            is_repeated: false,
            // A signature is for one host.
            is_redirected: false,
            ..HttpRequest::new(method, url, limit)
        };
        request.headers.extend(self.headers.all.iter().cloned());
        request
    }

    fn with_payload(&self, mut request: HttpRequest, bytes: Option<&[u8]>) -> HttpRequest {
        if let (Some(bytes), true) = (bytes, self.headers.has_checksum) {
            request = request.with_header(CHECKSUM, STANDARD.encode(Sha256::digest(bytes)));
        }
        let payload = if self.headers.is_payload_unsigned {
            UNSIGNED.to_owned()
        } else {
            sha256_hex(bytes.unwrap_or_default())
        };
        request.body = bytes.map(<[u8]>::to_vec);
        request.with_header(PAYLOAD, payload)
    }
}

/// The payload of a request for its signature.
pub(super) fn payload(request: &HttpRequest) -> String {
    let found = request.headers.iter().find(|(name, _)| *name == PAYLOAD);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}
