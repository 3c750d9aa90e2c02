//! Services that give keys to what runs beside them: JSON with `AccessKeyId`, `SecretAccessKey`, `Token` and `Expiration` in, keys out.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use crate::artifact::network::{
    Clock, HttpAnswer, HttpClient, HttpError, HttpRequest, Method, NetworkSettings, RetryPolicy, Secret, TlsSettings,
    Url, Verdict, judge_status,
};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::redact_url;

use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;

/// How long such a service may take: on a machine without one, nothing answers.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A client without proxies, which must not see the keys.
///
/// # Errors
/// When it cannot be made.
pub(super) fn local_client(policy: RetryPolicy, clock: &Arc<dyn Clock>) -> Result<HttpClient, AwsLoginError> {
    let (network, tls) = (NetworkSettings::default(), TlsSettings::default());
    Ok(HttpClient::new(&network, &tls, policy, Arc::clone(clock))?)
}

/// A request to such a service.
pub(super) fn local_request(method: Method, url: Url) -> HttpRequest {
    HttpRequest {
        is_redirected: false,
        is_repeated: false,
        time_limit: TIME_LIMIT,
        ..HttpRequest::new(method, url, SETTINGS_BYTES)
    }
}

/// Sends a request, again only if the service answers that it has trouble: a service that does not answer does not exist.
///
/// # Errors
/// When there is no answer.
pub(super) fn ask(client: &HttpClient, request: HttpRequest) -> Result<HttpAnswer, HttpError> {
    let answer = client.send(&request)?;
    if !matches!(judge_status(answer.status, None), Verdict::Retry(_)) {
        return Ok(answer);
    }
    client.send(&HttpRequest {
        is_repeated: true,
        ..request
    })
}

/// The keys in an answer.
///
/// # Errors
/// When it has none.
pub(super) fn read_json_keys(answer: &HttpAnswer, url: &Url) -> Result<AwsKeys, AwsLoginError> {
    if !answer.is_success() {
        return Err(no_keys(url, answer.status_text()));
    }
    let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Json::as_str);
    let ends = text("Expiration").and_then(|time| time.parse::<jiff::Timestamp>().ok());
    match (text("AccessKeyId"), text("SecretAccessKey")) {
        (Some(id), Some(key)) => Ok(AwsKeys {
            id: Secret::new(id),
            key: Secret::new(key),
            token: text("Token").map(Secret::new),
            ends: ends.and_then(|time| u64::try_from(time.as_second()).ok()),
        }),
        _ => Err(no_keys(
            url,
            "the answer is not JSON with `AccessKeyId` and `SecretAccessKey`".to_owned(),
        )),
    }
}

/// A service that gives no keys.
pub(super) fn no_keys(url: &Url, reason: String) -> AwsLoginError {
    AwsLoginError::NoKeys {
        url: redact_url(url.as_str()),
        reason,
    }
}
