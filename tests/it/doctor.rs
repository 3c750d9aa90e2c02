//! `doctor`: what it says of git, settings, logins and repositories, with which exit code, and that it shows no credentials.

use super::git_repositories::Repositories;
use super::workspace::{CHART, CONFIG_MAP, Run, Workspace, run};

/// Variables without which no login of whoever runs the tests is found.
const NOWHERE: [(&str, &str); 10] = [
    ("HOME", "/nowhere"),
    ("XDG_CONFIG_HOME", "/nowhere"),
    ("XDG_RUNTIME_DIR", "/nowhere"),
    ("DOCKER_CONFIG", "/nowhere"),
    ("GITHUB_TOKEN", ""),
    ("GH_TOKEN", ""),
    ("GITHUB_SERVER_URL", ""),
    ("CI_SERVER_URL", ""),
    ("GITHUB_BASE_REF", ""),
    ("AWS_PROFILE", ""),
];

fn doctor(directory: &std::path::Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let variables: Vec<(&str, &str)> = NOWHERE.iter().chain(variables).copied().collect();
    run(directory, &[&["doctor"], arguments].concat(), &variables)
}

/// The lines of a check, blanks joined, with the advice below it.
fn lines(said: &Run, check: &str) -> String {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = said.stdout.lines().map(words).collect();
    let mut found = Vec::new();
    let mut is_inside = false;
    for line in lines {
        let begins = ["ok ", "warning ", "failed "]
            .iter()
            .find_map(|state| line.strip_prefix(state));
        is_inside = match begins {
            Some(rest) => rest.starts_with(check),
            None => is_inside && line.starts_with("help: "),
        };
        if is_inside {
            found.push(line);
        }
    }
    found.join("\n")
}

