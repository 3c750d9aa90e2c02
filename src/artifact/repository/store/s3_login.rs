//! The keys of a profile of the AWS tools for the crate `object_store`: it takes those that were fetched before the request, since
//! fetching them is not asynchronous.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use object_store::CredentialProvider;
use object_store::aws::{AwsCredential, AwsCredentialProvider};

use crate::artifact::credential::{AwsLogin, AwsLoginError};

use super::s3_settings::KeptKeys;

/// The login of a profile, and its keys.
#[derive(Debug)]
pub(super) struct S3Login {
    login: AwsLogin,
    kept: KeptKeys,
    current: Arc<CurrentKeys>,
}

/// The keys that requests are signed with.
#[derive(Debug, Default)]
struct CurrentKeys(Mutex<Option<Arc<AwsCredential>>>);

impl S3Login {
    /// The login of a profile that gives keys.
    pub(super) fn new(login: AwsLogin, kept: KeptKeys) -> Self {
        Self {
            login,
            kept,
            current: Arc::default(),
        }
    }

    /// What gives the keys to the client of the store.
    pub(super) fn provider(&self) -> AwsCredentialProvider {
        let current: Arc<CurrentKeys> = Arc::clone(&self.current);
        current
    }

    /// Fetches keys, unless there are some that can still be used.
    ///
    /// # Errors
    /// When the profile gives none.
    pub(super) fn refresh(&self) -> Result<(), AwsLoginError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.login.now();
        let keys = match kept.take().filter(|keys| keys.is_valid(now)) {
            Some(keys) => keys,
            None => self.login.keys()?,
        };
        let credential = AwsCredential {
            key_id: keys.id.reveal().to_owned(),
            secret_key: keys.key.reveal().to_owned(),
            token: keys.token.as_ref().map(|token| token.reveal().to_owned()),
        };
        *self.current.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(credential));
        *kept = Some(keys);
        Ok(())
    }
}

/// What the trait gives.
type Given = object_store::Result<Arc<AwsCredential>>;

impl CredentialProvider for CurrentKeys {
    type Credential = AwsCredential;

    fn get_credential<'s, 'f>(&'s self) -> Pin<Box<dyn Future<Output = Given> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        let current = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let given = current.ok_or_else(|| object_store::Error::Generic {
            store: "S3",
            source: "keys were not fetched".into(),
        });
        Box::pin(std::future::ready(given))
    }
}
