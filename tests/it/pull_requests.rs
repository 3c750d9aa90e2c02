//! `--pull-request` against GitHub and GitLab: one pull request for the same images, found again, updated and closed; and what happens where
//! the forge refuses, is slow, loses an answer, or another is faster.

use std::time::Instant;

use super::forge_servers::{Commit, Fault, Files, ForgeServer, TOKEN};
use super::git_repositories::{CHART, Clone, Repositories};

/// The forges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    GitHub,
    GitLab,
}

const BOTH: [Kind; 2] = [Kind::GitHub, Kind::GitLab];

/// A forge that has what is checked out in a clone.
struct Forge {
    kind: Kind,
    forge: ForgeServer,
}

impl Forge {
    fn of(kind: Kind, clone: &Clone<'_>) -> Self {
        let forge = match kind {
            Kind::GitHub => ForgeServer::github(),
            Kind::GitLab => ForgeServer::gitlab(),
        };
        let forge = Self { kind, forge };
        forge.has_head_of(clone);
        forge
    }

    /// The forge gets the commit that is checked out, as if it were pushed.
    fn has_head_of(&self, clone: &Clone<'_>) {
        let names = clone.git(&["ls-files", "-z"]);
        let names = names.split('\0').filter(|name| !name.is_empty());
        let files: Files = names
            .map(|name| (name.to_owned(), clone.read(name).into_bytes()))
            .collect();
        let commit = Commit {
            parent: self.forge.with(|repository| repository.branches.get("main").cloned()),
            files,
            message: String::new(),
        };
        self.forge.with(|repository| {
            repository.commits.insert(clone.head(), commit);
            repository.branches.insert("main".to_owned(), clone.head());
        });
    }

    fn run(&self, clone: &Clone<'_>, code: i32, image: &str, more: &[&str]) -> String {
        let arguments = [
            "bump",
            "-f",
            "values-production.yaml",
            "--image",
            image,
            "--chart-version",
            "auto",
            "--pull-request",
        ];
        let arguments = [&arguments, more].concat();
        let url = self.forge.server.url.as_str();
        let api = format!("{url}/api/v4");
        let variables = match self.kind {
            Kind::GitHub => [
                ("GITHUB_TOKEN", TOKEN),
                ("GITHUB_SERVER_URL", url),
                ("GITHUB_API_URL", url),
                ("GITHUB_REPOSITORY", "acme/shop"),
            ],
            Kind::GitLab => [
                ("GITLAB_TOKEN", TOKEN),
                ("CI_SERVER_URL", url),
                ("CI_API_V4_URL", &api),
                ("CI_PROJECT_PATH", "acme/shop"),
            ],
        };
        let before = clone.git(&["status", "--porcelain"]);
        let shown = clone.run(code, &arguments, &variables);
        assert!(!shown.contains(TOKEN), "{shown}");
        assert_eq!(clone.git(&["status", "--porcelain"]), before, "nothing is written here");
        shown
    }

    /// The branch of the only pull request.
    fn branch(&self) -> String {
        self.forge.with(|repository| {
            assert_eq!(repository.requests.len(), 1, "{:?}", repository.requests);
            repository.requests[0].branch.clone()
        })
    }

    fn file(&self, branch: &str, path: &str) -> String {
        let content = self.forge.with(|repository| repository.file(branch, path).cloned());
        String::from_utf8(content.unwrap_or_default()).expect("is text")
    }
}

