//! What Google Cloud Storage says to a request that it does not carry out: an answer in, the failure out.
//!
//! Answers of the JSON API are `{"error": {"code", "message", "errors": [{"reason"}]}}`; those to a request for content are plain
//! text. A missing bucket and a missing object both have status 404, and are distinguished by the message.

use reqwest::header::RETRY_AFTER;
use serde_json::Value as Json;

use crate::artifact::network::{HttpAnswer, Verdict, judge_status};

use super::answer_text::shown;
use super::store_error::StoreFailure;

/// What the message about a missing bucket has in it.
const NO_BUCKET: &str = "bucket does not exist";

/// An answer that is not a success.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// HTTP status.
    pub(super) status: u16,
    /// The reason, such as `rateLimitExceeded`; empty if there is none.
    code: String,
    message: String,
    verdict: Verdict,
}

impl Refusal {
    /// Reads an answer.
    pub(super) fn new(answer: &HttpAnswer) -> Self {
        let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |pointer: &str| body.pointer(pointer).and_then(Json::as_str);
        let code = text("/error/errors/0/reason").or_else(|| text("/error/status"));
        let plain = String::from_utf8_lossy(&answer.body);
        let plain = Some(plain.trim()).filter(|text| !text.starts_with(['<', '{']));
        Self {
            status: answer.status,
            code: shown(code.unwrap_or_default()),
            message: shown(text("/error/message").or(plain).unwrap_or_default()),
            verdict: judge_status(answer.status, answer.header(&RETRY_AFTER)),
        }
    }

    /// Whether there is no such object in a bucket that exists.
    pub(super) fn is_object_missing(&self) -> bool {
        self.status == 404 && !self.message.contains(NO_BUCKET)
    }

    /// The failure.
    pub(super) fn into_failure(self) -> StoreFailure {
        if self.status == 404 && self.message.contains(NO_BUCKET) {
            return StoreFailure::NoBucket;
        }
        StoreFailure::Answer {
            status: self.status,
            code: self.code,
            message: self.message,
            verdict: self.verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::HeaderMap;

    use super::*;
    use crate::artifact::network::Url;

    #[test]
    fn reasons_and_messages_are_read_from_answers() {
        let json = |reason: &str, message: &str| {
            format!(r#"{{"error": {{"code": 1, "message": "{message}", "errors": [{{"reason": "{reason}"}}]}}}}"#)
        };
        let bucket = "The specified bucket does not exist.";
        for (status, body, want, is_object_missing) in [
            (404, json("notFound", bucket), "the bucket does not exist", false),
            (404, bucket.to_owned(), "the bucket does not exist", false),
            (
                404,
                "No such object: b/a".to_owned(),
                "the store answered 404: No such object: b/a",
                true,
            ),
            (
                403,
                json("forbidden", "me\\u0007 may not"),
                "the store answered 403: forbidden: me may not",
                false,
            ),
            (502, "<html>x</html>".to_owned(), "the store answered 502", false),
            (500, "{broken".to_owned(), "the store answered 500", false),
        ] {
            let answer = HttpAnswer {
                status,
                headers: HeaderMap::new(),
                body: body.into_bytes(),
                url: Url::parse("http://host").unwrap(),
                attempts: 1,
            };
            let refusal = Refusal::new(&answer);
            assert_eq!(refusal.is_object_missing(), is_object_missing, "{want}");
            assert_eq!(refusal.into_failure().to_string(), want);
        }
    }

    #[test]
    fn the_pause_that_the_service_asks_for_is_kept() {
        let answer = HttpAnswer {
            status: 429,
            headers: [(RETRY_AFTER, "7".parse().unwrap())].into_iter().collect(),
            body: Vec::new(),
            url: Url::parse("http://host").unwrap(),
            attempts: 1,
        };
        assert_eq!(
            Refusal::new(&answer).verdict,
            Verdict::Retry(Some(Duration::from_secs(7)))
        );
    }
}
