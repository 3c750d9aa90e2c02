//! Why a server does not accept charts. No message shows a credential.

use serde_json::Value as Json;

use crate::artifact::network::{HttpAnswer, HttpError};
use crate::artifact::repository::IndexError;
use crate::text::redact::{redact_message, redact_url};

use super::super::chart_source::SourceError;
use super::api::UploadApi;

/// Most characters of a server's own message that are shown.
const DETAIL_LENGTH: usize = 300;

/// An upload that failed.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The index or an archive of the repository cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The index of the repository is not one.
    #[error("{address}: {error}")]
    Index {
        /// The repository.
        address: String,
        /// What is wrong.
        error: IndexError,
    },
    /// It is not known what accepts uploads at an address. Each command names the server in another way, so the advice is theirs.
    #[error("{0} does not say which server it is, and each accepts uploads in another way")]
    UnknownServer(String),
    /// The repository has the version with other content.
    #[error("{name} {version} is already in the repository, with different content{}", found_text(.found.as_deref(), .new))]
    Exists {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
        /// The digest of its archive, where it is known.
        found: Option<String>,
        /// The digest of ours.
        new: String,
    },
    /// The server does not replace versions, although that is wanted.
    #[error("{name} {version} is in the repository with different content, and {api} does not replace it{detail}")]
    NotReplaced {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
        /// The server.
        api: UploadApi,
        /// The server's words, after `: `.
        detail: String,
    },
    /// Another upload replaced ours.
    #[error(
        "{name} {version} was uploaded, but the repository lists the digest {found}, not {new}: another upload replaced it"
    )]
    Overtaken {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
        /// The digest in the index.
        found: String,
        /// The digest of ours.
        new: String,
    },
    /// The server refuses.
    #[error("{url} answers {status}{detail}")]
    Answer {
        /// What was asked.
        url: String,
        /// The status, in numbers.
        code: u16,
        /// The status with its words.
        status: String,
        /// The server's words, after `: `.
        detail: String,
        /// The server.
        api: UploadApi,
        /// Whether we had credentials.
        has_login: bool,
    },
    /// One login would be sent to several servers.
    #[error("the login of the flags or of HELM_REPO_* would be sent to several servers: {0}")]
    SharedLogin(String),
}

impl UploadError {
    /// What an answer that is not a success means.
    pub(super) fn from_answer(answer: &HttpAnswer, api: UploadApi, has_login: bool) -> Self {
        Self::Answer {
            url: redact_url(answer.url.as_str()),
            code: answer.status,
            status: answer.status_text(),
            detail: detail(answer),
            api,
            has_login,
        }
    }

    /// Whether the chart is at fault, and not the server.
    pub const fn is_finding(&self) -> bool {
        matches!(self, Self::Exists { .. } | Self::NotReplaced { .. })
    }

    /// Whether the command line is at fault.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::UnknownServer(_) | Self::SharedLogin(_))
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Source(error) => return error.hint.clone(),
            Self::Http(error @ HttpError::Transport { .. }) => error
                .certificate_hint()
                .unwrap_or("check the address and the network; proxies come from HTTPS_PROXY, HTTP_PROXY and NO_PROXY"),
            Self::Http(_) | Self::Index { .. } | Self::UnknownServer(_) => return None,
            Self::Exists { .. } => {
                "raise the chart's version: a published version never changes (`push --force` replaces it, `push --skip-existing` leaves it out)"
            }
            Self::NotReplaced { api, .. } => match api {
                UploadApi::ChartMuseum => {
                    "raise the chart's version; the server was started with --disable-force-overwrite"
                }
                UploadApi::Artifactory => {
                    "raise the chart's version, or have the login allowed to delete and overwrite"
                }
                UploadApi::Nexus => {
                    "raise the chart's version, or allow redeployments in the settings of the repository"
                }
                UploadApi::GitLab | UploadApi::Gitea => "raise the chart's version, or delete the package there first",
            },
            Self::Overtaken { .. } => "raise the chart's version: two builds have the same one",
            Self::Answer {
                code, api, has_login, ..
            } => answer_hint(*code, *api, *has_login)?,
            Self::SharedLogin(_) => {
                "add each with `helm repo add NAME URL --username USER --password-stdin`, which keeps its login"
            }
        };
        Some(text.to_owned())
    }
}

