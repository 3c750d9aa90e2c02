//! GitHub and GitLab (in `forge_gitlab`) in the test's own process: branches, commits and pull requests in memory, with the rules by which they refuse a branch
//! that is not where it is expected to be, and faults on request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::forge_gitlab::gitlab;
use super::remote_server::{Answer, Request, Server};

/// The token that may write.
pub(super) const TOKEN: &str = "hunter2";

/// The author of comments that are written with the token.
pub(super) const OWN: &str = "chartwright";

/// Files by path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

#[derive(Debug, Clone)]
pub(super) struct Commit {
    pub(super) parent: Option<String>,
    pub(super) files: Files,
    pub(super) message: String,
}

#[derive(Debug, Clone)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) branch: String,
    pub(super) base: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) is_open: bool,
    pub(super) labels: Vec<String>,
    pub(super) reviewers: Vec<String>,
    /// Each with its author.
    pub(super) comments: Vec<(&'static str, String)>,
    pub(super) merges_itself: bool,
}

/// What goes wrong with one request, once.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It is answered with this, and not carried out.
    Answer(u16, &'static [(&'static str, &'static str)], &'static str),
    /// It is carried out, and the answer is lost.
    Lost,
    /// Another commit reaches the branch first.
    Overtaken,
}

/// A repository of a forge.
#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) commits: BTreeMap<String, Commit>,
    pub(super) branches: BTreeMap<String, String>,
    pub(super) requests: Vec<Pull>,
    /// By a part of `METHOD target`.
    pub(super) faults: Vec<(&'static str, Fault)>,
    /// Whether pull requests may be merged by themselves.
    pub(super) allows_auto_merge: bool,
    made: usize,
}

impl Repository {
    /// Adds a commit, and gives its name.
    pub(super) fn add(&mut self, parent: Option<&str>, changed: Files, message: &str) -> String {
        self.made += 1;
        let sha = format!("{:040x}", 0xabc0_0000_usize + self.made);
        let mut files = parent
            .and_then(|parent| self.commits.get(parent))
            .map_or_else(Files::new, |one| one.files.clone());
        files.extend(changed);
        let commit = Commit {
            parent: parent.map(str::to_owned),
            files,
            message: message.to_owned(),
        };
        self.commits.insert(sha.clone(), commit);
        sha
    }

    pub(super) fn head(&self, branch: &str) -> &Commit {
        &self.commits[&self.branches[branch]]
    }

    pub(super) fn file(&self, at: &str, path: &str) -> Option<&Vec<u8>> {
        let sha = self.branches.get(at).map_or(at, String::as_str);
        self.commits.get(sha)?.files.get(path)
    }

    pub(super) fn ancestors(&self, at: &str) -> Vec<String> {
        let mut next = Some(self.branches.get(at).map_or(at, String::as_str).to_owned());
        let mut found = Vec::new();
        while let Some(sha) = next {
            next = self.commits.get(&sha).and_then(|commit| commit.parent.clone());
            found.push(sha);
        }
        found
    }

    pub(super) fn beyond(&self, base: &str, head: &str) -> usize {
        let base = self.ancestors(base);
        self.ancestors(head).iter().filter(|sha| !base.contains(sha)).count()
    }

    /// A branch at its base has nothing to pull: GitHub closes its pull request.
    pub(super) fn moved(&mut self, branch: &str) {
        let shas = self.branches.clone();
        for request in self.requests.iter_mut().filter(|one| one.branch == branch) {
            if shas.get(branch) == shas.get(&request.base) {
                request.is_open = false;
            }
        }
    }

    pub(super) fn open(&self, branch: &str, base: &str) -> Option<&Pull> {
        self.requests
            .iter()
            .find(|one| one.is_open && one.branch == branch && one.base == base)
    }

    pub(super) fn request(&mut self, number: &str) -> Option<&mut Pull> {
        self.requests.iter_mut().find(|one| one.number.to_string() == number)
    }

