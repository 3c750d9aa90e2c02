//! From a chart to a repository and back as users do it: package, sign, push, check, render, with dependencies fetched on the way.

use std::fs;

use super::remote_oci_server::{Behaviour, OciServer};
use super::remote_server::{Answer, Server};
use super::remote_settings::sha256;
use super::workspace::{self, Run, Workspace};

/// The keys of the tests; their README names them.
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");

fn key(name: &str) -> String {
    format!("{KEYS}/{name}")
}

/// Runs the program with a home of its own, so that nothing of the machine's logins and caches matters.
fn run(workspace: &Workspace, arguments: &[&str]) -> Run {
    let home = workspace.path("home");
    let home = home.to_str().expect("UTF-8");
    let variables = [("HOME", home), ("XDG_CACHE_HOME", home), ("XDG_CONFIG_HOME", home)];
    workspace::run(&workspace.path("."), arguments, &variables)
}

fn succeeds(workspace: &Workspace, arguments: &[&str]) -> Run {
    let run = run(workspace, arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.all());
    run
}

#[test]
fn a_comparison_with_what_is_published_is_said_for_programs() {
    let workspace = Workspace::chart(&[]);
    succeeds(&workspace, &["package", "web"]);
    let digest = sha256(&fs::read(workspace.path("web-0.1.0.tgz")).expect("an archive"));
    let repository = format!("file://{}", workspace.path("repository").display());
    for (outcome, code) in [("missing", 3), ("same", 0), ("different", 1)] {
        let checked = run(&workspace, &["package", "web", "--check", &repository, "-o", "json"]);
        assert_eq!(checked.code, code, "{}", checked.all());
        let report: serde_json::Value = serde_json::from_str(&checked.stdout).expect("is JSON");
        let chart = &report["charts"][0];
        assert_eq!(chart["outcome"], outcome);
        assert_eq!(chart["digest"] == digest, outcome != "different");
        match outcome {
            "missing" => drop(succeeds(&workspace, &["push", "web-0.1.0.tgz", &repository])),
            _ => workspace.write("web/values.yaml", "changed: true\n"),
        }
    }
}

#[test]
fn a_signed_package_is_verified_and_a_changed_one_is_not() {
    let workspace = Workspace::chart(&[]);
    let (secret, public) = (key("plain.secret.gpg"), key("public.kbx"));
    succeeds(
        &workspace,
        &["package", "web", "--sign", "--key", "Plain", "--keyring", &secret],
    );
    let verified = succeeds(&workspace, &["verify", "web-0.1.0.tgz", "--keyring", &public]);
    assert!(
        verified
            .stdout
            .starts_with("Signed by: Plain Tester <plain@example.com>\nUsing Key With Fingerprint: ")
    );
    let rendered = succeeds(
        &workspace,
        &["template", "web-0.1.0.tgz", "--verify", "--keyring", &public],
    );
    assert!(rendered.stdout.contains("kind: ConfigMap"), "{}", rendered.all());
    workspace.write("web/values.yaml", "changed: true\n");
    succeeds(&workspace, &["package", "web"]);
    for arguments in [
        &["verify", "web-0.1.0.tgz", "--keyring", &public][..],
        &["template", "web-0.1.0.tgz", "--verify", "--keyring", &public],
    ] {
        let run = run(&workspace, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.all());
        assert!(run.stderr.contains(" was signed"), "{}", run.all());
    }
    let locked = key("locked.secret.asc");
    let refused = run(
        &workspace,
        &["package", "web", "--sign", "--key", "Locked", "--keyring", &locked],
    );
    assert_eq!(refused.code, 3, "{}", refused.all());
    assert!(refused.stderr.contains("--passphrase-file"), "{}", refused.all());
    workspace.write("phrase", "open sesame\n");
    let signs = [
        "package",
        "web",
        "--sign",
        "--key",
        "Locked",
        "--keyring",
        &locked,
        "--passphrase-file",
        "phrase",
    ];
    succeeds(&workspace, &signs);
    succeeds(&workspace, &["verify", "web-0.1.0.tgz", "--keyring", &public]);
}

#[test]
fn what_is_published_is_compared_with_the_chart() {
    let workspace = Workspace::chart(&[]);
    let server = OciServer::start(Behaviour::default());
    let registry = server.repository();
    let flags = |repository: &str| vec!["--check".to_owned(), repository.to_owned(), "--plain-http".to_owned()];
    let check = |repository: &str| {
        let flags = flags(repository);
        let mut arguments = vec!["package", "web"];
        arguments.extend(flags.iter().map(String::as_str));
        run(&workspace, &arguments)
    };
    for repository in ["file://repository", registry.as_str()] {
        let missing = check(repository);
        assert_eq!(missing.code, 3, "{}", missing.all());
        assert!(missing.stdout.starts_with("web 0.1.0 is not in "), "{}", missing.all());
        assert!(!workspace.path("web-0.1.0.tgz").exists());
        succeeds(&workspace, &["package", "web", "-d", "dist"]);
        succeeds(&workspace, &["push", "dist/web-0.1.0.tgz", repository, "--plain-http"]);
        let same = check(repository);
        assert_eq!(same.code, 0, "{}", same.all());
        assert!(same.stdout.starts_with("web 0.1.0 is what "), "{}", same.all());
        workspace.write("web/values.yaml", "changed: true\n");
        let other = check(repository);
        assert_eq!(other.code, 1, "{}", other.all());
        assert!(
            other.stdout.starts_with("web 0.1.0 differs from what "),
            "{}",
            other.all()
        );
        workspace.write("web/values.yaml", "{}\n");
    }
}

