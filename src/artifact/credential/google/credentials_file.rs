//! A credentials file of Google: its JSON in, a way to tokens out, by its `type`.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::artifact::network::{HttpClient, Secret, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::access_token::AccessToken;
use super::external_account::{ExternalAccount, Impersonation};
use super::google_login_error::GoogleLoginError;
use super::google_settings::{GoogleSettings, Service};
use super::service_account::{EXCHANGED_SCOPE, SCOPE, assertion};
use super::token_request::fetch_token;

/// Where tokens for keys and refresh tokens come from.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// How a signed statement is exchanged.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A credentials file.
#[derive(Debug)]
pub(super) struct CredentialsFile {
    path: PathBuf,
    account: Account,
}

/// Whose it is.
#[derive(Debug)]
enum Account {
    /// A service account's key.
    Service {
        email: String,
        key: Secret,
        key_id: Option<String>,
        audience: String,
        url: Url,
    },
    /// A person's login with gcloud.
    User {
        id: String,
        secret: Secret,
        refresh: Secret,
        url: Url,
    },
    /// An account of another provider.
    External(Box<ExternalAccount>),
    /// A service account, with the rights of another account to act as it.
    Impersonated(Box<Self>, Impersonation),
}

impl CredentialsFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is not a credentials file, or names servers that may not be asked.
    pub(super) fn read(path: &Path, settings: &GoogleSettings) -> Result<Self, GoogleLoginError> {
        let bytes = read_file(path, Named::ByUser, SETTINGS_BYTES).map_err(|source| GoogleLoginError::File {
            what: "the credentials file",
            path: path.to_owned(),
            source,
        })?;
        let unusable = |reason: String| GoogleLoginError::Unusable {
            path: path.to_owned(),
            reason,
        };
        let file: Json = serde_json::from_slice(&bytes).map_err(|_| unusable("it is not JSON".to_owned()))?;
        Ok(Self {
            account: Account::read(&file, settings, true).map_err(unusable)?,
            path: path.to_owned(),
        })
    }

    /// A token for the storage.
    ///
    /// # Errors
    /// When a server gives none.
    pub(super) fn token(&self, client: &HttpClient) -> Result<AccessToken, GoogleLoginError> {
        self.account.token(client, &self.path, SCOPE)
    }
}

impl Account {
    fn read(file: &Json, settings: &GoogleSettings, may_impersonate: bool) -> Result<Self, String> {
        let text = |name: &str| file.get(name).and_then(Json::as_str);
        let required = |name: &str| text(name).ok_or_else(|| format!("`{name}` is missing"));
        let token_server = |text: &str| match settings.named_server(Service::OAuth) {
            Some(url) => Ok(url),
            None => settings.server(Service::OAuth, text),
        };
        match text("type") {
            Some("service_account") => {
                let uri = text("token_uri").unwrap_or(TOKEN_URI);
                Ok(Self::Service {
                    email: required("client_email")?.to_owned(),
                    key: Secret::new(required("private_key")?),
                    key_id: text("private_key_id").map(str::to_owned),
                    audience: uri.to_owned(),
                    url: token_server(uri)?,
                })
            }
            Some("authorized_user") => Ok(Self::User {
                id: required("client_id")?.to_owned(),
                secret: Secret::new(required("client_secret")?),
                refresh: Secret::new(required("refresh_token")?),
                url: token_server(TOKEN_URI)?,
            }),
            Some("external_account") => Ok(Self::External(Box::new(ExternalAccount::read(file, settings)?))),
            Some("impersonated_service_account") if may_impersonate => {
                let source = file.get("source_credentials").ok_or("`source_credentials` is missing")?;
                let account = Self::read(source, settings, false)?;
                let target = Impersonation::read(file, settings)?;
                let target = target.ok_or("`service_account_impersonation_url` is missing")?;
                Ok(Self::Impersonated(Box::new(account), target))
            }
            Some(_) => Err(
                "its `type` is not one of service_account, authorized_user, external_account and impersonated_service_account"
                    .to_owned(),
            ),
            None => Err("`type` is missing".to_owned()),
        }
    }

    fn token(&self, client: &HttpClient, path: &Path, scope: &str) -> Result<AccessToken, GoogleLoginError> {
        match self {
            Self::Service {
                email,
                key,
                key_id,
                audience,
                url,
            } => {
                let now = client.clock().now_unix_seconds();
                let assertion = assertion(email, key, key_id.as_deref(), audience, scope, now).map_err(|reason| {
                    GoogleLoginError::Unusable {
                        path: path.to_owned(),
                        reason,
                    }
                })?;
                fetch_token(client, url, &[("grant_type", GRANT), ("assertion", &assertion)])
            }
            Self::User {
                id,
                secret,
                refresh,
                url,
            } => {
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("client_id", id),
                    ("client_secret", secret.reveal()),
                    ("refresh_token", refresh.reveal()),
                ];
                fetch_token(client, url, &fields)
            }
            Self::External(account) => account.token(client, path, scope),
            Self::Impersonated(account, target) => {
                let token = account.token(client, path, EXCHANGED_SCOPE)?;
                target.token(client, &token, scope)
            }
        }
    }
}