#[test]
fn a_checkout_is_described() {
    let repository = Repositories::with(&[
        ("web/Chart.yaml", CHART),
        ("web/templates/a.yaml", CONFIG_MAP),
        ("README.md", "Charts\n"),
    ]);
    let clone = repository.clone("work");
    let said = doctor(&clone.path, &[], &[]);
    assert_eq!(said.code, 0, "{}", said.all());
    for (check, want) in [
        ("git", "ok git work tree "),
        ("history", "ok history the clone has all commits"),
        ("remote", "ok remote origin: file:///"),
        ("base", "ok base changes are counted from origin/main"),
        (
            "settings",
            "ok settings the defaults: there is neither chartwright.yaml nor ct.yaml",
        ),
        ("charts", "ok charts 1: web"),
        ("forge", "warning forge neither the remote nor the CI system"),
        (
            "repositories",
            "warning repositories the settings name none\nhelp: none is needed to check charts",
        ),
    ] {
        assert!(lines(&said, check).starts_with(want), "{want}: {}", said.all());
    }
    assert!(
        said.stdout.ends_with("8 checks: 0 failed, 2 with a warning\n"),
        "{}",
        said.stdout
    );
    // A shallow clone of a commit beside the branch that the run is about. Nothing is fetched.
    clone.write("README.md", "More\n");
    clone.commit_all("More");
    clone.git(&["push", "--quiet", "origin", "HEAD:more"]);
    let shallow = repository.clone_with("shallow", &["--depth=1", "--branch=more"]);
    let said = doctor(&shallow.path, &[], &[("GITHUB_BASE_REF", "main")]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(
        lines(&said, "history").starts_with("warning history the clone is shallow\nhelp: --changed fetches"),
        "{}",
        said.all()
    );
    assert!(
        lines(&said, "base").starts_with("warning base origin/main is not in this clone\nhelp: --changed fetches it"),
        "{}",
        said.all()
    );
    assert!(shallow.git(&["rev-list", "--count", "--all"]).starts_with('1'));
    let outside = Workspace::chart(&[]);
    let said = doctor(&outside.path("."), &[], &[]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(lines(&said, "git").starts_with("warning git "), "{}", said.all());
}

#[test]
fn faults_of_settings_and_repositories_fail() {
    for (settings, check, want) in [
        (
            "strikt: true\n",
            "settings",
            "failed settings ./chartwright.yaml:1:1: unknown field `strikt`",
        ),
        (
            "charts: [nowhere]\n",
            "charts",
            "failed charts ./chartwright.yaml:1:10: there is no directory ./nowhere",
        ),
        (
            "exclude: [web]\n",
            "charts",
            "failed charts no chart below .\nhelp: a chart is a directory",
        ),
        (
            "environments: [{name: prod, chart: web}]\n",
            "environments",
            "failed environments prod: there is no file web/values-prod.yaml\nhelp: ",
        ),
        ("repository: file://broken\n", "repository", "failed repository "),
        (
            "repositories: [{name: far, url: 's3://bucket/charts'}]\n",
            "repository far",
            "failed repository far ",
        ),
        (
            "repositories: [{name: far, url: 'oci://127.0.0.1:1/charts/web'}]\n",
            "repository far",
            "failed repository far ",
        ),
    ] {
        let workspace = Workspace::chart(&[
            ("../chartwright.yaml", settings),
            ("../broken/index.yaml", "entries: [\n"),
        ]);
        let unreachable = [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ACCESS_KEY_ID", "AKIAHUNTER"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_REGION", "eu-central-1"),
        ];
        let said = doctor(&workspace.path("."), &[], &unreachable);
        assert_eq!(said.code, 1, "{settings}{}", said.all());
        assert!(lines(&said, check).starts_with(want), "{want}: {}", said.all());
        assert!(
            !said.all().contains("hunter2") && !said.all().contains("HUNTER"),
            "{}",
            said.all()
        );
        if want.contains("repository far") {
            let said = doctor(&workspace.path("."), &["--offline"], &unreachable);
            assert_eq!((said.code, lines(&said, check)), (0, String::new()), "{}", said.all());
        }
    }
}

const REPOSITORIES: &str = "\
repositories:
- {name: bucket, url: 's3://b/charts'}
- {name: google, url: 'gs://b/charts'}
- {name: registry, url: 'oci://registry.example.com/charts'}
- {name: other, url: 'oci://other.example.com/charts'}
- {name: server, url: 'https://charts.example.com'}
- {name: disk, url: 'file://packages'}
";

#[test]
fn logins_are_named_and_never_shown() {
    let repository = Repositories::with(&[
        ("web/Chart.yaml", CHART),
        ("web/templates/a.yaml", CONFIG_MAP),
        ("chartwright.yaml", REPOSITORIES),
    ]);
    let clone = repository.clone("work");
    clone.git(&[
        "remote",
        "set-url",
        "origin",
        "https://me:hunter2@github.com/acme/charts.git",
    ]);
    let docker = repository.home.path().join("docker");
    std::fs::create_dir(&docker).expect("a directory");
    let auths = r#"{"auths": {"registry.example.com": {"username": "me", "password": "hunter2"}}}"#;
    std::fs::write(docker.join("config.json"), auths).expect("writes");
    let docker = docker.display().to_string();
    let variables = [
        ("DOCKER_CONFIG", docker.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAHUNTER"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("GITHUB_TOKEN", "hunter2"),
        ("HELM_REPO_USERNAME", "me"),
        ("HELM_REPO_PASSWORD", "hunter2"),
    ];
    let said = doctor(&clone.path, &["--offline"], &variables);
    assert_eq!(said.code, 0, "{}", said.all());
    let file = format!("ok login of repository registry {docker}/config.json");
    for (check, want) in [
        (
            "login of repository bucket",
            "ok login of repository bucket AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
        ),
        (
            "login of repository google",
            "warning login of repository google none is found",
        ),
        ("login of repository registry", file.as_str()),
        (
            "login of repository other",
            "warning login of repository other no file of Helm, docker or podman has one\nhelp: pushing needs one: docker login other.example.com",
        ),
        (
            "login of repository server",
            "ok login of repository server HELM_REPO_* variables",
        ),
        ("forge", "ok forge GitHub, with the token in GITHUB_TOKEN"),
    ] {
        assert!(lines(&said, check).starts_with(want), "{want}: {}", said.all());
    }
    assert_eq!(lines(&said, "login of repository disk"), "", "{}", said.all());
    let json = doctor(&clone.path, &["--offline", "--output", "json"], &variables);
    let json_document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let checks = json_document["checks"].as_array().expect("a list");
    assert!(
        checks
            .iter()
            .any(|check| check["check"] == "forge" && check["result"] == "ok"),
        "{}",
        json.stdout
    );
    for shown in [&said, &json] {
        assert!(
            !shown.all().contains("hunter2") && !shown.all().contains("HUNTER"),
            "{}",
            shown.all()
        );
    }
    // Whoever opens a pull request from a fork wrote the addresses.
    let fork = [&variables[..], &[("CF_PULL_REQUEST_IS_FORK", "true")]].concat();
    let said = doctor(&clone.path, &[], &fork);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(
        lines(&said, "repositories").starts_with("warning repositories not asked: "),
        "{}",
        said.all()
    );
    assert_eq!(lines(&said, "login"), "", "{}", said.all());
}

#[test]
fn a_repository_on_disk_answers() {
    let workspace = Workspace::chart(&[("../chartwright.yaml", "repository: file://packages\n")]);
    let before = doctor(&workspace.path("."), &[], &[]);
    assert_eq!(before.code, 0, "{}", before.all());
    assert!(
        lines(&before, "repository").starts_with("warning repository "),
        "{}",
        before.all()
    );
    assert!(!workspace.path("packages").exists());
    let pushed = workspace.run(&["ci", "."]);
    assert_eq!(pushed.code, 0, "{}", pushed.all());
    let after = doctor(&workspace.path("."), &[], &[]);
    assert!(
        lines(&after, "repository").ends_with("answers, versions of charts: 1"),
        "{}",
        after.all()
    );
}

/// As in a container, whose user is not the one that checked out.
#[test]
fn files_of_someone_else_are_said_with_what_git_wants() {
    let workspace = Workspace::chart(&[]);
    workspace.make_repository();
    let other = [("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")];
    let said = run(&workspace.path("."), &["doctor", "--offline"], &other);
    assert_eq!(said.code, 0, "{}", said.all());
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert!(
        lines[0].contains("dubious ownership") && !lines[0].contains('␊'),
        "{}",
        said.all()
    );
    assert!(
        lines[1].contains("help: someone else owns the files: `git config --global --add safe.directory /"),
        "{}",
        said.all()
    );
}
