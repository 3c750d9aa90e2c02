//! How repositories are reached: credentials, certificates, cache, limits.

use std::path::PathBuf;

use crate::artifact::credential::{CertificateFiles, Login, RegistryLogins, RepositoriesFile};
use crate::artifact::network::Secret;
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
    /// What the environment says about the one server that charts are uploaded to.
    pub uploads: UploadLogin,
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

/// A login for a server that charts are uploaded to, from the variables that Helm's plugin `cm-push` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadLogin {
    /// `HELM_REPO_ACCESS_TOKEN`, in the header that `HELM_REPO_AUTH_HEADER` names, or `HELM_REPO_USERNAME` and `HELM_REPO_PASSWORD`.
    /// Variables that do not fit together are an error once a login is needed.
    pub login: Result<Option<Login>, UploadLoginError>,
    /// `HELM_REPO_CONTEXT_PATH`: the part of the address that is ChartMuseum's own.
    pub context_path: Option<String>,
}

/// Variables that are not a login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadLoginError {
    /// The name of a header.
    #[error("HELM_REPO_AUTH_HEADER is not the name of a header")]
    Header,
    /// One of user and password.
    #[error("HELM_REPO_USERNAME and HELM_REPO_PASSWORD are needed together")]
    Half,
}

impl Default for UploadLogin {
    fn default() -> Self {
        Self {
            login: Ok(None),
            context_path: None,
        }
    }
}

impl UploadLogin {
    /// Reads the variables.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let token = get("HELM_REPO_ACCESS_TOKEN").map(Secret::new);
        let login = match (token, get("HELM_REPO_AUTH_HEADER")) {
            (Some(key), Some(header)) => header
                .parse()
                .map(|header| Some(Login::ApiKey { header, key }))
                .map_err(|_| UploadLoginError::Header),
            (Some(token), None) => Ok(Some(Login::Bearer(token))),
            (None, _) => match (get("HELM_REPO_USERNAME"), get("HELM_REPO_PASSWORD")) {
                (Some(username), Some(password)) => Ok(Some(Login::Basic {
                    username: Secret::new(username),
                    password: Secret::new(password),
                })),
                (None, None) => Ok(None),
                _ => Err(UploadLoginError::Half),
            },
        };
        Self {
            login,
            context_path: get("HELM_REPO_CONTEXT_PATH"),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_come_from_the_variables_of_helms_plugin() {
        let secret = || Secret::new("hunter2");
        let basic = Login::new("me", "hunter2");
        for (variables, want) in [
            (&[][..], Ok(None)),
            (
                &[("HELM_REPO_USERNAME", "me"), ("HELM_REPO_PASSWORD", "hunter2")],
                Ok(Some(basic)),
            ),
            (&[("HELM_REPO_USERNAME", "me")], Err(UploadLoginError::Half)),
            (
                &[("HELM_REPO_ACCESS_TOKEN", "hunter2")],
                Ok(Some(Login::Bearer(secret()))),
            ),
            (
                &[
                    ("HELM_REPO_ACCESS_TOKEN", "hunter2"),
                    ("HELM_REPO_AUTH_HEADER", "X-JFrog-Art-Api"),
                ],
                Ok(Some(Login::ApiKey {
                    header: "x-jfrog-art-api".parse().unwrap(),
                    key: secret(),
                })),
            ),
            (
                &[("HELM_REPO_ACCESS_TOKEN", "hunter2"), ("HELM_REPO_AUTH_HEADER", "a b")],
                Err(UploadLoginError::Header),
            ),
        ] {
            let lookup = |name: &str| {
                variables
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            let read = UploadLogin::from_variables(&lookup);
            assert!(!format!("{read:?}").contains("hunter2"));
            assert_eq!(read.login, want, "{variables:?}");
        }
    }
}