#[test]
fn nothing_is_pushed_anywhere_where_one_repository_refuses() {
    let workspace = Workspace::chart(&[]);
    let server = OciServer::start(Behaviour::default());
    let registry = server.repository();
    succeeds(&workspace, &["package", "web"]);
    succeeds(&workspace, &["push", "web-0.1.0.tgz", &registry, "--plain-http"]);
    workspace.write("web/values.yaml", "changed: true\n");
    succeeds(&workspace, &["package", "web"]);
    let both = |flags: &[&str]| {
        let targets = ["--repository", "file://repository", "--repository", registry.as_str()];
        run(
            &workspace,
            &[&["push", "web-0.1.0.tgz", "--plain-http"][..], &targets, flags].concat(),
        )
    };
    let refused = both(&[]);
    assert_eq!(refused.code, 1, "{}", refused.all());
    assert!(
        refused.stderr.contains(&format!("the repository is {registry}")),
        "{}",
        refused.all()
    );
    assert!(!workspace.path("repository").exists());
    let skipped = both(&["--skip-existing"]);
    assert_eq!(skipped.code, 0, "{}", skipped.all());
    assert!(
        skipped.stdout.contains("Pushed web 0.1.0 to file://"),
        "{}",
        skipped.all()
    );
    assert!(
        skipped.stdout.contains("Skipped web 0.1.0: it is in oci://"),
        "{}",
        skipped.all()
    );
    let replaced = both(&["--force", "--output", "json"]);
    assert_eq!(replaced.code, 0, "{}", replaced.all());
    let report: serde_json::Value = serde_json::from_str(&replaced.stdout).expect("JSON");
    let outcomes: Vec<&str> = report["repositories"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["charts"][0]["outcome"].as_str().expect("a text"))
        .collect();
    assert_eq!(outcomes, ["unchanged", "replaced"], "{}", replaced.stdout);
}

#[test]
fn charts_of_repositories_are_rendered_without_a_file() {
    let workspace = Workspace::chart(&[]);
    let server = OciServer::start(Behaviour::default());
    let registry = server.repository();
    succeeds(&workspace, &["package", "web"]);
    let push = [
        "push",
        "web-0.1.0.tgz",
        &registry,
        "--plain-http",
        "--repository",
        "file://repository",
    ];
    succeeds(&workspace, &push);
    let chart = format!("{registry}/web");
    let repository = format!("file://{}", workspace.path("repository").display());
    for arguments in [
        &["template", "r", &chart, "--plain-http"][..],
        &["template", "r", &chart, "--plain-http", "--version", "0.x"],
        &["template", "r", "web", "--repo", &repository],
    ] {
        let run = succeeds(&workspace, arguments);
        assert!(
            run.stdout.starts_with("---\n# Source: web/templates/a.yaml\n"),
            "{}",
            run.all()
        );
    }
    let unsigned = run(&workspace, &["template", "r", &chart, "--plain-http", "--verify"]);
    assert_eq!(unsigned.code, 1, "{}", unsigned.all());
    assert!(unsigned.stderr.contains("has no provenance file"), "{}", unsigned.all());
}

#[test]
fn dependencies_are_fetched_into_memory_for_every_command() {
    let parent = "apiVersion: v2\nname: app\nversion: 1.0.0\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\ndependencies:\n- {name: web, version: 0.x, repository: \"URL\"}\n";
    let workspace = Workspace::chart(&[]);
    succeeds(&workspace, &["package", "web", "-d", "dist"]);
    succeeds(&workspace, &["push", "dist/web-0.1.0.tgz", "file://published"]);
    fs::remove_dir_all(workspace.path("web")).expect("is removed");
    let published = workspace.path("published");
    let server = Server::start(move |request, _| {
        let name = request.path().trim_start_matches('/').to_owned();
        match fs::read(published.join(name)) {
            Ok(bytes) => Answer::new(200, bytes),
            Err(_) => Answer::new(404, ""),
        }
    });
    workspace.write("app/Chart.yaml", &parent.replace("URL", &server.url));
    workspace.write("app/values.yaml", "{}\n");
    let missing = run(&workspace, &["lint", "app"]);
    assert_eq!(missing.code, 1, "{}", missing.all());
    assert!(missing.stdout.contains("--dependency-update"), "{}", missing.all());
    assert!(server.requests().is_empty(), "nothing is fetched unless asked for");
    for (arguments, words) in [
        (&["lint", "app", "--dependency-update"][..], "0 error(s)"),
        (&["ci", "app", "--no-push", "--dependency-update"], "app"),
        (
            &["template", "app", "--dependency-update"],
            "# Source: app/charts/web/templates/a.yaml",
        ),
        (&["package", "app", "-u", "-d", "dist"], "app-1.0.0.tgz"),
    ] {
        let run = succeeds(&workspace, arguments);
        assert!(run.all().contains(words), "{arguments:?}: {}", run.all());
        assert!(
            !workspace.path("app/charts").exists(),
            "{arguments:?} wrote into the work tree"
        );
    }
    let archives = server.lines().iter().filter(|line| line.contains(".tgz")).count();
    assert_eq!(archives, 1, "the cache has it after the first: {:?}", server.lines());
}
