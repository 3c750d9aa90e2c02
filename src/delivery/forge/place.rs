//! Which forge has a repository, where its interface is, and with which token it is reached: from the remote's address and the variables of
//! the CI system.
//!
//! A token is sent only to the forge that the CI system names, to github.com and gitlab.com, or to the host of a remote whose forge the user
//! named: the address of a remote alone does not say whose server it is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName};

use crate::artifact::network::{Clock, HttpClient, NetworkSettings, RetryPolicy, Secret, TlsSettings, Url};

use super::api::Api;
use super::error::ForgeError;
use super::github::GitHub;
use super::gitlab::GitLab;
use super::interface::Forge;

/// Reads an environment variable; none where it is unset or empty.
type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Attempts at requests. A rate limit of GitHub lasts a minute.
const REQUESTS: RetryPolicy = RetryPolicy {
    attempts: 6,
    first_pause: Duration::from_millis(300),
    longest_pause: Duration::from_secs(5),
    longest_wait: Duration::from_mins(2),
};

/// A kind of forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgeKind {
    /// GitHub, also on a server of one's own.
    GitHub,
    /// GitLab, also on a server of one's own.
    GitLab,
}

impl ForgeKind {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
        }
    }

    /// The names of the variables that may have a token, the first that is set goes before the others.
    pub const fn token_variables(self) -> [&'static str; 2] {
        match self {
            Self::GitHub => ["GITHUB_TOKEN", "GH_TOKEN"],
            Self::GitLab => ["GITLAB_TOKEN", "CI_JOB_TOKEN"],
        }
    }

    /// The forge that has a remote, if its host or the CI system says so. No token is needed to know it.
    pub fn of_remote(remote: &str, variables: Variables<'_>) -> Option<Self> {
        let remote = Remote::parse(remote);
        let host = remote.as_ref().map(|remote| remote.host.as_str());
        kind_of(host, servers_of_ci(host, variables))
    }
}

/// A repository of a forge, and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct ForgePlace {
    kind: ForgeKind,
    api: Url,
    graphql: Url,
    repository: String,
    login: (HeaderName, Secret),
}

impl fmt::Debug for ForgePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, repository) = (self.kind, &self.repository);
        write!(
            f,
            "{kind:?} {} {} {repository} {}",
            self.api, self.graphql, self.login.0
        )
    }
}

/// Why it is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Neither the remote nor the CI system says which forge it is.
    #[error("it is not known which forge {0} is")]
    Unknown(String),
    /// There is no token.
    #[error("there is no token for {}: set {}", .0.name(), .0.token_variables().join(" or "))]
    NoToken(ForgeKind),
    /// An address is not one.
    #[error("{0} is not the address of an interface of a forge")]
    Address(String),
}

impl ForgePlace {
    /// The place of the repository that a remote has. `kind` is what the user named, if anything.
    ///
    /// # Errors
    /// When it is not known, or there is no token.
    pub fn find(kind: Option<ForgeKind>, remote: &str, variables: Variables<'_>) -> Result<Self, PlaceError> {
        let remote = Remote::parse(remote);
        let host = remote.as_ref().map(|remote| remote.host.as_str());
        let servers @ (has_github, has_gitlab) = servers_of_ci(host, variables);
        let kind = kind.or_else(|| kind_of(host, servers));
        let kind = kind.ok_or_else(|| PlaceError::Unknown(host.unwrap_or("the remote").to_owned()))?;
        let (is_of_ci, api, named, standard) = match kind {
            ForgeKind::GitHub => (has_github, "GITHUB_API_URL", "GITHUB_REPOSITORY", "api/v3"),
            ForgeKind::GitLab => (has_gitlab, "CI_API_V4_URL", "CI_PROJECT_PATH", "api/v4"),
        };
        let address = match (variables(api).filter(|_| is_of_ci), host) {
            (Some(address), _) => address,
            (None, Some("github.com")) => "https://api.github.com".to_owned(),
            (None, Some(host)) => format!("https://{host}/{standard}"),
            (None, None) => return Err(PlaceError::Unknown("the remote".to_owned())),
        };
        let parse = |address: &str| {
            let url = Url::parse(address)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"));
            url.ok_or_else(|| PlaceError::Address(crate::text::redact::redact_url(address)))
        };
        let graphql = variables("GITHUB_GRAPHQL_URL").filter(|_| has_github);
        let graphql = graphql.unwrap_or_else(|| match address.trim_end_matches('/').strip_suffix("/v3") {
            Some(server) => format!("{server}/graphql"),
            None => format!("{}/graphql", address.trim_end_matches('/')),
        });
        let repository = remote.map(|remote| remote.path).or_else(|| variables(named));
        Ok(Self {
            kind,
            api: parse(&address)?,
            graphql: parse(&graphql)?,
            repository: repository.ok_or_else(|| PlaceError::Unknown("the remote".to_owned()))?,
            login: login(kind, variables)?,
        })
    }

