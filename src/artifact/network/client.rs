//! The HTTP client: the given proxies, limits, and our name as user agent.

use std::fmt;
use std::time::Duration;

use reqwest::{ClientBuilder, Identity, redirect};

use crate::text::causes::with_causes;
use crate::text::redact::redact_message;

use super::authorities::trust_only;

/// Longest time for making a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time for a request and its answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time in which a server that sends charts sends nothing.
const SILENCE: Duration = Duration::from_secs(30);

/// How certificates of servers are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CertificateCheck {
    /// They are verified.
    #[default]
    Verify,
    /// Any certificate is accepted.
    AcceptAny,
}

/// The proxies that requests go through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// Proxy for `http://`.
    pub http: Option<String>,
    /// Proxy for `https://`.
    pub https: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub exceptions: Option<String>,
}

/// How to reach the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkSettings {
    /// Proxies.
    pub proxies: ProxySettings,
    /// How certificates are treated.
    pub certificates: CertificateCheck,
}

/// Certificates of one server, and ours.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// How its certificate is treated.
    pub certificates: CertificateCheck,
    /// The authorities that are trusted, as PEM; the system's where there are none. Helm's `--ca-file`.
    pub authorities: Option<Vec<u8>>,
    /// Our certificate and its key, as PEM. Helm's `--cert-file` and `--key-file`.
    pub identity: Option<Vec<u8>>,
}

impl fmt::Debug for TlsSettings {
    /// Without the certificates, since one of them has a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("certificates", &self.certificates)
            .field("has_authorities", &self.authorities.is_some())
            .field("has_identity", &self.identity.is_some())
            .finish()
    }
}

/// A network that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A proxy's address is not a URL.
    #[error("the address in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is not a URL such as http://proxy:3128")]
    Proxy,
    /// A file of certificates cannot be used.
    #[error("{0} is not PEM with a certificate that can be used")]
    Certificate(&'static str),
    /// There is nothing that certificates of servers can be checked with.
    #[error(
        "the system has no certificates of authorities, which those of servers are checked with: install them, or name a file of them in SSL_CERT_FILE"
    )]
    NoAuthorities,
    /// The client cannot be made.
    #[error("cannot set up the HTTP client: {0}")]
    Client(String),
    /// The runtime cannot be started.
    #[error("cannot start the network runtime: {0}")]
    Runtime(#[from] std::io::Error),
}

impl ProxySettings {
    /// The proxies that variables name, as curl reads them: lower case first, `ALL_PROXY` for both schemes, and
    /// `HTTP_PROXY` not where a CGI server may have made it from a header.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let either = |lower: &str, upper: &str| variable(lower).or_else(|| variable(upper));
        let all = either("all_proxy", "ALL_PROXY");
        let upper = variable("HTTP_PROXY").filter(|_| variable("REQUEST_METHOD").is_none());
        Self {
            http: variable("http_proxy").or(upper).or_else(|| all.clone()),
            https: either("https_proxy", "HTTPS_PROXY").or(all),
            exceptions: either("no_proxy", "NO_PROXY"),
        }
    }
}

/// Makes the client.
pub(super) fn client(settings: &NetworkSettings) -> Result<reqwest::Client, NetworkError> {
    build(builder(settings)?.timeout(TIMEOUT))
}

/// Makes the client for charts: its callers follow redirects themselves, and have time limits of their own.
pub(super) fn chart_client(settings: &NetworkSettings, tls: &TlsSettings) -> Result<reqwest::Client, NetworkError> {
    let accepts_any = [settings.certificates, tls.certificates].contains(&CertificateCheck::AcceptAny);
    let mut builder = builder(settings)?
        .read_timeout(SILENCE)
        .redirect(redirect::Policy::none())
        .danger_accept_invalid_certs(accepts_any);
    if let Some(pem) = &tls.identity {
        let what = "the file of the client's certificate or its key";
        builder = builder.identity(Identity::from_pem(pem).map_err(|_| NetworkError::Certificate(what))?);
    }
    if let Some(pem) = tls.authorities.as_ref().filter(|_| !accepts_any) {
        let trusted = trust_only(pem, tls.identity.as_deref());
        let what = "the file of authorities (CA file)";
        builder = builder.tls_backend_preconfigured(trusted.ok_or(NetworkError::Certificate(what))?);
    }
    build(builder)
}

