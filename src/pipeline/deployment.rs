//! What a run deploys: the branch or tag that it builds, unless it is for a pull request, or what was built failed.
//!
//! In: environment variables of the CI system, and the files of git. Each system is a row with the variables that its documentation names; the pages are those in
//! `build_source.rs`.

use std::path::Path;

use serde_json::Value as Json;

use crate::artifact::repository::GitRef;

use super::build_source::BuildSource;
use super::pull_request::{ReadEvent, Variables};

/// What a CI system says of a run.
struct System {
    name: &'static str,
    /// The variable that is set for a pull request, to something else than `false`.
    pull_request: &'static str,
    /// The variable with the result so far, and the results with which nothing is deployed; `!0` stands for all numbers but zero.
    result: Option<(&'static str, &'static [&'static str])>,
}

const NOT_ZERO: &str = "!0";

static SYSTEMS: [System; 13] = [
    System {
        name: "GitLab",
        pull_request: "CI_MERGE_REQUEST_IID",
        result: Some(("CI_JOB_STATUS", &["failed", "canceled"])),
    },
    System {
        name: "GitLab",
        pull_request: "CI_EXTERNAL_PULL_REQUEST_IID",
        result: None,
    },
    System {
        name: "Woodpecker",
        pull_request: "CI_COMMIT_PULL_REQUEST",
        result: Some(("CI_PIPELINE_STATUS", &["failure", "error", "killed"])),
    },
    System {
        name: "Codefresh",
        pull_request: "CF_PULL_REQUEST_NUMBER",
        result: None,
    },
    System {
        name: "CircleCI",
        pull_request: "CIRCLE_PULL_REQUEST",
        result: None,
    },
    System {
        name: "Travis CI",
        pull_request: "TRAVIS_PULL_REQUEST",
        result: Some(("TRAVIS_TEST_RESULT", &[NOT_ZERO])),
    },
    System {
        name: "Buildkite",
        pull_request: "BUILDKITE_PULL_REQUEST",
        result: Some(("BUILDKITE_COMMAND_EXIT_STATUS", &[NOT_ZERO])),
    },
    System {
        name: "Bitbucket",
        pull_request: "BITBUCKET_PR_ID",
        result: Some(("BITBUCKET_EXIT_CODE", &[NOT_ZERO])),
    },
    System {
        name: "Azure Pipelines",
        pull_request: "SYSTEM_PULLREQUEST_PULLREQUESTID",
        result: Some(("AGENT_JOBSTATUS", &["Failed", "Canceled"])),
    },
    System {
        name: "Drone",
        pull_request: "DRONE_PULL_REQUEST",
        result: Some(("DRONE_BUILD_STATUS", &["failure", "error", "killed"])),
    },
    System {
        name: "Semaphore",
        pull_request: "SEMAPHORE_GIT_PR_NUMBER",
        result: Some(("SEMAPHORE_JOB_RESULT", &["failed", "stopped"])),
    },
    System {
        name: "AppVeyor",
        pull_request: "APPVEYOR_PULL_REQUEST_NUMBER",
        result: None,
    },
    System {
        name: "Jenkins",
        pull_request: "CHANGE_ID",
        result: None,
    },
];

/// What a run deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deployed {
    /// What is built from a branch or tag.
    Ref(GitRef),
    /// Nothing, for this reason.
    Nothing(String),
    /// Neither the CI system nor git names a branch or tag.
    Unknown,
}

/// What the run deploys: the branch or tag of its CI system, else what git has checked out in `directory`. `read` reads GitHub's event.
pub fn deployed(variables: &Variables<'_>, read: &ReadEvent<'_>, directory: &Path) -> Deployed {
    if let Some(reason) = why_not_deployed(variables) {
        return Deployed::Nothing(reason);
    }
    if variables("GITHUB_EVENT_NAME").as_deref() == Some("workflow_run") {
        return of_other_workflow(variables, read);
    }
    let git_ref = BuildSource::find(variables, directory).git_ref;
    git_ref.map_or(Deployed::Unknown, Deployed::Ref)
}

/// What the workflow built that GitHub started this one for. `GITHUB_REF` is the default branch then, whatever was built.
fn of_other_workflow(variables: &Variables<'_>, read: &ReadEvent<'_>) -> Deployed {
    let event = variables("GITHUB_EVENT_PATH").and_then(|path| read(&path).ok());
    let event: Json = event
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    let at = |field: &str| event.pointer(&format!("/workflow_run/{field}")).and_then(Json::as_str);
    match (at("event"), at("conclusion"), at("head_branch")) {
        (Some(name), _, _) if name.starts_with("pull_request") => {
            Deployed::Nothing("the run is for a pull request (GitHub: workflow_run)".to_owned())
        }
        (_, Some("success"), Some(branch)) => Deployed::Ref(GitRef::Branch(branch.to_owned())),
        (_, Some(conclusion), _) if conclusion != "success" => {
            Deployed::Nothing(format!("the build failed (GitHub: workflow_run is {conclusion:?})"))
        }
        _ => Deployed::Nothing("GitHub's event does not say what the other workflow built".to_owned()),
    }
}

/// Why what the run builds is not deployed, if that is so.
fn why_not_deployed(variables: &Variables<'_>) -> Option<String> {
    let set = |name: &str| variables(name).filter(|value| !value.is_empty());
    let is_pull_request = set("GITHUB_EVENT_NAME").is_some_and(|name| name.starts_with("pull_request"))
        || set("GITHUB_REF").is_some_and(|name| name.starts_with("refs/pull/"));
    if is_pull_request {
        return Some("the run is for a pull request (GitHub)".to_owned());
    }
    for system in &SYSTEMS {
        let name = system.name;
        if set(system.pull_request).is_some_and(|value| value != "false") {
            return Some(format!(
                "the run is for a pull request ({name}: {})",
                system.pull_request
            ));
        }
        if let Some((variable, bad)) = system.result
            && let Some(value) = set(variable)
            && bad.iter().any(|bad| *bad == value || *bad == NOT_ZERO && value != "0")
        {
            return Some(format!("the build failed ({name}: {variable})"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_that_follow_others_deploy_what_those_built() {
        let nothing = |reason: &str| Deployed::Nothing(reason.to_owned());
        for (event, want) in [
            (
                r#"{"workflow_run": {"event": "push", "conclusion": "success", "head_branch": "feature/x"}}"#,
                Deployed::Ref(GitRef::Branch("feature/x".to_owned())),
            ),
            (
                r#"{"workflow_run": {"event": "push", "conclusion": "timed_out", "head_branch": "main"}}"#,
                nothing("the build failed (GitHub: workflow_run is \"timed_out\")"),
            ),
            (
                r#"{"workflow_run": {"event": "pull_request", "conclusion": "success", "head_branch": "main"}}"#,
                nothing("the run is for a pull request (GitHub: workflow_run)"),
            ),
            (
                r#"{"workflow_run": {"event": "push", "conclusion": null, "head_branch": "main"}}"#,
                nothing("GitHub's event does not say what the other workflow built"),
            ),
            (
                "x",
                nothing("GitHub's event does not say what the other workflow built"),
            ),
        ] {
            let variables = |name: &str| match name {
                "GITHUB_EVENT_NAME" => Some("workflow_run".to_owned()),
                "GITHUB_REF" => Some("refs/heads/main".to_owned()),
                "GITHUB_EVENT_PATH" => Some("event.json".to_owned()),
                _ => None,
            };
            let found = deployed(&variables, &|_| Ok(event.as_bytes().to_vec()), Path::new("/nowhere"));
            assert_eq!(found, want, "{event}");
        }
    }

    #[test]
    fn pull_requests_and_failed_builds_are_not_deployed() {
        for (variables, want) in [
            (&[][..], None),
            (
                &[("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF", "refs/heads/main")],
                None,
            ),
            (
                &[("GITHUB_EVENT_NAME", "pull_request_target")],
                Some("pull request (GitHub)"),
            ),
            (&[("GITHUB_REF", "refs/pull/1/merge")], Some("pull request (GitHub)")),
            (&[("TRAVIS_PULL_REQUEST", "false"), ("TRAVIS_TEST_RESULT", "0")], None),
            (&[("TRAVIS_PULL_REQUEST", "12")], Some("TRAVIS_PULL_REQUEST")),
            (
                &[("TRAVIS_PULL_REQUEST", "false"), ("TRAVIS_TEST_RESULT", "1")],
                Some("the build failed (Travis CI"),
            ),
            (&[("CI_JOB_STATUS", "running")], None),
            (&[("CI_JOB_STATUS", "failed")], Some("the build failed (GitLab")),
            (&[("CI_MERGE_REQUEST_IID", "3")], Some("pull request (GitLab")),
            (
                &[("CI_COMMIT_PULL_REQUEST", ""), ("CI_PIPELINE_STATUS", "success")],
                None,
            ),
            (&[("BITBUCKET_EXIT_CODE", "0")], None),
            (&[("BITBUCKET_EXIT_CODE", "2")], Some("the build failed (Bitbucket")),
            (&[("AGENT_JOBSTATUS", "Succeeded")], None),
            (&[("AGENT_JOBSTATUS", "Failed")], Some("the build failed (Azure")),
            (&[("CHANGE_ID", "9")], Some("Jenkins")),
        ] {
            let found = why_not_deployed(&|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            });
            match want {
                None => assert_eq!(found, None, "{variables:?}"),
                Some(want) => assert!(
                    found.as_ref().is_some_and(|found| found.contains(want)),
                    "{variables:?}: {found:?}"
                ),
            }
        }
    }
}
