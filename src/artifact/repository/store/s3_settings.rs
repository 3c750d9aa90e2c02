//! Credentials and settings of S3: from given variables, checked, to the builder of its client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::{ClientOptions, RetryConfig};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::artifact::credential::{AwsKeys, AwsLogin, AwsSettings};
use crate::text::redact::redact_url;

use super::s3_options::{ACL, ENCRYPTION, KMS_KEY, S3Options, S3OptionsError};

/// Region where none is named; stores other than Amazon's accept any.
const DEFAULT_REGION: &str = "us-east-1";

/// The variables that are settings of S3, in the names of the AWS tools, of `object_store` and of helm-s3.
const VARIABLES: [&str; 28] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_UNSIGNED_PAYLOAD",
    "AWS_CHECKSUM_ALGORITHM",
    "AWS_SKIP_SIGNATURE",
    "AWS_S3_EXPRESS",
    "AWS_REQUEST_PAYER",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_METADATA_ENDPOINT",
    "AWS_IMDSV1_FALLBACK",
    ENCRYPTION,
    KMS_KEY,
    ACL,
    "AWS_SSE_BUCKET_KEY_ENABLED",
    "AWS_SSE_CUSTOMER_KEY_BASE64",
];

/// The encryption with a key of the customer, as `object_store` calls it.
const CUSTOMER_KEY: &str = "sse-c";
/// The header of [`ACL`].
const ACL_HEADER: &str = "x-amz-acl";

/// Variables that name files.
const FILES: [&str; 2] = ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/// A setting that cannot be used. Its value is shown only where it is not a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SettingsError {
    /// A character that such a value cannot have.
    #[error("{0} has a space, a line break or another character that is not allowed in it")]
    Character(&'static str),
    /// Not a URL.
    #[error("{name} is `{value}`, which is not a URL such as https://host")]
    Url {
        /// The variable.
        name: &'static str,
        /// Its value without credentials.
        value: String,
    },
    /// Not an option of S3.
    #[error("{name}: {source}")]
    Option {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        source: S3OptionsError,
    },
    /// Not a region.
    #[error("the region `{0}` is not a name such as eu-west-1")]
    Region(String),
}

/// Credentials and settings of S3, by the names of the `AWS_*` variables.
#[derive(Clone, Default)]
pub struct S3Settings {
    variables: Vec<(&'static str, String)>,
    profile: AwsSettings,
    /// Those of the profile, shared by all stores that are opened with these settings, so that they are fetched once.
    keys: KeptKeys,
}

/// The keys of a profile, once they were fetched.
pub(super) type KeptKeys = Arc<Mutex<Option<AwsKeys>>>;

impl std::fmt::Debug for S3Settings {
    /// Only the names, since the values are credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.variables.iter().map(|(name, _)| name))
            .finish()
    }
}

