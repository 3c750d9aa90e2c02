//! IAM Identity Center: the token that `aws sso login` keeps, exchanged for keys of a role (`GetRoleCredentials`).

use std::fmt::Write as _;
use std::path::Path;

use reqwest::header::HeaderName;
use serde_json::Value as Json;
use sha1::{Digest as _, Sha1};

use crate::artifact::network::{HttpClient, HttpRequest, Method, Secret, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::redact_url;
use crate::text::source::{Named, read_file};

use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::aws_settings::AwsSettings;
use super::profiles::Profiles;

/// The header that has the token.
const TOKEN: HeaderName = HeaderName::from_static("x-amz-sso_bearer_token");

/// The keys of a profile with `sso_session` or, as older versions write it, `sso_start_url`; `None` if it has neither.
///
/// # Errors
/// When something is missing, the token has ended, or the service gives no keys.
pub(super) fn sign_on_keys(
    profile: &str,
    profiles: &Profiles,
    settings: &AwsSettings,
    client: &HttpClient,
) -> Result<Option<AwsKeys>, AwsLoginError> {
    let failed = |reason: String| AwsLoginError::Profile {
        profile: profile.to_owned(),
        reason,
    };
    let get = |name: &str| profiles.get(profile, name);
    let (cached_as, region) = match (get("sso_session"), get("sso_start_url")) {
        (Some(session), _) => {
            let region = profiles.session(session, "sso_region");
            let region = region.ok_or_else(|| failed(format!("has a session `{session}` without `sso_region`")))?;
            (session, region)
        }
        (None, Some(url)) => {
            let region = get("sso_region").ok_or_else(|| failed("has no `sso_region`".to_owned()))?;
            (url, region)
        }
        (None, None) => return Ok(None),
    };
    let required = |name: &str| get(name).ok_or_else(|| failed(format!("has no `{name}`")));
    let (account, role) = (required("sso_account_id")?, required("sso_role_name")?);
    let cache = settings.sign_on_cache().unwrap_or_default();
    let token = cached_token(&cache, cached_as, client.clock().now_unix_seconds()).ok_or_else(|| {
        failed(format!(
            "is not logged in, or no longer: run `aws sso login --profile {profile}`"
        ))
    })?;
    let is_region = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let own = format!("https://portal.sso.{region}.amazonaws.com");
    let base = settings.get("AWS_ENDPOINT_URL_SSO").unwrap_or(&own);
    let mut url = Url::parse(&format!("{}/federation/credentials", base.trim_end_matches('/')))
        .ok()
        .filter(|_| is_region)
        .ok_or_else(|| failed("has an `sso_region` that is not a region".to_owned()))?;
    url.query_pairs_mut()
        .append_pair("role_name", role)
        .append_pair("account_id", account);
    let request = HttpRequest {
        is_redirected: false,
        ..HttpRequest::new(Method::GET, url.clone(), SETTINGS_BYTES)
    };
    let answer = client.send(&request.with_header(TOKEN, token.reveal()))?;
    if answer.status == 401 {
        return Err(failed(format!(
            "is no longer logged in: run `aws sso login --profile {profile}`"
        )));
    }
    let no_keys = |reason: String| AwsLoginError::NoKeys {
        url: redact_url(url.as_str()),
        reason,
    };
    if !answer.is_success() {
        return Err(no_keys(answer.status_text()));
    }
    let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body.pointer(&format!("/roleCredentials/{name}")).and_then(Json::as_str);
    match (text("accessKeyId"), text("secretAccessKey"), text("sessionToken")) {
        (Some(id), Some(key), Some(token)) => Ok(Some(AwsKeys {
            id: Secret::new(id),
            key: Secret::new(key),
            token: Some(Secret::new(token)),
            // Milliseconds.
            ends: body
                .pointer("/roleCredentials/expiration")
                .and_then(Json::as_u64)
                .map(|time| time / 1000),
        })),
        _ => Err(no_keys("the answer has no `roleCredentials`".to_owned())),
    }
}

/// The token of a session or start address, if it has not ended.
fn cached_token(cache: &Path, name: &str, now: u64) -> Option<Secret> {
    let mut file = String::new();
    for byte in Sha1::digest(name) {
        let _always = write!(file, "{byte:02x}");
    }
    let bytes = read_file(&cache.join(format!("{file}.json")), Named::ByInput, SETTINGS_BYTES).ok()?;
    let cached: Json = serde_json::from_slice(&bytes).ok()?;
    // Older versions of the AWS tools write `UTC` in the place of `Z`.
    let ends = cached.get("expiresAt")?.as_str()?.replace("UTC", "Z");
    let ends = u64::try_from(ends.parse::<jiff::Timestamp>().ok()?.as_second()).ok()?;
    (now < ends).then_some(())?;
    cached.get("accessToken")?.as_str().map(Secret::new)
}
