//! GitHub. Commits are made with `createCommitOnBranch`, so that GitHub signs them and compares the head of the branch; everything else
//! has an interface in REST: <https://docs.github.com/en/rest>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::artifact::network::{Method, Url};
use crate::delivery::git::BranchName;

use super::api::{Api, Asked, COMMENT_PAGES};
use super::error::ForgeError;
use super::interface::{Comment, Forge, NewCommit, PullRequest, PullRequestText, Wishes};

const COMMIT: &str =
    "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }";
const AUTO_MERGE: &str = "mutation($input: EnablePullRequestAutoMergeInput!) { enablePullRequestAutoMerge(input: $input) { clientMutationId } }";
const COMMENTS: &str = "query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { \
    pullRequest(number: $number) { comments(first: 100, after: $after) { nodes { id body viewerDidAuthor } \
    pageInfo { hasNextPage endCursor } } } } }";
const CHANGE_COMMENT: &str =
    "mutation($input: UpdateIssueCommentInput!) { updateIssueComment(input: $input) { clientMutationId } }";
/// The bytes of a file, and not JSON about it.
const RAW: &str = "application/vnd.github.raw+json";

/// A repository of GitHub.
#[derive(Debug)]
pub(super) struct GitHub {
    pub(super) api: Api,
    /// Where queries of GraphQL are sent.
    pub(super) graphql: Url,
    /// `owner/name`
    pub(super) repository: String,
}

