//! A request for a token: a form or JSON in, the token out. What the server says is shown without what was sent to it.

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value as Json;

use crate::artifact::network::{HttpAnswer, HttpClient, HttpRequest, Method, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::{redact_message, redact_url};

use super::access_token::AccessToken;
use super::google_login_error::GoogleLoginError;

/// What the form says it asks for.
const FORM: &str = "application/x-www-form-urlencoded";
/// Longest part of a server's message that is shown, in characters.
const MAX_MESSAGE: usize = 300;

/// Sends a form, and reads the token that OAuth 2 answers with.
///
/// # Errors
/// When the server does not answer, refuses, or sends no token.
pub(super) fn fetch_token(
    client: &HttpClient,
    url: &Url,
    fields: &[(&str, &str)],
) -> Result<AccessToken, GoogleLoginError> {
    let mut form = Url::parse("form:/").map_err(|_| no_token(url, "the form cannot be made"))?;
    form.query_pairs_mut().extend_pairs(fields);
    let mut request = token_request(Method::POST, url.clone()).with_header(CONTENT_TYPE, FORM);
    request.body = Some(form.query().unwrap_or_default().as_bytes().to_vec());
    let answer = json_answer(&client.send(&request)?)?;
    let token = answer.get("access_token").and_then(Json::as_str);
    let token = token.ok_or_else(|| no_token(url, "the answer has no `access_token`"))?;
    Ok(AccessToken::new(token, answer.get("expires_in").and_then(Json::as_u64)))
}

/// A request that is not redirected, since it has credentials in it.
pub(super) fn token_request(method: Method, url: Url) -> HttpRequest {
    let request = HttpRequest {
        is_redirected: false,
        ..HttpRequest::new(method, url, SETTINGS_BYTES)
    };
    request.with_header(ACCEPT, "application/json")
}

/// The JSON of a successful answer.
///
/// # Errors
/// When the answer is not a success, with what the server says; or not JSON.
pub(super) fn json_answer(answer: &HttpAnswer) -> Result<Json, GoogleLoginError> {
    let body: Option<Json> = serde_json::from_slice(&answer.body).ok();
    if answer.is_success() {
        return body.ok_or_else(|| no_token(&answer.url, "the answer is not JSON"));
    }
    let text = |pointer: &str| {
        body.as_ref()
            .and_then(|body| body.pointer(pointer))
            .and_then(Json::as_str)
    };
    let mut reason = answer.status_text();
    for text in [text("/error"), text("/error_description"), text("/error/message")]
        .into_iter()
        .flatten()
    {
        let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE).collect();
        // A server may repeat a token in its message.
        let words = text.split(' ').map(|word| if word.len() > 100 { "…" } else { word });
        let text: Vec<&str> = words.collect();
        reason.push_str(": ");
        reason.push_str(&redact_message(&text.join(" ")));
    }
    Err(no_token(&answer.url, reason))
}

/// The error of a server that gives none.
pub(super) fn no_token(url: &Url, reason: impl Into<String>) -> GoogleLoginError {
    GoogleLoginError::NoToken {
        url: redact_url(url.as_str()),
        reason: reason.into(),
    }
}
