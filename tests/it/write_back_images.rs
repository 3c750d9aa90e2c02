//! Commits of `poll` and `event`: what a registry has, in a commit with links to the source, and the chart's versions with it.

use serde_json::{Value as Json, json};

use super::git_repositories::{Clone, Repositories};
use super::poll::Registry;
use super::remote_oci_server::Behaviour;

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.2.3\n";

/// A registry with `acme/web`, and a repository with a chart that names it.
fn shop(values: &str) -> (Registry, Repositories) {
    let registry = Registry::with(Behaviour::default(), &["1.0.0", "1.0.1", "1.2.0", "2.0.0"]);
    let values = values.replace("IMAGE", &registry.image());
    let repositories = Repositories::with(&[("Chart.yaml", CHART), ("values.yaml", &values)]);
    (registry, repositories)
}

/// Runs the program with the registry's flags, and gives what it says with `HOST` for the registry.
fn run(clone: &Clone<'_>, registry: &Registry, code: i32, arguments: &[&str]) -> String {
    let arguments = [arguments, &["--plain-http"]].concat();
    clone
        .run(code, &arguments, &[])
        .replace(registry.server.server.host(), "HOST")
}

#[test]
fn a_poll_commits_what_is_newer() {
    let (registry, repositories) = shop("web: {image: 'IMAGE:1.0.0'}\n");
    let clone = repositories.clone("work");
    let image = registry.image();
    let flags = [
        "poll",
        "--patch",
        "--push",
        "-o",
        "json",
        "--chart-version",
        "auto",
        "--app-version-from",
        &image,
    ];
    let found: Json = serde_json::from_str(&run(&clone, &registry, 0, &flags)).expect("JSON");
    assert_eq!(found["commit"], json!(clone.head()));
    assert_eq!(
        (&found["branch"], &found["pushedTo"], &found["written"]),
        (&json!("main"), &json!("origin"), &json!(true))
    );
    let message = clone
        .git(&["log", "-1", "--format=%B"])
        .replace(registry.server.server.host(), "HOST");
    assert_eq!(
        message,
        "Move HOST/acme/web from 1.0.0 to 1.2.0\n\n- HOST/acme/web 1.0.0 -> 1.2.0 (values.yaml)\n  \
         https://github.com/acme/web/compare/0000000...0000002\n\n"
    );
    assert_eq!(
        repositories.shown("Chart.yaml"),
        "apiVersion: v2\nname: shop\nversion: 1.3.0\nappVersion: \"1.2.0\"\n"
    );
    // The same again, and the event about it, are no commit.
    let again = run(&clone, &registry, 0, &flags);
    assert!(
        !again.contains("commit") && again.contains("\"written\": false"),
        "{again}"
    );
    let pushed = format!("{image}:1.2.0");
    let shown = run(
        &clone,
        &registry,
        0,
        &["event", "--image", &pushed, "--patch", "--push"],
    );
    assert!(shown.contains("current") && !shown.contains("pushed"), "{shown}");
    assert_eq!(repositories.origin(&["rev-list", "--count", "main"]), "2\n");
    run(
        &clone,
        &registry,
        0,
        &["poll", "--patch", "--commit", "--dry-run", "--track", "MajorVersion"],
    );
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    for flag in ["--commit", "--push", "--pull-request", "--chart-version=auto"] {
        let shown = run(&clone, &registry, 2, &["poll", flag]);
        assert!(shown.contains("without --patch"), "{shown}");
    }
}

#[test]
fn an_event_that_comes_too_late_is_planned_anew() {
    let (registry, repositories) = shop("web: {image: 'IMAGE:1.0.0'}\nside:\n  image: IMAGE:1.0.1\n");
    let (early, late) = (repositories.clone("early"), repositories.clone("late"));
    let event = |tag: &str| format!("{}:{tag}", registry.image());
    let (newer, older) = (event("1.2.0"), event("1.0.1"));
    let flags = ["--patch", "--chart-version", "auto", "--push"];
    run(&early, &registry, 0, &[&["event", "-i", &newer], &flags[..]].concat());
    // What was pushed earlier is older than what the files have now: nothing is left to move.
    let shown = run(&late, &registry, 0, &[&["event", "-i", &older], &flags[..]].concat());
    assert!(!shown.contains("pushed"), "{shown}");
    assert_eq!(late.head(), early.head());
    assert_eq!(repositories.shown("values.yaml").matches(":1.2.0").count(), 2);
    assert!(repositories.shown("Chart.yaml").contains("version: 1.3.0"));
}

