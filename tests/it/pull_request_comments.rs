//! `--comment`: one comment on the pull request of a run, on GitHub and GitLab, which later runs change.

use super::forge_servers::{Fault, ForgeServer, OWN, Pull, TOKEN};
use super::git_repositories::Repositories;
use super::workspace::{Run, run};

const FILES: [(&str, &str); 4] = [
    (".helmignore", ".git/\n"),
    ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ("values.yaml", "port: 80\n"),
    (
        "templates/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: {{ .Values.port }}}]\n",
    ),
];

/// A forge with pull request 1, and how a run reaches it.
struct Forge {
    server: ForgeServer,
    variables: Vec<(&'static str, String)>,
}

impl Forge {
    fn both() -> [Self; 2] {
        let set = |server: &ForgeServer, pairs: &[(&'static str, &str)]| {
            server.with(|repository| {
                repository.requests.push(Pull {
                    number: 1,
                    branch: "change".to_owned(),
                    base: "main".to_owned(),
                    title: String::new(),
                    body: String::new(),
                    is_open: true,
                    labels: Vec::new(),
                    reviewers: Vec::new(),
                    comments: Vec::new(),
                    merges_itself: false,
                });
            });
            let url = &server.server.url;
            pairs
                .iter()
                .map(|(name, value)| (*name, value.replace("URL", url)))
                .collect()
        };
        let (github, gitlab) = (ForgeServer::github(), ForgeServer::gitlab());
        let of_github = [
            ("GITHUB_TOKEN", TOKEN),
            ("GITHUB_SERVER_URL", "URL"),
            ("GITHUB_API_URL", "URL"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_REF", "refs/pull/1/merge"),
        ];
        let of_gitlab = [
            ("GITLAB_TOKEN", TOKEN),
            ("CI_SERVER_URL", "URL"),
            ("CI_API_V4_URL", "URL/api/v4"),
            ("CI_PROJECT_PATH", "acme/shop"),
            ("CI_JOB_URL", "URL/acme/shop/actions/runs/7"),
            ("CI_MERGE_REQUEST_IID", "1"),
        ];
        let (for_github, for_gitlab) = (set(&github, &of_github), set(&gitlab, &of_gitlab));
        [(github, for_github), (gitlab, for_gitlab)].map(|(server, variables)| Self { server, variables })
    }

    fn comments(&self) -> Vec<(&'static str, String)> {
        self.server.with(|repository| repository.requests[0].comments.clone())
    }

    /// A run of a command in a clone, without a variable.
    fn run_without(&self, without: &str, clone: &super::git_repositories::Clone<'_>, arguments: &[&str]) -> Run {
        let variables = self.variables.iter().filter(|(name, _)| *name != without);
        let variables: Vec<(&str, &str)> = variables.map(|(name, value)| (*name, value.as_str())).collect();
        let run = run(&clone.path, arguments, &variables);
        assert!(!run.all().contains(TOKEN), "{}", run.all());
        run
    }

    fn run(&self, clone: &super::git_repositories::Clone<'_>, arguments: &[&str]) -> Run {
        self.run_without("", clone, arguments)
    }
}

/// Clones whose remote is only a path: the CI system says which repository it is.
#[test]
fn one_comment_is_added_changed_and_kept() {
    for forge in Forge::both() {
        let repositories = Repositories::with(&FILES);
        let clone = repositories.clone("work");
        let check = ["ci", ".", "--no-push", "--comment"];
        let fine = forge.run(&clone, &check);
        assert_eq!((fine.code, forge.comments().len()), (0, 0), "{}", fine.all());
        clone.write("values.yaml", "port: 70000\n");
        let failed = forge.run(&clone, &check);
        assert_eq!(failed.code, 1, "{}", failed.all());
        assert!(
            failed.stderr.contains("commented on pull request 1"),
            "{}",
            failed.stderr
        );
        let comments = forge.comments();
        let [(OWN, text)] = comments.as_slice() else {
            panic!("{comments:?}");
        };
        assert!(
            text.starts_with("<!-- chartwright checks -->\n**chartwright**: 1 of 1 chart failed: 1 error"),
            "{text}"
        );
        assert!(text.contains("Invalid value: 70000"), "{text}");
        let link = format!(
            "[The whole run]({}/acme/shop/actions/runs/7)\n",
            forge.server.server.url
        );
        assert!(text.ends_with(&link), "{text}");
        // The same again, then what is mended.
        let again = forge.run(&clone, &check);
        assert!(!again.stderr.contains("comment"), "{}", again.stderr);
        assert_eq!(forge.comments(), comments);
        clone.write("values.yaml", "port: 80\n");
        let mended = forge.run(&clone, &check);
        assert!(
            mended.stderr.contains("changed the comment on pull request 1"),
            "{}",
            mended.stderr
        );
        let comments = forge.comments();
        assert!(
            comments.len() == 1 && comments[0].1.contains("1 chart passed"),
            "{comments:?}"
        );
    }
}

/// What changes in what is rendered deserves a comment, without a finding.
#[test]
fn a_comment_says_what_changes() {
    for forge in Forge::both() {
        let repositories = Repositories::with(&FILES);
        let clone = repositories.clone("work");
        let check = ["ci", ".", "--no-push", "--comment", "--since", "origin/main"];
        clone.write("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.1\n");
        let same = forge.run(&clone, &check);
        assert_eq!((same.code, forge.comments().len()), (0, 0), "{}", same.all());
        clone.write("values.yaml", "port: 81\n");
        let changed = forge.run(&clone, &check);
        assert_eq!(changed.code, 0, "{}", changed.all());
        let comments = forge.comments();
        let [(OWN, text)] = comments.as_slice() else {
            panic!("{comments:?}");
        };
        assert!(text.contains("1 chart passed"), "{text}");
        let row = "| <code>.</code> | <code>default values</code> | 1 changed |  |";
        assert!(text.contains(row), "{text}");
    }
}

#[test]
fn each_comment_has_its_name_and_others_are_left_alone() {
    for forge in Forge::both() {
        let repositories = Repositories::with(&FILES);
        let clone = repositories.clone("work");
        // Another author has the marker, and there are several pages.
        let forged = ("mallory", "<!-- chartwright diff -->\nNothing changes.".to_owned());
        let others = vec![forged; 7];
        forge
            .server
            .with(|repository| repository.requests[0].comments.clone_from(&others));
        clone.write("values.yaml", "port: 8080\n");
        let diff = forge.run(&clone, &["diff", ".", "--comment"]);
        assert!(diff.stderr.contains("commented on pull request 1"), "{}", diff.all());
        forge.run(&clone, &["diff", ".", "--comment=staging"]);
        clone.write("values.yaml", "port: 8081\n");
        let diff = forge.run_without("GITHUB_REF", &clone, &["diff", ".", "--comment", "--comment-on", "1"]);
        assert!(
            diff.stderr.contains("changed the comment on pull request 1"),
            "{}",
            diff.all()
        );
        let comments = forge.comments();
        assert_eq!(comments[..7], others);
        let begins: Vec<&str> = comments[7..]
            .iter()
            .filter_map(|(_, text)| text.lines().next())
            .collect();
        assert_eq!(
            begins,
            ["<!-- chartwright diff -->", "<!-- chartwright diff staging -->"]
        );
        assert!(
            comments[7].1.contains("8081") && comments[8].1.contains("8080"),
            "{comments:?}"
        );
    }
}

/// The charts are what a run is about: its exit code is theirs.
#[test]
fn a_comment_that_cannot_be_written_is_a_warning() {
    for forge in Forge::both() {
        let repositories = Repositories::with(&FILES);
        let clone = repositories.clone("work");
        clone.write("values.yaml", "port: 8080\n");
        let refuse = || {
            let fault = Fault::Answer(403, &[], "Resource not accessible by integration");
            forge
                .server
                .with(|repository| repository.faults = vec![("POST", fault.clone()), ("notes", fault)]);
        };
        refuse();
        let refused = forge.run(&clone, &["diff", ".", "--comment"]);
        forge.server.with(|repository| repository.faults.clear());
        let number = |number| forge.run(&clone, &["diff", ".", "--comment", "--comment-on", number]);
        for (run, words) in [
            (refused, "warning: no comment on pull request 1: "),
            (number("2"), "warning: no comment on pull request 2: "),
            (
                forge.run_without("GITHUB_TOKEN", &clone, &["diff", ".", "--comment"]),
                if forge.variables[0].0 == "GITHUB_TOKEN" {
                    "there is no token for GitHub: set GITHUB_TOKEN or GH_TOKEN"
                } else {
                    "commented on pull request 1"
                },
            ),
        ] {
            assert_eq!(run.code, 0, "{}", run.all());
            assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        }
        let elsewhere = run(&clone.path, &["diff", ".", "--comment"], &[]);
        assert!(
            elsewhere.stderr.contains("the CI system names no pull request"),
            "{}",
            elsewhere.stderr
        );
        let misnamed = forge.run(&clone, &["diff", ".", "--comment=-->"]);
        assert_eq!(misnamed.code, 2, "{}", misnamed.all());
    }
}
