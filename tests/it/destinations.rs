//! Repositories by name, branch and tag: what `push`, `ci` and `package` choose, where archives are put, and that nothing is published
//! where nothing is chosen.

use std::path::Path;

use super::remote_oci_server::{Behaviour, OciServer};
use super::remote_settings::packed;
use super::workspace::{CHART, CONFIG_MAP, Run, Workspace, run};

const CONFIGURATION: &str = "\
repositories:
- name: staging
  url: file://staging
  branches: [main, 'release/*']
- name: production
  url: file://production
  tags: ['v*']
- name: develop
  url: file://develop
  branches: ['feature/*']
  path: '{chart}/{branch}/{chart}-{version}.tgz'
  versionSuffix: '-{branch}.{n}+{sha}'
";
const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// A checkout of a branch with a chart, its archive, and the configuration.
fn checkout(branch: &str) -> Workspace {
    let workspace = Workspace::new(&[
        ("chartwright.yaml", CONFIGURATION),
        (".git/HEAD", &format!("ref: refs/heads/{branch}\n")),
        (&format!(".git/refs/heads/{branch}"), SHA),
        ("web/Chart.yaml", CHART),
        ("web/values.yaml", "{}\n"),
        ("web/templates/a.yaml", CONFIG_MAP),
    ]);
    std::fs::write(workspace.path("web-0.1.0.tgz"), packed("web", "0.1.0")).expect("an archive");
    workspace
}

fn run_with(workspace: &Workspace, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let home = workspace.path("home");
    let home = home.to_str().expect("UTF-8");
    let variables: Vec<_> = variables.iter().copied().chain([("HOME", home)]).collect();
    run(&workspace.path("."), arguments, &variables)
}