const fn answer_hint(code: u16, api: UploadApi, has_login: bool) -> Option<&'static str> {
    Some(match (code, api) {
        (301..=308, _) => "give the address that it redirects to: an upload is not sent on to another address",
        (401, _) if !has_login => {
            "give credentials: `helm repo add` keeps them, or --username and --password-stdin, or HELM_REPO_USERNAME and HELM_REPO_PASSWORD, or a token in HELM_REPO_ACCESS_TOKEN (HELM_REPO_AUTH_HEADER names another header for it)"
        }
        (401, _) => "the credentials are refused: they may have expired",
        (403, _) => "the login may read the repository, but not write to it",
        (404, UploadApi::ChartMuseum) => {
            "the server's API may be off (--disable-api), or a part of the address is its --context-path: name that in HELM_REPO_CONTEXT_PATH"
        }
        (404 | 410, _) => "create the repository, or correct its name",
        (405, _) => {
            "the repository cannot be written to: name one that is hosted there, not a proxy or a group of others"
        }
        (413, _) => {
            "the archive is larger than the server or a proxy before it accepts: leave files out with .helmignore, or raise the limit there"
        }
        (429, _) => "the server asks for fewer requests: try again later",
        (507, _) => "the server's storage is full, or its limit of charts is reached: remove old versions there",
        (500..=599, _) => "the server fails: try again, what was uploaded stays",
        _ => return None,
    })
}

fn found_text(found: Option<&str>, new: &str) -> String {
    found.map_or_else(String::new, |found| format!(" (archive {found}, not {new})"))
}

/// The message in an answer, after `: `. Servers have it in one of four places.
pub(super) fn detail(answer: &HttpAnswer) -> String {
    let json: Option<Json> = serde_json::from_slice(&answer.body).ok();
    let text = match &json {
        Some(json) => ["/error", "/message", "/errors/0/message", "/error/message"]
            .iter()
            .find_map(|place| json.pointer(place).and_then(Json::as_str)),
        // Pages for browsers begin with `<`.
        None => str::from_utf8(&answer.body)
            .ok()
            .and_then(|text| text.trim().lines().next())
            .filter(|line| !line.starts_with('<')),
    };
    match text.filter(|text| !text.is_empty()) {
        Some(text) => {
            let text: String = redact_message(text).chars().take(DETAIL_LENGTH).collect();
            format!(": {text}")
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::artifact::network::Url;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        HttpAnswer {
            status,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            url: Url::parse("https://h/api/charts?token=hunter2").unwrap(),
            attempts: 1,
        }
    }

    #[test]
    fn a_servers_words_are_shown_in_part() {
        let long = format!(r#"{{"error": "{}"}}"#, "a".repeat(1000));
        for (body, want) in [
            (r#"{"error": "file already exists"}"#, ": file already exists"),
            (r#"{"message": "see https://me:hunter2@h/x"}"#, ": see https://h/x"),
            (r#"{"errors": [{"status": 403, "message": "no"}]}"#, ": no"),
            ("package already exists\nmore", ": package already exists"),
            ("<html>", ""),
            ("{}", ""),
            ("", ""),
            (long.as_str(), &format!(": {}", "a".repeat(DETAIL_LENGTH))),
        ] {
            let error = UploadError::from_answer(&answer(400, body), UploadApi::Nexus, true).to_string();
            assert_eq!(error, format!("https://h/api/charts answers 400 Bad Request{want}"));
        }
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        for (status, api, has_login, words) in [
            (401, UploadApi::Nexus, false, "HELM_REPO_ACCESS_TOKEN"),
            (401, UploadApi::Nexus, true, "may have expired"),
            (403, UploadApi::Nexus, true, "not write"),
            (404, UploadApi::ChartMuseum, true, "HELM_REPO_CONTEXT_PATH"),
            (404, UploadApi::Nexus, true, "create the repository"),
            (405, UploadApi::Nexus, true, "not a proxy"),
            (413, UploadApi::Nexus, true, ".helmignore"),
            (507, UploadApi::ChartMuseum, true, "storage is full"),
            (503, UploadApi::ChartMuseum, true, "try again"),
            (307, UploadApi::ChartMuseum, true, "redirects"),
        ] {
            let hint = UploadError::from_answer(&answer(status, ""), api, has_login)
                .hint()
                .unwrap();
            assert!(hint.contains(words), "{status}: {hint}");
        }
    }
}
