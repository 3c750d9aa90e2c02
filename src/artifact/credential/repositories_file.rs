//! Helm's repositories.yaml: repositories by name, with their credentials. Follows `pkg/repo/v1/repo.go`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::artifact::network::{Secret, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::redact_url;
use crate::text::source::{Named, read_file};
use crate::text::yaml;

use super::certificate_files::CertificateFiles;
use super::credential_error::CredentialError;
use super::login::Login;

/// What the file is in messages.
const WHAT: &str = "Helm's list of repositories";

/// A repository that `helm repo add` has added.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RepositoryEntry {
    /// Its name, which `name/chart` and `@name` refer to.
    pub name: String,
    /// Its address.
    pub url: String,
    /// User and password, where both are given.
    pub login: Option<Login>,
    /// Certificates.
    pub certificates: CertificateFiles,
    /// Whether its credentials are sent to other hosts that its index names.
    pub passes_credentials: bool,
}

impl fmt::Debug for RepositoryEntry {
    /// Without the address, which may have credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepositoryEntry")
            .field("name", &redact_url(&self.name))
            .field("url", &redact_url(&self.url))
            .field("login", &self.login)
            .field("certificates", &self.certificates)
            .field("passes_credentials", &self.passes_credentials)
            .finish()
    }
}

/// Helm's list of repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoriesFile {
    path: PathBuf,
    entries: Vec<RepositoryEntry>,
}

impl RepositoriesFile {
    /// Reads the file; one that does not exist has no repositories.
    ///
    /// # Errors
    /// When it cannot be read, or is not such a file.
    pub fn read(path: &Path) -> Result<Self, CredentialError> {
        match read_file(path, Named::ByUser, SETTINGS_BYTES) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self {
                path: path.to_owned(),
                entries: Vec::new(),
            }),
            Err(source) => Err(CredentialError::File {
                what: WHAT,
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn parse(path: &Path, text: &[u8]) -> Result<Self, CredentialError> {
        let broken = |reason: String| CredentialError::Broken {
            what: WHAT,
            path: path.to_owned(),
            reason,
        };
        let document = yaml::json_from_bytes(text).map_err(|error| broken(error.without_text(text)))?;
        let entries = match document.get("repositories") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(entries)) => entries.iter().filter(|entry| entry.is_object()).map(entry).collect(),
            Some(_) => return Err(broken("`repositories` is not a list".to_owned())),
        };
        Ok(Self {
            path: path.to_owned(),
            entries,
        })
    }

    /// The repository of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&RepositoryEntry, CredentialError> {
        let found = self
            .entries
            .iter()
            .find(|entry| entry.name == name && !entry.url.is_empty());
        found.ok_or_else(|| CredentialError::UnknownRepository {
            // A user may have left out the scheme of an address.
            name: redact_url(name),
            path: self.path.clone(),
        })
    }

    /// The address behind `@name` or `alias:name`; any other text is an address already.
    ///
    /// # Errors
    /// When there is no repository of that name.
    pub fn resolve_alias<'t>(&'t self, repository: &'t str) -> Result<&'t str, CredentialError> {
        let name = repository
            .strip_prefix('@')
            .or_else(|| repository.strip_prefix("alias:"));
        match name {
            Some(name) => Ok(&self.get(name)?.url),
            None => Ok(repository),
        }
    }

    /// The repository at an address, whether or not it ends with a slash.
    pub fn at(&self, address: &str) -> Option<&RepositoryEntry> {
        self.entries.iter().find(|entry| is_same_address(&entry.url, address))
    }

    /// The repository whose address a URL begins with: the archive at that URL is probably one of its.
    pub fn above(&self, url: &Url) -> Option<&RepositoryEntry> {
        self.entries.iter().find(|entry| {
            Url::parse(&entry.url).is_ok_and(|base| {
                let directory = format!("{}/", base.path().trim_end_matches('/'));
                base.origin() == url.origin() && url.path().starts_with(&directory)
            })
        })
    }
}