/// The archives below the repositories of the configuration.
fn archives(workspace: &Workspace) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<_> = ["staging", "production", "develop"]
        .map(|name| (workspace.path(name), name.to_owned()))
        .into();
    while let Some((directory, shown)) = open.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let shown = format!("{shown}/{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                open.push((path, shown));
            } else if Path::new(&shown).extension().is_some_and(|end| end == "tgz") {
                found.push(shown);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn branch_or_tag_decide_where_archives_are_pushed() {
    let push = ["push", "web-0.1.0.tgz"];
    for (branch, more, variables, line, places) in [
        (
            "main",
            &[][..],
            &[][..],
            "branch main: repository staging (file://",
            &["staging/web-0.1.0.tgz"][..],
        ),
        (
            "main",
            &["--to", "auto"],
            &[("CI_COMMIT_TAG", "v1.0.0")],
            "tag v1.0.0: repository production (file://",
            &["production/web-0.1.0.tgz"],
        ),
        (
            "main",
            &[],
            &[
                ("GITHUB_REF_TYPE", "branch"),
                ("GITHUB_REF_NAME", "feature/x/#1"),
                ("GITHUB_EVENT_NAME", "push"),
            ],
            "branch feature/x/#1: repository develop (file://",
            &["develop/web/feature/x/=231/web-0.1.0.tgz"],
        ),
        (
            "topic",
            &["--branch", "release/1"],
            &[],
            "branch release/1: repository staging",
            &["staging/web-0.1.0.tgz"],
        ),
        (
            "topic",
            &["--tag", "v2"],
            &[],
            "tag v2: repository production",
            &["production/web-0.1.0.tgz"],
        ),
        (
            "topic",
            &["--to", "production"],
            &[],
            "repository production (file://",
            &["production/web-0.1.0.tgz"],
        ),
        (
            "main",
            &["--to", "auto", "--to", "production", "--to", "staging"],
            &[],
            "branch main: repository staging",
            &["production/web-0.1.0.tgz", "staging/web-0.1.0.tgz"],
        ),
        // The same repository by its address and its name is one, with the settings of the name.
        (
            "feature/y",
            &["file://develop", "--to", "develop"],
            &[],
            "repository develop (file://",
            &["develop/web/feature/y/web-0.1.0.tgz"],
        ),
        // An address is not a name, and nothing is chosen.
        ("topic", &["file://staging"], &[], "", &["staging/web-0.1.0.tgz"]),
    ] {
        let workspace = checkout(branch);
        let run = run_with(&workspace, &[&push, more].concat(), variables);
        assert_eq!(run.code, 0, "{more:?} {variables:?}: {}", run.all());
        assert!(run.stderr.starts_with(line), "{}", run.all());
        assert_eq!(archives(&workspace), places, "{more:?}: {}", run.all());
    }
}

#[test]
fn nothing_is_published_where_nothing_is_chosen() {
    let fork = [
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "10"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main"),
    ];
    for (command, variables, message) in [
        (
            &["push", "web-0.1.0.tgz"][..],
            &[][..],
            "no repository is configured for branch topic: staging has branches main, release/*; production has tags v*; develop has branches feature/*",
        ),
        (
            &["ci", "."],
            &[],
            "no repository is configured for branch topic: staging has",
        ),
        (
            &["push", "web-0.1.0.tgz", "--to", "stagin"],
            &[],
            "did you mean `staging`?",
        ),
        (
            &["push", "web-0.1.0.tgz", "--to", "staging", "--to", "none"],
            &[],
            "there is no repository `none`: there are",
        ),
        (
            &["push", "web-0.1.0.tgz"],
            &fork,
            "not pushed: GitLab runs for a pull request from the fork 10",
        ),
        // The address of a name is in a file of the fork.
        (
            &["push", "web-0.1.0.tgz", "--to", "staging"],
            &fork,
            "not pushed: GitLab runs for a pull request from the fork 10",
        ),
        (
            &["push", "web-0.1.0.tgz", "--to", "develop"],
            &[("CI_COMMIT_TAG", "v1")],
            "needs a branch, and this is tag v1",
        ),
        (
            &["push", "web-0.1.0.tgz", "--branch", "feature/.x"],
            &[],
            "needs a name without empty and hidden directories",
        ),
        (
            &["package", "web", "--version-suffix"],
            &[],
            "no repository is configured for branch topic",
        ),
        (&["package", "web", "--version-suffix=-{n}"], &[], "set BUILD_NUMBER"),
        (
            &["package", "web", "--version-suffix", "--branch", "feature/x"],
            &[],
            "set BUILD_NUMBER",
        ),
        (&["ci", ".", "--branch", "feature/x"], &[], "set BUILD_NUMBER"),
        (
            &["ci", ".", "--to", "staging", "--to", "develop", "--branch", "feature/x"],
            &[],
            "different version suffixes",
        ),
    ] {
        let workspace = checkout("topic");
        let run = run_with(&workspace, command, variables);
        assert_eq!(run.code, 2, "{command:?}: {}", run.all());
        assert!(run.stderr.contains(message), "{command:?}: {}", run.all());
        assert_eq!(archives(&workspace), Vec::<String>::new());
    }
    // Without a branch: HEAD is a commit.
    let workspace = checkout("topic");
    workspace.write(".git/HEAD", SHA);
    let run = run_with(&workspace, &["push", "web-0.1.0.tgz"], &[]);
    assert!(
        run.code == 2 && run.stderr.contains("neither the CI system nor git"),
        "{}",
        run.all()
    );
    // A pull request from a fork is checked by `ci`, and not published.
    let run = run_with(&workspace, &["ci", "."], &fork);
    assert!(
        run.code == 0 && run.stderr.contains("not published: GitLab"),
        "{}",
        run.all()
    );
    assert_eq!(archives(&workspace), Vec::<String>::new());
    // Without a configuration, the last argument is the repository.
    std::fs::remove_file(workspace.path("chartwright.yaml")).expect("removed");
    let run = run_with(&workspace, &["push", "web-0.1.0.tgz", "charts"], &[]);
    assert!(
        run.code == 2 && run.stderr.contains("`charts` is not a chart repository"),
        "{}",
        run.all()
    );
    // What is missing is reported with an example of both ways.
    for (arguments, words) in [
        (
            &["push", "web-0.1.0.tgz"][..],
            &[
                "no repository to push to is given",
                "`chartwright push web-0.1.0.tgz oci://",
                "chartwright.yaml: `repositories: [",
            ][..],
        ),
        (
            &["push", "web-0.1.0.tgz", "api-0.1.0.tgz"],
            &["no repository to push to is given"],
        ),
        (&["push", "file://charts"], &["no archive to push is given"]),
        (&["push", "web"], &["no archive to push is given"]),
    ] {
        let run = run_with(&workspace, arguments, &[]);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.all());
        for word in words {
            assert!(run.stderr.contains(word), "{arguments:?}: {}", run.all());
        }
    }
    let run = run_with(&workspace, &["push", "web-0.1.0.tgz", "--to", "auto"], &[]);
    assert!(
        run.code == 2 && run.stderr.contains("no repository is configured"),
        "{}",
        run.all()
    );
}

