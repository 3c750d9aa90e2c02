//! The interface of GitLab to a repository in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::forge_servers::{Files, OWN, Pull, Repository, json_answer, message, query, text};
use super::remote_server::{Answer, Request};

/// Answers a request.
pub(super) fn gitlab(repository: &mut Repository, request: &Request, parts: &[String], body: &Json) -> Answer {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if parts == ["api", "v4", "users"] {
        let known = query(request, "username") == "ada";
        return json_answer(200, &if known { json!([{"id": 7}]) } else { json!([]) });
    }
    if parts == ["api", "v4", "user"] {
        return json_answer(200, &json!({"id": 1}));
    }
    let ["api", "v4", "projects", "acme/shop", rest @ ..] = parts.as_slice() else {
        return message(404, "404 Project Not Found");
    };
    match (request.method.as_str(), rest) {
        ("GET", ["repository", "branches", branch]) => match repository.branches.get(*branch) {
            Some(sha) => json_answer(200, &json!({"commit": {"id": sha}})),
            None => message(404, "404 Branch Not Found"),
        },
        ("DELETE", ["repository", "branches", branch]) => {
            repository.branches.remove(*branch);
            Answer::new(204, "")
        }
        ("GET", ["repository", "files", path]) => {
            let at = query(request, "ref");
            match repository.file(&at, path) {
                Some(content) => json_answer(
                    200,
                    &json!({"content": STANDARD.encode(content), "last_commit_id": last_commit(repository, &at, path)}),
                ),
                None => message(404, "404 File Not Found"),
            }
        }
        ("GET", ["repository", "compare"]) => {
            let count = repository.beyond(&query(request, "from"), &query(request, "to"));
            json_answer(200, &json!({"commits": vec![json!({}); count]}))
        }
        ("POST", ["repository", "commits"]) => gitlab_commit(repository, body),
        _ => gitlab_merges(repository, request, rest, body),
    }
}

fn gitlab_merges(repository: &mut Repository, request: &Request, rest: &[&str], body: &Json) -> Answer {
    let shown = |one: &Pull| json!({"iid": one.number, "web_url": format!("https://forge/merge/{}", one.number), "title": one.title, "description": one.body});
    match (request.method.as_str(), rest) {
        ("GET", ["merge_requests"]) => {
            let found = repository
                .open(&query(request, "source_branch"), &query(request, "target_branch"))
                .map(shown);
            json_answer(200, &json!(found.into_iter().collect::<Vec<_>>()))
        }
        ("POST", ["merge_requests"]) => {
            let (branch, base) = (
                text(body, "/source_branch").to_owned(),
                text(body, "/target_branch").to_owned(),
            );
            if repository.open(&branch, &base).is_some() {
                return message(
                    409,
                    "Another open merge request already exists for this source branch: !1",
                );
            }
            let number = repository.add_request(&branch, &base, text(body, "/title"), text(body, "/description"));
            let found = repository.request(&number.to_string()).map(|one| shown(one));
            json_answer(201, &json!(found))
        }
        ("PUT", ["merge_requests", number, "merge"]) => {
            if !repository.allows_auto_merge {
                return message(405, "405 Method Not Allowed");
            }
            repository.request(number).expect("is there").merges_itself = true;
            json_answer(200, &json!({}))
        }
        ("POST", ["merge_requests", number, "notes"]) => {
            let comment = (OWN, text(body, "/body").to_owned());
            match repository.request(number) {
                Some(request) => request.comments.push(comment),
                None => return message(404, "Not Found"),
            }
            json_answer(201, &json!({}))
        }
        ("GET", ["merge_requests", number, "notes"]) => {
            let Some(found) = repository.request(number) else {
                return message(404, "404 Not found");
            };
            let page: usize = query(request, "page").parse().expect("a page");
            let all = found.comments.iter().enumerate().skip((page - 1) * 3).take(3);
            let notes = all.map(|(at, (author, body))| {
                json!({"id": at, "body": body, "author": {"id": if *author == OWN { 1 } else { 2 }}})
            });
            json_answer(200, &json!(notes.collect::<Vec<_>>()))
        }
        ("PUT", ["merge_requests", number, "notes", at]) => {
            let at: usize = at.parse().expect("a number");
            let comment = &mut repository.request(number).expect("is there").comments[at].1;
            text(body, "/body").clone_into(comment);
            json_answer(200, &json!({}))
        }
        ("PUT", ["merge_requests", number]) => {
            let one = repository.request(number).expect("is there");
            one.is_open &= body.get("state_event").is_none();
            if let Some(title) = body.get("title").and_then(Json::as_str) {
                (one.title, one.body) = (title.to_owned(), text(body, "/description").to_owned());
            }
            one.labels.extend(
                text(body, "/add_labels")
                    .split(',')
                    .filter(|label| !label.is_empty())
                    .map(str::to_owned),
            );
            one.reviewers.extend(
                body["reviewer_ids"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(Json::to_string),
            );
            json_answer(200, &json!({}))
        }
        _ => message(404, "404 Not Found"),
    }
}

/// The last commit that changed a file.
fn last_commit(repository: &Repository, at: &str, path: &str) -> String {
    let ancestors = repository.ancestors(at);
    let content = repository.file(at, path);
    let same = ancestors.iter().take_while(|sha| repository.file(sha, path) == content);
    same.last().cloned().unwrap_or_default()
}

fn gitlab_commit(repository: &mut Repository, body: &Json) -> Answer {
    let (branch, start) = (text(body, "/branch").to_owned(), text(body, "/start_sha").to_owned());
    if !repository.commits.contains_key(&start) {
        return message(400, "Cannot find start_sha");
    }
    if repository.branches.contains_key(&branch) && body["force"] != json!(true) {
        return message(
            400,
            &format!("A branch called '{branch}' already exists. Switch to that branch in order to make changes"),
        );
    }
    let mut files = Files::new();
    for action in body["actions"].as_array().into_iter().flatten() {
        let path = text(action, "/file_path");
        if text(action, "/last_commit_id") != last_commit(repository, &start, path) {
            return message(
                400,
                "You are attempting to update a file that has changed since you started editing it.",
            );
        }
        files.insert(
            path.to_owned(),
            STANDARD.decode(text(action, "/content")).expect("base64"),
        );
    }
    let sha = repository.add(Some(&start), files, text(body, "/commit_message"));
    repository.branches.insert(branch.clone(), sha.clone());
    repository.moved(&branch);
    json_answer(201, &json!({"id": sha}))
}
