//! `--commit` and `--push`: one commit of exactly the files that changed, recomputed where another push was faster, and nothing left behind
//! where it fails.

use std::process::Stdio;

use super::git_repositories::{CHART, Repositories, said};

/// A bump of one environment.
const BUMP: [&str; 5] = [
    "bump",
    "-f",
    "values-production.yaml",
    "--image",
    "ghcr.io/acme/web:1.6.0",
];

fn bump<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&BUMP, more].concat()
}

#[test]
fn a_commit_has_the_files_that_changed_and_nothing_else() {
    let repositories = Repositories::with(&[&CHART[..], &[("other.txt", "a\n"), ("staged.txt", "a\n")]].concat());
    let clone = repositories.clone("work");
    clone.write("other.txt", "changed\n");
    clone.write("staged.txt", "staged\n");
    clone.git(&["add", "staged.txt"]);
    clone.write("new.txt", "new\n");
    let before = clone.git(&["status", "--porcelain"]);
    let shown = clone.run(0, &bump(&["--chart-version", "auto", "--commit"]), &[]);
    let sha = clone.head();
    let line = format!(
        "committed {} on main: Move ghcr.io/acme/web from 1.4.2 to 1.6.0\n",
        sha.get(..12).expect("is long")
    );
    assert!(shown.ends_with(&line), "{shown}");
    let log = clone.git(&["log", "-1", "--format=%an <%ae>%n%B", "--name-only"]);
    assert_eq!(
        log,
        "Ada <ada@example.com>\nMove ghcr.io/acme/web from 1.4.2 to 1.6.0\n\n\
         - ghcr.io/acme/web 1.4.2 -> 1.6.0 (values-production.yaml)\n\n\nChart.yaml\nvalues-production.yaml\n"
    );
    assert!(
        clone
            .git(&["show", "HEAD:Chart.yaml"])
            .contains("version: 1.3.0 # raised")
    );
    assert_eq!(clone.git(&["status", "--porcelain"]), before, "what the user has stays");
    // The same again changes nothing, and commits nothing.
    let shown = clone.run(0, &bump(&["--chart-version", "auto", "--commit"]), &[]);
    assert!(
        shown.contains("is ghcr.io/acme/web:1.6.0 already") && !shown.contains("committed"),
        "{shown}"
    );
    assert_eq!(clone.head(), sha);
    assert!(
        repositories.shown("values-production.yaml").contains("1.4.2"),
        "nothing was pushed"
    );
}

#[test]
fn author_and_message_are_the_users() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let flags = [
        "--commit",
        "--author",
        "Bot <bot@example.com>",
        "--message",
        "deploy({files}): {image} {new}\n\n{images}",
    ];
    clone.run(0, &bump(&flags), &[]);
    assert_eq!(
        clone.git(&["log", "-1", "--format=%an <%ae> %cn%n%B"]),
        "Bot <bot@example.com> Ada\ndeploy(values-production.yaml): ghcr.io/acme/web 1.6.0\n\n\
         - ghcr.io/acme/web 1.4.2 -> 1.6.0 (values-production.yaml)\n\n"
    );
    for flags in [
        &["--commit", "--author", "Bot"][..],
        &["--commit", "--message", "{imag}"],
        &["--message", "x"],
        &["--branch", "x"],
        &["--push=--upload-pack=x"],
        &["--push=https://me:hunter2@host/x.git"],
        &["--push", "--branch=--x"],
    ] {
        let shown = clone.run(2, &bump(flags), &[]);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    // A value, not an image; a secret is not shown.
    let flags = [
        "bump",
        "-f",
        "values-staging.yaml",
        "--create",
        "--set",
        "dbPassword=hunter2",
        "--set",
        "replicas=3",
        "--commit",
    ];
    clone.run(0, &flags, &[]);
    let log = clone.git(&["log", "-1", "--format=%B"]);
    assert!(
        log.starts_with("Change values-staging.yaml\n\n- values-staging.yaml:"),
        "{log}"
    );
    assert!(log.contains("replicas: 1 -> 3") && !log.contains("hunter2"), "{log}");
}