#[test]
fn charts_of_a_branch_have_a_version_and_a_directory_of_their_own() {
    let variables = [
        ("CI_COMMIT_BRANCH", "feature/x"),
        ("CI_COMMIT_SHA", SHA),
        ("CI_PIPELINE_IID", "3"),
    ];
    let file = "web-0.1.0-feature-x.3+01234567.tgz";
    let workspace = checkout("main");
    let packaged = run_with(&workspace, &["package", "web", "--version-suffix"], &variables);
    assert_eq!(packaged.code, 0, "{}", packaged.all());
    assert!(workspace.path(file).exists(), "{}", packaged.all());
    let pushed = run_with(&workspace, &["push", file, "--output", "json"], &variables);
    assert_eq!(pushed.code, 0, "{}", pushed.all());
    let report: serde_json::Value = serde_json::from_str(&pushed.stdout).expect("JSON");
    let repository = &report["repositories"][0];
    assert_eq!(repository["name"], "develop");
    let place = format!("develop/web/feature/x/{file}");
    assert!(
        repository["charts"][0]["url"]
            .as_str()
            .expect("a text")
            .ends_with(&place)
    );
    assert_eq!(archives(&workspace), [place.as_str()]);
    // `ci` makes the same archive, and finds it there.
    let checked = run_with(&workspace, &["ci", "."], &variables);
    assert_eq!(checked.code, 0, "{}", checked.all());
    assert!(
        checked.stdout.contains("unchanged in the repository"),
        "{}",
        checked.all()
    );
    assert!(
        checked.stderr.contains("branch feature/x: repository develop (file://"),
        "{}",
        checked.all()
    );
    assert_eq!(archives(&workspace), [place.as_str()]);
    let index = std::fs::read_to_string(workspace.path("develop/index.yaml")).expect("an index");
    let url = format!("- web/feature/x/{file}\n");
    assert!(index.contains(&url), "{index}");
    // The address in the index leads to the archive.
    let url = format!("file://{}", workspace.path("develop").display());
    std::fs::remove_file(workspace.path(file)).expect("removed");
    let version = "0.1.0-feature-x.3+01234567";
    let pulled = run_with(&workspace, &["pull", "web", "--repo", &url, "--version", version], &[]);
    assert_eq!(pulled.code, 0, "{}", pulled.all());
    assert!(workspace.path(file).exists());
    let checked = run_with(&workspace, &["repo", "check", &url], &[]);
    assert_eq!(checked.code, 0, "{}", checked.all());
    // A suffix on the command line needs no configuration.
    std::fs::remove_file(workspace.path("chartwright.yaml")).expect("removed");
    let given = ["package", "web", "--version-suffix=-{branch}", "--branch", "007"];
    let packaged = run_with(&workspace, &given, &[]);
    assert!(workspace.path("web-0.1.0-7.tgz").exists(), "{}", packaged.all());
}

/// The key that was there before: one repository, a registry as well.
#[test]
fn the_one_repository_of_a_configuration_is_published_to_from_anywhere() {
    let server = OciServer::start(Behaviour::default());
    let workspace = checkout("topic");
    workspace.write("chartwright.yaml", &format!("repository: {}\n", server.repository()));
    let checked = run_with(&workspace, &["ci", ".", "--plain-http"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.all());
    let pushed = format!("Pushed web 0.1.0 to {} (", server.repository());
    assert!(checked.stderr.contains(&pushed), "{}", checked.all());
    // A second run says that nothing was written.
    let again = run_with(&workspace, &["ci", ".", "--plain-http"], &[]);
    let unchanged = format!("web 0.1.0 is in {} already, with the same content", server.repository());
    assert!(
        again.code == 0 && again.stderr.contains(&unchanged) && !again.stderr.contains("Pushed"),
        "{}",
        again.all()
    );
    assert_eq!(server.content.lock().expect("not poisoned").tags, ["0.1.0"]);
    workspace.write("chartwright.yaml", "repository: file://staging\n");
    let pushed = run_with(&workspace, &["push", "web-0.1.0.tgz"], &[]);
    assert_eq!(pushed.code, 0, "{}", pushed.all());
    assert_eq!(archives(&workspace), ["staging/web-0.1.0.tgz"]);
    // A registry by name, chosen by a tag.
    let named = format!(
        "repositories: [{{name: all, url: {}, tags: ['*']}}]\n",
        server.repository()
    );
    workspace.write("chartwright.yaml", &named);
    workspace.write("web/Chart.yaml", &CHART.replace("0.1.0", "0.2.0"));
    let checked = run_with(&workspace, &["ci", ".", "--plain-http", "--tag", "v0.2.0"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.all());
    assert_eq!(server.content.lock().expect("not poisoned").tags, ["0.1.0", "0.2.0"]);
}
