//! The metadata service of a machine of EC2: the keys of the role that the machine has
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>).

use std::sync::Arc;

use reqwest::header::HeaderName;

use crate::artifact::network::{Clock, HttpError, Method, RetryPolicy, Url};

use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::aws_settings::AwsSettings;
use super::local_service::{ask, local_client, local_request, no_keys, read_json_keys};

/// The address at which every machine of EC2 finds it.
const SERVICE: &str = "http://169.254.169.254";
const ROLES: &str = "latest/meta-data/iam/security-credentials/";
/// The variables with another address: our older name, and that of AWS's SDKs.
const ADDRESSES: [&str; 2] = ["AWS_METADATA_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT"];

const TOKEN_LIFE: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");

/// The keys of the machine's role.
///
/// # Errors
/// When it is switched off, does not answer, or gives no keys.
pub(super) fn machine_keys(
    settings: &AwsSettings,
    policy: RetryPolicy,
    clock: &Arc<dyn Clock>,
) -> Result<AwsKeys, AwsLoginError> {
    if settings.is_on("AWS_EC2_METADATA_DISABLED") {
        return Err(AwsLoginError::Nowhere(
            "the metadata service of the machine is switched off (AWS_EC2_METADATA_DISABLED)".to_owned(),
        ));
    }
    let named = ADDRESSES.iter().find_map(|name| Some((*name, settings.get(name)?)));
    let (name, address) = named.unwrap_or(("", SERVICE));
    let base = Url::parse(&format!("{}/", address.trim_end_matches('/')));
    let base = base.map_err(|_| AwsLoginError::Variable {
        name,
        reason: "is not an address".to_owned(),
    })?;
    let below = |url: &Url, path: &str| {
        let below = url.join(path);
        below.map_err(|_| no_keys(url, "it names a role that is not a name".to_owned()))
    };
    let client = local_client(policy, clock)?;
    let token_url = below(&base, "latest/api/token")?;
    let request = local_request(Method::PUT, token_url.clone()).with_header(TOKEN_LIFE, "600");
    let answer = match ask(&client, request) {
        Err(HttpError::Transport { message, .. }) => {
            return Err(AwsLoginError::Nowhere(format!(
                "the metadata service of the machine does not answer: {message}"
            )));
        }
        answer => answer?,
    };
    let token = if answer.is_success() {
        Some(String::from_utf8_lossy(&answer.body).trim().to_owned())
    } else if answer.status == 403 && settings.is_on("AWS_IMDSV1_FALLBACK") {
        None
    } else {
        return Err(no_keys(&token_url, answer.status_text()));
    };
    let get = |url: &Url| {
        let mut request = local_request(Method::GET, url.clone());
        if let Some(token) = &token {
            request = request.with_header(TOKEN, token.as_str());
        }
        ask(&client, request)
    };
    let roles_url = below(&base, ROLES)?;
    let answer = get(&roles_url)?;
    if !answer.is_success() {
        return Err(no_keys(&roles_url, answer.status_text()));
    }
    let roles = String::from_utf8_lossy(&answer.body);
    let role = roles.lines().next().unwrap_or_default().trim();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte);
    if role.is_empty() || role.starts_with('.') || !role.bytes().all(is_name) {
        return Err(no_keys(&roles_url, "the machine has no role".to_owned()));
    }
    // A name is not a path or an address, whatever characters it has.
    let url = below(&roles_url, &format!("./{role}"))?;
    read_json_keys(&get(&url)?, &url)
}
