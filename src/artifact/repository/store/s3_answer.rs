//! The answer of an S3 store to a request that it refuses: status, `Retry-After`, and `Code` and `Message` of its XML.
//!
//! The crate `object_store` does not pass these on, so its requests pass through [`WatchedClient`], which notes them.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

use crate::artifact::network::{Verdict, judge_error, judge_status};

/// Longest part of a store's message that is shown, in characters.
const MAX_MESSAGE: usize = 300;
/// How long a service that gives credentials may take: on a machine without one, nothing answers.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(5);
/// The header that only signed requests to the store have.
const SIGNED: &str = "x-amz-content-sha256";

/// The last answer that was not a success, or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct S3Answer {
    /// HTTP status; `None` if there was no answer.
    pub(super) status: Option<u16>,
    /// The store's code, such as `NoSuchBucket`; empty if it sent none.
    pub(super) code: String,
    /// Its message.
    pub(super) message: String,
    /// Whether another attempt may succeed.
    pub(super) verdict: Verdict,
    /// The service that the request was sent to.
    pub(super) from: Source,
}

/// The service that answered, or should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The store.
    Store,
    /// A service that gives credentials: the metadata of a machine or container, or the token service.
    Credentials,
}

/// Where the last answer is noted.
#[derive(Debug, Clone, Default)]
pub(super) struct AnswerLog(Arc<Mutex<Option<S3Answer>>>);

impl AnswerLog {
    /// Takes the answer out.
    pub(super) fn take(&self) -> Option<S3Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, answer: S3Answer) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }
}

/// Gives `object_store` our client, which notes refusals.
#[derive(Clone)]
pub(super) struct WatchedClient {
    /// The client of the process.
    pub(super) client: reqwest::Client,
    /// Where answers are noted.
    pub(super) log: AnswerLog,
    /// Whether requests to the store are signed; without signatures no credentials are needed.
    pub(super) is_signing: bool,
}

impl fmt::Debug for WatchedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedClient").finish_non_exhaustive()
    }
}

impl HttpConnector for WatchedClient {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for WatchedClient {
    fn call<'s, 'f>(
        &'s self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        let from = if self.is_signing && !request.headers().contains_key(SIGNED) {
            Source::Credentials
        } else {
            Source::Store
        };
        Box::pin(async move {
            let answer = match from {
                Source::Store => HttpService::call(&self.client, request).await,
                Source::Credentials => {
                    let call = HttpService::call(&self.client, request);
                    let timeout = |error| HttpError::new(HttpErrorKind::Timeout, error);
                    tokio::time::timeout(CREDENTIALS_TIMEOUT, call)
                        .await
                        .map_err(timeout)
                        .flatten()
                }
            };
            let response = match answer {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => response,
                Err(error) => {
                    self.log.note(S3Answer {
                        status: None,
                        code: String::new(),
                        message: String::new(),
                        verdict: match from {
                            Source::Store => judge_error(&error),
                            // Outside of a cloud the service does not exist, so another attempt is pointless.
                            Source::Credentials => Verdict::Final,
                        },
                        from,
                    });
                    return Err(error);
                }
            };
            let (parts, body) = response.into_parts();
            // Without a body the status still says what happened.
            let body = body.bytes().await.unwrap_or_default();
            let text = String::from_utf8_lossy(&body);
            let retry_after = parts.headers.get("retry-after").and_then(|value| value.to_str().ok());
            self.log.note(S3Answer {
                status: Some(parts.status.as_u16()),
                code: element(&text, "Code"),
                message: element(&text, "Message"),
                verdict: judge_status(parts.status.as_u16(), retry_after),
                from,
            });
            Ok(HttpResponse::from_parts(parts, body.into()))
        })
    }
}

/// The text of the first element of a name; empty if there is none.
fn element(xml: &str, name: &str) -> String {
    let inside = xml
        .split_once(&format!("<{name}>"))
        .and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
    let text = inside.map_or("", |(text, _)| text.trim());
    let mut shown = String::new();
    for c in text.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE) {
        shown.push(c);
    }
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(shown, |text, (escape, c)| text.replace(escape, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_message_are_read_from_the_answer() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>It&apos;s &lt;gone&gt;\u{7}</Message></Error>";
        assert_eq!(element(xml, "Code"), "NoSuchBucket");
        assert_eq!(element(xml, "Message"), "It's <gone>");
        for xml in ["", "<Code>", "no such thing", "<Code></Code>"] {
            assert_eq!(element(xml, "Code"), "", "{xml}");
        }
        let long = format!("<Message>{}</Message>", "x".repeat(10_000));
        assert_eq!(element(&long, "Message").len(), MAX_MESSAGE);
    }
}
