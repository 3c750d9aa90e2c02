//! Requests over HTTP and their whole answers: repeated by the policy for retries, redirected only to `http` and `https`, without
//! credentials on another host, and never larger than a limit, unpacked.
//!
//! Helm's getter leaves redirects to Go, which follows ten and drops `Authorization` on another host; here another port or scheme
//! is another host as well.

use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use flate2::write::GzDecoder;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
pub use reqwest::{Method, Url};

use crate::text::causes::with_causes;
use crate::text::redact::{redact_message, redact_url};

use super::client::{NetworkError, NetworkSettings, TlsSettings, chart_client};
use super::clock::Clock;
use super::http_error::{HttpError, attempts_text};
use super::retry::{RetryPolicy, Verdict, judge_error, judge_status};
use super::runtime::Network;
use super::secret::Secret;
use super::tls::certificate_refusal;

/// Redirects that are followed, as in Go.
const REDIRECTS: usize = 10;
/// Bytes that are read of an answer that is not a success: enough for its error message.
const ERROR_BYTES: u64 = 64 << 10;
/// Longest time for one request, its redirects and its answer: an archive of 100 MB over a slow line.
const TIMEOUT: Duration = Duration::from_mins(10);

/// Sends requests with one set of certificates. May be used by several threads at once.
#[derive(Debug)]
pub struct HttpClient {
    network: Network,
    policy: RetryPolicy,
}

/// A request.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Where it is sent; without user and password.
    pub url: Url,
    /// Headers other than `Authorization`.
    pub headers: Vec<(HeaderName, String)>,
    /// The value of `Authorization`, which is sent to this URL's scheme, host and port only.
    pub authorization: Option<Secret>,
    /// The header that has that value where a server wants another one.
    pub authorization_header: HeaderName,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Most bytes of the answer, unpacked.
    pub limit: u64,
    /// Whether the answer may be compressed on its way. An archive is compressed itself, and is kept as it is sent.
    pub may_be_compressed: bool,
    /// Whether it is sent again after a failure that may pass.
    pub is_repeated: bool,
    /// Whether redirects are followed. They are sent all headers but `Authorization`.
    pub is_redirected: bool,
    /// Longest time for sending it once, its redirects, and its answer.
    pub time_limit: Duration,
}

impl fmt::Debug for HttpRequest {
    /// Without header values and body, which may be credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &redact_url(self.url.as_str()))
            .field("authorization", &self.authorization)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// An answer, whatever its status.
#[derive(Clone)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unpacked; of an answer that is not a success only its start.
    pub body: Vec<u8>,
    /// Where it came from in the end.
    pub url: Url,
    /// How often the request was sent.
    pub attempts: u32,
}

