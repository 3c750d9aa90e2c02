//! A file of logins in docker's format (`config.json`, podman's `auth.json`) to the login for a repository of a registry.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map as JsonMap, Value as Json};

use crate::artifact::network::Secret;
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::credential_error::CredentialError;
use super::login::Login;

/// What the file is in messages.
const WHAT: &str = "the file of registry logins";
/// The key of Docker Hub, whose host has another name.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// Base64 with or without padding.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A file of logins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DockerConfig {
    /// Logins by key: a host, a host and a path, or an address.
    logins: Vec<(String, Login)>,
    /// Helpers by host.
    helpers: Vec<(String, String)>,
    /// The helper for all other hosts.
    store: Option<String>,
}

/// Where a login comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The file has it.
    Login(Login),
    /// A helper has it: its name, and the address to give it.
    Helper {
        /// The name after `docker-credential-`.
        name: String,
        /// The address.
        server: String,
    },
}

impl DockerConfig {
    /// Reads the file; one that does not exist has no logins.
    ///
    /// # Errors
    /// When it cannot be read, or is not JSON.
    pub(super) fn read(path: &Path) -> Result<Self, CredentialError> {
        match read_file(path, Named::ByUser, SETTINGS_BYTES) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Self::default())
            }
            Err(source) => Err(CredentialError::File {
                what: WHAT,
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn parse(path: &Path, text: &[u8]) -> Result<Self, CredentialError> {
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        // The parser's message has a line and a column; it may have a part of the text as well.
        let document: Json = serde_json::from_slice(text).map_err(|error| CredentialError::Broken {
            what: WHAT,
            path: PathBuf::from(path),
            reason: format!("it is not JSON (line {}, column {})", error.line(), error.column()),
        })?;
        let object = |field: &str| {
            document
                .get(field)
                .and_then(Json::as_object)
                .into_iter()
                .flat_map(JsonMap::iter)
        };
        Ok(Self {
            logins: object("auths")
                .filter_map(|(key, value)| Some((key.clone(), login(value)?)))
                .collect(),
            helpers: object("credHelpers")
                .filter_map(|(host, name)| Some((host.clone(), name.as_str()?.to_owned())))
                .collect(),
            store: document
                .get("credsStore")
                .and_then(Json::as_str)
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        })
    }

    /// Where the login for a repository (`team/charts/web`) of a registry (`host:port`) comes from. As in docker, a helper for the
    /// host wins over the store of all hosts, and that one over the file; podman's keys may have a part of the path, and the
    /// longest counts.
    pub(super) fn source(&self, host: &str, repository: &str) -> Option<Source> {
        let is_hub = is_docker_hub(host);
        let server = if is_hub { DOCKER_HUB } else { host };
        let is_key = |key: &str| {
            if is_hub {
                is_docker_hub(key_host(key))
            } else {
                key_host(key) == host
            }
        };
        if let Some((_, name)) = self.helpers.iter().find(|(key, _)| is_key(key)) {
            return Some(Source::Helper {
                name: name.clone(),
                server: server.to_owned(),
            });
        }
        if let Some(name) = &self.store {
            return Some(Source::Helper {
                name: name.clone(),
                server: server.to_owned(),
            });
        }
        let full = format!("{host}/{repository}");
        let is_above = |key: &&(String, Login)| {
            let rest = full.strip_prefix(key.0.as_str());
            key.0.contains('/') && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let by_path = self.logins.iter().filter(is_above).max_by_key(|(key, _)| key.len());
        let found = by_path.or_else(|| self.logins.iter().find(|(key, _)| is_key(key) && !has_path(key)));
        found.map(|(_, login)| Source::Login(login.clone()))
    }
}

/// Whether a host is one of the names of Docker Hub.
fn is_docker_hub(host: &str) -> bool {
    matches!(host, "docker.io" | "index.docker.io" | "registry-1.docker.io")
}

/// The host of a key: docker's older keys are addresses.
fn key_host(key: &str) -> &str {
    let rest = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    rest.split('/').next().unwrap_or_default()
}

/// Whether a key is for a part of a registry. `/v1/` and `/v2/` are the API of all of it.
fn has_path(key: &str) -> bool {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    !matches!(path.trim_end_matches('/'), "" | "v1" | "v2")
}

/// The login of an entry; entries of helpers are empty.
fn login(entry: &Json) -> Option<Login> {
    let text = |field: &str| entry.get(field).and_then(Json::as_str).filter(|text| !text.is_empty());
    if let Some(token) = text("identitytoken") {
        return Some(Login::IdentityToken(Secret::new(token)));
    }
    if let Some(token) = text("registrytoken") {
        return Some(Login::Bearer(Secret::new(token)));
    }
    if let Some(auth) = text("auth") {
        let decoded = String::from_utf8(ENGINE.decode(auth.trim()).ok()?).ok()?;
        let (username, password) = decoded.split_once(':')?;
        return Some(Login::new(username, password.trim_end_matches('\0')));
    }
    Some(Login::new(text("username")?, text("password")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> DockerConfig {
        DockerConfig::parse(Path::new("config.json"), text.as_bytes()).unwrap()
    }

    #[test]
    fn logins_are_found_as_docker_and_podman_find_them() {
        let file = config(
            r#"{"auths": {
                "ghcr.io": {"auth": "bWU6aHVudGVyMg=="},
                "https://old.example.com/v1/": {"username": "old", "password": "hunter2"},
                "https://index.docker.io/v1/": {"auth": "aHViOmh1bnRlcjI"},
                "quay.io/team": {"username": "team", "password": "hunter2"},
                "quay.io/team/charts": {"username": "charts", "password": "hunter2"},
                "azurecr.io": {"auth": "x", "identitytoken": "hunter2"},
                "empty.io": {}, "broken.io": {"auth": "%%%"}, "localhost:5000": {"username": "<token>", "password": "t"}
            }}"#,
        );
        let basic = |name: &str| Some(Source::Login(Login::new(name, "hunter2")));
        let identity = |token: &str| Some(Source::Login(Login::IdentityToken(Secret::new(token))));
        for (host, repository, want) in [
            ("ghcr.io", "a/b", basic("me")),
            ("old.example.com", "a", basic("old")),
            ("docker.io", "a/b", basic("hub")),
            ("registry-1.docker.io", "a/b", basic("hub")),
            ("quay.io", "team/charts/web", basic("charts")),
            ("quay.io", "team/other", basic("team")),
            ("quay.io", "teams", None),
            ("azurecr.io", "a", identity("hunter2")),
            ("localhost:5000", "a", identity("t")),
            ("localhost", "a", None),
            ("empty.io", "a", None),
            ("broken.io", "a", None),
            ("evil.ghcr.io", "a", None),
        ] {
            assert_eq!(file.source(host, repository), want, "{host}/{repository}");
        }
        let shown = format!("{file:?} {:?}", file.source("ghcr.io", "a"));
        assert!(!shown.contains("hunter2") && !shown.contains("bWU6"), "{shown}");
    }

    #[test]
    fn helpers_come_before_the_file() {
        let file = config(
            r#"{"auths": {"a.io": {"username": "u", "password": "p"}}, "credHelpers": {"b.io": "ecr-login"}, "credsStore": "desktop"}"#,
        );
        for (host, name, server) in [
            ("a.io", "desktop", "a.io"),
            ("b.io", "ecr-login", "b.io"),
            ("docker.io", "desktop", DOCKER_HUB),
        ] {
            let want = Source::Helper {
                name: name.to_owned(),
                server: server.to_owned(),
            };
            assert_eq!(file.source(host, "x"), Some(want), "{host}");
        }
    }

    #[test]
    fn a_broken_file_is_refused_without_its_text() {
        let error = DockerConfig::parse(Path::new("c.json"), b"{\"auths\": hunter2}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the file of registry logins c.json is broken: it is not JSON (line 1, column 11)"
        );
        assert_eq!(config("\n"), DockerConfig::default());
        assert_eq!(config("[]"), DockerConfig::default());
    }
}
