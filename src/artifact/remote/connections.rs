//! Requests to repositories: one client for each set of certificates, and credentials only where they belong.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::ACCEPT;

use crate::artifact::credential::Login;
use crate::artifact::network::{
    Clock, HttpAnswer, HttpClient, HttpError, HttpRequest, Method, NetworkSettings, Notes, RetryPolicy, TlsSettings,
    Url,
};
use crate::text::redact::redact_url;

use super::chart_source::SourceError;

/// What Helm accepts when it asks for an archive.
const ARCHIVE_TYPES: &str = "application/gzip,application/octet-stream";

/// The clients of a run.
#[derive(Debug)]
pub(super) struct Connections {
    network: NetworkSettings,
    policy: RetryPolicy,
    clock: Arc<dyn Clock>,
    clients: Mutex<Vec<(TlsSettings, Arc<HttpClient>)>>,
    /// What the user should know.
    pub(super) notes: Arc<Notes>,
}

/// A repository over HTTP and what opens it.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// Its address, without user and password.
    pub(super) url: Url,
    /// The credentials for it.
    pub(super) login: Option<Login>,
    /// Certificates.
    pub(super) tls: TlsSettings,
    /// Whether other hosts get the credentials as well.
    pub(super) passes_credentials: bool,
}

/// What is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A text, which may be compressed on its way.
    Index,
    /// A chart's archive.
    Archive,
    /// The provenance file of an archive.
    Provenance,
}

impl Connections {
    pub(super) fn new(network: NetworkSettings, policy: RetryPolicy, clock: Arc<dyn Clock>) -> Self {
        Self {
            network,
            policy,
            clock,
            clients: Mutex::default(),
            notes: Arc::default(),
        }
    }

    /// The client for servers with these certificates.
    ///
    /// # Errors
    /// When a proxy or a certificate cannot be used.
    pub(super) fn client(&self, tls: &TlsSettings) -> Result<Arc<HttpClient>, SourceError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(known, _)| known == tls) {
            return Ok(Arc::clone(client));
        }
        let client = HttpClient::new(&self.network, tls, self.policy, Arc::clone(&self.clock));
        let client = Arc::new(client.map_err(SourceError::new)?);
        clients.push((tls.clone(), Arc::clone(&client)));
        Ok(client)
    }

    /// Fetches something of a repository, or what its index names on another host. Credentials that are refused are left out,
    /// because public charts are readable without them.
    ///
    /// # Errors
    /// When there is no answer, or it is too large.
    pub(super) fn get(
        &self,
        access: &Access,
        url: &Url,
        wanted: Wanted,
        limit: u64,
    ) -> Result<HttpAnswer, SourceError> {
        let is_own = url.origin() == access.url.origin();
        let tls = if is_own {
            access.tls.clone()
        } else {
            TlsSettings {
                identity: None,
                ..access.tls.clone()
            }
        };
        let client = self.client(&tls)?;
        let login = access.login.as_ref().filter(|_| is_own || access.passes_credentials);
        let mut request = with_login(HttpRequest::new(Method::GET, url.clone(), limit), login);
        request.may_be_compressed = wanted == Wanted::Index;
        if wanted == Wanted::Archive {
            request = request.with_header(ACCEPT, ARCHIVE_TYPES);
        }
        let answer = client.send(&request).map_err(|error| http_error(&error))?;
        if !matches!(answer.status, 401 | 403) || request.authorization.is_none() {
            return Ok(answer);
        }
        let without = client
            .send(&request.clone().with_authorization(None))
            .map_err(|error| http_error(&error))?;
        if without.is_success() {
            let host = url.host_str().unwrap_or_default();
            self.notes.add(format!(
                "{host} refuses the credentials ({}), which may have expired, and was read without them",
                answer.status
            ));
            return Ok(without);
        }
        Ok(answer)
    }
}

/// A request with credentials, in the header that they belong in.
pub(super) fn with_login(mut request: HttpRequest, login: Option<&Login>) -> HttpRequest {
    if let Some(Login::ApiKey { header, key }) = login {
        request.authorization_header = header.clone();
        request.authorization = Some(key.clone());
    } else {
        request.authorization = login.and_then(Login::authorization);
    }
    request
}

/// A request without an answer.
pub(super) fn http_error(error: &HttpError) -> SourceError {
    let shown = SourceError::new(error);
    if let Some(hint) = error.certificate_hint() {
        return shown.with_hint(hint);
    }
    match error {
        HttpError::Transport { .. } => {
            shown.with_hint("check the address and the network; proxies come from HTTPS_PROXY, HTTP_PROXY and NO_PROXY")
        }
        _ => shown,
    }
}

/// An answer that is not a success. `what` begins the message.
pub(super) fn status_error(answer: &HttpAnswer, what: &str) -> SourceError {
    let message = format!(
        "{what}: {} answers {}",
        redact_url(answer.url.as_str()),
        answer.status_text()
    );
    match answer.status {
        401 | 403 => SourceError::new(message).with_hint(
            "give credentials with --username and --password-stdin, or add the repository with `helm repo add`, which keeps them",
        ),
        404 | 410 => SourceError::missing(message),
        _ => SourceError::new(message),
    }
}