    pub(super) fn add_request(&mut self, branch: &str, base: &str, title: &str, body: &str) -> u64 {
        let number = self.requests.len() as u64 + 1;
        self.requests.push(Pull {
            number,
            branch: branch.to_owned(),
            base: base.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            is_open: true,
            labels: Vec::new(),
            reviewers: Vec::new(),
            comments: Vec::new(),
            merges_itself: false,
        });
        number
    }
}

/// A running forge, and its repository `acme/shop`.
pub(super) struct ForgeServer {
    pub(super) server: Server,
    pub(super) repository: Arc<Mutex<Repository>>,
}

type Handler = fn(&mut Repository, &Request, &[String], &Json) -> Answer;

impl ForgeServer {
    pub(super) fn github() -> Self {
        Self::start(github, |request| {
            request.header("authorization") == Some("Bearer hunter2")
        })
    }

    pub(super) fn gitlab() -> Self {
        Self::start(gitlab, |request| request.header("private-token") == Some(TOKEN))
    }

    fn start(handler: Handler, may: fn(&Request) -> bool) -> Self {
        let (server, repository) = Server::start_with_content(None, move |repository: &mut Repository, request, _| {
            answer(repository, request, (handler, may))
        });
        Self { server, repository }
    }

    /// What the repository has now.
    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Repository) -> T) -> T {
        look(&mut self.repository.lock().expect("not poisoned"))
    }
}

fn answer(repository: &mut Repository, request: &Request, (handler, may): (Handler, fn(&Request) -> bool)) -> Answer {
    if !may(request) {
        return message(401, "Bad credentials");
    }
    let line = format!("{} {}", request.method, request.target);
    let fault = repository.faults.iter().position(|(part, _)| line.contains(part));
    let fault = fault.map(|at| repository.faults.remove(at).1);
    if let Some(Fault::Answer(status, headers, words)) = fault {
        let answer = message(status, words);
        return headers
            .iter()
            .fold(answer, |answer, (name, value)| answer.with(name, value));
    }
    if matches!(fault, Some(Fault::Overtaken)) {
        let branches: Vec<String> = repository
            .branches
            .keys()
            .filter(|name| name.starts_with("chartwright/"))
            .cloned()
            .collect();
        for branch in branches {
            let head = repository.branches[&branch].clone();
            let sha = repository.add(Some(&head), Files::new(), "overtaken");
            repository.branches.insert(branch, sha);
        }
    }
    let body = serde_json::from_slice(&request.body).unwrap_or_default();
    let parts: Vec<String> = request.path().split('/').skip(1).map(decoded).collect();
    let mut answer = handler(repository, request, &parts, &body);
    answer.is_lost = matches!(fault, Some(Fault::Lost));
    answer
}

fn decoded(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let hex = std::str::from_utf8(&after[..2]).expect("hex");
            bytes.push(u8::from_str_radix(hex, 16).expect("hex"));
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).expect("is text")
}

pub(super) fn query(request: &Request, name: &str) -> String {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.into_iter().find(|(key, _)| *key == name);
    found.map_or_else(String::new, |(_, value)| decoded(&value.replace('+', " ")))
}

pub(super) fn message(status: u16, words: &str) -> Answer {
    Answer::new(status, json!({"message": words}).to_string())
}

pub(super) fn json_answer(status: u16, json: &Json) -> Answer {
    Answer::new(status, json.to_string())
}

pub(super) fn text<'j>(json: &'j Json, pointer: &str) -> &'j str {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}

