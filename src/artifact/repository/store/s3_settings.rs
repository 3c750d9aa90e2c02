//! Settings of S3: from given variables, checked, to what makes requests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use reqwest::header::HeaderName;

use crate::artifact::credential::{AwsLogin, AwsSettings, is_region};
use crate::artifact::network::Url;
use crate::text::redact::redact_url;

use super::s3_address::{S3Address, Style};
use super::s3_login::KeptKeys;
use super::s3_options::{ACL, ENCRYPTION, KMS_KEY, S3Options, S3OptionsError};
use super::s3_request::{S3Headers, S3Requests};

/// Region where none is named; stores other than Amazon's accept any.
const DEFAULT_REGION: &str = "us-east-1";

/// The variables that are settings of S3, in the names of the AWS tools, of helm-s3, and of clients in Rust.
const VARIABLES: [&str; 29] = [
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
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_IMDSV1_FALLBACK",
    ENCRYPTION,
    KMS_KEY,
    ACL,
    "AWS_SSE_BUCKET_KEY_ENABLED",
    "AWS_SSE_CUSTOMER_KEY_BASE64",
];

/// The encryption with a key of the customer, as clients in Rust call it.
const CUSTOMER_KEY: &str = "sse-c";
/// Bytes of such a key.
const CUSTOMER_KEY_BYTES: usize = 32;
/// Variables that switch something on.
const SWITCHES: [&str; 6] = [
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AWS_UNSIGNED_PAYLOAD",
    "AWS_SKIP_SIGNATURE",
    "AWS_S3_EXPRESS",
    "AWS_IMDSV1_FALLBACK",
    "AWS_SSE_BUCKET_KEY_ENABLED",
];

const ACL_HEADER: HeaderName = HeaderName::from_static("x-amz-acl");
const ENCRYPTION_HEADER: HeaderName = HeaderName::from_static("x-amz-server-side-encryption");
const KMS_KEY_HEADER: HeaderName = HeaderName::from_static("x-amz-server-side-encryption-aws-kms-key-id");
const BUCKET_KEY_HEADER: HeaderName = HeaderName::from_static("x-amz-server-side-encryption-bucket-key-enabled");
const CUSTOMER_ALGORITHM: HeaderName = HeaderName::from_static("x-amz-server-side-encryption-customer-algorithm");
const CUSTOMER_KEY_HEADER: HeaderName = HeaderName::from_static("x-amz-server-side-encryption-customer-key");
const CUSTOMER_KEY_MD5: HeaderName = HeaderName::from_static("x-amz-server-side-encryption-customer-key-md5");
const PAYER: HeaderName = HeaderName::from_static("x-amz-request-payer");

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
    /// Neither on nor off.
    #[error("{0} is neither `true` nor `false`")]
    Switch(&'static str),
    /// A digest that is not made.
    #[error("AWS_CHECKSUM_ALGORITHM is `{0}`, and the only one that is supported is SHA256")]
    Checksum(String),
    /// A customer's key that S3 does not accept.
    #[error("AWS_SSE_CUSTOMER_KEY_BASE64 is not the base64 of a key of {CUSTOMER_KEY_BYTES} bytes")]
    CustomerKey,
    /// A bucket that cannot have an address.
    #[error("there cannot be an address of a bucket with this name and these settings")]
    Bucket,
}

/// Credentials and settings of S3, by the names of the `AWS_*` variables.
#[derive(Clone, Default)]
pub struct S3Settings {
    variables: Vec<(&'static str, String)>,
    profile: AwsSettings,
    /// Those of the login, shared by all stores that are opened with these settings, so that they are fetched once.
    keys: KeptKeys,
}

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
        // As in AWS's SDKs, a variable that is empty is not set.
        let set = set.filter(|(_, value)| !value.is_empty());
        let mut settings = Self {
            variables: set.collect(),
            profile: AwsSettings::from_variables(variable),
            keys: KeptKeys::default(),
        };
        // The name of helm-s3.
        if let Some(encryption) = variable("AWS_S3_SSE") {
            settings.add(&[ENCRYPTION], &encryption);
        }
        // S3 refuses a key without its encryption.
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

    /// Where the login is.
    pub(in super::super) fn profile(&self) -> AwsSettings {
        self.profile.clone()
    }