#[test]
fn without_a_user_of_git_there_is_a_name() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    clone.git(&["config", "user.useConfigOnly", "true"]);
    let mut command = clone.command(&bump(&["--commit"]), &[]);
    for name in [
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    ] {
        command.env_remove(name);
    }
    said(0, &BUMP, &command.output().expect("runs"));
    assert_eq!(
        clone.git(&["log", "-1", "--format=%an %ae %cn"]),
        "chartwright chartwright@localhost chartwright\n"
    );
}

#[test]
fn changes_of_the_user_are_not_committed() {
    let repositories = Repositories::with(&[&CHART[..], &[(".gitignore", "local.yaml\n")]].concat());
    let clone = repositories.clone("work");
    let head = clone.head();
    let change = "web:\n  image: ghcr.io/acme/web:1.4.2 # mine\n";
    for (name, staged) in [
        ("values-production.yaml", false),
        ("values-production.yaml", true),
        ("new.yaml", false),
        ("local.yaml", false),
    ] {
        clone.write(name, change);
        if staged {
            clone.git(&["add", name]);
        }
        let shown = clone.run(
            3,
            &["bump", "-f", name, "--image", "ghcr.io/acme/web:1.6.0", "--commit"],
            &[],
        );
        assert!(
            shown.contains(&format!("are not tracked: {name}")) && shown.contains("stash"),
            "{shown}"
        );
        assert_eq!(clone.read(name), change, "nothing is written");
        assert_eq!(clone.head(), head);
    }
}

#[test]
fn names_of_files_are_names_only() {
    let values = "image: ghcr.io/acme/web:1.4.2\n";
    let repositories = Repositories::with(&[
        ("-x.yaml", values),
        (":(glob)*.yaml", values),
        ("a b.yaml", values),
        ("é.yaml", values),
    ]);
    let clone = repositories.clone("work");
    for name in ["./-x.yaml", ":(glob)*.yaml", "a b.yaml", "é.yaml"] {
        clone.run(
            0,
            &["bump", "-f", name, "--image", "ghcr.io/acme/web:1.6.0", "--commit"],
            &[],
        );
        let names = clone.git(&[
            "-c",
            "core.quotePath=false",
            "show",
            "--format=",
            "--name-only",
            "-z",
            "HEAD",
        ]);
        assert_eq!(names.trim_matches(['\0', '\n']), name.trim_start_matches("./"));
    }
}

#[cfg(unix)]
#[test]
fn a_link_commits_the_file_that_it_leads_to() {
    let repositories = Repositories::with(&[("base/values.yaml", "image: ghcr.io/acme/web:1.4.2\n")]);
    let clone = repositories.clone("work");
    std::os::unix::fs::symlink("base", clone.path.join("env")).expect("a link");
    std::os::unix::fs::symlink("base/values.yaml", clone.path.join("values.yaml")).expect("a link");
    clone.commit_all("Links");
    for (file, tag) in [("values.yaml", "1.5.0"), ("env/values.yaml", "1.6.0")] {
        clone.run(
            0,
            &[
                "bump",
                "-f",
                file,
                "--image",
                &format!("ghcr.io/acme/web:{tag}"),
                "--commit",
            ],
            &[],
        );
        assert_eq!(
            clone.git(&["show", "--format=", "--name-only", "HEAD"]),
            "base/values.yaml\n"
        );
    }
}

#[test]
fn a_push_that_comes_too_late_is_planned_anew() {
    for flags in [&[][..], &["--depth=1"]] {
        let repositories = Repositories::with(&CHART);
        let clone = repositories.clone_with("late", flags);
        clone.write("staged.txt", "mine\n");
        clone.git(&["add", "staged.txt"]);
        let other = repositories.clone("other");
        let bump_staging = [
            "bump",
            "-f",
            "values-staging.yaml",
            "--image",
            "ghcr.io/acme/web:1.5.0",
            "--chart-version",
            "minor",
            "--push",
        ];
        other.run(0, &bump_staging, &[]);
        assert!(repositories.shown("Chart.yaml").contains("version: 1.3.0"));
        let shown = clone.run(0, &bump(&["--chart-version", "patch", "--push"]), &[]);
        assert!(shown.contains("Chart.yaml:3: version: 1.3.0 -> 1.3.1"), "{shown}");
        let line = format!(
            "pushed {} to main of origin: Move ghcr.io/acme/web",
            clone.head().get(..12).expect("is long")
        );
        assert!(shown.contains(&line), "{shown}");
        assert!(repositories.shown("Chart.yaml").contains("version: 1.3.1 # raised"));
        assert!(repositories.shown("values-production.yaml").contains("1.6.0"));
        assert!(repositories.shown("values-staging.yaml").contains("1.5.0"));
        assert_eq!(repositories.origin(&["rev-list", "--count", "main"]), "3\n");
        assert_eq!(repositories.origin(&["rev-parse", "main"]).trim(), clone.head());
        assert_eq!(
            clone.git(&["status", "--porcelain"]),
            "A  staged.txt\n",
            "what is staged stays"
        );
        // What another has pushed already makes no second commit (two that are made in the same second can be the same commit).
        other.run(0, &bump(&["--chart-version", "patch", "--push"]), &[]);
        assert_eq!(repositories.origin(&["rev-list", "--count", "main"]), "3\n");
        assert_eq!(other.head(), clone.head());
    }
}

