//! Whether a run is for a pull request whose author need not have any right in the repository.
//!
//! In: environment variables, and the file that describes GitHub's event. Out: why nothing is published, if so. Each CI system
//! is a row with the page that documents its variables. Bitbucket has no row: it runs pipelines of a fork's pull requests in
//! the fork.

use std::io;

use serde_json::Value as Json;

/// Reads an environment variable; none where it is unset or empty.
pub type Variables<'v> = dyn Fn(&str) -> Option<String> + 'v;

/// Reads a file that an environment variable names.
pub type ReadEvent<'r> = dyn Fn(&str) -> io::Result<Vec<u8>> + 'r;

/// How a CI system says that a pull request is from a fork.
enum Sign {
    /// GitHub's event, in a file.
    Event,
    /// Two variables name repositories, and differ.
    Differ { source: &'static str, target: &'static str },
    /// The same with addresses, which may be spelt differently.
    AddressesDiffer { source: &'static str, target: &'static str },
    /// A variable is `true`.
    True(&'static str),
    /// A variable is set for nothing else.
    Set(&'static str),
    /// A variable is set for every pull request, and none says where the pull request is from.
    Unknown(&'static str),
}

/// A CI system.
struct System {
    name: &'static str,
    sign: Sign,
}

const fn system(name: &'static str, sign: Sign) -> System {
    System { name, sign }
}

static SYSTEMS: [System; 15] = [
    // https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request; Forgejo and Gitea have the same variables.
    system("GitHub Actions", Sign::Event),
    // https://docs.gitlab.com/ci/variables/predefined_variables/
    system(
        "GitLab",
        Sign::Differ {
            source: "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH",
            target: "CI_MERGE_REQUEST_PROJECT_PATH",
        },
    ),
    system(
        "GitLab",
        Sign::Differ {
            source: "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
            target: "CI_MERGE_REQUEST_PROJECT_ID",
        },
    ),
    system(
        "GitLab",
        Sign::Differ {
            source: "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY",
            target: "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY",
        },
    ),
    // https://codefresh.io/docs/docs/pipelines/variables/
    system("Codefresh", Sign::True("CF_PULL_REQUEST_IS_FORK")),
    // https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables
    system("Azure Pipelines", Sign::True("SYSTEM_PULLREQUEST_ISFORK")),
    // https://circleci.com/docs/reference/variables/: only available on forked PRs.
    system("CircleCI", Sign::Set("CIRCLE_PR_REPONAME")),
    system("CircleCI", Sign::Set("CIRCLE_PR_USERNAME")),
    // https://buildkite.com/docs/pipelines/configure/environment-variables
    system(
        "Buildkite",
        Sign::AddressesDiffer {
            source: "BUILDKITE_PULL_REQUEST_REPO",
            target: "BUILDKITE_REPO",
        },
    ),
    // https://docs.travis-ci.com/user/environment-variables/
    system(
        "Travis CI",
        Sign::Differ {
            source: "TRAVIS_PULL_REQUEST_SLUG",
            target: "TRAVIS_REPO_SLUG",
        },
    ),
    // https://docs.semaphoreci.com/reference/env-vars
    system(
        "Semaphore",
        Sign::Differ {
            source: "SEMAPHORE_GIT_PR_SLUG",
            target: "SEMAPHORE_GIT_REPO_SLUG",
        },
    ),
    // https://www.appveyor.com/docs/environment-variables/
    system(
        "AppVeyor",
        Sign::Differ {
            source: "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME",
            target: "APPVEYOR_REPO_NAME",
        },
    ),
    // Jenkins' branch API: set for a change that comes from a fork.
    system("Jenkins", Sign::Set("CHANGE_FORK")),
    // https://docs.drone.io/pipeline/environment/reference/drone-pull-request/
    system("Drone", Sign::Unknown("DRONE_PULL_REQUEST")),
    // https://woodpecker-ci.org/docs/usage/environment
    system("Woodpecker", Sign::Unknown("CI_COMMIT_PULL_REQUEST")),
];

/// Why nothing is published, as it follows "not published: ": the run is for a pull request from a fork, or it cannot be found
/// out whether it is.
pub fn fork_of_pull_request(variables: &Variables<'_>, read: &ReadEvent<'_>) -> Option<String> {
    SYSTEMS
        .iter()
        .find_map(|system| system.sign.reason(system.name, variables, read))
}

impl Sign {
    fn reason(&self, name: &str, variables: &Variables<'_>, read: &ReadEvent<'_>) -> Option<String> {
        let from_fork = |source: &str| format!("{name} runs for a pull request from the fork {source}");
        match *self {
            Self::Event => event(variables, read).map(|problem| match problem {
                Problem::Fork(source) => from_fork(&source),
                Problem::Unknown(why) => format!("{name} may run for a pull request from a fork: {why}"),
            }),
            Self::Differ { source, target } => {
                let source = variables(source)?;
                let target = variables(target).unwrap_or_default();
                (!source.eq_ignore_ascii_case(&target)).then(|| from_fork(&source))
            }
            Self::AddressesDiffer { source, target } => {
                let source = repository_of(&variables(source)?);
                let target = variables(target).map(|address| repository_of(&address));
                (Some(&source) != target.as_ref()).then(|| from_fork(&source))
            }
            Self::True(variable) => variables(variable)
                .filter(|value| value.eq_ignore_ascii_case("true"))
                .map(|_| format!("{name} runs for a pull request from a fork")),
            Self::Set(variable) => variables(variable).map(|source| from_fork(&source)),
            Self::Unknown(variable) => {
                variables(variable)?;
                Some(format!(
                    "{name} runs for a pull request, and does not say whether it is from a fork"
                ))
            }
        }
    }
}

/// What is wrong with an event of GitHub.
enum Problem {
    Fork(String),
    Unknown(String),
}

/// Events whose commit is in the repository itself, so that the file need not be read.
const OWN_EVENTS: [&str; 8] = [
    "create",
    "merge_group",
    "push",
    "registry_package",
    "release",
    "repository_dispatch",
    "schedule",
    "workflow_dispatch",
];

/// GitHub's event. `pull_request_target` and `workflow_run` are the dangerous ones: they have the secrets of the repository.
fn event(variables: &Variables<'_>, read: &ReadEvent<'_>) -> Option<Problem> {
    let name = variables("GITHUB_EVENT_NAME");
    if name.as_deref().is_some_and(|name| OWN_EVENTS.contains(&name)) {
        return None;
    }
    let Some(path) = variables("GITHUB_EVENT_PATH") else {
        return name.map(|name| Problem::Unknown(format!("GITHUB_EVENT_PATH is not set for the event {name}")));
    };
    let unreadable = |why: &str| {
        Some(Problem::Unknown(format!(
            "the event in GITHUB_EVENT_PATH cannot be read: {why}"
        )))
    };
    let event: Json = match read(&path) {
        Err(error) => return unreadable(&error.to_string()),
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(event) => event,
            Err(_) => return unreadable("it is not JSON"),
        },
    };
    let at = |pointer: &str| event.pointer(pointer).and_then(Json::as_str);
    let (source, target) = if event.get("pull_request").is_some() {
        let target = at("/pull_request/base/repo/full_name").or_else(|| at("/repository/full_name"));
        (at("/pull_request/head/repo/full_name"), target)
    } else if event.get("workflow_run").is_some() {
        (
            at("/workflow_run/head_repository/full_name"),
            at("/repository/full_name"),
        )
    } else if event.pointer("/issue/pull_request").is_some() {
        let why = "a comment on a pull request does not say where the pull request is from";
        return Some(Problem::Unknown(why.to_owned()));
    } else if name.is_some_and(|name| name.starts_with("pull_request")) {
        return unreadable("it has no pull request");
    } else {
        return None;
    };
    match (source, target) {
        (Some(source), Some(target)) if source.eq_ignore_ascii_case(target) => None,
        (Some(source), _) => Some(Problem::Fork(source.to_owned())),
        // A fork that was deleted since.
        (None, _) => Some(Problem::Fork("that no longer exists".to_owned())),
    }
}

/// Host and path of a repository's address: `git@github.com:acme/x.git` and `https://github.com/acme/x` are the same.
fn repository_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix(".git").unwrap_or(rest);
    rest.replacen(':', "/", 1).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reason with these variables, and this text in the file `event.json`.
    fn reason(variables: &[(&str, &str)], event: &str) -> Option<String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let read = |path: &str| match path {
            "event.json" => Ok(event.as_bytes().to_vec()),
            _ => Err(io::Error::from(io::ErrorKind::NotFound)),
        };
        fork_of_pull_request(&variable, &read)
    }