    /// Where the keys are kept.
    pub(super) fn kept_keys(&self) -> KeptKeys {
        KeptKeys::clone(&self.keys)
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

    /// Refuses values that a URL or header cannot contain.
    fn check(&self) -> Result<(), SettingsError> {
        // A key of the customer is one that the environment gives; no repository is configured so.
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
            if name.ends_with("REGION") && !is_region(value) {
                return Err(SettingsError::Region(value.clone()));
            }
            if SWITCHES.contains(name) && switch(value).is_none() {
                return Err(SettingsError::Switch(name));
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

    /// Whether a variable switches something on.
    fn is_on(&self, name: &str) -> bool {
        self.get(name).and_then(switch) == Some(true)
    }

    /// Whether requests are sent without credentials.
    pub(super) fn skips_signature(&self) -> bool {
        self.is_on("AWS_SKIP_SIGNATURE")
    }

    /// What makes the requests for a bucket.
    pub(super) fn requests(&self, bucket: &str) -> Result<S3Requests, SettingsError> {
        self.check()?;
        let endpoint = self.endpoint().and_then(parse_url);
        let is_zonal = self.is_on("AWS_S3_EXPRESS");
        let style = if is_zonal && endpoint.is_none() {
            Style::Zone
        } else if self.is_on("AWS_VIRTUAL_HOSTED_STYLE_REQUEST") {
            Style::Host
        } else {
            Style::Path
        };
        let region = self.get("AWS_REGION").or_else(|| self.get("AWS_DEFAULT_REGION"));
        let address = S3Address::new(endpoint, bucket, style, region.unwrap_or(DEFAULT_REGION));
        Ok(S3Requests {
            address: address.ok_or(SettingsError::Bucket)?,
            headers: self.headers()?,
            is_zonal,
        })
    }

    fn headers(&self) -> Result<S3Headers, SettingsError> {
        let mut headers = S3Headers {
            is_payload_unsigned: self.is_on("AWS_UNSIGNED_PAYLOAD"),
            has_checksum: match self.get("AWS_CHECKSUM_ALGORITHM") {
                None => false,
                Some(name) if name.eq_ignore_ascii_case("sha256") => true,
                Some(name) => return Err(SettingsError::Checksum(name.to_owned())),
            },
            ..S3Headers::default()
        };
        let payer = self.get("AWS_REQUEST_PAYER");
        if payer.is_some_and(|payer| payer.eq_ignore_ascii_case("requester") || switch(payer) == Some(true)) {
            headers.all.push((PAYER, "requester".to_owned()));
        }
        let mut write = |name: HeaderName, value: Option<&str>| {
            headers.writes.extend(value.map(|value| (name, value.to_owned())));
        };
        write(ACL_HEADER, self.get(ACL));
        match self.get(ENCRYPTION) {
            None => {}
            Some(CUSTOMER_KEY) => headers.content = self.customer_key()?,
            Some(encryption) => {
                write(ENCRYPTION_HEADER, Some(encryption));
                write(KMS_KEY_HEADER, self.get(KMS_KEY));
                let bucket_key = self.get("AWS_SSE_BUCKET_KEY_ENABLED").and_then(switch);
                write(
                    BUCKET_KEY_HEADER,
                    bucket_key.map(|is_on| if is_on { "true" } else { "false" }),
                );
            }
        }
        Ok(headers)
    }

    /// The headers of a key of the customer.
    fn customer_key(&self) -> Result<Vec<(HeaderName, String)>, SettingsError> {
        let text = self.get("AWS_SSE_CUSTOMER_KEY_BASE64").unwrap_or_default();
        let key = STANDARD.decode(text).map_err(|_| SettingsError::CustomerKey)?;
        if key.len() != CUSTOMER_KEY_BYTES {
            return Err(SettingsError::CustomerKey);
        }
        Ok(vec![
            (CUSTOMER_ALGORITHM, "AES256".to_owned()),
            (CUSTOMER_KEY_HEADER, text.to_owned()),
            (CUSTOMER_KEY_MD5, STANDARD.encode(Md5::digest(key))),
        ])
    }
}

/// Whether a value means on or off.
fn switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "on" | "yes" | "y" => Some(true),
        "" | "0" | "false" | "off" | "no" | "n" => Some(false),
        _ => None,
    }
}

/// An address that requests can be sent to.
fn parse_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::super::s3_request::Condition;
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_are_refused() {
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
            (
                "AWS_SKIP_SIGNATURE",
                "maybe",
                Some("AWS_SKIP_SIGNATURE is neither `true` nor `false`"),
            ),
            (
                "AWS_CHECKSUM_ALGORITHM",
                "CRC64NVME",
                Some("AWS_CHECKSUM_ALGORITHM is `CRC64NVME`, and the only one that is supported is SHA256"),
            ),
            (
                "AWS_SERVER_SIDE_ENCRYPTION",
                "sse-c",
                Some("AWS_SSE_CUSTOMER_KEY_BASE64 is not the base64 of a key of 32 bytes"),
            ),
            (
                "AWS_S3_EXPRESS",
                "true",
                Some("there cannot be an address of a bucket with this name and these settings"),
            ),
        ] {
            let given = |asked: &str| (asked == name).then(|| value.to_owned());
            let settings = S3Settings::from_variables(&given);
            let outcome = settings.requests("bucket").map(drop).map_err(|error| error.to_string());
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
            assert!(settings.requests("bucket").is_ok());
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
            assert!(settings.requests("bucket").is_ok());
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
        let error = wrong.requests("bucket").map(drop).unwrap_err().to_string();
        assert!(
            error.starts_with("S3_ACL: `public` is not a canned access control list"),
            "{error}"
        );
    }