impl fmt::Debug for HttpAnswer {
    /// Without headers and body, which may be tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer")
            .field("status", &self.status)
            .field("url", &redact_url(self.url.as_str()))
            .field("body_bytes", &self.body.len())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl HttpRequest {
    /// A request without a body, which may be repeated.
    pub const fn new(method: Method, url: Url, limit: u64) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            authorization: None,
            authorization_header: AUTHORIZATION,
            body: None,
            limit,
            may_be_compressed: false,
            is_repeated: true,
            is_redirected: true,
            time_limit: TIMEOUT,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds `Authorization`.
    #[must_use]
    pub fn with_authorization(mut self, authorization: Option<Secret>) -> Self {
        self.authorization = authorization;
        self
    }
}

impl HttpAnswer {
    /// Whether the status is one of success.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// A header as text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// `503 Service Unavailable`, with the number of attempts if there were several.
    pub fn status_text(&self) -> String {
        let words = reqwest::StatusCode::from_u16(self.status)
            .ok()
            .and_then(|status| status.canonical_reason());
        let words = words.map_or_else(String::new, |words| format!(" {words}"));
        format!("{}{words}{}", self.status, attempts_text(self.attempts))
    }
}

/// What ended an attempt.
enum Failure {
    /// A status after which another attempt may succeed.
    Status(Box<HttpAnswer>),
    Error(HttpError, Verdict),
}

impl HttpClient {
    /// A client for servers with these certificates. Nothing is sent yet.
    ///
    /// # Errors
    /// When a proxy, a certificate or a key cannot be used, or the system refuses a runtime.
    pub fn new(
        settings: &NetworkSettings,
        tls: &TlsSettings,
        policy: RetryPolicy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NetworkError> {
        Ok(Self {
            network: Network::with_client(|| chart_client(settings, tls), clock)?,
            policy,
        })
    }

    /// Sends a request, again if a failure may pass.
    ///
    /// # Errors
    /// When there is no answer, it is too large, or a redirect is not allowed. A status that is not a success is an answer.
    pub fn send(&self, request: &HttpRequest) -> Result<HttpAnswer, HttpError> {
        let policy = RetryPolicy {
            attempts: if request.is_repeated { self.policy.attempts } else { 1 },
            ..self.policy
        };
        let outcome = policy.run(self.network.clock(), judge, || self.network.wait(self.attempt(request)));
        match outcome {
            Ok(answer) => Ok(answer),
            Err(exhausted) => match exhausted.error {
                Failure::Status(answer) => Ok(HttpAnswer {
                    attempts: exhausted.attempts,
                    ..*answer
                }),
                Failure::Error(error, _) => Err(error.after(exhausted.attempts)),
            },
        }
    }

    /// The policy by which requests are repeated, for operations of several requests.
    pub const fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// The clock of the run.
    pub fn clock(&self) -> &dyn Clock {
        self.network.clock()
    }

    async fn attempt(&self, request: &HttpRequest) -> Result<HttpAnswer, Failure> {
        let mut url = request.url.clone();
        let mut authorization = request.authorization.as_ref();
        for _ in 0..=REDIRECTS {
            let response = self.send_once(request, &url, authorization).await?;
            let is_read = request.is_redirected && matches!(request.method, Method::GET | Method::HEAD);
            let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
            let location = response.headers().get(LOCATION).filter(|_| is_read && is_redirect);
            let Some(location) = location else {
                let answer = read_answer(request, &url, response).await?;
                return match judge_status(answer.status, answer.header(&RETRY_AFTER)) {
                    Verdict::Retry(_) | Verdict::Refused => Err(Failure::Status(Box::new(answer))),
                    Verdict::Final => Ok(answer),
                };
            };
            let target = redirect_target(&url, location)?;
            if target.origin() != url.origin() {
                authorization = None;
            }
            url = target;
        }
        Err(final_failure(HttpError::Redirect {
            url: redact_url(request.url.as_str()),
            target: redact_url(url.as_str()),
            reason: "and that after ten redirects",
        }))
    }

    async fn send_once(
        &self,
        request: &HttpRequest,
        url: &Url,
        authorization: Option<&Secret>,
    ) -> Result<reqwest::Response, Failure> {
        let unusable = |reason| {
            final_failure(HttpError::Request {
                url: redact_url(url.as_str()),
                reason,
            })
        };
        let mut builder = self.network.client().request(request.method.clone(), url.clone());
        builder = builder.timeout(request.time_limit);
        for (name, value) in &request.headers {
            builder = builder.header(name.clone(), value.as_str());
        }
        if request.may_be_compressed {
            builder = builder.header(ACCEPT_ENCODING, "gzip");
        }
        if let Some(secret) = authorization {
            let mut value = HeaderValue::from_str(secret.reveal())
                .map_err(|_| unusable("the credentials have a line break or another character that cannot be sent"))?;
            value.set_sensitive(true);
            builder = builder.header(request.authorization_header.clone(), value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        builder.send().await.map_err(|error| transport(url, error))
    }
}

fn judge(failure: &Failure) -> Verdict {
    match failure {
        Failure::Status(answer) => judge_status(answer.status, answer.header(&RETRY_AFTER)),
        Failure::Error(_, verdict) => *verdict,
    }
}

const fn final_failure(error: HttpError) -> Failure {
    Failure::Error(error, Verdict::Final)
}

fn transport(url: &Url, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let verdict = judge_error(&error);
    let refusal = certificate_refusal(&error);
    let message = if verdict == Verdict::Refused {
        "the connection is refused: no server listens at the address, or at that of the proxy".to_owned()
    } else {
        redact_message(&with_causes(&error))
    };
    Failure::Error(
        HttpError::Transport {
            url: redact_url(url.as_str()),
            message,
            attempts: 1,
            verdict,
            refusal,
        },
        verdict,
    )
}

/// Where a redirect leads, if it may be followed.
fn redirect_target(url: &Url, location: &HeaderValue) -> Result<Url, Failure> {
    let refused = |target: &str, reason| {
        final_failure(HttpError::Redirect {
            url: redact_url(url.as_str()),
            target: redact_url(target),
            reason,
        })
    };
    let text = String::from_utf8_lossy(location.as_bytes());
    let mut target = url.join(&text).map_err(|_| refused(&text, "which is not an address"))?;
    if !matches!(target.scheme(), "http" | "https") {
        return Err(refused(&text, "which is not an address of http or https"));
    }
    // They would come from the server, not from the user.
    if target.set_username("").is_err() || target.set_password(None).is_err() {
        return Err(refused(&text, "which is not an address"));
    }
    Ok(target)
}

async fn read_answer(request: &HttpRequest, url: &Url, mut response: reqwest::Response) -> Result<HttpAnswer, Failure> {
    let status = response.status();
    let headers = response.headers().clone();
    let limit = if status.is_success() {
        request.limit
    } else {
        ERROR_BYTES.min(request.limit)
    };
    let too_large = || {
        final_failure(HttpError::TooLarge {
            url: redact_url(url.as_str()),
            limit,
        })
    };
    // The length of an answer to HEAD is that of the answer to GET.
    let has_body = request.method != Method::HEAD;
    if has_body && status.is_success() && response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let is_packed = request.may_be_compressed
        && headers
            .get(CONTENT_ENCODING)
            .is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"gzip"));
    let mut body = Body::new(limit, is_packed);
    let mut outcome = Ok(());
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(url, error))? {
        outcome = body.write(&chunk);
        if outcome.is_err() {
            break;
        }
    }
    match outcome.and_then(|()| body.end()) {
        Ok(()) => {}
        // The start of an error message is enough.
        Err(_) if body.is_full() && !status.is_success() => {}
        Err(_) if body.is_full() => return Err(too_large()),
        Err(error) => return Err(broken_coding(url, &error)),
    }
    let body = body.into_bytes();
    Ok(HttpAnswer {
        status: status.as_u16(),
        headers,
        body,
        url: url.clone(),
        attempts: 1,
    })
}

fn broken_coding(url: &Url, error: &io::Error) -> Failure {
    Failure::Error(
        HttpError::Transport {
            url: redact_url(url.as_str()),
            message: format!("its gzip encoding is broken: {error}"),
            attempts: 1,
            verdict: Verdict::Retry(None),
            refusal: None,
        },
        Verdict::Retry(None),
    )
}

/// A body up to a limit, unpacked as it arrives.
enum Body {
    Plain(Bounded),
    Packed(Box<GzDecoder<Bounded>>),
}

impl Body {
    fn new(limit: u64, is_packed: bool) -> Self {
        let bounded = Bounded {
            bytes: Vec::new(),
            limit,
            is_full: false,
        };
        if is_packed {
            Self::Packed(Box::new(GzDecoder::new(bounded)))
        } else {
            Self::Plain(bounded)
        }
    }

    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(bounded) => bounded.write_all(chunk),
            Self::Packed(decoder) => decoder.write_all(chunk),
        }
    }

    fn is_full(&self) -> bool {
        match self {
            Self::Plain(bounded) => bounded.is_full,
            Self::Packed(decoder) => decoder.get_ref().is_full,
        }
    }

    /// Unpacks what is left; an error where the packed data ends too early.
    fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Packed(decoder) => decoder.try_finish(),
        }
    }

    fn into_bytes(mut self) -> Vec<u8> {
        match &mut self {
            Self::Plain(bounded) => mem::take(&mut bounded.bytes),
            Self::Packed(decoder) => mem::take(&mut decoder.get_mut().bytes),
        }
    }
}