    #[test]
    fn variables_that_tell_forks_from_branches_are_understood() {
        let gitlab = |source, target| {
            vec![
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source),
                ("CI_MERGE_REQUEST_PROJECT_ID", target),
            ]
        };
        let paths = |source, target| {
            vec![
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", source),
                ("CI_MERGE_REQUEST_PROJECT_PATH", target),
            ]
        };
        let buildkite = |source, target| vec![("BUILDKITE_PULL_REQUEST_REPO", source), ("BUILDKITE_REPO", target)];
        for (variables, want) in [
            (vec![], None),
            (vec![("CI", "true")], None),
            (gitlab("10", "1"), Some("GitLab")),
            (gitlab("1", "1"), None),
            (paths("me/charts", "acme/charts"), Some("GitLab")),
            (paths("acme/charts", "acme/charts"), None),
            (vec![("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1")], Some("GitLab")),
            (
                vec![
                    ("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", "me/x"),
                    ("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY", "acme/x"),
                ],
                Some("GitLab"),
            ),
            (vec![("CF_PULL_REQUEST_IS_FORK", "true")], Some("Codefresh")),
            (vec![("CF_PULL_REQUEST_IS_FORK", "false")], None),
            (vec![("SYSTEM_PULLREQUEST_ISFORK", "True")], Some("Azure Pipelines")),
            (vec![("SYSTEM_PULLREQUEST_ISFORK", "False")], None),
            (vec![("CIRCLE_PR_REPONAME", "charts")], Some("CircleCI")),
            (vec![("CIRCLE_PR_USERNAME", "me")], Some("CircleCI")),
            (
                buildkite("git://github.com/me/x.git", "git@github.com:acme/x.git"),
                Some("Buildkite"),
            ),
            (
                buildkite("https://github.com/Acme/x.git", "git@github.com:acme/x.git"),
                None,
            ),
            (
                buildkite("ssh://git@host/acme/x/", "https://user:word@host/acme/x.git"),
                None,
            ),
            (
                vec![("TRAVIS_PULL_REQUEST_SLUG", "me/x"), ("TRAVIS_REPO_SLUG", "acme/x")],
                Some("Travis CI"),
            ),
            (
                vec![("SEMAPHORE_GIT_PR_SLUG", "me/x"), ("SEMAPHORE_GIT_REPO_SLUG", "acme/x")],
                Some("Semaphore"),
            ),
            (
                vec![
                    ("APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "me/x"),
                    ("APPVEYOR_REPO_NAME", "acme/x"),
                ],
                Some("AppVeyor"),
            ),
            (vec![("CHANGE_FORK", "me")], Some("Jenkins")),
            (vec![("DRONE_PULL_REQUEST", "4")], Some("Drone")),
            (vec![("CI_COMMIT_PULL_REQUEST", "4")], Some("Woodpecker")),
        ] {
            let found = reason(&variables, "");
            let system = found.as_deref().map(|reason| reason.split(" runs ").next().unwrap());
            assert_eq!(system, want, "{variables:?}: {found:?}");
        }
    }