fn build(builder: ClientBuilder) -> Result<reqwest::Client, NetworkError> {
    builder
        .build()
        .map_err(|error| match with_causes(&error.without_url()) {
            causes if causes.contains("No CA certificates") => NetworkError::NoAuthorities,
            causes => NetworkError::Client(redact_message(&causes)),
        })
}

fn builder(settings: &NetworkSettings) -> Result<ClientBuilder, NetworkError> {
    let proxies = &settings.proxies;
    let exceptions = proxies.exceptions.as_deref().and_then(reqwest::NoProxy::from_string);
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .danger_accept_invalid_certs(settings.certificates == CertificateCheck::AcceptAny)
        .user_agent(concat!("chartwright/", env!("CARGO_PKG_VERSION")))
        // Otherwise the client reads the environment by itself.
        .no_proxy();
    let http = proxies
        .http
        .as_deref()
        .map(|url| reqwest::Proxy::http(with_scheme(url)));
    let https = proxies
        .https
        .as_deref()
        .map(|url| reqwest::Proxy::https(with_scheme(url)));
    for proxy in http.into_iter().chain(https) {
        let proxy = proxy.map_err(|_| NetworkError::Proxy)?;
        builder = builder.proxy(proxy.no_proxy(exceptions.clone()));
    }
    Ok(builder)
}

/// `host:port` as `http://host:port`.
fn with_scheme(proxy: &str) -> String {
    if proxy.contains("://") {
        proxy.to_owned()
    } else {
        format!("http://{proxy}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tls::choose_provider;
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> (Option<String>, Option<String>, Option<String>) {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = ProxySettings::from_variables(&lookup);
        (settings.http, settings.https, settings.exceptions)
    }

    #[test]
    fn proxies_come_from_the_usual_variables() {
        let some = |text: &str| Some(text.to_owned());
        for (variables, want) in [
            (&[][..], (None, None, None)),
            (&[("HTTP_PROXY", "a")], (some("a"), None, None)),
            (&[("HTTP_PROXY", "a"), ("http_proxy", "b")], (some("b"), None, None)),
            (&[("HTTP_PROXY", "a"), ("REQUEST_METHOD", "GET")], (None, None, None)),
            (
                &[("HTTPS_PROXY", "a"), ("NO_PROXY", "x,y")],
                (None, some("a"), some("x,y")),
            ),
            (
                &[("ALL_PROXY", "a"), ("https_proxy", "b")],
                (some("a"), some("b"), None),
            ),
        ] {
            assert_eq!(proxies(variables), want, "{variables:?}");
        }
    }

    #[test]
    fn certificates_are_checked_and_not_shown() {
        choose_provider();
        let tls = |authorities: Option<&str>, identity: Option<&str>| TlsSettings {
            authorities: authorities.map(|pem| pem.as_bytes().to_vec()),
            identity: identity.map(|pem| pem.as_bytes().to_vec()),
            ..TlsSettings::default()
        };
        let made = |tls: &TlsSettings| chart_client(&NetworkSettings::default(), tls).map(drop);
        assert!(made(&TlsSettings::default()).is_ok());
        for (tls, words) in [
            (tls(Some("hunter2"), None), "the file of authorities (CA file)"),
            (
                tls(None, Some("hunter2")),
                "the file of the client's certificate or its key",
            ),
        ] {
            let error = made(&tls).unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
            let shown = format!("{tls:?} {error}");
            assert!(!shown.contains("hunter2") && !shown.contains("104, 117"), "{shown}");
        }
    }

    #[test]
    fn a_proxy_that_is_not_a_url_is_refused_without_its_password() {
        choose_provider();
        let settings = |proxy: &str| NetworkSettings {
            proxies: ProxySettings {
                https: Some(proxy.to_owned()),
                ..ProxySettings::default()
            },
            ..NetworkSettings::default()
        };
        for proxy in ["proxy:3128", "http://me:hunter2@proxy:3128"] {
            assert!(client(&settings(proxy)).is_ok(), "{proxy}");
        }
        let error = client(&settings("http://me:hunter2@pro xy:1")).unwrap_err().to_string();
        assert!(error.contains("is not a URL") && !error.contains("hunter2"), "{error}");
    }
}
