//! The login that is sent to Google: an access token, found once.

use crate::artifact::network::{HttpClient, Secret};

use super::google_settings::GoogleSettings;

/// The variables that have an access token, in the order in which they are looked at.
const TOKENS: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

/// A login that cannot be used. No message shows a credential.
#[derive(Debug, thiserror::Error)]
pub enum GoogleLoginError {}

/// The login of a run.
#[derive(Debug)]
pub struct GoogleLogin {
    settings: GoogleSettings,
}

impl GoogleLogin {
    /// The login that the settings describe. Nothing is read or sent yet.
    pub const fn new(settings: GoogleSettings) -> Self {
        Self { settings }
    }

    /// The value of `Authorization`; `None` where there is no login, which public buckets do not need.
    ///
    /// # Errors
    /// When there is a login that does not work.
    pub fn authorization(&mut self, _client: &HttpClient) -> Result<Option<Secret>, GoogleLoginError> {
        let token = TOKENS.iter().find_map(|name| self.settings.get(name));
        Ok(token.map(|token| Secret::new(format!("Bearer {}", token.trim()))))
    }

    /// Forgets a token that was refused; whether another one can be fetched.
    pub const fn forget(&mut self) -> bool {
        false
    }

    /// Why there is no login, if there is none.
    pub fn absence(&self) -> Option<String> {
        let has_token = TOKENS.iter().any(|name| self.settings.get(name).is_some());
        (!has_token).then(|| "there is no login for Google".to_owned())
    }
}