#[test]
fn one_pull_request_follows_an_image() {
    for kind in BOTH {
        let repositories = Repositories::with(&CHART);
        let clone = repositories.clone("work");
        let forge = Forge::of(kind, &clone);
        let shown = forge.run(
            &clone,
            0,
            "ghcr.io/acme/web:1.5.0",
            &["--label", "deploy", "--label", "web", "--reviewer", "ada"],
        );
        assert!(shown.contains("opened pull request 1: https://forge/"), "{shown}");
        let branch = forge.branch();
        assert!(branch.starts_with("chartwright/ghcr-io-acme-web-"), "{branch}");
        assert_eq!(
            forge.file(&branch, "values-production.yaml"),
            CHART[1].1.replace("1.4.2", "1.5.0")
        );
        assert!(forge.file(&branch, "Chart.yaml").contains("version: 1.3.0 # raised"));
        assert!(forge.file("main", "Chart.yaml").contains("version: 1.2.3"));
        forge.forge.with(|repository| {
            let (one, head) = (&repository.requests[0], repository.head(&branch));
            assert_eq!(one.title, "Move ghcr.io/acme/web from 1.4.2 to 1.5.0");
            assert_eq!(
                one.body,
                "- `ghcr.io/acme/web` from `1.4.2` to `1.5.0` in `values-production.yaml`\n"
            );
            assert_eq!(one.labels, ["deploy", "web"]);
            assert_eq!(one.reviewers, [if kind == Kind::GitHub { "ada" } else { "7" }]);
            assert_eq!(head.parent, Some(clone.head()));
            assert!(
                head.message
                    .starts_with("Move ghcr.io/acme/web from 1.4.2 to 1.5.0\n\n- ghcr.io/acme/web 1.4.2 -> 1.5.0"),
                "{}",
                head.message
            );
        });
        // The same again changes nothing.
        let requests = forge.forge.server.requests().len();
        let shown = forge.run(&clone, 0, "ghcr.io/acme/web:1.5.0", &[]);
        assert!(shown.contains("unchanged pull request 1"), "{shown}");
        let writes = forge.forge.server.requests().split_off(requests);
        assert!(writes.iter().all(|request| request.method == "GET"), "{writes:?}");
        // Another version, from another base: the same pull request, with one commit.
        clone.write("Chart.yaml", &CHART[0].1.replace("1.2.3", "1.4.0"));
        clone.commit_all("Other");
        forge.has_head_of(&clone);
        let shown = forge.run(&clone, 0, "ghcr.io/acme/web:2.0.0", &[]);
        assert!(shown.contains("updated pull request 1"), "{shown}");
        assert_eq!(forge.branch(), branch);
        assert!(forge.file(&branch, "Chart.yaml").contains("version: 2.0.0 # raised"));
        forge.forge.with(|repository| {
            let one = &repository.requests[0];
            assert!(one.is_open, "a branch at its base for a moment closes it");
            assert_eq!(one.title, "Move ghcr.io/acme/web from 1.4.2 to 2.0.0");
            assert_eq!(repository.head(&branch).parent, Some(clone.head()));
            assert_eq!(
                repository.branches.len(),
                2,
                "no branch is left: {:?}",
                repository.branches
            );
        });
        // Merged by hand: nothing is left to change.
        clone.write("values-production.yaml", &CHART[1].1.replace("1.4.2", "2.0.0"));
        clone.commit_all("By hand");
        forge.has_head_of(&clone);
        let shown = forge.run(&clone, 0, "ghcr.io/acme/web:2.0.0", &[]);
        assert!(shown.contains("closed pull request 1"), "{shown}");
        forge.forge.with(|repository| {
            let one = &repository.requests[0];
            assert!(!one.is_open && one.comments.len() == 1, "{one:?}");
            assert!(!repository.branches.contains_key(&branch));
        });
        let shown = forge.run(&clone, 0, "ghcr.io/acme/web:2.0.0", &[]);
        assert!(!shown.contains("pull request"), "{shown}");
    }
}

#[test]
fn what_others_did_is_left_alone() {
    for kind in BOTH {
        let repositories = Repositories::with(&CHART);
        let clone = repositories.clone("work");
        let forge = Forge::of(kind, &clone);
        forge.run(&clone, 0, "ghcr.io/acme/web:1.5.0", &[]);
        let branch = forge.branch();
        let theirs = forge.forge.with(|repository| {
            let head = repository.branches[&branch].clone();
            let sha = repository.add(Some(&head), [("fix.txt".to_owned(), b"fix".to_vec())].into(), "Fix");
            repository.branches.insert(branch.clone(), sha.clone());
            sha
        });
        let shown = forge.run(&clone, 3, "ghcr.io/acme/web:1.6.0", &[]);
        assert!(shown.contains("has commits of others, and is left as it is"), "{shown}");
        forge
            .forge
            .with(|repository| assert_eq!(repository.branches[&branch], theirs));
        // What is checked out and was not pushed cannot be the base of a commit there.
        let other = Forge::of(kind, &clone);
        clone.write("values-production.yaml", &CHART[1].1.replace("# now", "# not pushed"));
        clone.commit_all("Mine");
        let shown = other.run(&clone, 3, "ghcr.io/acme/web:1.6.0", &[]);
        assert!(
            shown.contains("does not have") && shown.contains("push your commits first"),
            "{shown}"
        );
        other.forge.with(|repository| assert_eq!(repository.branches.len(), 1));
        clone.write(
            "values-production.yaml",
            "changed: true\nimage: ghcr.io/acme/web:1.4.2\n",
        );
        let shown = other.run(&clone, 3, "ghcr.io/acme/web:1.6.0", &[]);
        assert!(shown.contains("changes that are not committed"), "{shown}");
    }
}

