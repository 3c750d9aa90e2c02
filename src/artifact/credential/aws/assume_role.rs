//! A role that keys may take (`AssumeRole` of STS): keys in, the role's temporary keys out.

use crate::artifact::network::{HttpClient, Url};
use crate::text::sha256::sha256_hex;

use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::signature::{SigningScope, sign_request};
use super::token_service::{TOKEN_HEADER, action_request, read_keys};

/// A role.
pub(super) struct Role<'p> {
    /// Its ARN.
    pub(super) arn: &'p str,
    /// Who takes it, for the log.
    pub(super) session: &'p str,
    /// What its owner agreed on with the user.
    pub(super) external_id: Option<&'p str>,
    /// For how many seconds.
    pub(super) seconds: Option<&'p str>,
}

/// The keys of a role.
///
/// # Errors
/// When the service does not give them.
pub(super) fn role_keys(
    role: &Role<'_>,
    keys: &AwsKeys,
    url: &Url,
    region: &str,
    client: &HttpClient,
) -> Result<AwsKeys, AwsLoginError> {
    let mut parameters = vec![("RoleArn", role.arn), ("RoleSessionName", role.session)];
    parameters.extend(role.external_id.map(|id| ("ExternalId", id)));
    parameters.extend(role.seconds.map(|seconds| ("DurationSeconds", seconds)));
    let mut request = action_request(url, "AssumeRole", &parameters);
    let payload = sha256_hex(request.body.as_deref().unwrap_or_default());
    let scope = SigningScope {
        service: "sts",
        region,
        now: client.clock().now_unix_seconds(),
        token_header: &TOKEN_HEADER,
    };
    sign_request(&mut request, keys, &scope, &payload);
    read_keys(&client.send(&request)?, url)
}
