//! The servers that keep the index of a repository themselves, and how one is recognised: by its name in a flag, by its address, or by
//! its answer to a request for the index.
//!
//! ChartMuseum's index has a field `serverInfo`; Artifactory and Nexus name themselves in headers; GitLab and Gitea have addresses
//! that no other server has.

use std::fmt;
use std::str::FromStr;

use reqwest::header::{HeaderMap, SERVER};

use crate::artifact::network::Url;

/// A server, by what it accepts uploads with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadApi {
    /// ChartMuseum, and Harbor's chart repositories: `POST /api/charts`.
    ChartMuseum,
    /// Artifactory: `PUT` of a file.
    Artifactory,
    /// Nexus: `PUT` of a file.
    Nexus,
    /// GitLab's package registry.
    GitLab,
    /// Gitea's and Forgejo's package registry.
    Gitea,
}

/// A name that is not the one of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a server that we know; there are {}", UploadApi::names())]
pub struct UnknownApi {
    name: String,
}

/// All servers.
const ALL: [UploadApi; 5] = [
    UploadApi::ChartMuseum,
    UploadApi::Artifactory,
    UploadApi::Nexus,
    UploadApi::GitLab,
    UploadApi::Gitea,
];

impl UploadApi {
    /// The names of all servers, for messages.
    pub fn names() -> String {
        ALL.map(Self::name).join(", ")
    }

    /// Its name in flags and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChartMuseum => "chartmuseum",
            Self::Artifactory => "artifactory",
            Self::Nexus => "nexus",
            Self::GitLab => "gitlab",
            Self::Gitea => "gitea",
        }
    }

    /// The server that has such an address, where no other has.
    pub(super) fn from_address(url: &Url) -> Option<Self> {
        let path = url.path();
        if path.contains("/api/v4/projects/") && path.contains("/packages/helm/") {
            return Some(Self::GitLab);
        }
        if path.contains("/api/packages/") && path.trim_end_matches('/').ends_with("/helm") {
            return Some(Self::Gitea);
        }
        let is_jfrog = url.host_str().is_some_and(|host| host.ends_with(".jfrog.io"));
        (is_jfrog || path.starts_with("/artifactory/")).then_some(Self::Artifactory)
    }

    /// The server that answers with such headers.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key("x-artifactory-id") || headers.contains_key("x-jfrog-version") {
            return Some(Self::Artifactory);
        }
        let server = headers
            .get(SERVER)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let begins = |name: &str| {
            server
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        match () {
            () if begins("artifactory") => Some(Self::Artifactory),
            () if begins("nexus") => Some(Self::Nexus),
            () => None,
        }
    }
}

impl fmt::Display for UploadApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for UploadApi {
    type Err = UnknownApi;

    fn from_str(text: &str) -> Result<Self, UnknownApi> {
        let wanted = text.to_ascii_lowercase();
        let wanted = if wanted == "forgejo" { "gitea" } else { wanted.as_str() };
        ALL.into_iter()
            .find(|api| api.name() == wanted)
            .ok_or_else(|| UnknownApi { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn servers_are_known_by_name() {
        for api in ALL {
            assert_eq!(api.name().parse(), Ok(api));
        }
        assert_eq!("Forgejo".parse(), Ok(UploadApi::Gitea));
        let error = "harbour".parse::<UploadApi>().unwrap_err().to_string();
        assert!(error.contains("chartmuseum, artifactory, nexus"), "{error}");
    }

    #[test]
    fn servers_are_known_by_address() {
        for (address, want) in [
            (
                "https://gitlab.com/api/v4/projects/1/packages/helm/stable",
                Some(UploadApi::GitLab),
            ),
            (
                "https://h/sub/api/v4/projects/a%2Fb/packages/helm/stable/",
                Some(UploadApi::GitLab),
            ),
            ("https://h/api/packages/me/helm", Some(UploadApi::Gitea)),
            ("https://h/api/packages/me/helm/", Some(UploadApi::Gitea)),
            ("https://h/api/packages/me/npm", None),
            (
                "https://me.jfrog.io/artifactory/api/helm/charts",
                Some(UploadApi::Artifactory),
            ),
            ("https://h/artifactory/charts", Some(UploadApi::Artifactory)),
            ("https://h/repository/charts", None),
            ("https://h/charts", None),
        ] {
            assert_eq!(
                UploadApi::from_address(&Url::parse(address).unwrap()),
                want,
                "{address}"
            );
        }
    }

    #[test]
    fn servers_are_known_by_headers() {
        for (name, value, want) in [
            ("x-artifactory-id", "abc:1", Some(UploadApi::Artifactory)),
            ("server", "Artifactory/7.9", Some(UploadApi::Artifactory)),
            ("server", "Nexus/3.70.1-02 (OSS)", Some(UploadApi::Nexus)),
            ("server", "nginx", None),
            ("server", "n", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            assert_eq!(UploadApi::from_headers(&headers), want, "{name}: {value}");
        }
    }
}
