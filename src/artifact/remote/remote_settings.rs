//! How repositories are reached: credentials, certificates, cache, limits.

use std::path::PathBuf;

use crate::artifact::credential::{CertificateFiles, Login, RegistryLogins, RepositoriesFile};
use crate::artifact::repository::RepositorySettings;
use crate::text::limits::{ARCHIVE_BYTES, INDEX_BYTES};

/// How repositories are reached.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// The network, and the settings of object stores.
    pub stores: RepositorySettings,
    /// Helm's list of repositories, with their credentials.
    pub repositories: RepositoriesFile,
    /// Logins for registries.
    pub registries: RegistryLogins,
    /// The login for HTTP repositories that have none in the list: only for commands about one repository.
    pub login: Option<Login>,
    /// Certificates for repositories that have none in the list.
    pub certificates: CertificateFiles,
    /// Whether that login is sent to other hosts that an index names.
    pub passes_credentials: bool,
    /// Whether registries are asked without TLS.
    pub plain_http: bool,
    /// Archives of earlier runs.
    pub cache: Option<PathBuf>,
    /// Whether provenance files are fetched too.
    pub with_provenance: bool,
    /// What relative `file://` addresses are relative to.
    pub base: PathBuf,
    /// How large answers may be.
    pub limits: RemoteLimits,
}

/// How large answers of repositories may be, in bytes, unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteLimits {
    /// An index.
    pub index: u64,
    /// An archive.
    pub archive: u64,
}

impl Default for RemoteLimits {
    fn default() -> Self {
        Self {
            index: INDEX_BYTES,
            archive: ARCHIVE_BYTES,
        }
    }
}
