//! Requests to one registry: with a token that is fetched when the registry asks for one, and kept for the repository.
//!
//! Credentials that are refused are left out when something is read: public charts are readable without them, and a token that has
//! expired should not prevent that. Nothing is written without them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::ACCEPT;

use crate::artifact::credential::{CredentialError, Login, RegistryLogins};
use crate::artifact::network::{HttpAnswer, HttpClient, HttpRequest, Method, Notes, Secret, Url};

use crate::text::redact::redact_url;

use super::authorization::authorize;
use super::challenge::Challenge;
use super::oci_error::OciError;
use super::reference::server_of;

/// How registries are reached.
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// The client, with the certificates of the registry.
    pub client: Arc<HttpClient>,
    /// Logins.
    pub logins: RegistryLogins,
    /// Whether it is asked without TLS.
    pub plain_http: bool,
    /// Where it is noted that credentials were left out.
    pub notes: Arc<Notes>,
}

/// A registry. May be used by several threads at once.
#[derive(Debug)]
pub struct Registry {
    settings: RegistrySettings,
    host: String,
    address: Url,
    /// Values of `Authorization` by scope.
    tokens: Mutex<HashMap<String, Secret>>,
    /// Logins by repository.
    logins: Mutex<HashMap<String, Option<Login>>>,
}

/// What is done with a repository of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is read.
    Pull,
    /// It is written.
    Push,
    /// Something in it is removed.
    Delete,
    /// It is looked for: the repository has no name yet.
    Catalog,
}

impl Purpose {
    /// What a token has to allow.
    fn scope(self, repository: &str) -> String {
        match self {
            Self::Pull => format!("repository:{repository}:pull"),
            Self::Push => format!("repository:{repository}:pull,push"),
            Self::Delete => format!("repository:{repository}:pull,push,delete"),
            Self::Catalog => "registry:catalog:*".to_owned(),
        }
    }

    /// Whether nothing is changed.
    const fn is_read(self) -> bool {
        matches!(self, Self::Pull | Self::Catalog)
    }
}

impl Registry {
    /// The registry of a host. Nothing is sent yet.
    ///
    /// # Errors
    /// When the host is not one.
    pub fn new(host: &str, settings: RegistrySettings) -> Result<Self, OciError> {
        let scheme = if settings.plain_http { "http" } else { "https" };
        let address = Url::parse(&format!("{scheme}://{}/", server_of(host)))
            .map_err(|_| OciError::broken(format!("the registry `{host}`"), "this is not a host"))?;
        Ok(Self {
            settings,
            host: host.to_owned(),
            address,
            tokens: Mutex::default(),
            logins: Mutex::default(),
        })
    }

    /// Its host, as it is written in addresses.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The client.
    pub(super) fn client(&self) -> &HttpClient {
        &self.settings.client
    }

    /// The URL of a part of a repository: `manifests/1.0.0`.
    pub(super) fn url(&self, repository: &str, rest: &str) -> Result<Url, OciError> {
        let joined = self.address.join(&format!("v2/{repository}/{rest}"));
        joined.map_err(|_| {
            OciError::broken(
                format!("the repository `{repository}`"),
                "it cannot be part of an address",
            )
        })
    }

    /// The URL of the list of all repositories.
    pub(super) fn catalog_url(&self) -> Result<Url, OciError> {
        let joined = self.address.join("v2/_catalog");
        joined.map_err(|_| {
            OciError::broken(
                format!("the registry `{}`", self.host),
                "it has no list of repositories",
            )
        })
    }

    /// A URL that the registry sent, relative to one that was asked.
    pub(super) fn resolve(asked: &Url, location: &str) -> Result<Url, OciError> {
        let broken = || {
            OciError::broken(
                format!("the address `{}`", redact_url(location)),
                "it is not one of http",
            )
        };
        let url = asked.join(location).map_err(|_| broken())?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            _ => Err(broken()),
        }
    }

    /// Reads something of a repository.
    pub(super) fn get(&self, repository: &str, rest: &str, accept: &str, limit: u64) -> Result<HttpAnswer, OciError> {
        let request = HttpRequest::new(Method::GET, self.url(repository, rest)?, limit).with_header(ACCEPT, accept);
        self.send(repository, Purpose::Pull, &request)
    }

    /// Sends a request about a repository. An answer that is not a success is an error.
    pub(super) fn send(
        &self,
        repository: &str,
        purpose: Purpose,
        request: &HttpRequest,
    ) -> Result<HttpAnswer, OciError> {
        let answer = self.send_any(repository, purpose, request)?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(OciError::from_answer(&answer, self.has_login(repository)))
    }

    /// Whether there is a login for a repository.
    pub(super) fn has_login(&self, repository: &str) -> bool {
        matches!(self.login(repository), Ok(Some(_)))
    }

    /// Sends a request about a repository, whatever the answer.
    pub(super) fn send_any(
        &self,
        repository: &str,
        purpose: Purpose,
        request: &HttpRequest,
    ) -> Result<HttpAnswer, OciError> {
        let scope = purpose.scope(repository);
        // What is on another host, an upload for example, has its credentials in its address.
        let is_own = request.url.origin() == self.address.origin();
        let known = self.token(&scope).filter(|_| is_own);
        let answer = self.client().send(&request.clone().with_authorization(known))?;
        if answer.status != 401 || !is_own {
            return Ok(answer);
        }
        let Some(challenge) = Challenge::from_headers(&answer.headers) else {
            return Ok(answer);
        };
        let login = match self.login(repository) {
            Ok(login) => login,
            Err(error) if purpose.is_read() => {
                self.settings
                    .notes
                    .add(format!("{}: {error}; read without credentials", self.host));
                None
            }
            Err(error) => return Err(error.into()),
        };
        let outcome = self.send_with(&challenge, &scope, login.as_ref(), request);
        let is_refused = match &outcome {
            Ok(Some(answer)) => matches!(answer.status, 401 | 403),
            Ok(None) => false,
            Err(error) => matches!(error, OciError::Refused { .. }),
        };
        if is_refused
            && login.is_some()
            && purpose.is_read()
            && let Ok(Some(without)) = self.send_with(&challenge, &scope, None, request)
            && !matches!(without.status, 401 | 403)
        {
            self.settings.notes.add(format!(
                "{} refuses the credentials, which may have expired, and was read without them",
                self.host
            ));
            return Ok(without);
        }
        Ok(outcome?.unwrap_or(answer))
    }

    /// Sends a request with what a challenge asks for; `None` where it asks for a login that we do not have.
    fn send_with(
        &self,
        challenge: &Challenge,
        scope: &str,
        login: Option<&Login>,
        request: &HttpRequest,
    ) -> Result<Option<HttpAnswer>, OciError> {
        let Some(authorization) = authorize(self.client(), &self.address, challenge, scope, login)? else {
            return Ok(None);
        };
        let request = request.clone().with_authorization(Some(authorization.clone()));
        let answer = self.client().send(&request)?;
        if !matches!(answer.status, 401 | 403) {
            let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.insert(scope.to_owned(), authorization);
        }
        Ok(Some(answer))
    }

    fn token(&self, scope: &str) -> Option<Secret> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(scope).cloned()
    }

    /// The login for a repository, which is looked for once: a helper may ask a cloud service.
    fn login(&self, repository: &str) -> Result<Option<Login>, CredentialError> {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(login) = logins.get(repository) {
            return Ok(login.clone());
        }
        let login = self.settings.logins.login(&self.host, repository)?;
        logins.insert(repository.to_owned(), login.clone());
        Ok(login)
    }
}
