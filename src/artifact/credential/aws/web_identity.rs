//! Web identity (`AssumeRoleWithWebIdentity` of STS): a file with a token of an identity provider in, the keys of a role out. Pods of EKS
//! and jobs of CI systems log in so.

use std::path::Path;

use crate::artifact::network::{HttpClient, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::assume_role::Role;
use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::token_service::{action_request, read_keys};

/// The keys of a role for the token in a file, which is read anew each time since its writer replaces it before it ends.
///
/// # Errors
/// When the file cannot be read, or the service does not give keys.
pub(super) fn web_identity_keys(
    role: &Role<'_>,
    file: &Path,
    url: &Url,
    client: &HttpClient,
) -> Result<AwsKeys, AwsLoginError> {
    let token = token_in(file)?;
    let parameters = [
        ("RoleArn", role.arn),
        ("RoleSessionName", role.session),
        ("WebIdentityToken", token.trim()),
    ];
    let request = action_request(url, "AssumeRoleWithWebIdentity", &parameters);
    read_keys(&client.send(&request)?, url)
}

/// The token in a file.
///
/// # Errors
/// When it cannot be read.
pub(super) fn token_in(file: &Path) -> Result<String, AwsLoginError> {
    let bytes = read_file(file, Named::ByUser, SETTINGS_BYTES).map_err(|source| AwsLoginError::File {
        path: file.to_owned(),
        source,
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