/// A commit of another reaches the branch between our look at it and our commit.
#[test]
fn another_that_is_faster_is_noticed() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let forge = Forge::of(Kind::GitHub, &clone);
    let overtaken = || ("POST /graphql", Fault::Overtaken);
    forge.forge.with(|repository| repository.faults.push(overtaken()));
    forge.run(&clone, 0, "ghcr.io/acme/web:1.5.0", &[]);
    let branch = forge.branch();
    assert!(forge.file(&branch, "values-production.yaml").contains("1.5.0"));
    forge.forge.with(|repository| repository.faults.push(overtaken()));
    let shown = forge.run(&clone, 3, "ghcr.io/acme/web:1.6.0", &[]);
    assert!(shown.contains("has commits of others"), "{shown}");
    forge.forge.with(|repository| {
        assert_eq!(repository.head(&branch).message, "overtaken");
        assert_eq!(repository.branches.len(), 2, "{:?}", repository.branches);
    });
}

/// Each fault hits the first request that it fits, and the run ends as if there had been none.
#[test]
fn faults_that_pass_are_survived() {
    const LIMIT: &[(&str, &str)] = &[("Retry-After", "1")];
    let limited = || Fault::Answer(403, LIMIT, "You have exceeded a secondary rate limit");
    let unavailable = || Fault::Answer(502, &[], "Bad Gateway");
    for (kind, part, fault) in [
        (Kind::GitHub, "POST /graphql", limited()),
        (Kind::GitHub, "POST /graphql", unavailable()),
        (Kind::GitHub, "POST /graphql", Fault::Lost),
        (
            Kind::GitHub,
            "POST /graphql",
            Fault::Answer(429, LIMIT, "Too many requests"),
        ),
        (Kind::GitHub, "POST /repos/acme/shop/git/refs", Fault::Lost),
        (Kind::GitHub, "POST /repos/acme/shop/pulls", limited()),
        (Kind::GitHub, "POST /repos/acme/shop/pulls", Fault::Lost),
        (Kind::GitHub, "GET /repos/acme/shop/git/ref/", unavailable()),
        (
            Kind::GitLab,
            "POST /api/v4/projects/acme%2Fshop/repository/commits",
            unavailable(),
        ),
        (
            Kind::GitLab,
            "POST /api/v4/projects/acme%2Fshop/repository/commits",
            Fault::Lost,
        ),
        (
            Kind::GitLab,
            "POST /api/v4/projects/acme%2Fshop/merge_requests",
            Fault::Lost,
        ),
        (
            Kind::GitLab,
            "GET /api/v4/projects/acme%2Fshop/repository/branches",
            Fault::Answer(429, LIMIT, "Retry later"),
        ),
        (
            Kind::GitLab,
            "POST /api/v4/projects/acme%2Fshop/repository/commits",
            Fault::Answer(
                400,
                &[],
                "You are attempting to update a file that has changed since you started editing it.",
            ),
        ),
    ] {
        let repositories = Repositories::with(&CHART);
        let clone = repositories.clone("work");
        let forge = Forge::of(kind, &clone);
        let is_limited = matches!(fault, Fault::Answer(403 | 429, ..));
        forge
            .forge
            .with(|repository| repository.faults.push((part, fault.clone())));
        let started = Instant::now();
        let shown = forge.run(&clone, 0, "ghcr.io/acme/web:1.6.0", &[]);
        assert!(shown.contains("pull request 1"), "{kind:?} {part} {fault:?}: {shown}");
        assert!(
            !is_limited || started.elapsed().as_secs() >= 1,
            "{part}: the pause is kept"
        );
        let branch = forge.branch();
        assert!(
            forge.file(&branch, "values-production.yaml").contains("1.6.0"),
            "{part} {fault:?}"
        );
        forge.forge.with(|repository| {
            assert!(repository.faults.is_empty(), "{part} was not asked for");
            assert!(repository.requests[0].is_open);
            assert_eq!(
                repository.head(&branch).parent,
                Some(clone.head()),
                "{part} {fault:?}: one commit"
            );
        });
    }
}

