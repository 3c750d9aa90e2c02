//! GitLab. A commit and its branch are made by one request, with the last commit of each file that is expected:
//! <https://docs.gitlab.com/api/commits/>, <https://docs.gitlab.com/api/merge_requests/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::artifact::network::{Method, Url};
use crate::delivery::git::BranchName;

use super::api::{Api, Asked, COMMENT_PAGES};
use super::error::ForgeError;
use super::interface::{Comment, Forge, NewCommit, PullRequest, PullRequestText, Wishes};

/// A project of GitLab.
#[derive(Debug)]
pub(super) struct GitLab {
    pub(super) api: Api,
    /// `group/project`, or its number.
    pub(super) project: String,
}

impl GitLab {
    /// The address of something in the project.
    fn url(&self, parts: &[&str], query: &[(&str, &str)]) -> Url {
        let parts = ["projects", &self.project].into_iter().chain(parts.iter().copied());
        self.api.url(parts, query)
    }

    fn conflict(&self, branch: &BranchName) -> ForgeError {
        ForgeError::Conflict {
            forge: self.api.forge,
            branch: branch.to_string(),
        }
    }

    fn file(&self, path: &str, at: &str) -> Result<Option<Json>, ForgeError> {
        let url = self.url(&["repository", "files", path], &[("ref", at)]);
        self.api.json_if_found(&Asked::get("read a file", url))
    }

    fn request_of(&self, task: &str, json: &Json) -> Result<PullRequest, ForgeError> {
        let number = json.get("iid").and_then(Json::as_u64);
        let number = number.ok_or_else(|| self.api.odd(task, "iid"))?;
        Ok(PullRequest {
            number,
            url: self.api.text(task, json, "/web_url")?,
            id: number.to_string(),
            text: PullRequestText {
                title: self.api.text(task, json, "/title")?,
                body: json
                    .get("description")
                    .and_then(Json::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            },
        })
    }

    fn change(&self, task: &str, number: u64, body: Json) -> Result<Json, ForgeError> {
        let url = self.url(&["merge_requests", &number.to_string()], &[]);
        self.api.json(&Asked::with(task, Method::PUT, url, Some(body)))
    }

    /// The address of the comments of a merge request.
    fn notes(&self, number: u64, query: &[(&str, &str)]) -> Url {
        self.url(&["merge_requests", &number.to_string(), "notes"], query)
    }

    /// The number of a user.
    fn user(&self, name: &str) -> Result<Option<u64>, ForgeError> {
        let url = self.api.url(["users"], &[("username", name)]);
        let users = self.api.json(&Asked::get("look up a user", url))?;
        Ok(users.pointer("/0/id").and_then(Json::as_u64))
    }
}

/// Comments of a page, the most that GitLab gives.
const PER_PAGE: &str = "100";

/// Words of GitLab about a branch or a file that another changed at the same time.
const CONFLICTS: [&str; 4] = [
    "already exists",
    "has changed since",
    "You are attempting to update a file that has changed",
    "Could not update branch",
];

impl Forge for GitLab {
    fn name(&self) -> &'static str {
        self.api.forge
    }

    fn head(&self, branch: &BranchName) -> Result<Option<String>, ForgeError> {
        let task = "look up a branch";
        let url = self.url(&["repository", "branches", branch.as_str()], &[]);
        let found = self.api.json_if_found(&Asked::get(task, url))?;
        found.map(|json| self.api.text(task, &json, "/commit/id")).transpose()
    }

    fn content(&self, path: &str, at: &str) -> Result<Option<Vec<u8>>, ForgeError> {
        let Some(file) = self.file(path, at)? else {
            return Ok(None);
        };
        let content = self.api.text("read a file", &file, "/content")?;
        let bytes = STANDARD
            .decode(content)
            .map_err(|_| self.api.odd("read a file", "content"));
        bytes.map(Some)
    }

    fn commits_beyond(&self, base: &str, head: &str) -> Result<u64, ForgeError> {
        let task = "compare branches";
        let url = self.url(&["repository", "compare"], &[("from", base), ("to", head)]);
        let json = self.api.json(&Asked::get(task, url))?;
        let commits = json.get("commits").and_then(Json::as_array);
        let commits = commits.ok_or_else(|| self.api.odd(task, "commits"))?;
        Ok(u64::try_from(commits.len()).unwrap_or(u64::MAX))
    }

    fn commit(&self, branch: &BranchName, expected: Option<&str>, commit: &NewCommit) -> Result<String, ForgeError> {
        if self.head(branch)?.as_deref() != expected {
            return Err(self.conflict(branch));
        }
        let task = "commit";
        let mut actions = Vec::new();
        for file in &commit.files {
            let known = self.file(&file.path, &commit.parent)?;
            let last = known
                .as_ref()
                .and_then(|file| file.get("last_commit_id"))
                .and_then(Json::as_str);
            actions.push(json!({
                "action": if known.is_some() { "update" } else { "create" },
                "file_path": file.path,
                "encoding": "base64",
                "content": STANDARD.encode(&file.new),
                "last_commit_id": last,
            }));
        }
        let body = json!({
            "branch": branch.as_str(),
            "start_sha": commit.parent,
            "force": expected.is_some(),
            "commit_message": format!("{}\n\n{}", commit.subject, commit.body),
            "actions": actions,
        });
        let url = self.url(&["repository", "commits"], &[]);
        match self.api.json(&Asked::with(task, Method::POST, url, Some(body))) {
            Err(ForgeError::Refused {
                code: 400 | 409, words, ..
            }) if CONFLICTS.iter().any(|one| words.contains(one)) => Err(self.conflict(branch)),
            outcome => self.api.text(task, &outcome?, "/id"),
        }
    }