impl S3Settings {
    /// The settings among the variables that `variable` gives.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.iter().filter_map(|name| Some((*name, variable(name)?)));
        let mut settings = Self {
            variables: set.collect(),
            profile: AwsSettings::from_variables(variable),
            keys: KeptKeys::default(),
        };
        // The name of helm-s3.
        if let Some(encryption) = variable("AWS_S3_SSE") {
            settings.add(&[ENCRYPTION], &encryption);
        }
        // The client would leave out a key without its encryption.
        if settings.get(KMS_KEY).is_some() {
            settings.add(&[ENCRYPTION], "aws:kms");
        }
        settings
    }

    /// The settings with the options of one repository, which come before those of the environment.
    #[must_use]
    pub fn with_options(&self, options: &S3Options) -> Self {
        let mut settings = self.clone();
        let mut set = |name: &'static str, value: Option<&String>| {
            if let Some(value) = value {
                settings.variables.retain(|(known, _)| *known != name);
                settings.variables.push((name, value.clone()));
            }
        };
        set(ENCRYPTION, options.encryption.as_ref());
        set(KMS_KEY, options.kms_key.as_ref());
        set(ACL, options.acl.as_ref());
        // The key of the environment belongs to the encryption of the environment.
        if options.encryption.is_some() && options.kms_key.is_none() {
            settings.variables.retain(|(known, _)| *known != KMS_KEY);
        }
        settings
    }

    /// Which profile of the AWS tools is used.
    pub(in super::super) fn profile(&self) -> AwsSettings {
        self.profile.clone()
    }

    /// Where the profile's keys are kept.
    pub(super) fn kept_keys(&self) -> KeptKeys {
        Arc::clone(&self.keys)
    }

    /// The settings with the region and the address of a profile where no variable has them.
    pub(super) fn with_profile(&self, login: &AwsLogin) -> Self {
        let mut settings = self.clone();
        if let Some(region) = login.setting("region") {
            settings.add(&["AWS_REGION", "AWS_DEFAULT_REGION"], region);
        }
        if let Some(url) = login.setting("endpoint_url") {
            settings.add(&["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"], url);
        }
        settings
    }

    /// Adds a setting under the first name, unless one of the names is set.
    fn add(&mut self, names: &[&'static str], value: &str) {
        if let (Some(name), true) = (names.first(), names.iter().all(|name| self.get(name).is_none())) {
            self.variables.push((name, value.to_owned()));
        }
    }

    /// Refuses values that a URL or header cannot contain, which the client library does not handle.
    fn check(&self) -> Result<(), SettingsError> {
        // The client encrypts with a key that the environment gives; no repository is configured so.
        let encryption = self.get(ENCRYPTION).filter(|encryption| *encryption != CUSTOMER_KEY);
        let options = S3Options::new(encryption, self.get(KMS_KEY), self.get(ACL));
        options.map_err(|source| {
            let name = match &source {
                S3OptionsError::Encryption(_) => ENCRYPTION,
                S3OptionsError::KeyUnused(_) => KMS_KEY,
                S3OptionsError::Acl(_) => ACL,
            };
            SettingsError::Option { name, source }
        })?;
        for (name, value) in &self.variables {
            if FILES.contains(name) {
                continue;
            }
            if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(SettingsError::Character(name));
            }
            let is_url = name.contains("ENDPOINT") || *name == "AWS_CONTAINER_CREDENTIALS_FULL_URI";
            if is_url && parse_url(value).is_none() {
                return Err(SettingsError::Url {
                    name,
                    value: redact_url(value),
                });
            }
            let is_in_host_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if name.ends_with("REGION") && !value.bytes().all(is_in_host_name) {
                return Err(SettingsError::Region(value.clone()));
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The address of a store other than Amazon's.
    fn endpoint(&self) -> Option<&str> {
        self.get("AWS_ENDPOINT_URL_S3")
            .or_else(|| self.get("AWS_ENDPOINT_URL"))
            .or_else(|| self.get("AWS_ENDPOINT"))
    }

    /// Whether requests are sent without credentials.
    pub(super) fn skips_signature(&self) -> bool {
        let value = self.get("AWS_SKIP_SIGNATURE").unwrap_or_default();
        matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y")
    }

    /// The builder of a client for a bucket, without retries.
    pub(super) fn builder(&self, bucket: &str) -> Result<AmazonS3Builder, SettingsError> {
        self.builder_with(bucket, ClientOptions::default())
    }

    /// The builder of a client that says with each object who may read it; `None` where nothing is to be said. The header is signed
    /// with the others. Requests that read do not have it, since some stores refuse it there.
    pub(super) fn builder_for_writes(&self, bucket: &str) -> Result<Option<AmazonS3Builder>, SettingsError> {
        let Some(acl) = self.get(ACL).and_then(|acl| HeaderValue::from_str(acl).ok()) else {
            return Ok(None);
        };
        let headers = HeaderMap::from_iter([(HeaderName::from_static(ACL_HEADER), acl)]);
        let options = ClientOptions::default().with_default_headers(headers);
        self.builder_with(bucket, options).map(Some)
    }

    fn builder_with(&self, bucket: &str, options: ClientOptions) -> Result<AmazonS3Builder, SettingsError> {
        self.check()?;
        let mut builder = AmazonS3Builder::new().with_client_options(options);
        for (name, value) in &self.variables {
            if let Ok(key) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(key, value);
            }
        }
        if builder.get_config_value(&AmazonS3ConfigKey::Region).is_none() {
            builder = builder.with_region(DEFAULT_REGION);
        }
        if let Some(url) = self.endpoint().and_then(parse_url) {
            builder = builder
                .with_endpoint(url.as_str().trim_end_matches('/'))
                .with_allow_http(url.scheme() == "http");
        }
        let builder = builder
            .with_bucket_name(bucket)
            // Removing several objects in one request is not part of every store.
            .with_disable_bulk_delete(true)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_retry(RetryConfig {
                max_retries: 0,
                retry_timeout: Duration::ZERO,
                ..RetryConfig::default()
            });
        Ok(builder)
    }
}

/// An address that requests can be sent to.
fn parse_url(text: &str) -> Option<reqwest::Url> {
    let url = reqwest::Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_the_client_would_not_survive_are_refused() {
        for (name, value, want) in [
            ("AWS_ENDPOINT_URL", "https://host:9000/path", None),
            ("AWS_REGION", "eu-west-1", None),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/a b/é", None),
            (
                "AWS_ENDPOINT_URL",
                "me:hunter2@host",
                Some("AWS_ENDPOINT_URL is `host`, which is not a URL such as https://host"),
            ),
            (
                "AWS_ENDPOINT_URL_STS",
                "ftp://host",
                Some("AWS_ENDPOINT_URL_STS is `ftp://host`, which is not a URL such as https://host"),
            ),
            (
                "AWS_SECRET_ACCESS_KEY",
                "hunter2\n",
                Some("AWS_SECRET_ACCESS_KEY has a space, a line break or another character that is not allowed in it"),
            ),
            (
                "AWS_REGION",
                "eu/west",
                Some("the region `eu/west` is not a name such as eu-west-1"),
            ),
        ] {
            let given = |asked: &str| (asked == name).then(|| value.to_owned());
            let settings = S3Settings::from_variables(&given);
            let outcome = settings.builder("bucket").map(drop).map_err(|error| error.to_string());
            assert_eq!(outcome.err().as_deref(), want, "{name}");
        }
    }

    #[test]
    fn encryption_has_the_name_of_helm_s3_as_well() {
        for (own, wanted) in [(None, "AES256"), (Some("aws:kms"), "aws:kms")] {
            let settings = S3Settings::from_variables(&|name| match name {
                "AWS_S3_SSE" => Some("AES256".to_owned()),
                "AWS_SERVER_SIDE_ENCRYPTION" => own.map(str::to_owned),
                _ => None,
            });
            assert_eq!(settings.get("AWS_SERVER_SIDE_ENCRYPTION"), Some(wanted));
            assert!(settings.builder("bucket").is_ok());
        }
    }

    #[test]
    fn options_of_a_repository_come_before_those_of_the_environment() {
        let environment = S3Settings::from_variables(&|name| match name {
            "AWS_SSE_KMS_KEY_ID" => Some("theirs".to_owned()),
            "S3_ACL" => Some("private".to_owned()),
            _ => None,
        });
        let shown = |settings: &S3Settings| {
            assert!(settings.builder("bucket").is_ok());
            [ENCRYPTION, KMS_KEY, ACL].map(|name| settings.get(name).unwrap_or("-").to_owned())
        };
        assert_eq!(shown(&environment), ["aws:kms", "theirs", "private"]);
        for (encryption, key, acl, want) in [
            (None, None, None, ["aws:kms", "theirs", "private"]),
            (Some("AES256"), None, None, ["AES256", "-", "private"]),
            (
                None,
                Some("ours"),
                Some("public-read"),
                ["aws:kms", "ours", "public-read"],
            ),
        ] {
            let options = S3Options::new(encryption, key, acl).unwrap();
            assert_eq!(shown(&environment.with_options(&options)), want);
        }
        let wrong = S3Settings::from_variables(&|name| (name == "S3_ACL").then(|| "public".to_owned()));
        let error = wrong.builder("bucket").map(drop).unwrap_err().to_string();
        assert!(
            error.starts_with("S3_ACL: `public` is not a canned access control list"),
            "{error}"
        );
    }

    #[test]
    fn the_endpoint_of_s3_wins_over_the_general_one() {
        let settings = S3Settings::from_variables(&|name| match name {
            "AWS_ENDPOINT_URL" => Some("http://general".to_owned()),
            "AWS_ENDPOINT_URL_S3" => Some("https://own/".to_owned()),
            _ => None,
        });
        let builder = settings.builder("bucket").unwrap();
        let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
        assert_eq!(endpoint.as_deref(), Some("https://own"));
        let region = builder.get_config_value(&AmazonS3ConfigKey::Region);
        assert_eq!(region.as_deref(), Some(DEFAULT_REGION));
    }

    #[test]
    fn only_an_endpoint_without_tls_is_asked_without_it() {
        for (endpoint, want) in [
            (Some("http://host:9000"), "true"),
            (Some("https://host"), "false"),
            (None, "false"),
        ] {
            let given = |name: &str| endpoint.filter(|_| name == "AWS_ENDPOINT_URL").map(str::to_owned);
            let builder = S3Settings::from_variables(&given).builder("bucket").unwrap();
            let key = AmazonS3ConfigKey::Client(object_store::ClientConfigKey::AllowHttp);
            assert_eq!(builder.get_config_value(&key).as_deref(), Some(want), "{endpoint:?}");
            let bucket = builder.get_config_value(&AmazonS3ConfigKey::Bucket);
            assert_eq!(bucket.as_deref(), Some("bucket"));
        }
    }

    #[test]
    fn requests_are_signed_unless_that_is_switched_off() {
        for (value, want) in [
            (None, false),
            (Some("true"), true),
            (Some("1"), true),
            (Some("YES"), true),
            (Some("false"), false),
            (Some(""), false),
        ] {
            let given = |name: &str| value.filter(|_| name == "AWS_SKIP_SIGNATURE").map(str::to_owned);
            assert_eq!(S3Settings::from_variables(&given).skips_signature(), want, "{value:?}");
        }
    }
}