    /// The forge, ready for requests. Nothing is sent yet.
    ///
    /// # Errors
    /// When the network cannot be used.
    pub fn forge(
        self,
        network: &NetworkSettings,
        tls: &TlsSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Box<dyn Forge>, ForgeError> {
        let client = HttpClient::new(network, tls, REQUESTS, clock)?;
        let api = |forge| Api {
            forge,
            client,
            base: self.api,
            login: self.login,
        };
        Ok(match self.kind {
            ForgeKind::GitHub => Box::new(GitHub {
                api: api(self.kind.name()),
                graphql: self.graphql,
                repository: self.repository,
            }),
            ForgeKind::GitLab => Box::new(GitLab {
                api: api(self.kind.name()),
                project: self.repository,
            }),
        })
    }
}

/// Whether the CI system is GitHub's or GitLab's, and the host is its server or none.
fn servers_of_ci(host: Option<&str>, variables: Variables<'_>) -> (bool, bool) {
    let is_of = |server: &str| {
        let server = variables(server).and_then(|url| Remote::host_of(&url));
        server.is_some() && (host.is_none() || host == server.as_deref())
    };
    (is_of("GITHUB_SERVER_URL"), is_of("CI_SERVER_URL"))
}

/// The forge of a host. `servers` is what [`servers_of_ci`] says.
fn kind_of(host: Option<&str>, servers: (bool, bool)) -> Option<ForgeKind> {
    match (host, servers) {
        (Some("github.com"), _) => Some(ForgeKind::GitHub),
        (Some("gitlab.com"), _) => Some(ForgeKind::GitLab),
        (_, (true, _)) => Some(ForgeKind::GitHub),
        (_, (_, true)) => Some(ForgeKind::GitLab),
        _ => None,
    }
}

/// The header with the token.
fn login(kind: ForgeKind, variables: Variables<'_>) -> Result<(HeaderName, Secret), PlaceError> {
    let [first, second] = kind.token_variables();
    let token = |name, is_first| variables(name).map(|token| (token, is_first));
    let (token, is_first) = token(first, true)
        .or_else(|| token(second, false))
        .ok_or(PlaceError::NoToken(kind))?;
    Ok(match (kind, is_first) {
        (ForgeKind::GitHub, _) => (AUTHORIZATION, Secret::new(format!("Bearer {token}"))),
        (ForgeKind::GitLab, true) => (HeaderName::from_static("private-token"), Secret::new(token)),
        (ForgeKind::GitLab, false) => (HeaderName::from_static("job-token"), Secret::new(token)),
    })
}

/// Host and path of a remote's address.
#[derive(Debug, PartialEq, Eq)]
struct Remote {
    host: String,
    path: String,
}

impl Remote {
    /// Reads `https://host/path.git`, `ssh://git@host/path.git` and `git@host:path.git`; nothing for a path on disk.
    fn parse(address: &str) -> Option<Self> {
        let (authority, path) = match address.split_once("://") {
            Some(("http" | "https" | "ssh" | "git" | "git+ssh", rest)) => rest.split_once('/')?,
            Some(_) => return None,
            None => address.split_once(':').filter(|(host, _)| !host.contains('/'))?,
        };
        let host = authority.rsplit('@').next()?;
        // The port is one of git, not of the interface.
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let is_plain = |part: &str| {
            let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '~');
            !part.is_empty() && part != "." && part != ".." && part.chars().all(is_word)
        };
        let is_repository = path.contains('/') && path.split('/').all(is_plain);
        (!host.is_empty() && is_repository).then(|| Self {
            host: host.to_ascii_lowercase(),
            path: path.to_owned(),
        })
    }

    fn host_of(url: &str) -> Option<String> {
        let url = Url::parse(url).ok()?;
        url.host_str().map(str::to_ascii_lowercase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(kind: Option<ForgeKind>, remote: &str, variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match ForgePlace::find(kind, remote, &variable) {
            Ok(place) => format!("{place:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_remote_and_the_ci_system_say_where_the_forge_is() {
        let github = [("GITHUB_TOKEN", "hunter2")];
        let actions = [
            ("GITHUB_TOKEN", "hunter2"),
            ("GITHUB_SERVER_URL", "https://ghe.example.com"),
            ("GITHUB_API_URL", "https://ghe.example.com/api/v3"),
            ("GITHUB_REPOSITORY", "acme/app"),
        ];
        let gitlab = [
            ("CI_JOB_TOKEN", "hunter2"),
            ("CI_SERVER_URL", "https://git.example.com"),
            ("CI_API_V4_URL", "https://git.example.com/api/v4"),
        ];
        let on_github = "GitHub https://api.github.com/ https://api.github.com/graphql acme/shop authorization";
        for (kind, remote, variables, want) in [
            (
                None,
                "https://x:hunter2@github.com/acme/shop.git",
                &github[..],
                on_github,
            ),
            (None, "git@github.com:acme/shop.git", &github, on_github),
            (None, "ssh://git@github.com:22/acme/shop", &github, on_github),
            // The remote's repository, not that of the run.
            (
                None,
                "https://ghe.example.com/acme/shop",
                &actions,
                "GitHub https://ghe.example.com/api/v3 https://ghe.example.com/api/graphql acme/shop authorization",
            ),
            (
                None,
                "/srv/shop.git",
                &actions,
                "GitHub https://ghe.example.com/api/v3 https://ghe.example.com/api/graphql acme/app authorization",
            ),
            (
                None,
                "https://gitlab-ci-token:hunter2@git.example.com/acme/sub/shop.git",
                &gitlab,
                "GitLab https://git.example.com/api/v4 https://git.example.com/api/v4/graphql acme/sub/shop job-token",
            ),
            (
                Some(ForgeKind::GitLab),
                "git@code.example.com:acme/shop.git",
                &[("GITLAB_TOKEN", "hunter2")],
                "GitLab https://code.example.com/api/v4 https://code.example.com/api/v4/graphql acme/shop private-token",
            ),
            // A host that is only written in the remote gets no token.
            (
                None,
                "https://evil.example.com/acme/shop",
                &actions,
                "it is not known which forge evil.example.com is",
            ),
            (
                None,
                "https://github.com/acme/../shop",
                &github,
                "it is not known which forge the remote is",
            ),
            (
                None,
                "https://github.com/acme/shop",
                &[],
                "there is no token for GitHub: set GITHUB_TOKEN or GH_TOKEN",
            ),
        ] {
            let found = find(kind, remote, variables);
            assert_eq!(found, want, "{remote}");
            assert!(!found.contains("hunter2"));
        }
    }
}