/// Bytes that are never more than a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let room = self.limit.saturating_sub(self.bytes.len() as u64);
        if chunk.len() as u64 > room {
            self.is_full = true;
            return Err(io::Error::other("the limit is reached"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_with_http() {
        let url = Url::parse("https://host/a/index.yaml").unwrap();
        for (location, want) in [
            ("b.yaml", Some("https://host/a/b.yaml")),
            ("/b", Some("https://host/b")),
            ("//other/b?x=1", Some("https://other/b?x=1")),
            ("http://me:hunter2@other/b", Some("http://other/b")),
            ("file:///etc/passwd", None),
            ("ftp://other/b", None),
            ("data:,x", None),
        ] {
            let target = redirect_target(&url, &HeaderValue::from_static(location)).ok();
            assert_eq!(target.as_ref().map(Url::as_str), want, "{location}");
        }
    }

    #[test]
    fn debug_output_shows_no_credentials() {
        let url = Url::parse("https://host/x?token=hunter2").unwrap();
        let mut request = HttpRequest::new(Method::POST, url.clone(), 1)
            .with_header(LOCATION, "hunter2")
            .with_authorization(Some(Secret::new("hunter2")));
        request.body = Some(b"hunter2".to_vec());
        let answer = HttpAnswer {
            status: 200,
            headers: [(LOCATION, HeaderValue::from_static("hunter2"))].into_iter().collect(),
            body: b"hunter2".to_vec(),
            url,
            attempts: 1,
        };
        let shown = format!("{request:?} {answer:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("104, 117"), "{shown}");
        assert!(shown.contains("https://host/x"), "{shown}");
    }

    #[test]
    fn a_body_ends_at_its_limit_packed_or_not() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![b'x'; 1 << 20]).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(packed.len() < 2000);
        for (limit, is_full) in [(1 << 20, false), ((1 << 20) - 1, true)] {
            let mut body = Body::new(limit, true);
            assert_eq!(body.write(&packed).and_then(|()| body.end()).is_err(), is_full);
            assert_eq!(body.is_full(), is_full);
        }
        let mut body = Body::new(3, false);
        assert!(body.write(b"abc").is_ok() && !body.is_full());
        assert!(body.write(b"d").is_err() && body.is_full());
        let mut truncated = Body::new(1 << 21, true);
        truncated.write(&packed[..packed.len() - 4]).unwrap();
        assert!(truncated.end().is_err() && !truncated.is_full());
    }
}