    fn requests(variables: &[(&str, &str)]) -> S3Requests {
        let settings = S3Settings::from_variables(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        settings.requests("bucket").unwrap()
    }

    #[test]
    fn the_address_follows_the_variables() {
        for (variables, want, region) in [
            (&[][..], "https://s3.us-east-1.amazonaws.com/bucket/k", "us-east-1"),
            (
                &[("AWS_DEFAULT_REGION", "eu-west-1")],
                "https://s3.eu-west-1.amazonaws.com/bucket/k",
                "eu-west-1",
            ),
            (
                &[("AWS_DEFAULT_REGION", "eu-west-1"), ("AWS_REGION", "eu-west-2")],
                "https://s3.eu-west-2.amazonaws.com/bucket/k",
                "eu-west-2",
            ),
            (
                &[("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true")],
                "https://bucket.s3.us-east-1.amazonaws.com/k",
                "us-east-1",
            ),
            (
                &[
                    ("AWS_ENDPOINT", "http://old"),
                    ("AWS_ENDPOINT_URL", "http://general"),
                    ("AWS_ENDPOINT_URL_S3", "https://own/"),
                ],
                "https://own/bucket/k",
                "us-east-1",
            ),
            (
                &[
                    ("AWS_ENDPOINT", "http://old"),
                    ("AWS_ENDPOINT_URL", "http://general:9000"),
                ],
                "http://general:9000/bucket/k",
                "us-east-1",
            ),
            (
                &[
                    ("AWS_ENDPOINT", "https://bucket.host"),
                    ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "1"),
                ],
                "https://bucket.host/k",
                "us-east-1",
            ),
        ] {
            let requests = requests(variables);
            assert_eq!(requests.read("k").unwrap().url.as_str(), want, "{variables:?}");
            assert_eq!(requests.address.region(), region, "{variables:?}");
        }
    }

    /// Names and values of a request's headers.
    fn shown(request: Result<crate::artifact::network::HttpRequest, super::super::StoreFailure>) -> String {
        let headers = request.unwrap().headers;
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        headers.join(" ")
    }

    #[test]
    fn headers_are_those_of_their_requests() {
        let key = STANDARD.encode([b'k'; 32]);
        let variables = [
            ("AWS_SERVER_SIDE_ENCRYPTION", "sse-c"),
            ("AWS_SSE_CUSTOMER_KEY_BASE64", key.as_str()),
            ("AWS_REQUEST_PAYER", "requester"),
            ("AWS_CHECKSUM_ALGORITHM", "sha256"),
            ("AWS_UNSIGNED_PAYLOAD", "true"),
        ];
        let customer = format!(
            "x-amz-server-side-encryption-customer-algorithm=AES256 x-amz-server-side-encryption-customer-key={key} x-amz-server-side-encryption-customer-key-md5={}",
            STANDARD.encode(Md5::digest([b'k'; 32]))
        );
        let made = requests(&variables);
        let tail = "x-amz-content-sha256=UNSIGNED-PAYLOAD";
        assert_eq!(
            shown(made.read("k")),
            format!("x-amz-request-payer=requester {customer} {tail}")
        );
        assert_eq!(shown(made.delete("k")), format!("x-amz-request-payer=requester {tail}"));
        assert_eq!(
            shown(made.write("k.tgz", b"", Condition::Absent)),
            format!(
                "x-amz-request-payer=requester content-type=application/gzip if-none-match=* {customer} x-amz-checksum-sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= {tail}"
            )
        );
        let variables = [
            ("S3_ACL", "private"),
            ("AWS_SSE_KMS_KEY_ID", "k"),
            ("AWS_SSE_BUCKET_KEY_ENABLED", "false"),
        ];
        let made = requests(&variables);
        let empty = "x-amz-content-sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(shown(made.read("k")), empty);
        assert_eq!(
            shown(made.write("index.yaml", b"", Condition::Tag("\"1\""))),
            format!(
                "content-type=application/x-yaml cache-control=no-cache if-match=\"1\" x-amz-acl=private x-amz-server-side-encryption=aws:kms x-amz-server-side-encryption-aws-kms-key-id=k x-amz-server-side-encryption-bucket-key-enabled=false {empty}"
            )
        );
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
