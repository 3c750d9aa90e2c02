//! The keys of a run: found in the order of AWS's SDKs, fetched anew when they end.
//!
//! Keys of variables come first, then web identity, the profile, and the services of containers and machines. Of a profile's settings the
//! first of these counts: a role, keys, single sign-on, a program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::artifact::network::{Clock, HttpClient, NetworkSettings, RetryPolicy, Secret, Url};

use super::super::certificate_files::{CertificateFiles, NamedAuthorities};
use super::assume_role::{Role, role_keys};
use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::aws_region::is_region;
use super::aws_settings::AwsSettings;
use super::container_keys::{container_keys, is_in_container};
use super::credential_process::process_keys;
use super::machine_keys::machine_keys;
use super::profiles::Profiles;
use super::single_sign_on::sign_on_keys;
use super::token_service::service_address;
use super::web_identity::web_identity_keys;

/// Region where none is named.
const DEFAULT_REGION: &str = "us-east-1";

/// The variable that names the file of authorities.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// Who takes a role, for the log, where no one is named.
const SESSION: &str = "chartwright";

/// A login of AWS.
pub struct AwsLogin {
    settings: AwsSettings,
    profiles: Profiles,
    source: Source,
    network: NetworkSettings,
    policy: RetryPolicy,
    clock: Arc<dyn Clock>,
}

/// Where the keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Variables,
    WebIdentity,
    Profile,
    Container,
    Machine,
}

impl std::fmt::Debug for AwsLogin {
    /// Without the profiles, which have keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsLogin")
            .field("settings", &self.settings)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl AwsLogin {
    /// The login that the settings describe, with the files of the AWS tools. Nothing is sent yet.
    ///
    /// # Errors
    /// When a file cannot be read, there is no such profile, or a variable lacks another.
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
        Ok(Self {
            source: source(&settings, &profiles)?,
            settings,
            profiles,
            network: network.clone(),
            policy,
            clock,
        })
    }

    /// A setting of the profile, such as `region`.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.profiles.get(self.settings.profile(), name)
    }

    /// The same files, with the authorities that AWS's tools trust instead of the system's where none are given: those in the file that
    /// `AWS_CA_BUNDLE` names, or `ca_bundle` of the profile.
    #[must_use]
    pub fn certificates(&self, given: &CertificateFiles) -> CertificateFiles {
        let by_variable = self.settings.get(CA_BUNDLE);
        let named_by = match by_variable {
            Some(_) => NamedAuthorities::AwsVariable,
            None => NamedAuthorities::AwsProfile,
        };
        match by_variable.or_else(|| self.setting("ca_bundle")) {
            Some(path) if given.authorities.is_none() => CertificateFiles {
                authorities: Some(PathBuf::from(path)),
                authorities_named_by: named_by,
                ..given.clone()
            },
            _ => given.clone(),
        }
    }

    /// Whether other keys can be fetched when the store does not accept them any more.
    pub fn is_renewable(&self) -> bool {
        self.source != Source::Variables
    }

    /// The keys.
    ///
    /// # Errors
    /// When something is missing, or a service does not give them.
    pub fn keys(&self) -> Result<AwsKeys, AwsLoginError> {
        let client = || {
            let tls = self.certificates(&CertificateFiles::default()).read()?;
            let client = HttpClient::new(&self.network, &tls, self.policy, Arc::clone(&self.clock));
            client.map_err(AwsLoginError::from)
        };
        let get = |name: &str| self.settings.get(name);
        match self.source {
            Source::Variables => Ok(AwsKeys {
                id: Secret::new(get("AWS_ACCESS_KEY_ID").unwrap_or_default()),
                key: Secret::new(get("AWS_SECRET_ACCESS_KEY").unwrap_or_default()),
                token: get("AWS_SESSION_TOKEN").map(Secret::new),
                ends: None,
            }),
            Source::WebIdentity => {
                let role = Role {
                    arn: get("AWS_ROLE_ARN").unwrap_or_default(),
                    session: get("AWS_ROLE_SESSION_NAME").unwrap_or(SESSION),
                    external_id: None,
                    seconds: None,
                };
                let file = Path::new(get("AWS_WEB_IDENTITY_TOKEN_FILE").unwrap_or_default());
                let region = self.region(self.settings.profile());
                web_identity_keys(&role, file, &self.token_service(region)?, &client()?)
            }
            Source::Profile => self.profile_keys(self.settings.profile(), &client()?, &mut BTreeSet::new()),
            Source::Container => container_keys(&self.settings, &self.network, self.policy, &self.clock),
            Source::Machine => machine_keys(&self.settings, self.policy, &self.clock),
        }
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
        let region = self.region(profile);
        let session = self
            .settings
            .get("AWS_ROLE_SESSION_NAME")
            .or_else(|| get("role_session_name"));
        let role = Role {
            arn,
            session: session.unwrap_or(SESSION),
            external_id: get("external_id"),
            seconds: get("duration_seconds"),
        };
        role_keys(&role, keys, &self.token_service(region)?, region, client)
    }

    /// The region of the variables, or of a profile.
    fn region<'p>(&'p self, profile: &'p str) -> &'p str {
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let region = variables.iter().find_map(|name| self.settings.get(name));
        region
            .or_else(|| self.profiles.get(profile, "region"))
            .unwrap_or(DEFAULT_REGION)
    }

    /// The address of the token service for a region.
    fn token_service(&self, region: &str) -> Result<Url, AwsLoginError> {
        let name = "AWS_ENDPOINT_URL_STS";
        let (name, url) = match self.settings.get(name) {
            Some(url) => (name, Url::parse(url).ok()),
            None => (
                "AWS_REGION",
                is_region(region)
                    .then(|| Url::parse(&service_address(region)).ok())
                    .flatten(),
            ),
        };
        url.ok_or_else(|| AwsLoginError::Variable {
            name,
            reason: "or the setting of the profile does not name a service that gives keys".to_owned(),
        })
    }
}

/// Where keys come from.
fn source(settings: &AwsSettings, profiles: &Profiles) -> Result<Source, AwsLoginError> {
    let lacks = |name: &'static str, other: &str| AwsLoginError::Variable {
        name,
        reason: format!("is set, and {other} is not"),
    };
    let is_set = |name: &str| settings.get(name).is_some();
    match (is_set("AWS_ACCESS_KEY_ID"), is_set("AWS_SECRET_ACCESS_KEY")) {
        (true, true) => return Ok(Source::Variables),
        (true, false) => return Err(lacks("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
        (false, _) => {}
    }
    if is_set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        return if is_set("AWS_ROLE_ARN") {
            Ok(Source::WebIdentity)
        } else {
            Err(lacks("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"))
        };
    }
    let of_profile = [
        "role_arn",
        "aws_access_key_id",
        "sso_session",
        "sso_start_url",
        "credential_process",
    ];
    if of_profile
        .iter()
        .any(|name| profiles.get(settings.profile(), name).is_some())
    {
        return Ok(Source::Profile);
    }
    if is_set("AWS_SECRET_ACCESS_KEY") {
        return Err(lacks("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"));
    }
    Ok(if is_in_container(settings) {
        Source::Container
    } else {
        Source::Machine
    })
}