/// Two thousand files of values, one of which names the image: the number of processes does not grow with them.
#[cfg(unix)]
#[test]
fn a_commit_in_a_large_repository_calls_git_a_few_times() {
    let registry = Registry::with(Behaviour::default(), &["1.0.0", "1.2.0"]);
    let values = |number: usize| {
        let image = if number == 1_000 {
            registry.image()
        } else {
            format!("ghcr.io/acme/app{number}")
        };
        format!("app:\n  image:\n    repository: {image}\n    tag: 1.0.0\n  replicas: 2\n")
    };
    let files: Vec<(String, String)> = (0..2_000)
        .map(|number| (format!("values-{number:04}.yaml"), values(number)))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let repositories = Repositories::with(&[&[("Chart.yaml", CHART)], &files[..]].concat());
    let clone = repositories.clone("work");
    let (programs, log) = (
        repositories.home.path().join("bin"),
        repositories.home.path().join("log"),
    );
    let script = format!(
        "echo \"$*\" | head -1 >>'{}'; PATH=\"${{PATH#*:}}\" exec git \"$@\"",
        log.display()
    );
    super::git_repositories::hook(&programs, "git", &script);
    #[expect(clippy::disallowed_methods, reason = "where git is")]
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").expect("a path"));
    for (tag, flag, calls) in [("1.1.0", "--commit", 5), ("1.2.0", "--push", 6)] {
        let image = format!("{}:{tag}", registry.image());
        let arguments = [
            "event",
            "-i",
            &image,
            "--patch",
            "--no-verify",
            "--chart-version",
            "auto",
            flag,
            "--plain-http",
        ];
        if flag == "--push" {
            clone.git(&["push", "--quiet"]);
            std::fs::remove_file(&log).expect("was written");
        }
        let shown = clone.run(0, &arguments, &[("PATH", &path)]);
        assert!(shown.contains("values-1000.yaml:4"), "{shown}");
        let log = std::fs::read_to_string(&log).expect("is there");
        assert_eq!(log.lines().count(), calls, "{flag}:\n{log}");
        assert_eq!(
            clone.git(&["show", "--format=", "--name-only", "HEAD"]),
            "Chart.yaml\nvalues-1000.yaml\n"
        );
    }
}

/// The largest step of the images in a chart, and each chart for itself.
#[test]
fn a_chart_version_rises_as_its_images_do() {
    let registry = Registry::with(
        Behaviour::default(),
        &["1.0.0", "1.0.1", "1.2.0", "2.0.0", "main-3842bd0", "main-9842bd1"],
    );
    let image = registry.image();
    let files = |values: &str| values.replace("IMAGE", &image);
    let repositories = Repositories::with(&[
        ("a/Chart.yaml", CHART),
        (
            "a/values.yaml",
            &files("x: {image: 'IMAGE:1.0.0'}\ny: {image: 'IMAGE:1.2.0'}\n"),
        ),
        ("b/Chart.yaml", CHART),
        ("b/values.yaml", &files("x: {image: 'IMAGE:1.0.0'}\n")),
        ("c/Chart.yaml", CHART),
        ("c/values.yaml", &files("x: {image: 'IMAGE:main-3842bd0'}\n")),
    ]);
    let clone = repositories.clone("work");
    let poll = |files: &[&str], track: &str| {
        let flags = [
            "poll",
            "--patch",
            "--commit",
            "--chart-version",
            "auto",
            "--track",
            track,
        ];
        let files: Vec<&str> = files.iter().flat_map(|file| ["-f", *file]).collect();
        run(&clone, &registry, 0, &[&flags[..], &files].concat())
    };
    let version = |chart: &str| {
        clone
            .read(&format!("{chart}/Chart.yaml"))
            .lines()
            .last()
            .map(str::to_owned)
    };
    poll(&["a/values.yaml", "b/values.yaml"], "PatchLevel");
    assert_eq!(
        (version("a"), version("b")),
        (Some("version: 1.2.4".to_owned()), Some("version: 1.2.4".to_owned()))
    );
    poll(&["a/values.yaml"], ">=2");
    assert_eq!(
        (version("a"), version("b")),
        (Some("version: 2.0.0".to_owned()), Some("version: 1.2.4".to_owned()))
    );
    poll(&["c/values.yaml"], "Newest");
    assert_eq!(version("c"), Some("version: 1.2.4".to_owned()));
    assert!(clone.read("c/values.yaml").contains("main-9842bd1"));
}

/// An appVersion that is there keeps its place and quotes; another image leaves it.
#[test]
fn an_app_version_follows_one_image() {
    let registry = Registry::with(Behaviour::default(), &["1.0.0"]);
    let (image, chart) = (
        registry.image(),
        "appVersion: \"1.0.1\" # web\nname: shop\nversion: 1.2.4\n",
    );
    let repositories = Repositories::with(&[
        ("Chart.yaml", chart),
        ("values.yaml", &format!("x: {{image: '{image}:1.0.0'}}\n")),
    ]);
    let clone = repositories.clone("work");
    let bump = |code: i32, repository: &str, tag: &str| {
        let image = format!("{image}:{tag}");
        let arguments = [
            "bump",
            "-f",
            "values.yaml",
            "--image",
            &image,
            "--app-version-from",
            repository,
            "--commit",
        ];
        clone.run(code, &arguments, &[])
    };
    bump(0, "ghcr.io/acme/other", "1.2.0");
    assert_eq!(clone.read("Chart.yaml"), chart);
    bump(0, &image, "2.0.0");
    assert_eq!(clone.read("Chart.yaml"), chart.replace("1.0.1", "2.0.0"));
    let shown = bump(2, "a:1", "2.0.0");
    assert!(shown.contains("is not a repository"), "{shown}");
}
