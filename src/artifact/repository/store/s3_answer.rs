//! What an S3 store says to a request that it does not carry out: an answer in, the failure out.
//!
//! Answers are XML with `Code` and `Message`. A missing bucket and a missing object both have status 404, and are distinguished by the
//! code. A bucket of another region is answered with 301, 307 or 400, and its region in a header or in the XML.

use reqwest::header::{HeaderName, RETRY_AFTER};

use crate::artifact::credential::is_region;
use crate::artifact::network::{HttpAnswer, Verdict, judge_status};
use crate::text::xml::each_element;

use super::answer_text::shown;
use super::store_error::StoreFailure;

/// The code of an answer about a bucket that does not exist.
const NO_BUCKET: &str = "NoSuchBucket";
/// The header with the region of the bucket.
const REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");
/// Codes of answers to keys that have ended.
const ENDED: [&str; 2] = ["ExpiredToken", "TokenRefreshRequired"];

/// An answer that is not a success.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// HTTP status.
    pub(super) status: u16,
    /// The store's code, such as `AccessDenied`; empty if it sent none.
    code: String,
    message: String,
    verdict: Verdict,
    /// The region of the bucket, if the answer is about that.
    region: Option<String>,
}

impl Refusal {
    /// Reads an answer to a request that was signed for a region.
    pub(super) fn new(answer: &HttpAnswer, signed_for: &str) -> Self {
        let text = String::from_utf8_lossy(&answer.body);
        let (mut code, mut message, mut region) = (String::new(), String::new(), None);
        // What is not XML has neither; the status says enough.
        let _outcome = each_element(&text, &mut |names, text| match names {
            [.., "Error", "Code"] => code = shown(text),
            [.., "Error", "Message"] => message = shown(text),
            [.., "Error", "Region"] => region = Some(text.trim().to_owned()),
            _ => {}
        });
        let region = answer.header(&REGION).map(str::to_owned).or(region);
        let is_about_region = matches!(answer.status, 301 | 307 | 400);
        Self {
            status: answer.status,
            code,
            message,
            verdict: judge_status(answer.status, answer.header(&RETRY_AFTER)),
            // Keys are also refused with 400.
            region: region.filter(|region| {
                is_about_region && is_region(region) && (answer.status != 400 || region != signed_for)
            }),
        }
    }

    /// The region of the bucket, if it is another than the request was signed for.
    pub(super) fn other_region(&self, signed_for: &str) -> Option<&str> {
        self.region.as_deref().filter(|region| *region != signed_for)
    }

    /// Whether there is no such object in a bucket that exists.
    pub(super) fn is_object_missing(&self) -> bool {
        self.status == 404 && self.code != NO_BUCKET
    }

    /// Whether the keys have ended.
    pub(super) fn is_login_ended(&self) -> bool {
        ENDED.contains(&self.code.as_str())
    }

    /// The failure.
    pub(super) fn into_failure(self) -> StoreFailure {
        if self.code == NO_BUCKET {
            return StoreFailure::NoBucket;
        }
        let mut message = self.message;
        if let Some(region) = self.region {
            message.push_str(&format!(
                " The bucket is in the region {region}: set AWS_REGION, or correct AWS_ENDPOINT_URL."
            ));
        }
        StoreFailure::Answer {
            status: self.status,
            code: self.code,
            message: message.trim_start().to_owned(),
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

    fn answer(status: u16, headers: &[(HeaderName, &str)], body: &str) -> HttpAnswer {
        HttpAnswer {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().unwrap()))
                .collect::<HeaderMap>(),
            body: body.as_bytes().to_vec(),
            url: Url::parse("http://host").unwrap(),
            attempts: 1,
        }
    }

    #[test]
    fn codes_and_messages_are_read_from_answers() {
        let xml = |code: &str, message: &str| {
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>")
        };
        let long = "x".repeat(10_000);
        for (status, body, want, is_object_missing) in [
            (404, xml("NoSuchBucket", "gone"), "the bucket does not exist", false),
            (
                404,
                xml("NoSuchKey", "gone"),
                "the store answered 404: NoSuchKey: gone",
                true,
            ),
            (404, String::new(), "the store answered 404", true),
            (
                403,
                xml(
                    "AccessDenied",
                    "It&apos;s &lt;yours&gt;\u{7}, see https://h/x?sig=hunter2",
                ),
                "the store answered 403: AccessDenied: It's <yours>, see https://h/x",
                false,
            ),
            (502, "<html><h1>no".to_owned(), "the store answered 502", false),
            (500, "{}".to_owned(), "the store answered 500", false),
            // An answer that is cut after its start.
            (
                503,
                "<Error><Code>SlowDown</Code><Mess".to_owned(),
                "the store answered 503: SlowDown",
                false,
            ),
            (
                400,
                xml("Bad", &long),
                &format!(
                    "the store answered 400: Bad: {}",
                    "x".repeat(super::super::answer_text::MAX_MESSAGE)
                ),
                false,
            ),
        ] {
            let refusal = Refusal::new(&answer(status, &[], &body), "us-east-1");
            assert_eq!(refusal.is_object_missing(), is_object_missing, "{want}");
            assert_eq!(refusal.into_failure().to_string(), want);
        }
    }

    #[test]
    fn the_region_of_the_bucket_is_read_where_it_is_another() {
        let body = |region: &str| {
            format!(
                "<Error><Code>AuthorizationHeaderMalformed</Code><Message>no.</Message><Region>{region}</Region></Error>"
            )
        };
        for (status, headers, body, want, is_shown) in [
            (
                301,
                &[(REGION, "eu-west-1")][..],
                String::new(),
                Some("eu-west-1"),
                true,
            ),
            // It is the address that is wrong.
            (301, &[(REGION, "us-east-1")], String::new(), None, true),
            (400, &[], body("eu-west-1"), Some("eu-west-1"), true),
            (
                400,
                &[(REGION, "eu-west-2")],
                body("eu-west-1"),
                Some("eu-west-2"),
                true,
            ),
            (400, &[], body("us-east-1"), None, false),
            (400, &[], body("evil.example/"), None, false),
            (403, &[(REGION, "eu-west-1")], String::new(), None, false),
        ] {
            let refusal = Refusal::new(&answer(status, headers, &body), "us-east-1");
            assert_eq!(refusal.other_region("us-east-1"), want, "{status} {body}");
            let failure = refusal.into_failure().to_string();
            let hint = "The bucket is in the region ";
            assert_eq!(failure.contains(hint), is_shown, "{failure}");
        }
    }

    #[test]
    fn the_pause_that_the_store_asks_for_is_kept() {
        let refusal = Refusal::new(&answer(503, &[(RETRY_AFTER, "7")], ""), "us-east-1");
        assert_eq!(refusal.verdict, Verdict::Retry(Some(Duration::from_secs(7))));
    }
}
