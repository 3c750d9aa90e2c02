//! The variables that say who the user is for Google, in the names of gcloud and of Google's client libraries, and the servers that
//! are sent credentials.
//!
//! A credentials file has addresses of servers in it: those that exchange a key or a token for another one. A file may come from
//! somebody who wants the token that is sent there, so only Google's own servers are asked, unless a variable names another one.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::artifact::network::Url;

/// The variables that are read.
const VARIABLES: [&str; 13] = [
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "CLOUDSDK_CONFIG",
    "HOME",
    "APPDATA",
    "GCE_METADATA_HOST",
    "NO_GCE_CHECK",
    "GOOGLE_CLOUD_UNIVERSE_DOMAIN",
    "CLOUDSDK_AUTH_TOKEN_HOST",
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS",
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS",
];
/// Those that have a login, or name one.
const LOGINS: [&str; 4] = [
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
];
/// Google's domain.
const DOMAIN: &str = "googleapis.com";

/// What the environment says about logins of Google.
#[derive(Clone, Default)]
pub struct GoogleSettings(Vec<(&'static str, String)>);

/// A server that is sent a key, a token or what is signed with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Tokens for keys and refresh tokens.
    OAuth,
    /// Tokens for those of others.
    Sts,
    /// Tokens of service accounts.
    IamCredentials,
}

impl fmt::Debug for GoogleSettings {
    /// Only the names, since some values are credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl GoogleSettings {
    /// The settings among the variables that `variable` gives.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.iter().filter_map(|name| Some((*name, variable(name)?)));
        Self(set.collect())
    }

    /// A variable.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Where a login may be: the names of variables that are set, and the file of gcloud if it exists.
    pub fn login_places(&self) -> Vec<String> {
        let set = LOGINS.iter().filter(|name| self.get(name).is_some());
        let file = self.default_file().filter(|file| file.is_file());
        let file = file.map(|file| file.display().to_string());
        set.map(|name| (*name).to_owned()).chain(file).collect()
    }

    /// The file that `gcloud auth application-default login` writes.
    pub(super) fn default_file(&self) -> Option<PathBuf> {
        let directory = match (self.get("CLOUDSDK_CONFIG"), self.get("APPDATA"), self.get("HOME")) {
            (Some(directory), _, _) => PathBuf::from(directory),
            (None, Some(directory), _) if cfg!(windows) => Path::new(directory).join("gcloud"),
            (None, _, Some(home)) => Path::new(home).join(".config").join("gcloud"),
            (None, _, None) => return None,
        };
        Some(directory.join("application_default_credentials.json"))
    }

    /// The server that a variable names in the place of a service's own.
    pub(super) fn named_server(&self, service: Service) -> Option<Url> {
        let name = match service {
            Service::OAuth => "CLOUDSDK_AUTH_TOKEN_HOST",
            Service::Sts => "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS",
            Service::IamCredentials => "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS",
        };
        Url::parse(self.get(name)?).ok()
    }

    /// The address of a service that a credentials file names, if it may be asked.
    ///
    /// # Errors
    /// When it is neither Google's nor the one that a variable names; the message has the host only.
    pub(super) fn server(&self, service: Service, text: &str) -> Result<Url, String> {
        let url = Url::parse(text).map_err(|_| "an address in it is not a URL".to_owned())?;
        let is_named = self
            .named_server(service)
            .is_some_and(|named| named.origin() == url.origin());
        if is_named || (url.scheme() == "https" && url.port().is_none() && self.is_googles(service, &url)) {
            return Ok(url);
        }
        let host = url.host_str().unwrap_or_default();
        Err(format!(
            "it sends credentials to `{host}`, which is not the server of Google that they are for"
        ))
    }

    /// Whether a host is Google's for a service: `sts.googleapis.com`, `us-east1-sts.googleapis.com`, `sts.us-east1.rep.googleapis.com`.
    fn is_googles(&self, service: Service, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let label = match service {
            // Old key files have these two.
            Service::OAuth if matches!(host, "accounts.google.com" | "www.googleapis.com") => return true,
            Service::OAuth => "oauth2",
            Service::Sts => "sts",
            Service::IamCredentials => "iamcredentials",
        };
        let domains = [Some(DOMAIN), self.get("GOOGLE_CLOUD_UNIVERSE_DOMAIN")];
        domains.into_iter().flatten().any(|domain| {
            let name = host.strip_suffix(domain).and_then(|name| name.strip_suffix('.'));
            name.is_some_and(|name| name.split(['.', '-']).any(|part| part == label))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> GoogleSettings {
        GoogleSettings::from_variables(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn credentials_are_sent_to_googles_servers_only() {
        let none = &[][..];
        for (variables, service, url, is_allowed) in [
            (none, Service::OAuth, "https://oauth2.googleapis.com/token", true),
            (none, Service::OAuth, "https://accounts.google.com/o/oauth2/token", true),
            (none, Service::OAuth, "https://storage.googleapis.com/bucket", false),
            (none, Service::Sts, "https://sts.googleapis.com/v1/token", true),
            (none, Service::Sts, "https://us-east1-sts.googleapis.com/v1/token", true),
            (
                none,
                Service::Sts,
                "https://sts.us-east1.rep.googleapis.com/v1/token",
                true,
            ),
            (none, Service::Sts, "https://oauth2.googleapis.com/token", false),
            (none, Service::Sts, "http://sts.googleapis.com/v1/token", false),
            (none, Service::Sts, "https://sts.googleapis.com:8443/v1/token", false),
            (
                none,
                Service::Sts,
                "https://sts.googleapis.com.evil.example/v1/token",
                false,
            ),
            (none, Service::Sts, "https://stsgoogleapis.com/v1/token", false),
            (none, Service::Sts, "https://me@evil.example/sts.googleapis.com", false),
            (
                none,
                Service::IamCredentials,
                "https://iamcredentials.googleapis.com/v1/x",
                true,
            ),
            (none, Service::IamCredentials, "https://evil.example/v1/x", false),
            (
                &[("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "other.example")],
                Service::Sts,
                "https://sts.other.example/v1/token",
                true,
            ),
            (
                &[("CLOUDSDK_API_ENDPOINT_OVERRIDES_STS", "http://127.0.0.1:1/")],
                Service::Sts,
                "http://127.0.0.1:1/v1/token",
                true,
            ),
            (
                &[("CLOUDSDK_API_ENDPOINT_OVERRIDES_STS", "http://127.0.0.1:1/")],
                Service::IamCredentials,
                "http://127.0.0.1:1/v1/token",
                false,
            ),
        ] {
            assert_eq!(settings(variables).server(service, url).is_ok(), is_allowed, "{url}");
        }
        let error = none_of("https://me:hunter2@evil.example/?x=hunter2");
        assert!(
            error.contains("`evil.example`") && !error.contains("hunter2"),
            "{error}"
        );
    }

    fn none_of(url: &str) -> String {
        settings(&[]).server(Service::Sts, url).unwrap_err()
    }

    #[test]
    fn gclouds_file_is_found() {
        for (variables, want) in [
            (&[][..], None),
            (
                &[("HOME", "/h")],
                Some("/h/.config/gcloud/application_default_credentials.json"),
            ),
            (
                &[("HOME", "/h"), ("CLOUDSDK_CONFIG", "/c")],
                Some("/c/application_default_credentials.json"),
            ),
        ] {
            assert_eq!(
                settings(variables).default_file(),
                want.map(PathBuf::from),
                "{variables:?}"
            );
        }
    }
}
