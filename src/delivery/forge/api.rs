//! Requests in JSON to the interface of a forge, with its login, repeated where it says that they come too fast.
//!
//! GitHub answers 403 to a secondary rate limit, with `Retry-After`, or with `x-ratelimit-remaining: 0` and the time at which the limit ends:
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>. 429 and 5xx are repeated by the HTTP client.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use serde_json::Value as Json;

use crate::artifact::network::{HttpAnswer, HttpClient, HttpRequest, Method, Secret, Url, Verdict};
use crate::text::redact::redact_message;
use crate::text::visible::{fitting, shown_line};

use super::error::ForgeError;

/// Most bytes of an answer: a file of the largest size that is edited, in base64.
const ANSWER_BYTES: u64 = 32 << 20;
/// Most pages of a hundred comments that are read to find our own.
pub(super) const COMMENT_PAGES: u32 = 100;
/// What GitHub says of a limit on many requests at once, which lasts a minute at least.
const SECONDARY: &str = "secondary rate limit";
/// Longest time for a request and its answer.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The interface of a forge.
pub(super) struct Api {
    pub(super) forge: &'static str,
    pub(super) client: HttpClient,
    /// The address that paths are appended to.
    pub(super) base: Url,
    /// The header with the login, and its value.
    pub(super) login: (HeaderName, Secret),
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("forge", &self.forge)
            .finish_non_exhaustive()
    }
}

/// A request: what it is for in words, and how often it may be sent.
pub(super) struct Asked<'a> {
    /// As it follows "refuses to".
    pub(super) task: &'a str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Json>,
    pub(super) accept: &'a str,
    /// Whether a second one, after an answer that was lost, does no harm.
    pub(super) is_repeated: bool,
}

impl<'a> Asked<'a> {
    /// A question.
    pub(super) const fn get(task: &'a str, url: Url) -> Self {
        Self::with(task, Method::GET, url, None)
    }

    /// A request with a body.
    pub(super) const fn with(task: &'a str, method: Method, url: Url, body: Option<Json>) -> Self {
        Self {
            task,
            method,
            url,
            body,
            accept: "application/json",
            is_repeated: true,
        }
    }
}

impl Api {
    /// The address of a path below the base; each part is escaped, also its slashes.
    pub(super) fn url<'p>(&self, parts: impl IntoIterator<Item = &'p str>, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Sends a request, again where the forge asks for a pause. The answer may have any status.
    pub(super) fn send(&self, asked: &Asked<'_>) -> Result<HttpAnswer, ForgeError> {
        let mut request = HttpRequest::new(asked.method.clone(), asked.url.clone(), ANSWER_BYTES)
            .with_header(ACCEPT, asked.accept)
            .with_authorization(Some(self.login.1.clone()));
        request.authorization_header = self.login.0.clone();
        request.is_repeated = asked.is_repeated;
        request.time_limit = TIMEOUT;
        if let Some(body) = &asked.body {
            request = request.with_header(CONTENT_TYPE, "application/json");
            request.body = Some(body.to_string().into_bytes());
        }
        let mut attempts = 1;
        loop {
            let answer = self.client.send(&request)?;
            let verdict = verdict(&answer, self.client.clock().now_unix_seconds());
            match self.client.policy().pause_after(verdict, attempts, self.client.clock()) {
                Some(pause) => self.client.clock().sleep(pause),
                None => return Ok(answer),
            }
            attempts += 1;
        }
    }

    /// The JSON of an answer that is a success.
    pub(super) fn json(&self, asked: &Asked<'_>) -> Result<Json, ForgeError> {
        let answer = self.send(asked)?;
        self.success(asked, &answer)?;
        if answer.body.is_empty() {
            return Ok(Json::Null);
        }
        serde_json::from_slice(&answer.body).map_err(|_| self.odd(asked.task, "JSON"))
    }