impl GitHub {
    /// The address of something in the repository; `path` has slashes between its parts.
    fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let parts = ["repos"]
            .into_iter()
            .chain(self.repository.split('/'))
            .chain(path.split('/'));
        self.api.url(parts, query)
    }

    fn owner(&self) -> &str {
        self.repository.split('/').next().unwrap_or_default()
    }

    fn conflict(&self, branch: &BranchName) -> ForgeError {
        ForgeError::Conflict {
            forge: self.api.forge,
            branch: branch.to_string(),
        }
    }

    /// Makes a branch at a commit.
    fn create_branch(&self, branch: &BranchName, sha: &str) -> Result<(), ForgeError> {
        let body = json!({"ref": branch.reference(), "sha": sha});
        let asked = Asked::with("create a branch", Method::POST, self.url("git/refs", &[]), Some(body));
        match self.api.json(&asked) {
            Err(ForgeError::Refused { code: 422, words, .. }) if words.contains("already exists") => {
                Err(self.conflict(branch))
            }
            outcome => outcome.map(drop),
        }
    }

    fn move_branch(&self, branch: &BranchName, sha: &str) -> Result<(), ForgeError> {
        let body = json!({"sha": sha, "force": true});
        let url = self.url(&format!("git/{}", branch.reference()), &[]);
        self.api
            .json(&Asked::with("move a branch", Method::PATCH, url, Some(body)))
            .map(drop)
    }

    /// Removes a branch that may be gone.
    fn delete_branch(&self, branch: &BranchName) -> Result<(), ForgeError> {
        let url = self.url(&format!("git/{}", branch.reference()), &[]);
        match self
            .api
            .json(&Asked::with("delete a branch", Method::DELETE, url, None))
        {
            Err(ForgeError::Refused { code: 404 | 422, .. }) => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Adds a commit to a branch that is at its parent.
    fn append(&self, branch: &BranchName, commit: &NewCommit) -> Result<String, ForgeError> {
        let additions = commit
            .files
            .iter()
            .map(|file| json!({"path": file.path, "contents": STANDARD.encode(&file.new)}));
        let input = json!({
            "branch": {"repositoryNameWithOwner": self.repository, "branchName": branch.as_str()},
            "message": {"headline": commit.subject, "body": commit.body},
            "expectedHeadOid": commit.parent,
            "fileChanges": {"additions": additions.collect::<Vec<_>>()},
        });
        let task = "commit";
        let data = self.graphql(task, COMMIT, &json!({"input": input}));
        let data = data.map_err(|error| match error {
            GraphQlError::Stale => self.conflict(branch),
            GraphQlError::Other(error) => error,
        })?;
        self.api.text(task, &data, "/createCommitOnBranch/commit/oid")
    }

    /// Runs a query or a mutation, which answers 200 also where it fails.
    fn graphql(&self, task: &str, query: &str, variables: &Json) -> Result<Json, GraphQlError> {
        let body = json!({"query": query, "variables": variables});
        let asked = Asked::with(task, Method::POST, self.graphql.clone(), Some(body));
        let mut answer = self.api.json(&asked).map_err(GraphQlError::Other)?;
        let Some(errors) = answer
            .get("errors")
            .and_then(Json::as_array)
            .filter(|errors| !errors.is_empty())
        else {
            return Ok(answer.get_mut("data").map(Json::take).unwrap_or_default());
        };
        // A branch that is gone was removed by another run.
        let is_stale = |error: &Json| {
            let kind = error.get("type").and_then(Json::as_str);
            matches!(kind, Some("STALE_DATA" | "NOT_FOUND"))
        };
        if errors.iter().any(is_stale) {
            return Err(GraphQlError::Stale);
        }
        let messages = errors.iter().filter_map(|error| error.get("message")?.as_str());
        let words = messages.collect::<Vec<_>>().join(": ");
        Err(GraphQlError::Other(self.api.refused(
            task,
            200,
            "GraphQL".to_owned(),
            &words,
        )))
    }

    /// The error of a query that is about no branch.
    fn whole(&self, task: &str, error: GraphQlError) -> ForgeError {
        match error {
            GraphQlError::Stale => self.api.refused(task, 404, "404 Not Found".to_owned(), ""),
            GraphQlError::Other(error) => error,
        }
    }

    fn request_of(&self, task: &str, json: &Json) -> Result<PullRequest, ForgeError> {
        let number = json.get("number").and_then(Json::as_u64);
        Ok(PullRequest {
            number: number.ok_or_else(|| self.api.odd(task, "number"))?,
            url: self.api.text(task, json, "/html_url")?,
            id: self.api.text(task, json, "/node_id")?,
            text: PullRequestText {
                title: self.api.text(task, json, "/title")?,
                body: json.get("body").and_then(Json::as_str).unwrap_or_default().to_owned(),
            },
        })
    }

    /// Posts to a pull request.
    fn post(&self, task: &str, path: &str, body: Json) -> Result<Json, ForgeError> {
        self.api
            .json(&Asked::with(task, Method::POST, self.url(path, &[]), Some(body)))
    }
}

/// What a mutation fails with.
enum GraphQlError {
    /// The branch is not at the head that was expected.
    Stale,
    Other(ForgeError),
}

impl Forge for GitHub {
    fn name(&self) -> &'static str {
        self.api.forge
    }

    fn head(&self, branch: &BranchName) -> Result<Option<String>, ForgeError> {
        let task = "look up a branch";
        let url = self.url(&format!("git/ref/heads/{branch}"), &[]);
        let found = self.api.json_if_found(&Asked::get(task, url))?;
        found.map(|json| self.api.text(task, &json, "/object/sha")).transpose()
    }

    fn content(&self, path: &str, at: &str) -> Result<Option<Vec<u8>>, ForgeError> {
        let url = self.url(&format!("contents/{path}"), &[("ref", at)]);
        let asked = Asked {
            accept: RAW,
            ..Asked::get("read a file", url)
        };
        let answer = self.api.send(&asked)?;
        if answer.status == 404 {
            return Ok(None);
        }
        self.api.success(&asked, &answer)?;
        Ok(Some(answer.body))
    }

    fn commits_beyond(&self, base: &str, head: &str) -> Result<u64, ForgeError> {
        let task = "compare branches";
        let url = self.url(&format!("compare/{base}...{head}"), &[("per_page", "1")]);
        let json = self.api.json(&Asked::get(task, url))?;
        json.get("ahead_by")
            .and_then(Json::as_u64)
            .ok_or_else(|| self.api.odd(task, "ahead_by"))
    }

    /// A branch that exists is moved once, to the finished commit: a pull request whose branch is at its base for a moment is closed by
    /// GitHub. The commit is made on a branch beside it.
    fn commit(&self, branch: &BranchName, expected: Option<&str>, commit: &NewCommit) -> Result<String, ForgeError> {
        if expected.is_none() {
            self.create_branch(branch, &commit.parent)?;
            return self.append(branch, commit);
        }
        let beside = BranchName::parse(&format!("{branch}.next")).map_err(|_| self.conflict(branch))?;
        self.delete_branch(&beside)?;
        self.create_branch(&beside, &commit.parent)?;
        let made = self.append(&beside, commit).and_then(|sha| {
            if self.head(branch)?.as_deref() != expected {
                return Err(self.conflict(branch));
            }
            self.move_branch(branch, &sha).map(|()| sha)
        });
        self.delete_branch(&beside)?;
        made
    }

    fn find(&self, branch: &BranchName, base: &BranchName) -> Result<Option<PullRequest>, ForgeError> {
        let task = "list pull requests";
        let head = format!("{}:{branch}", self.owner());
        let query = [("head", head.as_str()), ("base", base.as_str()), ("state", "open")];
        let json = self.api.json(&Asked::get(task, self.url("pulls", &query)))?;
        let first = json.as_array().ok_or_else(|| self.api.odd(task, "a list"))?.first();
        first.map(|json| self.request_of(task, json)).transpose()
    }

    fn open(&self, branch: &BranchName, base: &BranchName, text: &PullRequestText) -> Result<PullRequest, ForgeError> {
        let task = "open a pull request";
        let body = json!({
            "title": text.title, "body": text.body, "head": branch.as_str(), "base": base.as_str(),
            "maintainer_can_modify": false,
        });
        match self.post(task, "pulls", body) {
            Err(ForgeError::Refused { code: 422, words, .. }) if words.contains("already exists") => {
                Err(self.conflict(branch))
            }
            outcome => self.request_of(task, &outcome?),
        }
    }

    fn update(&self, request: &PullRequest, text: &PullRequestText) -> Result<(), ForgeError> {
        let body = json!({"title": text.title, "body": text.body});
        let url = self.url(&format!("pulls/{}", request.number), &[]);
        self.api
            .json(&Asked::with("change a pull request", Method::PATCH, url, Some(body)))
            .map(drop)
    }

    fn fulfil(&self, request: &PullRequest, head: &str, wishes: &Wishes) -> Result<Vec<String>, ForgeError> {
        let number = request.number;
        if !wishes.labels.is_empty() {
            self.post(
                "label a pull request",
                &format!("issues/{number}/labels"),
                json!({"labels": wishes.labels}),
            )?;
        }
        if !wishes.reviewers.is_empty() {
            let (teams, users): (Vec<&str>, Vec<&str>) = wishes
                .reviewers
                .iter()
                .map(String::as_str)
                .partition(|name| name.contains('/'));
            let teams = teams.iter().filter_map(|team| team.rsplit('/').next());
            let body = json!({"reviewers": users, "team_reviewers": teams.collect::<Vec<_>>()});
            self.post("ask for a review", &format!("pulls/{number}/requested_reviewers"), body)?;
        }
        if !wishes.merges_itself {
            return Ok(Vec::new());
        }
        let input = json!({"pullRequestId": request.id, "expectedHeadOid": head});
        match self.graphql(
            "merge a pull request once its checks have passed",
            AUTO_MERGE,
            &json!({"input": input}),
        ) {
            Ok(_) => Ok(Vec::new()),
            Err(GraphQlError::Stale) => Ok(vec![format!("{}: it changed meanwhile", request.url)]),
            Err(GraphQlError::Other(error @ ForgeError::Refused { code: 200, .. })) => Ok(vec![error.to_string()]),
            Err(GraphQlError::Other(error)) => Err(error),
        }
    }

    fn own_comment(&self, number: u64, marker: &str) -> Result<Option<Comment>, ForgeError> {
        let task = "list the comments of a pull request";
        let (owner, name) = self.repository.split_once('/').unwrap_or_default();
        let mut after = Json::Null;
        for _ in 0..COMMENT_PAGES {
            let variables = json!({"owner": owner, "name": name, "number": number, "after": after});
            let data = self
                .graphql(task, COMMENTS, &variables)
                .map_err(|error| self.whole(task, error))?;
            let comments = data.pointer("/repository/pullRequest/comments");
            let comments = comments.ok_or_else(|| self.api.odd(task, "comments"))?;
            let nodes = comments.get("nodes").and_then(Json::as_array);
            let own = nodes.into_iter().flatten().find_map(|node| {
                let text = node.get("body")?.as_str().filter(|text| text.starts_with(marker))?;
                let is_own = node.get("viewerDidAuthor")?.as_bool()?;
                let id = node.get("id")?.as_str()?;
                is_own.then(|| Comment {
                    id: id.to_owned(),
                    text: text.to_owned(),
                })
            });
            if own.is_some() {
                return Ok(own);
            }
            let has_more = comments.pointer("/pageInfo/hasNextPage").and_then(Json::as_bool);
            after = comments.pointer("/pageInfo/endCursor").cloned().unwrap_or_default();
            if has_more != Some(true) || after.is_null() {
                break;
            }
        }
        Ok(None)
    }

    fn add_comment(&self, number: u64, text: &str) -> Result<(), ForgeError> {
        let url = self.url(&format!("issues/{number}/comments"), &[]);
        let body = Some(json!({"body": text}));
        let asked = Asked {
            is_repeated: false,
            ..Asked::with("comment on a pull request", Method::POST, url, body)
        };
        self.api.json(&asked).map(drop)
    }

    fn change_comment(&self, _: u64, comment: &Comment, text: &str) -> Result<(), ForgeError> {
        let task = "change a comment";
        let variables = json!({"input": {"id": comment.id, "body": text}});
        let changed = self.graphql(task, CHANGE_COMMENT, &variables);
        changed.map(drop).map_err(|error| self.whole(task, error))
    }

    fn close(&self, request: &PullRequest, branch: &BranchName, comment: &str) -> Result<(), ForgeError> {
        let number = request.number;
        self.add_comment(number, comment)?;
        let url = self.url(&format!("pulls/{number}"), &[]);
        let closed = Asked::with(
            "close a pull request",
            Method::PATCH,
            url,
            Some(json!({"state": "closed"})),
        );
        self.api.json(&closed)?;
        self.delete_branch(branch)
    }
}
