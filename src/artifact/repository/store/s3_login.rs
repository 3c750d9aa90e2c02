//! The keys that requests to a store are signed with: kept for all stores of a run, fetched again before they end.

use std::sync::{Arc, Mutex, PoisonError};

use crate::artifact::credential::{AwsKeys, AwsLogin, AwsLoginError};

/// Keys, once they were fetched, shared by all stores that are opened with the same settings.
pub(super) type KeptKeys = Arc<Mutex<Option<AwsKeys>>>;

/// A login and its keys.
#[derive(Debug)]
pub(super) struct S3Login {
    login: AwsLogin,
    kept: KeptKeys,
}

impl S3Login {
    /// The keys of a login, kept where others keep them as well.
    pub(super) fn new(login: AwsLogin, kept: KeptKeys) -> Self {
        Self { login, kept }
    }

    /// The keys, fetched unless there are some that can still be used.
    ///
    /// # Errors
    /// When the login gives none.
    pub(super) fn keys(&self) -> Result<AwsKeys, AwsLoginError> {
        // Held while keys are fetched, so that others wait for them and do not fetch their own.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.login.now();
        let keys = match kept.take().filter(|keys| keys.is_valid(now)) {
            Some(keys) => keys,
            None => self.login.keys()?,
        };
        *kept = Some(keys.clone());
        Ok(keys)
    }

    /// Forgets keys that the store does not accept any more; whether other keys can be fetched.
    pub(super) fn forget(&self) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.login.is_renewable()
    }
}