#[test]
fn refusals_are_errors_with_the_words_of_the_forge() {
    for (kind, part, fault, words) in [
        (
            Kind::GitHub,
            "POST /repos/acme/shop/git/refs",
            Fault::Answer(403, &[], "Resource not accessible by integration"),
            "GitHub refuses to create a branch: 403 Forbidden: Resource not accessible by integration",
        ),
        (
            Kind::GitHub,
            "GET /repos/acme/shop/git/ref/",
            Fault::Answer(400, &[], "hunter2 may not do this"),
            "*** may not do this",
        ),
        (
            Kind::GitHub,
            "POST /repos/acme/shop/pulls",
            Fault::Answer(422, &[], "Validation Failed"),
            "refuses to open a pull request: 422",
        ),
        (
            Kind::GitHub,
            "POST /graphql",
            Fault::Answer(403, &[("Retry-After", "900")], "secondary rate limit"),
            "403 Forbidden: secondary rate limit",
        ),
        (
            Kind::GitLab,
            "POST /api/v4/projects/acme%2Fshop/repository/commits",
            Fault::Answer(403, &[], "insufficient_scope"),
            "GitLab refuses to commit: 403",
        ),
        (
            Kind::GitLab,
            "GET /api/v4/projects/acme%2Fshop/repository/branches",
            Fault::Answer(401, &[], "401 Unauthorized"),
            "refuses to look up a branch: 401",
        ),
    ] {
        let repositories = Repositories::with(&CHART);
        let clone = repositories.clone("work");
        let forge = Forge::of(kind, &clone);
        forge.forge.with(|repository| repository.faults.push((part, fault)));
        let shown = forge.run(&clone, 3, "ghcr.io/acme/web:1.6.0", &[]);
        assert!(shown.contains(words), "{part}: {shown}");
    }
}

#[test]
fn merging_by_itself_is_asked_for() {
    for kind in BOTH {
        for is_allowed in [true, false] {
            let repositories = Repositories::with(&CHART);
            let clone = repositories.clone("work");
            let forge = Forge::of(kind, &clone);
            forge.forge.with(|repository| repository.allows_auto_merge = is_allowed);
            let shown = forge.run(&clone, 0, "ghcr.io/acme/web:1.6.0", &["--auto-merge"]);
            forge
                .forge
                .with(|repository| assert_eq!(repository.requests[0].merges_itself, is_allowed));
            assert_eq!(shown.contains("note: "), !is_allowed, "{shown}");
        }
    }
}

#[test]
fn flags_and_variables_are_checked_first() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let bump = [
        "bump",
        "-f",
        "values-production.yaml",
        "--image",
        "ghcr.io/acme/web:1.6.0",
    ];
    for (flags, variables, words) in [
        (&["--pull-request", "--push"][..], &[][..], "cannot be used with"),
        (&["--label", "x"], &[], "--pull-request"),
        (&["--pull-request"], &[], "it is not known which forge the remote is"),
        (
            &["--pull-request"],
            &[
                ("GITHUB_SERVER_URL", "https://h"),
                ("GITHUB_API_URL", "https://h"),
                ("GITHUB_REPOSITORY", "a/b"),
            ],
            "there is no token for GitHub",
        ),
        (&["--pull-request", "--base=-x"], &[], "--base: "),
    ] {
        let shown = clone.run(2, &[&bump, flags].concat(), variables);
        assert!(shown.contains(words), "{flags:?}: {shown}");
    }
    let fork = [
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "eve/shop"),
        ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shop"),
    ];
    let shown = clone.run(3, &[&bump[..], &["--pull-request"]].concat(), &fork);
    assert!(shown.contains("from the fork eve/shop"), "{shown}");
    let forge = [
        ("GITHUB_TOKEN", "T0ken-for-nobody"),
        ("GITHUB_SERVER_URL", "https://127.0.0.1:1"),
        ("GITHUB_API_URL", "https://127.0.0.1:1"),
        ("GITHUB_REPOSITORY", "a/b"),
    ];
    let named = ["--pull-request", "--forge-ca-file", "values-production.yaml"];
    let shown = clone.run(3, &[&bump[..], &named].concat(), &forge);
    assert!(
        shown.contains("the file of authorities values-production.yaml"),
        "{shown}"
    );
}