pub(super) fn texts(json: &Json) -> Vec<String> {
    let list = json.as_array().into_iter().flatten();
    list.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

fn github(repository: &mut Repository, request: &Request, parts: &[String], body: &Json) -> Answer {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if parts == ["graphql"] {
        return graphql(repository, body);
    }
    let [_, "acme", "shop", rest @ ..] = parts.as_slice() else {
        return message(404, "Not Found");
    };
    match (request.method.as_str(), rest) {
        ("GET", ["git", "ref", "heads", branch @ ..]) => match repository.branches.get(&branch.join("/")) {
            Some(sha) => json_answer(200, &json!({"object": {"sha": sha}})),
            None => message(404, "Not Found"),
        },
        ("POST", ["git", "refs"]) => {
            let branch = text(body, "/ref").trim_start_matches("refs/heads/").to_owned();
            let sha = text(body, "/sha").to_owned();
            if repository.branches.contains_key(&branch) {
                message(422, "Reference already exists")
            } else if repository.commits.contains_key(&sha) {
                repository.branches.insert(branch, sha);
                json_answer(201, &json!({}))
            } else {
                message(422, "Object does not exist")
            }
        }
        ("PATCH", ["git", "refs", "heads", branch @ ..]) => {
            let branch = branch.join("/");
            repository
                .branches
                .insert(branch.clone(), text(body, "/sha").to_owned());
            repository.moved(&branch);
            json_answer(200, &json!({}))
        }
        ("DELETE", ["git", "refs", "heads", branch @ ..]) => match repository.branches.remove(&branch.join("/")) {
            Some(_) => Answer::new(204, ""),
            None => message(422, "Reference does not exist"),
        },
        ("GET", ["contents", path @ ..]) => match repository.file(&query(request, "ref"), &path.join("/")) {
            Some(content) => Answer::new(200, content.clone()),
            None => message(404, "Not Found"),
        },
        ("GET", ["compare", range @ ..]) => {
            let range = range.join("/");
            let (base, head) = range.split_once("...").expect("a range");
            json_answer(200, &json!({"ahead_by": repository.beyond(base, head)}))
        }
        _ => github_pulls(repository, request, rest, body),
    }
}

fn github_pulls(repository: &mut Repository, request: &Request, rest: &[&str], body: &Json) -> Answer {
    let shown = |one: &Pull| {
        json!({"number": one.number, "html_url": format!("https://forge/pull/{}", one.number), "node_id": format!("PR_{}", one.number),
            "title": one.title, "body": one.body})
    };
    match (request.method.as_str(), rest) {
        ("GET", ["pulls"]) => {
            let head = query(request, "head");
            let branch = head.strip_prefix("acme:").expect("the owner");
            let found = repository.open(branch, &query(request, "base")).map(shown);
            json_answer(200, &json!(found.into_iter().collect::<Vec<_>>()))
        }
        ("POST", ["pulls"]) => {
            let (branch, base) = (text(body, "/head").to_owned(), text(body, "/base").to_owned());
            if repository.open(&branch, &base).is_some() {
                return message(
                    422,
                    &format!("Validation Failed: A pull request already exists for acme:{branch}."),
                );
            }
            if repository.beyond(&base, &branch) == 0 {
                return message(422, "No commits between");
            }
            let number = repository.add_request(&branch, &base, text(body, "/title"), text(body, "/body"));
            let found = repository.request(&number.to_string()).map(|one| shown(one));
            json_answer(201, &json!(found))
        }
        ("PATCH", ["pulls", number]) => {
            let Some(one) = repository.request(number) else {
                return message(404, "Not Found");
            };
            if body.get("state").is_some() {
                one.is_open = false;
            } else {
                (one.title, one.body) = (text(body, "/title").to_owned(), text(body, "/body").to_owned());
            }
            json_answer(200, &json!({}))
        }
        ("POST", ["issues", number, "labels"]) => {
            repository
                .request(number)
                .expect("is there")
                .labels
                .extend(texts(&body["labels"]));
            json_answer(200, &json!([]))
        }
        ("POST", ["issues", number, "comments"]) => {
            let comment = (OWN, text(body, "/body").to_owned());
            match repository.request(number) {
                Some(request) => request.comments.push(comment),
                None => return message(404, "Not Found"),
            }
            json_answer(201, &json!({}))
        }
        ("POST", ["pulls", number, "requested_reviewers"]) => {
            let reviewers = [texts(&body["reviewers"]), texts(&body["team_reviewers"])].concat();
            repository
                .request(number)
                .expect("is there")
                .reviewers
                .extend(reviewers);
            json_answer(201, &json!({}))
        }
        _ => message(404, "Not Found"),
    }
}

fn graphql(repository: &mut Repository, body: &Json) -> Answer {
    let input = &body["variables"]["input"];
    let error = |kind: &str, words: &str| {
        json_answer(
            200,
            &json!({"data": null, "errors": [{"type": kind, "message": words}]}),
        )
    };
    if text(body, "/query").contains("enablePullRequestAutoMerge") {
        let number = text(input, "/pullRequestId").trim_start_matches("PR_").to_owned();
        if !repository.allows_auto_merge {
            return error("UNPROCESSABLE", "Auto merge is not allowed for this repository");
        }
        repository.request(&number).expect("is there").merges_itself = true;
        return json_answer(200, &json!({"data": {"enablePullRequestAutoMerge": {}}}));
    }
    if text(body, "/query").contains("updateIssueComment") {
        let (number, at) = text(input, "/id").split_once(':').expect("an identifier");
        let at: usize = at.parse().expect("a number");
        let comment = &mut repository.request(number).expect("is there").comments[at].1;
        text(input, "/body").clone_into(comment);
        return json_answer(200, &json!({"data": {"updateIssueComment": {}}}));
    }
    if text(body, "/query").contains("viewerDidAuthor") {
        return github_comments(repository, &body["variables"]);
    }
    let branch = text(input, "/branch/branchName").to_owned();
    let Some(head) = repository.branches.get(&branch).cloned() else {
        return error("NOT_FOUND", "No such branch");
    };
    if head != text(input, "/expectedHeadOid") {
        return error(
            "STALE_DATA",
            "Expected branch to point to another commit. Pull and try again.",
        );
    }
    let additions = input["fileChanges"]["additions"].as_array().into_iter().flatten();
    let files = additions.map(|file| {
        (
            text(file, "/path").to_owned(),
            STANDARD.decode(text(file, "/contents")).expect("base64"),
        )
    });
    let files = files.collect();
    let message = format!(
        "{}\n\n{}",
        text(input, "/message/headline"),
        text(input, "/message/body")
    );
    let sha = repository.add(Some(&head), files, &message);
    repository.branches.insert(branch.clone(), sha.clone());
    repository.moved(&branch);
    json_answer(
        200,
        &json!({"data": {"createCommitOnBranch": {"commit": {"oid": sha}}}}),
    )
}

/// A page of comments; of three, so that there are several.
fn github_comments(repository: &mut Repository, variables: &Json) -> Answer {
    assert_eq!((text(variables, "/owner"), text(variables, "/name")), ("acme", "shop"));
    let number = variables["number"].to_string();
    let Some(request) = repository.request(&number) else {
        let error = json!({"type": "NOT_FOUND", "message": "Could not resolve to a PullRequest"});
        return json_answer(
            200,
            &json!({"data": {"repository": {"pullRequest": null}}, "errors": [error]}),
        );
    };
    let start = text(variables, "/after").parse().unwrap_or(0);
    let all = request.comments.iter().enumerate().skip(start).take(3);
    let nodes = all.map(
        |(at, (author, body))| json!({"id": format!("{number}:{at}"), "body": body, "viewerDidAuthor": *author == OWN}),
    );
    let comments = json!({
        "nodes": nodes.collect::<Vec<_>>(),
        "pageInfo": {"hasNextPage": request.comments.len() > start + 3, "endCursor": (start + 3).to_string()},
    });
    json_answer(
        200,
        &json!({"data": {"repository": {"pullRequest": {"comments": comments}}}}),
    )
}