    #[test]
    fn events_of_github_are_read_unless_their_commit_is_the_repositorys_own() {
        let request = |source: &str| {
            format!(
                r#"{{"pull_request": {{"head": {{"repo": {source}}}, "base": {{"repo": {{"full_name": "acme/x"}}}}}}}}"#
            )
        };
        let fork = request(r#"{"full_name": "me/x", "fork": true}"#);
        // The repository itself may be a fork, and still the branch is its own.
        let branch = request(r#"{"full_name": "acme/x", "fork": true}"#);
        let run = |source: &str| {
            format!(
                r#"{{"workflow_run": {{"head_repository": {{"full_name": "{source}"}}}}, "repository": {{"full_name": "acme/x"}}}}"#
            )
        };
        let comment = r#"{"issue": {"number": 1, "pull_request": {}}}"#;
        for (name, event, want) in [
            ("pull_request", fork.as_str(), Some("the fork me/x")),
            ("pull_request_target", &fork, Some("the fork me/x")),
            ("pull_request_review", &fork, Some("the fork me/x")),
            ("", &fork, Some("the fork me/x")),
            ("pull_request", &branch, None),
            ("pull_request_target", &branch, None),
            ("pull_request", &request("null"), Some("no longer exists")),
            ("workflow_run", &run("me/x"), Some("the fork me/x")),
            ("workflow_run", &run("acme/x"), None),
            ("issue_comment", comment, Some("may run for")),
            ("issue_comment", r#"{"issue": {"number": 1}}"#, None),
            ("push", "not JSON", None),
            ("pull_request", "not JSON", Some("cannot be read: it is not JSON")),
            ("pull_request", "{}", Some("cannot be read: it has no pull request")),
            ("something_new", "[", Some("cannot be read")),
        ] {
            let variables = [("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", "event.json")];
            let found = reason(&variables, event);
            let is_right = match (&found, want) {
                (Some(found), Some(want)) => found.contains(want),
                (found, want) => found.is_none() && want.is_none(),
            };
            assert!(is_right, "{name} {event}: {found:?}");
        }
        let missing = [
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", "gone.json"),
        ];
        assert!(reason(&missing, "").is_some_and(|reason| reason.contains("cannot be read")));
        assert!(reason(&missing[..1], "").is_some_and(|reason| reason.contains("is not set")));
    }
}
