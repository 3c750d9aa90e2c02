//! What the changes of a run are counted from, as the CI system says it.
//!
//! In: environment variables, and the file that describes GitHub's event. Out: a branch of the remote or a commit. Each CI system is rows
//! with the page that documents its variables. For a pull request it is the branch that it is for, for a push the commit before it.

use serde_json::Value as Json;

use crate::delivery::git::{BaseName, BranchName};

use super::pull_request::{ReadEvent, Variables};

/// A variable that says what changes are counted from.
enum Source {
    /// The name of a branch.
    Branch(&'static str),
    /// The name of a branch, where another variable is set: only then is it the one that a pull request is for.
    BranchIf { branch: &'static str, is_set: &'static str },
    /// A commit.
    Commit(&'static str),
    /// GitHub's event, in a file.
    Event,
}

use Source::{Branch, BranchIf, Commit, Event};

/// The rows of each system: pull requests first.
static SOURCES: [Source; 21] = [
    // https://docs.github.com/en/actions/reference/workflows-and-actions/variables; Forgejo and Gitea have the same variables.
    Branch("GITHUB_BASE_REF"),
    // https://docs.github.com/en/webhooks/webhook-events-and-payloads#push and #merge_group
    Event,
    // https://docs.gitlab.com/ci/variables/predefined_variables/
    Commit("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
    Branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
    Branch("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"),
    // https://woodpecker-ci.org/docs/usage/environment
    Branch("CI_COMMIT_TARGET_BRANCH"),
    Commit("CI_COMMIT_BEFORE_SHA"),
    Commit("CI_PREV_COMMIT_SHA"),
    // https://codefresh.io/docs/docs/pipelines/variables/
    Branch("CF_PULL_REQUEST_TARGET"),
    Branch("CF_BASE_BRANCH"),
    // https://docs.travis-ci.com/user/environment-variables/
    BranchIf {
        branch: "TRAVIS_BRANCH",
        is_set: "TRAVIS_PULL_REQUEST_BRANCH",
    },
    // https://buildkite.com/docs/pipelines/configure/environment-variables
    Branch("BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
    // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
    Branch("BITBUCKET_PR_DESTINATION_BRANCH"),
    // https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables
    Branch("SYSTEM_PULLREQUEST_TARGETBRANCH"),
    // https://docs.drone.io/pipeline/environment/reference/
    BranchIf {
        branch: "DRONE_TARGET_BRANCH",
        is_set: "DRONE_PULL_REQUEST",
    },
    Commit("DRONE_COMMIT_BEFORE"),
    // https://docs.semaphoreci.com/reference/env-vars
    BranchIf {
        branch: "SEMAPHORE_GIT_BRANCH",
        is_set: "SEMAPHORE_GIT_PR_BRANCH",
    },
    // https://www.appveyor.com/docs/environment-variables/
    BranchIf {
        branch: "APPVEYOR_REPO_BRANCH",
        is_set: "APPVEYOR_PULL_REQUEST_NUMBER",
    },
    // Jenkins' branch API and its plugin for git.
    Branch("CHANGE_TARGET"),
    Commit("GIT_PREVIOUS_SUCCESSFUL_COMMIT"),
    Commit("GIT_PREVIOUS_COMMIT"),
];

/// What the CI system says changes are counted from; none outside of one, and where it does not say so.
fn change_base(variables: &Variables<'_>, read: &ReadEvent<'_>) -> Option<BaseName> {
    SOURCES.iter().find_map(|source| match source {
        Branch(name) => branch(&variables(name)?),
        BranchIf { branch: name, is_set } => variables(is_set).and_then(|_| branch(&variables(name)?)),
        Commit(name) => commit(&variables(name)?),
        Event => event(variables, read),
    })
}

/// The base of a run: what the CI system says, else the branch that chart-testing's settings name.
pub fn run_base(
    variables: &Variables<'_>,
    read: &ReadEvent<'_>,
    target_branch: Option<&BranchName>,
) -> Option<BaseName> {
    change_base(variables, read).or_else(|| target_branch.cloned().map(BaseName::Branch))
}

fn branch(name: &str) -> Option<BaseName> {
    BranchName::parse(name).ok().map(BaseName::Branch)
}

/// A commit; where there is none before a push, systems name one of zeros.
fn commit(name: &str) -> Option<BaseName> {
    let is_digest = matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_none = name.bytes().all(|byte| byte == b'0');
    (is_digest && !is_none).then(|| BaseName::Commit(name.to_owned()))
}

/// The commit before a push, or the one that a merge queue starts from.
fn event(variables: &Variables<'_>, read: &ReadEvent<'_>) -> Option<BaseName> {
    let pointer = match variables("GITHUB_EVENT_NAME")?.as_str() {
        "push" => "/before",
        "merge_group" => "/merge_group/base_sha",
        _ => return None,
    };
    let text = read(&variables("GITHUB_EVENT_PATH")?).ok()?;
    let event: Json = serde_json::from_slice(&text).ok()?;
    commit(event.pointer(pointer)?.as_str()?)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
    const NONE: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn ci_systems_name_a_branch_or_a_commit() {
        let push = format!(r#"{{"before": "{SHA}"}}"#);
        let first = format!(r#"{{"before": "{NONE}"}}"#);
        let queue = format!(r#"{{"merge_group": {{"base_sha": "{SHA}"}}}}"#);
        let event = |name| vec![("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", "event.json")];
        for (variables, text, want) in [
            (vec![], "", None),
            (vec![("GITHUB_BASE_REF", "main")], "", Some("main")),
            (vec![("GITHUB_BASE_REF", "--upload-pack=x")], "", None),
            (event("push"), push.as_str(), Some(SHA)),
            (event("push"), &first, None),
            (event("push"), "not JSON", None),
            (event("merge_group"), &queue, Some(SHA)),
            (event("workflow_dispatch"), &push, None),
            (
                vec![
                    ("CI_MERGE_REQUEST_DIFF_BASE_SHA", SHA),
                    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                ],
                "",
                Some(SHA),
            ),
            (
                vec![
                    ("CI_COMMIT_BEFORE_SHA", NONE),
                    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "release/1"),
                ],
                "",
                Some("release/1"),
            ),
            (vec![("CI_COMMIT_BEFORE_SHA", SHA)], "", Some(SHA)),
            (vec![("CF_PULL_REQUEST_TARGET", "develop")], "", Some("develop")),
            (vec![("CF_BASE_BRANCH", "main")], "", Some("main")),
            (vec![("TRAVIS_BRANCH", "main")], "", None),
            (
                vec![("TRAVIS_BRANCH", "main"), ("TRAVIS_PULL_REQUEST_BRANCH", "x")],
                "",
                Some("main"),
            ),
            (
                vec![("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")],
                "",
                Some("main"),
            ),
            (vec![("CHANGE_TARGET", "main")], "", Some("main")),
            (vec![("GIT_PREVIOUS_SUCCESSFUL_COMMIT", SHA)], "", Some(SHA)),
            (vec![("GIT_PREVIOUS_COMMIT", "v1.0")], "", None),
        ] {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let read = |path: &str| match path {
                "event.json" => Ok(text.as_bytes().to_vec()),
                _ => Err(io::Error::from(io::ErrorKind::NotFound)),
            };
            let found = change_base(&variable, &read).map(|base| match base {
                BaseName::Branch(branch) => branch.to_string(),
                BaseName::Commit(commit) => commit,
            });
            assert_eq!(found.as_deref(), want, "{variables:?}");
        }
    }
}
