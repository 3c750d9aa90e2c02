//! The variables that have a login of AWS, or say where one is: keys, profiles and their files, services of containers and machines.

use std::fmt;
use std::path::{Path, PathBuf};

/// The variables that are read.
const VARIABLES: [&str; 25] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_METADATA_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_IMDSV1_FALLBACK",
    "AWS_CA_BUNDLE",
    "HOME",
    "USERPROFILE",
];
/// Those that have a login, or name one.
const LOGINS: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];
/// The profile that is used where none is named.
const DEFAULT: &str = "default";

/// What the environment says about logins.
#[derive(Clone, Default)]
pub struct AwsSettings(Vec<(&'static str, String)>);

impl fmt::Debug for AwsSettings {
    /// Only the names, since some values are credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl AwsSettings {
    /// The settings among the variables that `variable` gives.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.iter().filter_map(|name| Some((*name, variable(name)?)));
        // As in AWS's SDKs, a variable that is empty is not set.
        let set = set.filter(|(_, value)| !value.is_empty());
        Self(set.collect())
    }

    /// A variable.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a variable switches something on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        let value = self.get(name).unwrap_or_default();
        matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y")
    }

    /// The profile that a variable names.
    pub(super) fn named_profile(&self) -> Option<&str> {
        self.get("AWS_PROFILE").or_else(|| self.get("AWS_DEFAULT_PROFILE"))
    }

    /// The profile that is used.
    pub(super) fn profile(&self) -> &str {
        self.named_profile().unwrap_or(DEFAULT)
    }

    /// Where a login may be: the names of variables that are set, and files that exist.
    pub fn login_places(&self) -> Vec<String> {
        let set = LOGINS.iter().filter(|name| self.get(name).is_some());
        let files = [self.credentials_file(), self.config_file()].into_iter().flatten();
        let files = files
            .filter(|file| file.is_file())
            .map(|file| file.display().to_string());
        set.map(|name| (*name).to_owned()).chain(files).collect()
    }

    /// Whether variables have a login, which is used before any profile's.
    pub(super) fn has_login(&self) -> bool {
        self.get("AWS_ACCESS_KEY_ID").is_some() || self.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
    }

    /// The file of settings.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        self.file("AWS_CONFIG_FILE", "config")
    }

    /// The file of keys.
    pub(super) fn credentials_file(&self) -> Option<PathBuf> {
        self.file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    }

    /// Where `aws sso login` keeps its tokens.
    pub(super) fn sign_on_cache(&self) -> Option<PathBuf> {
        Some(self.home()?.join("sso").join("cache"))
    }

    fn file(&self, variable: &str, name: &str) -> Option<PathBuf> {
        match self.get(variable) {
            Some(path) => Some(PathBuf::from(path)),
            None => Some(self.home()?.join(name)),
        }
    }

    fn home(&self) -> Option<PathBuf> {
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"))?;
        Some(Path::new(home).join(".aws"))
    }
}