fn entry(entry: &Json) -> RepositoryEntry {
    let text = |field: &str| entry.get(field).and_then(Json::as_str).unwrap_or_default();
    let path = |field: &str| Some(text(field)).filter(|path| !path.is_empty()).map(PathBuf::from);
    let is_set = |field: &str| entry.get(field).and_then(Json::as_bool).unwrap_or_default();
    let (username, password) = (text("username"), text("password"));
    RepositoryEntry {
        name: text("name").to_owned(),
        url: text("url").to_owned(),
        login: (!username.is_empty() && !password.is_empty()).then(|| Login::Basic {
            username: Secret::new(username),
            password: Secret::new(password),
        }),
        certificates: CertificateFiles {
            authorities: path("caFile"),
            certificate: path("certFile"),
            key: path("keyFile"),
            accepts_any: is_set("insecure_skip_tls_verify"),
            ..CertificateFiles::default()
        },
        passes_credentials: is_set("pass_credentials_all"),
    }
}

/// Whether two addresses are the same repository: a slash at the end of the path does not count.
pub fn is_same_address(a: &str, b: &str) -> bool {
    match (Url::parse(a), Url::parse(b)) {
        (Ok(mut a), Ok(mut b)) => {
            for url in [&mut a, &mut b] {
                let path = url.path().trim_end_matches('/').to_owned();
                url.set_path(&path);
            }
            a == b
        }
        _ => a.trim_end_matches('/') == b.trim_end_matches('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "apiVersion: \"\"\ngenerated: \"0001-01-01T00:00:00Z\"\nrepositories:\n\
        - {name: shop, url: 'https://charts.example.com/shop/', username: me, password: hunter2, pass_credentials_all: true}\n\
        - {name: half, url: 'https://me:hunter2@half.example.com', username: me, caFile: ca.pem, insecure_skip_tls_verify: true}\n\
        - null\n";

    #[test]
    fn repositories_are_found_by_name_and_address() {
        let file = RepositoriesFile::parse(Path::new("r.yaml"), FILE.as_bytes()).unwrap();
        assert_eq!(file.get("shop").unwrap().login, Some(Login::new("me", "hunter2")));
        assert!(file.get("shop").unwrap().passes_credentials);
        let half = file.get("half").unwrap();
        assert_eq!(half.login, None);
        assert!(half.certificates.accepts_any && half.certificates.authorities.is_some());
        for (alias, want) in [
            ("@shop", Some("https://charts.example.com/shop/")),
            ("alias:shop", Some("https://charts.example.com/shop/")),
            ("https://x", Some("https://x")),
            ("@none", None),
        ] {
            assert_eq!(file.resolve_alias(alias).ok(), want, "{alias}");
        }
        assert_eq!(
            file.at("https://charts.example.com/shop")
                .map(|found| found.name.as_str()),
            Some("shop")
        );
        assert!(file.at("https://charts.example.com/").is_none());
        let above = |url: &str| file.above(&Url::parse(url).unwrap()).map(|found| found.name.clone());
        assert_eq!(
            above("https://charts.example.com/shop/web-1.0.0.tgz").as_deref(),
            Some("shop")
        );
        assert_eq!(above("https://charts.example.com/shopping/web-1.0.0.tgz"), None);
        assert_eq!(above("https://charts.example.com:8443/shop/web-1.0.0.tgz"), None);
        let shown = format!("{file:?} {:?}", file.get("none"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_broken_file_is_refused_without_its_text() {
        for text in [
            "repositories: hunter2",
            "a: [hunter2",
            "repositories: {a: hunter2}",
            "repositories:\n- password: *hunter2\n",
            "repositories:\n- password: !!int hunter2\n",
            "repositories:\n- {? {hunter2: a}: b}\n",
        ] {
            let error = RepositoriesFile::parse(Path::new("r.yaml"), text.as_bytes()).unwrap_err();
            let shown = error.to_string();
            assert!(
                shown.starts_with("Helm's list of repositories r.yaml is broken: "),
                "{shown}"
            );
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        assert_eq!(RepositoriesFile::read(Path::new("/no/such/file")).unwrap().entries, []);
    }
}
