//! The login that is sent to Google: found once in the order of Google's libraries, kept for the run, fetched anew when it ends.
//!
//! 1. an access token in a variable; 2. the file that `GOOGLE_APPLICATION_CREDENTIALS` names; 3. gcloud's application default
//!    credentials; 4. the metadata server of the machine; 5. none, which is enough for reading public buckets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::artifact::network::{Clock, HttpClient, Secret};

use super::access_token::AccessToken;
use super::credentials_file::CredentialsFile;
use super::google_login_error::GoogleLoginError;
use super::google_settings::GoogleSettings;
use super::metadata_server::machine_token;

/// The variables that have an access token, in the order in which they are looked at.
const TOKENS: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];
/// The variables that name a credentials file. The second one is gcloud's, which Google's GitHub action sets as well.
const FILES: [&str; 2] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
];

/// The login of a run.
#[derive(Debug, Default)]
pub struct GoogleLogin {
    settings: GoogleSettings,
    way: Option<Way>,
    token: Option<AccessToken>,
}

/// Where tokens come from.
#[derive(Debug)]
enum Way {
    Given(AccessToken),
    File(Box<CredentialsFile>),
    Machine,
    Nowhere,
}

impl GoogleLogin {
    /// The login that the settings describe. Nothing is read or sent yet.
    pub const fn new(settings: GoogleSettings) -> Self {
        Self {
            settings,
            way: None,
            token: None,
        }
    }

    /// The value of `Authorization`; `None` where there is no login, which public buckets do not need.
    ///
    /// # Errors
    /// When there is a login that does not work.
    pub fn authorization(
        &mut self,
        client: &HttpClient,
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<Secret>, GoogleLoginError> {
        if let Some(token) = self.token.as_ref().filter(|token| token.is_valid()) {
            return Ok(Some(token.authorization()));
        }
        let way = match self.way.take() {
            Some(way) => way,
            None => self.find()?,
        };
        let token = match &way {
            Way::Given(token) => Ok(Some(token.clone())),
            Way::File(file) => file.token(client).map(Some),
            Way::Machine => machine_token(&self.settings, clock),
            Way::Nowhere => Ok(None),
        };
        let way = match (&token, way) {
            // Not asked a second time: elsewhere each request would wait for it.
            (Ok(None), Way::Machine) => Way::Nowhere,
            (_, way) => way,
        };
        self.way = Some(way);
        self.token = token?;
        Ok(self.token.as_ref().map(AccessToken::authorization))
    }

    /// Forgets a token that was refused; whether another one can be fetched.
    pub fn forget(&mut self) -> bool {
        let had_token = self.token.take().is_some();
        had_token && matches!(self.way, Some(Way::File(_) | Way::Machine))
    }

    /// Why there is no login, if there is none.
    pub fn absence(&self) -> Option<String> {
        let is_absent = matches!(self.way, Some(Way::Nowhere));
        is_absent.then(|| "there is no login for Google".to_owned())
    }

    fn find(&self) -> Result<Way, GoogleLoginError> {
        if let Some(token) = TOKENS.iter().find_map(|name| self.settings.get(name)) {
            return Ok(Way::Given(AccessToken::new(token, None)));
        }
        let read = |path: &Path| {
            let file = CredentialsFile::read(path, &self.settings)?;
            Ok(Way::File(Box::new(file)))
        };
        if let Some(path) = FILES.iter().find_map(|name| self.settings.get(name)) {
            return read(&PathBuf::from(path));
        }
        match self.settings.default_file().map(|path| read(&path)) {
            Some(Err(GoogleLoginError::File { source, .. })) if source.kind() == std::io::ErrorKind::NotFound => {}
            Some(way) => return way,
            None => {}
        }
        Ok(Way::Machine)
    }
}
