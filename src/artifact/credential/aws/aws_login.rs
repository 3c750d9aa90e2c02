//! The keys that a profile gives: found in the order of AWS's SDKs, kept for the run, fetched anew when they end.
//!
//! A profile comes after keys and web identity of variables, and before the services of containers and machines. Of its settings the
//! first of these counts: a role, keys, single sign-on, a program.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::artifact::network::{Clock, HttpClient, NetworkSettings, RetryPolicy, Secret, TlsSettings, Url};

use super::assume_role::{Role, role_keys};
use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::aws_settings::AwsSettings;
use super::credential_process::process_keys;
use super::profiles::Profiles;
use super::single_sign_on::sign_on_keys;

/// Region where none is named.
const DEFAULT_REGION: &str = "us-east-1";

/// The login of a profile.
pub struct AwsLogin {
    settings: AwsSettings,
    profiles: Profiles,
    clock: Arc<dyn Clock>,
    /// For profiles whose keys come from a service.
    client: Option<HttpClient>,
}

impl std::fmt::Debug for AwsLogin {
    /// Without the profiles, which have keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsLogin")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl AwsLogin {
    /// The login of the profile that the settings name. Nothing is sent yet.
    ///
    /// # Errors
    /// When a file cannot be read, or there is no such profile.
    pub fn new(
        settings: AwsSettings,
        network: &NetworkSettings,
        policy: RetryPolicy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AwsLoginError> {
        let profiles = Profiles::read(&settings)?;
        if let Some(profile) = settings.named_profile()
            && !profiles.has(profile)
            && !settings.has_login()
        {
            return Err(AwsLoginError::Profile {
                profile: profile.to_owned(),
                reason: "is in neither of the files ~/.aws/config and ~/.aws/credentials".to_owned(),
            });
        }
        let mut login = Self {
            settings,
            profiles,
            clock: Arc::clone(&clock),
            client: None,
        };
        if login.has_keys() {
            login.client = Some(HttpClient::new(network, &TlsSettings::default(), policy, clock)?);
        }
        Ok(login)
    }

    /// A setting of the profile, such as `region`.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.profiles.get(self.settings.profile(), name)
    }

    /// Whether the profile, rather than a variable, gives keys.
    pub fn has_keys(&self) -> bool {
        let names = [
            "role_arn",
            "aws_access_key_id",
            "sso_session",
            "sso_start_url",
            "credential_process",
        ];
        !self.settings.has_login() && names.iter().any(|name| self.setting(name).is_some())
    }

    /// The keys.
    ///
    /// # Errors
    /// When the profile lacks something, or a service does not give them.
    pub fn keys(&self) -> Result<AwsKeys, AwsLoginError> {
        let profile = self.settings.profile();
        let Some(client) = &self.client else {
            return Err(AwsLoginError::Profile {
                profile: profile.to_owned(),
                reason: "has no keys".to_owned(),
            });
        };
        self.profile_keys(profile, client, &mut BTreeSet::new())
    }

    /// Seconds since 1970.
    pub fn now(&self) -> u64 {
        self.clock.now_unix_seconds()
    }

    /// The keys of a profile; `seen` are those whose roles are taken with them.
    fn profile_keys<'p>(
        &'p self,
        profile: &'p str,
        client: &HttpClient,
        seen: &mut BTreeSet<&'p str>,
    ) -> Result<AwsKeys, AwsLoginError> {
        let get = |name: &str| self.profiles.get(profile, name);
        let failed = |reason: String| AwsLoginError::Profile {
            profile: profile.to_owned(),
            reason,
        };
        // A profile may be its own source, with its keys.
        if let (Some(arn), true) = (get("role_arn"), seen.insert(profile)) {
            if get("mfa_serial").is_some() {
                return Err(failed(
                    "wants a code of a device (`mfa_serial`), which is not supported: log in with another tool, and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN".to_owned(),
                ));
            }
            let source = match get("source_profile") {
                Some(source) if self.profiles.has(source) => self.profile_keys(source, client, seen)?,
                Some(source) => {
                    return Err(failed(format!(
                        "has the `source_profile` `{source}`, which does not exist"
                    )));
                }
                None => {
                    return Err(failed(
                        "has a `role_arn` without `source_profile`: `credential_source` and `web_identity_token_file` are not supported in profiles, AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are".to_owned(),
                    ));
                }
            };
            return self.role(profile, arn, &source, client);
        }
        if let (Some(id), Some(key)) = (get("aws_access_key_id"), get("aws_secret_access_key")) {
            return Ok(AwsKeys {
                id: Secret::new(id),
                key: Secret::new(key),
                token: get("aws_session_token").map(Secret::new),
                ends: None,
            });
        }
        if let Some(keys) = sign_on_keys(profile, &self.profiles, &self.settings, client)? {
            return Ok(keys);
        }
        match get("credential_process") {
            Some(command) => process_keys(command).map_err(failed),
            None => Err(failed("has no keys".to_owned())),
        }
    }

    fn role(&self, profile: &str, arn: &str, keys: &AwsKeys, client: &HttpClient) -> Result<AwsKeys, AwsLoginError> {
        let get = |name: &str| self.profiles.get(profile, name);
        let region = self
            .settings
            .get("AWS_REGION")
            .or_else(|| self.settings.get("AWS_DEFAULT_REGION"));
        let region = region.or_else(|| get("region")).unwrap_or(DEFAULT_REGION);
        let own = format!("https://sts.{region}.amazonaws.com/");
        let url = self.settings.get("AWS_ENDPOINT_URL_STS").unwrap_or(&own);
        let url = Url::parse(url).map_err(|_| AwsLoginError::Profile {
            profile: profile.to_owned(),
            reason: "has a region that is not one, or AWS_ENDPOINT_URL_STS is not a URL".to_owned(),
        })?;
        let session = self
            .settings
            .get("AWS_ROLE_SESSION_NAME")
            .or_else(|| get("role_session_name"));
        let role = Role {
            arn,
            session: session.unwrap_or("chartwright"),
            external_id: get("external_id"),
            seconds: get("duration_seconds"),
        };
        role_keys(&role, keys, &url, region, client)
    }
}
