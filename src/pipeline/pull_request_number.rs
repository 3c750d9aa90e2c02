//! Which pull request a run is for, and where its log is read, as the CI system says it.
//!
//! In: environment variables, and the file that describes GitHub's event. Out: a number, an address. The pages that document the variables
//! are named at the rows of `change_base` and `pull_request`.

use serde_json::Value as Json;

use crate::artifact::network::Url;

use super::pull_request::{ReadEvent, Variables};

/// Variables with the number of a pull request; another text, such as `false`, says that there is none.
const NUMBERS: [&str; 11] = [
    "CI_MERGE_REQUEST_IID",
    "CF_PULL_REQUEST_NUMBER",
    "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
    "TRAVIS_PULL_REQUEST",
    "BUILDKITE_PULL_REQUEST",
    "CIRCLE_PR_NUMBER",
    "DRONE_PULL_REQUEST",
    "CI_COMMIT_PULL_REQUEST",
    "SEMAPHORE_GIT_PR_NUMBER",
    "APPVEYOR_PULL_REQUEST_NUMBER",
    // Jenkins' branch API.
    "CHANGE_ID",
];

/// Variables with the address of a build.
const RUNS: [&str; 9] = [
    "CI_JOB_URL",
    "CI_PIPELINE_URL",
    "CF_BUILD_URL",
    "BUILDKITE_BUILD_URL",
    "CIRCLE_BUILD_URL",
    "TRAVIS_BUILD_WEB_URL",
    "DRONE_BUILD_LINK",
    // Jenkins.
    "RUN_DISPLAY_URL",
    "BUILD_URL",
];

/// The number of the pull request that the run is for.
pub fn pull_request_number(variables: &Variables<'_>, read: &ReadEvent<'_>) -> Option<u64> {
    let named = || NUMBERS.iter().find_map(|name| variables(name)?.parse().ok());
    event_number(variables, read)
        .or_else(named)
        .filter(|number| *number > 0)
}

/// That of GitHub's event, or of the reference that is checked out for it: `refs/pull/12/merge`.
fn event_number(variables: &Variables<'_>, read: &ReadEvent<'_>) -> Option<u64> {
    let in_event = || {
        let text = read(&variables("GITHUB_EVENT_PATH")?).ok()?;
        let event: Json = serde_json::from_slice(&text).ok()?;
        let is_comment = event.pointer("/issue/pull_request").is_some();
        let commented = event.pointer("/issue/number").filter(|_| is_comment);
        event.pointer("/pull_request/number").or(commented)?.as_u64()
    };
    let in_reference = || {
        let reference = variables("GITHUB_REF")?;
        reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
    };
    in_event().or_else(in_reference)
}

/// Where people read the log of the run. An address with a login, or with a character that ends a link of Markdown, is none.
pub fn run_address(variables: &Variables<'_>) -> Option<String> {
    let of_github = || {
        let (server, repository) = (variables("GITHUB_SERVER_URL")?, variables("GITHUB_REPOSITORY")?);
        Some(format!(
            "{server}/{repository}/actions/runs/{}",
            variables("GITHUB_RUN_ID")?
        ))
    };
    let address = of_github().or_else(|| RUNS.iter().find_map(|name| variables(name)))?;
    let is_plain = |character: char| character.is_ascii_graphic() && !"()<>[]\"'`\\|".contains(character);
    let url = Url::parse(&address).ok()?;
    let is_web = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    (is_web && address.chars().all(is_plain)).then_some(address)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn variable<'v>(variables: &'v [(&'v str, &'v str)]) -> impl Fn(&str) -> Option<String> + 'v {
        |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_number_is_that_of_the_event_or_of_a_variable() {
        let event = ("GITHUB_EVENT_PATH", "event.json");
        for (variables, text, want) in [
            (vec![], "", None),
            (vec![event], r#"{"pull_request": {"number": 12}}"#, Some(12)),
            (
                vec![event],
                r#"{"issue": {"number": 13, "pull_request": {}}}"#,
                Some(13),
            ),
            (vec![event], r#"{"issue": {"number": 13}}"#, None),
            (vec![event], "not JSON", None),
            (vec![event, ("GITHUB_REF", "refs/pull/14/merge")], "{}", Some(14)),
            (vec![("GITHUB_REF", "refs/heads/main")], "", None),
            (vec![("CI_MERGE_REQUEST_IID", "15")], "", Some(15)),
            (vec![("TRAVIS_PULL_REQUEST", "false")], "", None),
            (
                vec![("BUILDKITE_PULL_REQUEST", "false"), ("CHANGE_ID", "16")],
                "",
                Some(16),
            ),
            (vec![("CF_PULL_REQUEST_NUMBER", "0")], "", None),
        ] {
            let read = |_: &str| match text {
                "" => Err(io::Error::from(io::ErrorKind::NotFound)),
                text => Ok(text.as_bytes().to_vec()),
            };
            let found = pull_request_number(&variable(&variables), &read);
            assert_eq!(found, want, "{variables:?} {text}");
        }
    }

    #[test]
    fn a_run_is_read_at_an_address_of_the_web() {
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_RUN_ID", "7"),
        ];
        for (variables, want) in [
            (&github[..], Some("https://github.com/acme/shop/actions/runs/7")),
            (&github[..2], None),
            (
                &[("CI_JOB_URL", "https://gitlab.com/a/b/-/jobs/1")],
                Some("https://gitlab.com/a/b/-/jobs/1"),
            ),
            (&[("BUILD_URL", "javascript:alert(1)")], None),
            (
                &[("CI_JOB_URL", "https://gitlab.com/1"), ("BUILD_URL", "https://x/")],
                Some("https://gitlab.com/1"),
            ),
            (&[("BUILD_URL", "https://h/a) [b](c")], None),
            (&[("BUILD_URL", "https://me:word@h/1")], None),
        ] {
            assert_eq!(run_address(&variable(variables)).as_deref(), want, "{variables:?}");
        }
    }
}