    /// The same, `None` where the forge does not have it.
    pub(super) fn json_if_found(&self, asked: &Asked<'_>) -> Result<Option<Json>, ForgeError> {
        match self.json(asked) {
            Err(ForgeError::Refused { code: 404, .. }) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    /// Refuses an answer that is not a success.
    pub(super) fn success(&self, asked: &Asked<'_>, answer: &HttpAnswer) -> Result<(), ForgeError> {
        if answer.is_success() {
            return Ok(());
        }
        let words = serde_json::from_slice::<Json>(&answer.body).map_or_else(|_| String::new(), |json| said(&json));
        Err(self.refused(asked.task, answer.status, answer.status_text(), &words))
    }

    pub(super) fn refused(&self, task: &str, code: u16, status: String, words: &str) -> ForgeError {
        let words = redact_message(&shown_line(&fitting(words)));
        let login = self.login.1.reveal();
        let token = login.strip_prefix("Bearer ").unwrap_or(login);
        let words = words.replace(token, "***");
        ForgeError::Refused {
            forge: self.forge,
            task: task.to_owned(),
            status,
            words: if words.is_empty() { words } else { format!(": {words}") },
            code,
        }
    }

    pub(super) fn odd(&self, task: &str, field: &'static str) -> ForgeError {
        ForgeError::Odd {
            forge: self.forge,
            task: task.to_owned(),
            field,
        }
    }

    /// A text in an answer.
    pub(super) fn text(&self, task: &str, json: &Json, field: &'static str) -> Result<String, ForgeError> {
        let text = json.pointer(field).and_then(Json::as_str);
        text.map(str::to_owned).ok_or_else(|| self.odd(task, field))
    }
}

/// Whether a 403 is one of a rate limit, and how long it lasts from now.
fn verdict(answer: &HttpAnswer, now: u64) -> Verdict {
    if answer.status != 403 {
        return Verdict::Final;
    }
    let number = |name: HeaderName| answer.header(&name).and_then(|text| text.trim().parse::<u64>().ok());
    let seconds = if let Some(seconds) = number(RETRY_AFTER) {
        seconds
    } else if number(HeaderName::from_static("x-ratelimit-remaining")) == Some(0) {
        let end = number(HeaderName::from_static("x-ratelimit-reset")).unwrap_or_default();
        end.saturating_sub(now) + 1
    } else if String::from_utf8_lossy(&answer.body).contains(SECONDARY) {
        60
    } else {
        return Verdict::Final;
    };
    Verdict::Retry(Some(Duration::from_secs(seconds)))
}

/// What an answer says is wrong: GitHub's `message` and `errors`, GitLab's `message` and `error`.
fn said(json: &Json) -> String {
    let mut words = Vec::new();
    for field in ["message", "error", "errors", "error_description"] {
        match json.get(field) {
            None | Some(Json::Null) => {}
            Some(Json::String(text)) => words.push(text.clone()),
            Some(Json::Array(errors)) => {
                let message = |error: &Json| match error.get("message").and_then(Json::as_str) {
                    Some(message) => message.to_owned(),
                    None => error.as_str().map_or_else(|| error.to_string(), str::to_owned),
                };
                words.extend(errors.iter().map(message));
            }
            Some(other) => words.push(other.to_string()),
        }
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limits_are_waited_for_and_refusals_are_not() {
        let wait = |seconds| Verdict::Retry(Some(Duration::from_secs(seconds)));
        for (status, headers, body, want) in [
            (403, &[("retry-after", "7")][..], "", wait(7)),
            (
                403,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1090")],
                "",
                wait(91),
            ),
            (
                403,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "900")],
                "",
                wait(1),
            ),
            (
                403,
                &[("x-ratelimit-remaining", "12")],
                "You have exceeded a secondary rate limit",
                wait(60),
            ),
            (
                403,
                &[("x-ratelimit-remaining", "12")],
                "Resource not accessible",
                Verdict::Final,
            ),
            (200, &[("retry-after", "7")], "", Verdict::Final),
        ] {
            let headers = headers.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    reqwest::header::HeaderValue::from_static(value),
                )
            });
            let answer = HttpAnswer {
                status,
                headers: headers.collect(),
                body: body.as_bytes().to_vec(),
                url: Url::parse("https://h").unwrap(),
                attempts: 1,
            };
            assert_eq!(verdict(&answer, 1000), want, "{status} {body}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (answer, want) in [
            (
                r#"{"message": "Validation Failed", "errors": [{"message": "A pull request already exists"}, "x"]}"#,
                "Validation Failed: A pull request already exists: x",
            ),
            (
                r#"{"error": "insufficient_scope", "error_description": "more"}"#,
                "insufficient_scope: more",
            ),
            (r#"{"message": {"branch": ["taken"]}}"#, r#"{"branch":["taken"]}"#),
            (r#"{"a": 1}"#, ""),
        ] {
            assert_eq!(said(&serde_json::from_str(answer).unwrap()), want);
        }
    }
}
