//! The metadata server of a machine, pod or function of Google Cloud: the token of the service account that runs there.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderName;
use serde_json::Value as Json;

use crate::artifact::network::{
    Clock, HttpClient, HttpError, HttpRequest, Method, NetworkSettings, RetryPolicy, TlsSettings, Url, Verdict,
    judge_status,
};

use super::access_token::AccessToken;
use super::google_login_error::GoogleLoginError;
use super::google_settings::GoogleSettings;
use super::token_request::{json_answer, no_token, token_request};

/// The address at which every machine of Google finds it.
const HOST: &str = "169.254.169.254";
const PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
/// How long it may take: elsewhere nothing answers.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// The header that keeps web pages from asking, and that other servers do not answer with.
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

/// The token of the machine's service account; `None` where there is no such server, or no account.
///
/// # Errors
/// When the server does not work, or there is none where a variable says that there is.
pub(super) fn machine_token(
    settings: &GoogleSettings,
    clock: &Arc<dyn Clock>,
) -> Result<Option<AccessToken>, GoogleLoginError> {
    let named = settings.get("GCE_METADATA_HOST");
    let is_off = settings
        .get("NO_GCE_CHECK")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_off && named.is_none() {
        return Ok(None);
    }
    // No proxy may see the token.
    let client = HttpClient::new(
        &NetworkSettings::default(),
        &TlsSettings::default(),
        RetryPolicy::default(),
        Arc::clone(clock),
    )?;
    let Ok(url) = Url::parse(&format!("http://{}{PATH}", named.unwrap_or(HOST))) else {
        return Ok(None);
    };
    let request = HttpRequest {
        time_limit: TIME_LIMIT,
        is_repeated: false,
        ..token_request(Method::GET, url.clone())
    };
    let request = request.with_header(FLAVOR, "Google");
    let mut answer = match client.send(&request) {
        Err(HttpError::Transport { .. }) if named.is_none() => return Ok(None),
        answer => answer?,
    };
    if matches!(judge_status(answer.status, None), Verdict::Retry(_)) {
        answer = client.send(&HttpRequest {
            is_repeated: true,
            ..request
        })?;
    }
    if answer.header(&FLAVOR) != Some("Google") {
        let reason = "it is not a metadata server of Google (Metadata-Flavor)";
        return match named {
            Some(_) => Err(no_token(&url, reason)),
            None => Ok(None),
        };
    }
    if answer.status == 404 {
        return Ok(None);
    }
    let answer = json_answer(&answer)?;
    let token = answer.get("access_token").and_then(Json::as_str);
    let token = token.ok_or_else(|| no_token(&url, "the answer has no `access_token`"))?;
    Ok(Some(AccessToken::new(
        token,
        answer.get("expires_in").and_then(Json::as_u64),
    )))
}