#[test]
fn commits_of_the_user_are_not_pushed() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    clone.write("notes.txt", "mine\n");
    clone.commit_all("Mine");
    let before = clone.read("values-production.yaml");
    let shown = clone.run(3, &bump(&["--push"]), &[]);
    assert!(
        shown.contains("commits that main of origin does not have (1) would be pushed too")
            && shown.contains("push your commits first"),
        "{shown}"
    );
    // The same where the branch does not say what it follows.
    clone.git(&["branch", "--unset-upstream"]);
    clone.run(3, &bump(&["--push"]), &[]);
    assert_eq!(clone.read("values-production.yaml"), before);
    clone.git(&["checkout", "--quiet", "-b", "topic", "--track", "origin/main"]);
    let shown = clone.run(2, &bump(&["--push"]), &[]);
    assert!(shown.contains("topic follows origin/main"), "{shown}");
    clone.run(0, &bump(&["--push", "--branch", "main"]), &[]);
    assert!(repositories.shown("values-production.yaml").contains("1.6.0"));
}

#[test]
fn a_detached_head_is_pushed_where_the_ci_system_says() {
    let repositories = Repositories::with(&CHART);
    for (number, variables, flags, code) in [
        (0, &[][..], &["--push"][..], 2),
        (
            1,
            &[("GITHUB_REF_NAME", "main"), ("GITHUB_REF_TYPE", "branch")],
            &["--push"],
            0,
        ),
        (2, &[("CI_COMMIT_BRANCH", "main")], &["--push=origin"], 0),
        (3, &[("CI_COMMIT_TAG", "v1")], &["--push"], 2),
        (4, &[], &["--push", "--branch", "main"], 0),
    ] {
        let clone = repositories.clone_with(&format!("ci{number}"), &["--depth=1"]);
        clone.git(&["checkout", "--quiet", "--detach"]);
        let image = format!("ghcr.io/acme/web:1.{}.0", number + 5);
        let arguments = [&["bump", "-f", "values-staging.yaml", "--image", &image], flags].concat();
        let shown = clone.run(code, &arguments, variables);
        if code == 0 {
            assert!(shown.contains("to main of origin"), "{shown}");
            assert!(repositories.shown("values-staging.yaml").contains(&image));
        } else {
            assert!(shown.contains("HEAD is detached"), "{shown}");
        }
    }
}

#[test]
fn a_run_for_a_pull_request_from_a_fork_pushes_nothing() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let variables = [
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "eve/shop"),
        ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shop"),
    ];
    let shown = clone.run(3, &bump(&["--push"]), &variables);
    assert!(
        shown.contains("nothing is written or pushed: GitLab runs for a pull request from the fork eve/shop"),
        "{shown}"
    );
    assert!(clone.read("values-production.yaml").contains("1.4.2"));
}

