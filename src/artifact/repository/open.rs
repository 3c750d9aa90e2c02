//! From an address to the store behind it, with the given settings.

use std::sync::Arc;

use crate::artifact::credential::{AwsLogin, CertificateFiles, CredentialError};
use crate::artifact::network::{Clock, HttpClient, NetworkError, NetworkSettings, RetryPolicy};

use super::location::Location;
use super::store::{DiskStore, GcsSettings, GcsStore, RetryingStore, S3Settings, S3Store, Store, StoreError};

/// The settings with which stores are opened. Credentials are used by the store they belong to only.
#[derive(Debug, Clone)]
pub struct RepositorySettings {
    /// How to reach the network.
    pub network: NetworkSettings,
    /// Certificates for the servers of stores.
    pub certificates: CertificateFiles,
    /// Credentials and settings of S3.
    pub s3: S3Settings,
    /// Address and login of Google Cloud Storage.
    pub gcs: GcsSettings,
    /// How often a request is sent, and the pauses between attempts.
    pub retry: RetryPolicy,
    /// The clock of the run.
    pub clock: Arc<dyn Clock>,
}

impl RepositorySettings {
    /// The client for the server of a store.
    fn client(&self, certificates: &CertificateFiles) -> Result<HttpClient, OpenError> {
        let tls = certificates.read()?;
        Ok(HttpClient::new(
            &self.network,
            &tls,
            self.retry,
            Arc::clone(&self.clock),
        )?)
    }
}

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The network cannot be set up.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A file of certificates cannot be used.
    #[error(transparent)]
    Certificates(#[from] CredentialError),
    /// The store's settings are wrong.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the store behind an address. The network is started only for a store that needs it.
///
/// # Errors
/// When a setting is wrong.
pub fn open_store(location: &Location, settings: &RepositorySettings) -> Result<Box<dyn Store>, OpenError> {
    Ok(match location {
        Location::Disk(directory) => Box::new(DiskStore::new(directory)),
        Location::S3 { bucket, prefix } => {
            let (network, retry, clock) = (&settings.network, settings.retry, &settings.clock);
            let login = AwsLogin::new(settings.s3.profile(), network, retry, Arc::clone(clock));
            let client = match &login {
                Ok(login) => settings.client(&login.certificates(&settings.certificates))?,
                Err(_) => settings.client(&settings.certificates)?,
            };
            let store = S3Store::open(bucket, prefix, &settings.s3, login, client)?;
            Box::new(RetryingStore::new(store, settings.retry, Arc::clone(&settings.clock)))
        }
        Location::Gcs { bucket, prefix } => {
            let (client, clock) = (settings.client(&settings.certificates)?, Arc::clone(&settings.clock));
            let store = GcsStore::open(bucket, prefix, &settings.gcs, client, clock)?;
            Box::new(RetryingStore::new(store, settings.retry, Arc::clone(&settings.clock)))
        }
    })
}
