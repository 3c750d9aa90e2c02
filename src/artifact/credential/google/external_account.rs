//! The account of another identity provider, as workload identity federation has it (<https://google.aip.dev/auth/4117>): the
//! provider's token from a file or an address, exchanged for one of Google by STS, and that for one of a service account.
//!
//! A file never decides which program runs, so `executable` sources are refused.

use std::path::{Path, PathBuf};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use serde_json::{Value as Json, json};

use crate::artifact::network::{HttpClient, Method, Secret, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::access_token::AccessToken;
use super::google_login_error::GoogleLoginError;
use super::google_settings::{GoogleSettings, Service};
use super::service_account::EXCHANGED_SCOPE;
use super::token_request::{fetch_token, json_answer, no_token, token_request};

/// What the exchange is.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// Seconds for which a service account's token is asked for.
const LIFETIME: u64 = 3600;

/// An account of another provider.
#[derive(Debug)]
pub(super) struct ExternalAccount {
    audience: String,
    token_type: String,
    token_url: Url,
    source: Source,
    format: Format,
    user_project: Option<String>,
    impersonation: Option<Impersonation>,
}

/// Where the provider's token is.
#[derive(Debug)]
enum Source {
    File(PathBuf),
    Address {
        url: Url,
        headers: Vec<(HeaderName, Secret)>,
    },
}

/// How the token is written there.
#[derive(Debug)]
enum Format {
    Text,
    /// JSON with a field of this name.
    Json(String),
}

/// A service account whose token is asked for with another one.
#[derive(Debug)]
pub(super) struct Impersonation {
    url: Url,
    delegates: Vec<String>,
    lifetime: u64,
}

impl ExternalAccount {
    /// Reads a credentials file of the type `external_account`.
    ///
    /// # Errors
    /// When a field is missing, a source is not supported, or an address is not one that may be asked.
    pub(super) fn read(file: &Json, settings: &GoogleSettings) -> Result<Self, String> {
        let text = |name: &str| file.get(name).and_then(Json::as_str);
        let required = |name: &str| text(name).ok_or_else(|| format!("`{name}` is missing"));
        let source = file.get("credential_source").ok_or("`credential_source` is missing")?;
        let format = source.get("format");
        let format_text = |name: &str| format.and_then(|format| format.get(name)).and_then(Json::as_str);
        let format = match format_text("type") {
            None | Some("text") => Format::Text,
            Some("json") => {
                let field = format_text("subject_token_field_name");
                Format::Json(field.ok_or("`subject_token_field_name` is missing")?.to_owned())
            }
            Some(_) => return Err("`format` is neither `text` nor `json`".to_owned()),
        };
        let impersonation = Impersonation::read(file, settings)?;
        Ok(Self {
            audience: required("audience")?.to_owned(),
            token_type: required("subject_token_type")?.to_owned(),
            token_url: settings.server(Service::Sts, required("token_url")?)?,
            source: Source::read(source)?,
            format,
            user_project: text("workforce_pool_user_project").map(str::to_owned),
            impersonation,
        })
    }

    /// A token that may do what `scope` says.
    ///
    /// # Errors
    /// When the provider's token cannot be read, or a server gives none for it.
    pub(super) fn token(&self, client: &HttpClient, path: &Path, scope: &str) -> Result<AccessToken, GoogleLoginError> {
        let subject = self.subject_token(client, path)?;
        let exchanged_scope = if self.impersonation.is_some() {
            EXCHANGED_SCOPE
        } else {
            scope
        };
        let options = self
            .user_project
            .as_ref()
            .map(|project| json!({"userProject": project}).to_string());
        let mut fields = vec![
            ("audience", self.audience.as_str()),
            ("grant_type", GRANT),
            ("requested_token_type", ACCESS_TOKEN),
            ("scope", exchanged_scope),
            ("subject_token_type", &self.token_type),
            ("subject_token", subject.reveal()),
        ];
        if let Some(options) = &options {
            fields.push(("options", options));
        }
        let token = fetch_token(client, &self.token_url, &fields)?;
        match &self.impersonation {
            Some(impersonation) => impersonation.token(client, &token, scope),
            None => Ok(token),
        }
    }

    /// The provider's token, read anew for each exchange.
    fn subject_token(&self, client: &HttpClient, path: &Path) -> Result<Secret, GoogleLoginError> {
        let unusable = |reason: &str| GoogleLoginError::Unusable {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let bytes = match &self.source {
            Source::File(file) => {
                read_file(file, Named::ByInput, SETTINGS_BYTES).map_err(|source| GoogleLoginError::File {
                    what: "the file with the identity token",
                    path: file.clone(),
                    source,
                })?
            }
            Source::Address { url, headers } => {
                let mut request = token_request(Method::GET, url.clone());
                for (name, value) in headers {
                    if *name == AUTHORIZATION {
                        request.authorization = Some(value.clone());
                    } else {
                        request.headers.push((name.clone(), value.reveal().to_owned()));
                    }
                }
                let answer = client.send(&request)?;
                if !answer.is_success() {
                    return Err(no_token(url, answer.status_text()));
                }
                answer.body
            }
        };
        let text = match &self.format {
            Format::Text => String::from_utf8(bytes).ok(),
            Format::Json(field) => {
                let answer: Json = serde_json::from_slice(&bytes).unwrap_or_default();
                answer.get(field).and_then(Json::as_str).map(str::to_owned)
            }
        };
        let token = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        token
            .map(Secret::new)
            .ok_or_else(|| unusable("`credential_source` leads to no token in the format that it names"))
    }
}

impl Source {
    fn read(source: &Json) -> Result<Self, String> {
        let text = |name: &str| source.get(name).and_then(Json::as_str);
        if source.get("executable").is_some() {
            return Err(
                "it names a program that prints a token (`executable`), and a file may not decide which program runs: write the token to a file, and name that in `credential_source.file`"
                    .to_owned(),
            );
        }
        if source.get("environment_id").is_some() {
            return Err(
                "it takes its token from AWS (`environment_id`), which is not supported: give an access token in GOOGLE_OAUTH_ACCESS_TOKEN"
                    .to_owned(),
            );
        }
        if let Some(file) = text("file") {
            return Ok(Self::File(file.into()));
        }
        let url = text("url").ok_or("`credential_source` has neither `file` nor `url`")?;
        let url = Url::parse(url).map_err(|_| "`credential_source.url` is not a URL")?;
        // Identity tokens of a machine come from these; any other server without TLS could be anybody.
        let is_near = matches!(
            url.host_str(),
            Some("127.0.0.1" | "localhost" | "[::1]" | "169.254.169.254" | "[fd00:ec2::254]")
        );
        if url.scheme() != "https" && !(url.scheme() == "http" && is_near) {
            return Err("`credential_source.url` is an address without TLS on another machine".to_owned());
        }
        let mut headers = Vec::new();
        for (name, value) in source.get("headers").and_then(Json::as_object).into_iter().flatten() {
            let value = value.as_str().ok_or("a header of `credential_source` is not a text")?;
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header of `credential_source` has no name")?;
            headers.push((name, Secret::new(value)));
        }
        Ok(Self::Address { url, headers })
    }
}

impl Impersonation {
    /// The service account that a file names, if any.
    ///
    /// # Errors
    /// When its address is not one that may be asked.
    pub(super) fn read(file: &Json, settings: &GoogleSettings) -> Result<Option<Self>, String> {
        let Some(url) = file.get("service_account_impersonation_url").and_then(Json::as_str) else {
            return Ok(None);
        };
        let delegates = file.get("delegates").and_then(Json::as_array).into_iter().flatten();
        let lifetime = file.pointer("/service_account_impersonation/token_lifetime_seconds");
        Ok(Some(Self {
            url: settings.server(Service::IamCredentials, url)?,
            delegates: delegates.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
            lifetime: lifetime.and_then(Json::as_u64).unwrap_or(LIFETIME),
        }))
    }

    /// The service account's token, for a token that may ask for it.
    ///
    /// # Errors
    /// When the server does not give one.
    pub(super) fn token(
        &self,
        client: &HttpClient,
        token: &AccessToken,
        scope: &str,
    ) -> Result<AccessToken, GoogleLoginError> {
        let mut body = json!({"scope": [scope], "lifetime": format!("{}s", self.lifetime)});
        if let (false, Some(body)) = (self.delegates.is_empty(), body.as_object_mut()) {
            body.insert("delegates".to_owned(), self.delegates.clone().into());
        }
        let mut request = token_request(Method::POST, self.url.clone())
            .with_header(CONTENT_TYPE, "application/json")
            .with_authorization(Some(token.authorization()));
        request.body = Some(body.to_string().into_bytes());
        let answer = json_answer(&client.send(&request)?)?;
        let token = answer.get("accessToken").and_then(Json::as_str);
        let token = token.ok_or_else(|| no_token(&self.url, "the answer has no `accessToken`"))?;
        let ends = answer.get("expireTime").and_then(Json::as_str);
        let ends = ends.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let now = client.clock().now_unix_seconds();
        let seconds = ends.map(|ends| u64::try_from(ends.as_second()).unwrap_or_default().saturating_sub(now));
        Ok(AccessToken::new(token, seconds))
    }
}