#[cfg(unix)]
#[test]
fn what_a_hook_refuses_leaves_nothing_behind() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let (head, before) = (clone.head(), clone.read("values-production.yaml"));
    let unchanged = || {
        assert_eq!(clone.head(), head);
        assert_eq!(clone.read("values-production.yaml"), before);
        assert_eq!(clone.git(&["status", "--porcelain"]), "");
    };
    repositories.origin_hook("pre-receive", "echo 'not today: https://me:hunter2@host/x' >&2; exit 1");
    let shown = clone.run(3, &bump(&["--push"]), &[]);
    assert!(
        shown.contains("not today: https://host/x") && !shown.contains("hunter2"),
        "{shown}"
    );
    unchanged();
    // A hook sees what would be committed, as git gives it.
    clone.hook("pre-commit", "git diff --cached --name-only >&2; exit 1");
    let shown = clone.run(3, &bump(&["--commit"]), &[]);
    assert!(shown.contains("`git commit` failed: values-production.yaml"), "{shown}");
    unchanged();
    let shown = clone.run(3, &bump(&["--push=gone"]), &[]);
    assert!(
        shown.contains("'gone' does not appear to be a git repository"),
        "{shown}"
    );
    unchanged();
}

/// A branch that another always reaches first; and one that was replaced.
#[cfg(unix)]
#[test]
fn attempts_end_and_a_branch_that_was_replaced_is_left_alone() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let (head, origin) = (clone.head(), repositories.home.path().join("origin.git"));
    let other = repositories.clone("other");
    other.write("values-staging.yaml", "replaced: true\n");
    other.git(&["commit", "--quiet", "--all", "--amend", "-m", "Replaced"]);
    other.git(&["push", "--quiet", "--force"]);
    let shown = clone.run(3, &bump(&["--push"]), &[]);
    assert!(shown.contains("does not continue what is checked out"), "{shown}");
    assert_eq!(clone.head(), head);
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    // Three times another is faster.
    clone.git(&["reset", "--quiet", "--hard", "origin/main"]);
    let script = format!(
        "n=$(cat \"$0.n\" 2>/dev/null || echo 0); [ $n -ge 3 ] && exit 0; echo $((n+1)) >\"$0.n\"; unset GIT_DIR GIT_INDEX_FILE GIT_QUARANTINE_PATH; \
         cd '{origin}' && new=$(git commit-tree -p main -m race 'main^{{tree}}') && git update-ref refs/heads/main $new",
        origin = origin.display()
    );
    clone.hook("pre-push", &script);
    let shown = clone.run(0, &bump(&["--push"]), &[]);
    assert!(shown.contains("pushed"), "{shown}");
    let subjects = repositories.origin(&["log", "--format=%s", "main"]);
    assert_eq!(
        subjects,
        "Move ghcr.io/acme/web from 1.4.2 to 1.6.0\nrace\nrace\nrace\nReplaced\n"
    );
}

/// Many at once, in one work tree and in several: nothing is lost, and each has a version of its own.
#[test]
fn commits_and_pushes_at_once_all_arrive() {
    const COUNT: usize = 6;
    let mut values = String::new();
    for number in 0..COUNT {
        values.push_str(&format!("app{number}:\n  image: ghcr.io/acme/app{number}:1.0.0\n"));
    }
    let repositories = Repositories::with(&[CHART[0], ("values.yaml", &values)]);
    let one = repositories.clone("one");
    let clones: Vec<_> = (0..COUNT)
        .map(|number| repositories.clone(&format!("c{number}")))
        .collect();
    for (flag, is_pushed) in [("--commit", false), ("--push", true)] {
        let started: Vec<_> = (0..COUNT)
            .map(|number| {
                let image = format!("ghcr.io/acme/app{number}:1.1.0");
                let arguments = [
                    "bump",
                    "-f",
                    "values.yaml",
                    "--image",
                    &image,
                    "--chart-version",
                    "patch",
                    flag,
                ];
                let mut command = if is_pushed { &clones[number] } else { &one }.command(&arguments, &[]);
                let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
                command.spawn().expect("starts")
            })
            .collect();
        for child in started {
            said(0, &[flag], &child.wait_with_output().expect("ends"));
        }
        let (log, chart, values) = if is_pushed {
            (
                repositories.origin(&["log", "--format=%s", "main"]),
                repositories.shown("Chart.yaml"),
                repositories.shown("values.yaml"),
            )
        } else {
            (
                one.git(&["log", "--format=%s"]),
                one.read("Chart.yaml"),
                one.read("values.yaml"),
            )
        };
        assert_eq!(log.lines().count(), COUNT + 1, "{log}");
        assert!(chart.contains("version: 1.2.9 "), "{chart}");
        assert_eq!(values.matches(":1.1.0").count(), COUNT, "{values}");
    }
}
