//! What a run builds from: the branch or tag, the commit, and the number of the build.
//!
//! In: environment variables of the CI system, else the files of git. Each system is a row with the page that documents its variables;
//! the first that names a branch or tag counts. For a pull request it is the branch with the changes, not the one they are for.

use std::path::Path;

use crate::artifact::package::BuildValues;
use crate::artifact::repository::{GitRef, RefKind};

use super::git_head::git_head;
use super::pull_request::Variables;

/// What a run builds from, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSource {
    /// The branch or tag.
    pub git_ref: Option<GitRef>,
    /// The commit.
    pub sha: Option<String>,
    /// The number of the build.
    pub number: Option<String>,
}

/// The variables of a CI system.
struct System {
    /// That name a tag.
    tags: &'static [&'static str],
    /// That name a branch, the one with the changes of a pull request first.
    branches: &'static [&'static str],
    sha: &'static str,
    number: &'static str,
}

static SYSTEMS: [System; 12] = [
    // GITHUB_REF_NAME is a branch or a tag; Forgejo and Gitea have the same variables.
    // https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    System {
        tags: &[],
        branches: &["GITHUB_HEAD_REF", "GITHUB_REF_NAME"],
        sha: "GITHUB_SHA",
        number: "GITHUB_RUN_NUMBER",
    },
    // https://docs.gitlab.com/ci/variables/predefined_variables/; Woodpecker has the same variables and these:
    // https://woodpecker-ci.org/docs/usage/environment
    System {
        tags: &["CI_COMMIT_TAG"],
        branches: &[
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
            "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
            "CI_COMMIT_SOURCE_BRANCH",
            "CI_COMMIT_BRANCH",
        ],
        sha: "CI_COMMIT_SHA",
        number: "CI_PIPELINE_IID",
    },
    // https://codefresh.io/docs/docs/pipelines/variables/
    System {
        tags: &["CF_RELEASE_TAG"],
        branches: &["CF_BRANCH"],
        sha: "CF_REVISION",
        number: "CF_BUILD_NUMBER",
    },
    // https://circleci.com/docs/reference/variables/
    System {
        tags: &["CIRCLE_TAG"],
        branches: &["CIRCLE_BRANCH"],
        sha: "CIRCLE_SHA1",
        number: "CIRCLE_BUILD_NUM",
    },
    // https://docs.travis-ci.com/user/environment-variables/
    System {
        tags: &["TRAVIS_TAG"],
        branches: &["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"],
        sha: "TRAVIS_COMMIT",
        number: "TRAVIS_BUILD_NUMBER",
    },
    // https://buildkite.com/docs/pipelines/configure/environment-variables
    System {
        tags: &["BUILDKITE_TAG"],
        branches: &["BUILDKITE_BRANCH"],
        sha: "BUILDKITE_COMMIT",
        number: "BUILDKITE_BUILD_NUMBER",
    },
    // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
    System {
        tags: &["BITBUCKET_TAG"],
        branches: &["BITBUCKET_BRANCH"],
        sha: "BITBUCKET_COMMIT",
        number: "BITBUCKET_BUILD_NUMBER",
    },
    // https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables: with refs/heads/ or refs/tags/ in front.
    System {
        tags: &[],
        branches: &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"],
        sha: "BUILD_SOURCEVERSION",
        number: "BUILD_BUILDID",
    },
    // https://docs.drone.io/pipeline/environment/reference/
    System {
        tags: &["DRONE_TAG"],
        branches: &["DRONE_SOURCE_BRANCH", "DRONE_BRANCH"],
        sha: "DRONE_COMMIT_SHA",
        number: "DRONE_BUILD_NUMBER",
    },
    // https://docs.semaphoreci.com/reference/env-vars
    System {
        tags: &["SEMAPHORE_GIT_TAG_NAME"],
        branches: &["SEMAPHORE_GIT_PR_BRANCH", "SEMAPHORE_GIT_BRANCH"],
        sha: "SEMAPHORE_GIT_SHA",
        number: "SEMAPHORE_PIPELINE_NUMBER",
    },
    // https://www.appveyor.com/docs/environment-variables/
    System {
        tags: &["APPVEYOR_REPO_TAG_NAME"],
        branches: &["APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", "APPVEYOR_REPO_BRANCH"],
        sha: "APPVEYOR_REPO_COMMIT",
        number: "APPVEYOR_BUILD_NUMBER",
    },
    // Jenkins' branch API.
    System {
        tags: &["TAG_NAME"],
        branches: &["CHANGE_BRANCH", "BRANCH_NAME"],
        sha: "GIT_COMMIT",
        number: "BUILD_NUMBER",
    },
];

impl BuildSource {
    /// What the run builds from, in the variables of a CI system, else in the files of the git repository that has `directory`.
    pub fn find(variables: &Variables<'_>, directory: &Path) -> Self {
        let system = SYSTEMS
            .iter()
            .find_map(|system| Some((system, system.git_ref(variables)?)));
        let mut source = match system {
            Some((system, git_ref)) => Self {
                git_ref: Some(git_ref),
                sha: variables(system.sha),
                number: variables(system.number),
            },
            None => Self::default(),
        };
        if source.git_ref.is_none() || source.sha.is_none() {
            let head = git_head(directory).unwrap_or_default();
            source.git_ref = source.git_ref.or(head.branch.map(GitRef::Branch));
            source.sha = source.sha.or(head.sha);
        }
        source.number = source.number.or_else(|| variables("BUILD_NUMBER"));
        source
    }

