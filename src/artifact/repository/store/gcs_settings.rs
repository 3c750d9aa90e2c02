//! Where Google Cloud Storage is, and the login for it: from given variables.
//!
//! `STORAGE_EMULATOR_HOST` is read as Google's client libraries read it: a host with or without a scheme, and no login.
//! `CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE` is gcloud's setting for another endpoint of the real service.

use std::sync::{Arc, Mutex};

use crate::artifact::credential::{GoogleLogin, GoogleSettings};
use crate::artifact::network::Url;

/// Google's own address.
const ENDPOINT: &str = "https://storage.googleapis.com";
/// The server of a test, which needs no login.
const EMULATOR: &str = "STORAGE_EMULATOR_HOST";
/// Another address of the service.
const OVERRIDE: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE";

/// Address and login of Google Cloud Storage.
#[derive(Debug, Clone, Default)]
pub struct GcsSettings {
    emulator: Option<String>,
    endpoint: Option<String>,
    /// Shared by all stores that are opened with these settings, so that a token is fetched once.
    login: Arc<Mutex<GoogleLogin>>,
}

/// Whether requests have a login.
#[derive(Debug, Clone)]
pub(super) enum Access {
    /// A server of a test is sent none.
    Emulator,
    /// Google, with the login that the environment has.
    Login(Arc<Mutex<GoogleLogin>>),
}

impl GcsSettings {
    /// The settings among the variables that `variable` gives.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            emulator: variable(EMULATOR),
            endpoint: variable(OVERRIDE),
            login: Arc::new(Mutex::new(GoogleLogin::new(GoogleSettings::from_variables(variable)))),
        }
    }

    /// Scheme, host and port of the service, and the login for it.
    ///
    /// # Errors
    /// When a variable does not name a server; the message shows no credentials.
    pub(super) fn endpoint(&self) -> Result<(Url, Access), String> {
        let (name, text, access) = match (&self.emulator, &self.endpoint) {
            (Some(host), _) if host.contains("://") => (EMULATOR, host.clone(), Access::Emulator),
            (Some(host), _) => (EMULATOR, format!("http://{host}"), Access::Emulator),
            (None, Some(url)) => (OVERRIDE, url.clone(), Access::Login(Arc::clone(&self.login))),
            (None, None) => (OVERRIDE, ENDPOINT.to_owned(), Access::Login(Arc::clone(&self.login))),
        };
        let url = Url::parse(&text).ok().filter(Url::has_host);
        let origin = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let origin = origin.and_then(|url| Url::parse(&url.origin().ascii_serialization()).ok());
        match origin {
            Some(origin) => Ok((origin, access)),
            // It is not shown: whatever it is, it may be a secret.
            None => Err(format!("{name} is not an address such as http://localhost:4443")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_service_comes_from_the_environment() {
        for (emulator, other, want, has_login) in [
            (None, None, "https://storage.googleapis.com/", true),
            (Some("localhost:4443"), None, "http://localhost:4443/", false),
            (
                Some("https://gcs:4443/storage/v1/"),
                Some("https://x"),
                "https://gcs:4443/",
                false,
            ),
            (
                None,
                Some("https://storage.p.googleapis.com/storage/v1/"),
                "https://storage.p.googleapis.com/",
                true,
            ),
        ] {
            let settings = GcsSettings::from_variables(&|name| match name {
                EMULATOR => emulator.map(str::to_owned),
                OVERRIDE => other.map(str::to_owned),
                _ => None,
            });
            let (url, access) = settings.endpoint().unwrap();
            assert_eq!((url.as_str(), matches!(access, Access::Login(_))), (want, has_login));
        }
        for text in ["http://me:hunter2@:x", "ftp://me:hunter2@host"] {
            let settings = GcsSettings::from_variables(&|name| (name == EMULATOR).then(|| text.to_owned()));
            let error = settings.endpoint().unwrap_err();
            assert!(
                error.starts_with("STORAGE_EMULATOR_HOST is not") && !error.contains("hunter2"),
                "{error}"
            );
        }
    }
}