    fn find(&self, branch: &BranchName, base: &BranchName) -> Result<Option<PullRequest>, ForgeError> {
        let task = "list merge requests";
        let query = [
            ("state", "opened"),
            ("source_branch", branch.as_str()),
            ("target_branch", base.as_str()),
        ];
        let json = self
            .api
            .json(&Asked::get(task, self.url(&["merge_requests"], &query)))?;
        let first = json.as_array().ok_or_else(|| self.api.odd(task, "a list"))?.first();
        first.map(|json| self.request_of(task, json)).transpose()
    }

    fn open(&self, branch: &BranchName, base: &BranchName, text: &PullRequestText) -> Result<PullRequest, ForgeError> {
        let task = "open a merge request";
        let body = json!({
            "source_branch": branch.as_str(), "target_branch": base.as_str(),
            "title": text.title, "description": text.body, "remove_source_branch": true,
        });
        let url = self.url(&["merge_requests"], &[]);
        match self.api.json(&Asked::with(task, Method::POST, url, Some(body))) {
            Err(ForgeError::Refused { code: 409, .. }) => Err(self.conflict(branch)),
            outcome => self.request_of(task, &outcome?),
        }
    }

    fn update(&self, request: &PullRequest, text: &PullRequestText) -> Result<(), ForgeError> {
        let body = json!({"title": text.title, "description": text.body});
        self.change("change a merge request", request.number, body).map(drop)
    }

    fn fulfil(&self, request: &PullRequest, head: &str, wishes: &Wishes) -> Result<Vec<String>, ForgeError> {
        let mut impossible = Vec::new();
        let mut body = serde_json::Map::new();
        if !wishes.labels.is_empty() {
            body.insert("add_labels".to_owned(), json!(wishes.labels.join(",")));
        }
        let mut reviewers = Vec::new();
        for name in &wishes.reviewers {
            match self.user(name)? {
                Some(id) => reviewers.push(id),
                None => impossible.push(format!("{} does not have the user {name}", self.api.forge)),
            }
        }
        if !reviewers.is_empty() {
            body.insert("reviewer_ids".to_owned(), json!(reviewers));
        }
        if !body.is_empty() {
            self.change(
                "label a merge request or ask for a review",
                request.number,
                Json::Object(body),
            )?;
        }
        if wishes.merges_itself {
            let url = self.url(&["merge_requests", &request.number.to_string(), "merge"], &[]);
            // The second name is that of GitLab before 17.11.
            let body = json!({"sha": head, "auto_merge": true, "merge_when_pipeline_succeeds": true});
            let task = "merge a merge request once its pipeline has succeeded";
            match self.api.json(&Asked::with(task, Method::PUT, url, Some(body))) {
                Err(
                    error @ ForgeError::Refused {
                        code: 401 | 405 | 406 | 409 | 422,
                        ..
                    },
                ) => {
                    impossible.push(error.to_string());
                }
                outcome => drop(outcome?),
            }
        }
        Ok(impossible)
    }

    fn own_comment(&self, number: u64, marker: &str) -> Result<Option<Comment>, ForgeError> {
        let task = "list the comments of a merge request";
        let user = self
            .api
            .json(&Asked::get("say whose token this is", self.api.url(["user"], &[])))?;
        let user = user.get("id").and_then(Json::as_u64);
        let user = user.ok_or_else(|| self.api.odd(task, "id"))?;
        for page in 1..=COMMENT_PAGES {
            let page = page.to_string();
            let query = [("sort", "asc"), ("per_page", PER_PAGE), ("page", page.as_str())];
            let notes = self.api.json(&Asked::get(task, self.notes(number, &query)))?;
            let notes = notes.as_array().ok_or_else(|| self.api.odd(task, "a list"))?;
            let own = notes.iter().find_map(|note| {
                let text = note.get("body")?.as_str().filter(|text| text.starts_with(marker))?;
                let author = note.pointer("/author/id")?.as_u64()?;
                let id = note.get("id")?.as_u64()?;
                (author == user).then(|| Comment {
                    id: id.to_string(),
                    text: text.to_owned(),
                })
            });
            if own.is_some() {
                return Ok(own);
            }
            if notes.is_empty() {
                break;
            }
        }
        Ok(None)
    }

    fn add_comment(&self, number: u64, text: &str) -> Result<(), ForgeError> {
        let body = Some(json!({"body": text}));
        let asked = Asked {
            is_repeated: false,
            ..Asked::with(
                "comment on a merge request",
                Method::POST,
                self.notes(number, &[]),
                body,
            )
        };
        self.api.json(&asked).map(drop)
    }

    fn change_comment(&self, number: u64, comment: &Comment, text: &str) -> Result<(), ForgeError> {
        let number = number.to_string();
        let url = self.url(&["merge_requests", &number, "notes", &comment.id], &[]);
        let body = Some(json!({"body": text}));
        self.api
            .json(&Asked::with("change a comment", Method::PUT, url, body))
            .map(drop)
    }

    fn close(&self, request: &PullRequest, branch: &BranchName, comment: &str) -> Result<(), ForgeError> {
        self.add_comment(request.number, comment)?;
        self.change("close a merge request", request.number, json!({"state_event": "close"}))?;
        let url = self.url(&["repository", "branches", branch.as_str()], &[]);
        match self
            .api
            .json(&Asked::with("delete a branch", Method::DELETE, url, None))
        {
            Err(ForgeError::Refused { code: 404, .. }) => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}
