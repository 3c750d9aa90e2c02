//! AWS's token service (STS): a form in, temporary keys out of its XML.

use reqwest::header::{CONTENT_TYPE, HeaderName};

use crate::artifact::network::{HttpAnswer, HttpRequest, Method, Secret, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::{redact_message, redact_url};
use crate::text::xml::each_element;

use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::aws_region::aws_domain;

/// The header with the token of temporary keys.
pub const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-amz-security-token");
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Longest part of the service's message that is shown, in characters.
const MAX_MESSAGE: usize = 300;

/// The address of the service in a region.
pub(super) fn service_address(region: &str) -> String {
    format!("https://sts.{region}.{}/", aws_domain(region))
}

/// A request for an action, without a signature.
pub(super) fn action_request(url: &Url, action: &str, parameters: &[(&str, &str)]) -> HttpRequest {
    // A URL's query is encoded as a form is.
    let mut form = url.clone();
    form.set_query(None);
    form.query_pairs_mut()
        .append_pair("Action", action)
        .append_pair("Version", "2011-06-15")
        .extend_pairs(parameters);
    let mut request = HttpRequest {
        is_redirected: false,
        ..HttpRequest::new(Method::POST, url.clone(), SETTINGS_BYTES)
    };
    request.body = Some(form.query().unwrap_or_default().as_bytes().to_vec());
    request.with_header(CONTENT_TYPE, FORM)
}

/// The keys in an answer.
///
/// # Errors
/// When it has none.
pub fn read_keys(answer: &HttpAnswer, url: &Url) -> Result<AwsKeys, AwsLoginError> {
    let no_keys = |reason: String| AwsLoginError::NoKeys {
        url: redact_url(url.as_str()),
        reason,
    };
    let text = String::from_utf8_lossy(&answer.body);
    let (mut id, mut key, mut token, mut ends) = (None, None, None, None);
    let (mut code, mut message) = (String::new(), String::new());
    let outcome = each_element(&text, &mut |names, text| match names {
        [.., "Credentials", "AccessKeyId"] => id = Some(Secret::new(text.trim())),
        [.., "Credentials", "SecretAccessKey"] => key = Some(Secret::new(text.trim())),
        [.., "Credentials", "SessionToken"] => token = Some(Secret::new(text.trim())),
        [.., "Credentials", "Expiration"] => ends = text.trim().parse::<jiff::Timestamp>().ok(),
        [.., "Error", "Code"] => text.trim().clone_into(&mut code),
        [.., "Error", "Message"] => text.trim().clone_into(&mut message),
        _ => {}
    });
    if !answer.is_success() {
        let said: String = format!("{code}: {message}")
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_MESSAGE)
            .collect();
        return Err(no_keys(format!("{}: {}", answer.status_text(), redact_message(&said))));
    }
    outcome.map_err(|error| no_keys(format!("the answer is not what it should be: {error}")))?;
    match (id, key, token) {
        (Some(id), Some(key), Some(token)) => Ok(AwsKeys {
            id,
            key,
            token: Some(token),
            ends: ends.and_then(|time| u64::try_from(time.as_second()).ok()),
        }),
        _ => Err(no_keys("the answer has no `Credentials`".to_owned())),
    }
}