    /// What the placeholders of a version's suffix stand for.
    pub fn values(&self) -> BuildValues {
        BuildValues {
            name: self.git_ref.as_ref().map(|git_ref| git_ref.name().to_owned()),
            number: self.number.clone(),
            sha: self.sha.clone(),
        }
    }
}

impl System {
    fn git_ref(&self, variables: &Variables<'_>) -> Option<GitRef> {
        let named = |names: &'static [&'static str]| names.iter().find_map(|&name| Some((name, variables(name)?)));
        if let Some((_, tag)) = named(self.tags) {
            return Some(GitRef::Tag(tag));
        }
        let (variable, name) = named(self.branches)?;
        let is_tag = variable == "GITHUB_REF_NAME" && variables("GITHUB_REF_TYPE").as_deref() == Some("tag");
        Some(match name.strip_prefix("refs/tags/") {
            Some(tag) => GitRef::Tag(tag.to_owned()),
            None if is_tag => GitRef::Tag(name),
            None => GitRef::new(
                RefKind::Branch,
                name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned(),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(variables: &[(&str, &str)], directory: &Path) -> BuildSource {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        BuildSource::find(&variable, directory)
    }

    #[test]
    fn ci_systems_name_branch_or_tag_commit_and_build() {
        let nowhere = tempfile::tempdir().unwrap();
        for (variables, want) in [
            (
                &[
                    ("GITHUB_REF_TYPE", "branch"),
                    ("GITHUB_REF_NAME", "main"),
                    ("GITHUB_SHA", "abc"),
                    ("GITHUB_RUN_NUMBER", "7"),
                ][..],
                "branch main abc 7",
            ),
            (&[("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1")], "tag v1 - -"),
            (
                &[
                    ("GITHUB_REF_TYPE", "branch"),
                    ("GITHUB_REF_NAME", "12/merge"),
                    ("GITHUB_HEAD_REF", "feature/x"),
                ],
                "branch feature/x - -",
            ),
            (
                &[
                    ("CI_COMMIT_BRANCH", "main"),
                    ("CI_COMMIT_SHA", "abc"),
                    ("CI_PIPELINE_IID", "3"),
                ],
                "branch main abc 3",
            ),
            (&[("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_SHA", "abc")], "tag v1 abc -"),
            (&[("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "x")], "branch x - -"),
            // Woodpecker: CI_COMMIT_BRANCH is the one that the changes are for.
            (
                &[("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_SOURCE_BRANCH", "x")],
                "branch x - -",
            ),
            (&[("CF_BRANCH", "a/b"), ("CF_REVISION", "abc")], "branch a/b abc -"),
            (&[("CF_BRANCH", "main"), ("CF_RELEASE_TAG", "v1")], "tag v1 - -"),
            (&[("CIRCLE_TAG", "v1")], "tag v1 - -"),
            (&[("TRAVIS_TAG", "v1"), ("TRAVIS_BRANCH", "v1")], "tag v1 - -"),
            (
                &[("TRAVIS_PULL_REQUEST_BRANCH", "x"), ("TRAVIS_BRANCH", "main")],
                "branch x - -",
            ),
            (
                &[("BUILDKITE_BRANCH", "main"), ("BUILDKITE_BUILD_NUMBER", "9")],
                "branch main - 9",
            ),
            (&[("BITBUCKET_BRANCH", "main")], "branch main - -"),
            (
                &[("BUILD_SOURCEBRANCH", "refs/heads/a/b"), ("BUILD_BUILDID", "5")],
                "branch a/b - 5",
            ),
            (&[("BUILD_SOURCEBRANCH", "refs/tags/v1")], "tag v1 - -"),
            (&[("DRONE_TAG", "v1"), ("DRONE_BRANCH", "main")], "tag v1 - -"),
            (&[("SEMAPHORE_GIT_BRANCH", "main")], "branch main - -"),
            (&[("APPVEYOR_REPO_BRANCH", "main")], "branch main - -"),
            (
                &[("CHANGE_BRANCH", "x"), ("BRANCH_NAME", "PR-3"), ("BUILD_NUMBER", "4")],
                "branch x - 4",
            ),
            (&[("BUILD_NUMBER", "4")], "- - 4"),
            (&[], "- - -"),
        ] {
            let found = find(variables, nowhere.path());
            let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let git_ref = or_dash(found.git_ref.map(|git_ref| git_ref.to_string()));
            let shown = format!("{git_ref} {} {}", or_dash(found.sha), or_dash(found.number));
            assert_eq!(shown, want, "{variables:?}");
        }
    }

    #[test]
    fn git_is_read_where_the_ci_system_says_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let sha = "0123456789abcdef0123456789abcdef01234567";
        std::fs::create_dir_all(directory.path().join(".git/refs/heads")).unwrap();
        std::fs::write(directory.path().join(".git/HEAD"), "ref: refs/heads/topic\n").unwrap();
        std::fs::write(directory.path().join(".git/refs/heads/topic"), format!("{sha}\n")).unwrap();
        for (variables, branch, commit) in [
            (&[][..], "topic", sha),
            (&[("CF_BRANCH", "main")], "main", sha),
            (&[("CF_BRANCH", "main"), ("CF_REVISION", "abc")], "main", "abc"),
        ] {
            let found = find(variables, directory.path());
            assert_eq!(found.git_ref, Some(GitRef::Branch(branch.to_owned())), "{variables:?}");
            assert_eq!(found.sha.as_deref(), Some(commit), "{variables:?}");
        }
    }
}
