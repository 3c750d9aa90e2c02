//! What the author of a pull request can make `lint`, `ci` and `package` do: links out of the chart, a configuration of their
//! own, runs of a fork, findings that are hidden. `docs/security.md` names the test of each promise.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use super::workspace::{Run, Workspace, run};

/// What is behind every link.
const SECRET: &str = "made-up-secret-behind-a-link";

/// A chart `web` in `repo`, with a link in it to a file or directory outside of the repository.
fn linked(name: &str, target: &str) -> Workspace {
    let chart = "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.x}]\n";
    let secret = format!("{SECRET}: [\n");
    let workspace = Workspace::new(&[
        ("home/secret.yaml", secret.as_str()),
        ("home/chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n"),
        ("home/chart/notes.txt", SECRET),
        ("repo/web/Chart.yaml", chart),
        ("repo/web/values.yaml", "{}\n"),
        (
            "repo/web/charts/sub/Chart.yaml",
            "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        ),
        ("repo/web/charts/sub/values.yaml", "{}\n"),
        ("repo/web/.helmignore", "ignored/\n"),
    ]);
    let path = workspace.path("repo/web").join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
    drop(std::fs::remove_file(&path));
    symlink(target, path).expect("a link");
    workspace
}

/// Whether any file below a directory holds the secret; archives are unpacked.
fn holds_secret(directory: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return false;
    };
    entries.map(|entry| entry.expect("an entry").path()).any(|path| {
        if path.is_dir() {
            return holds_secret(&path);
        }
        let bytes = std::fs::read(&path).expect("a file");
        let mut text = Vec::new();
        drop(std::io::Read::read_to_end(
            &mut flate2::read::GzDecoder::new(bytes.as_slice()),
            &mut text,
        ));
        [bytes, text]
            .iter()
            .any(|bytes| String::from_utf8_lossy(bytes).contains(SECRET))
    })
}

/// The program in `repo`.
fn run_in_repo(workspace: &Workspace, arguments: &[&str]) -> Run {
    run(&workspace.path("repo"), arguments, &[])
}

const PUBLISH: [&str; 4] = ["ci", ".", "--repository", "file://../published"];

#[test]
fn nothing_behind_a_link_out_of_a_chart_is_shown_or_published() {
    for (name, target) in [
        ("notes.txt", "../../home/secret.yaml"),
        ("files/deep/notes.txt", "../../../../home/secret.yaml"),
        ("templates/a.yaml", "../../../home/secret.yaml"),
        ("templates", "../../home/chart"),
        ("crds/a.yaml", "../../../home/secret.yaml"),
        ("values.yaml", "../../home/secret.yaml"),
        ("values.schema.json", "../../home/secret.yaml"),
        ("values-x.yaml", "../../home/secret.yaml"),
        ("Chart.yaml", "../../home/secret.yaml"),
        (".helmignore", "../../home/secret.yaml"),
        ("charts/chart", "../../../home/chart"),
        ("charts/sub/templates/a.yaml", "../../../../../home/secret.yaml"),
        ("charts/sub/values.yaml", "../../../../home/secret.yaml"),
    ] {
        let workspace = linked(name, target);
        for arguments in [
            &["lint", "web"][..],
            &["lint", "web", "--with-subcharts", "--report", "json"],
            &PUBLISH,
            &["package", "web", "-d", "../published"],
        ] {
            let run = run_in_repo(&workspace, arguments);
            let all = run.all();
            assert_eq!(run.code, 1, "{name}, {arguments:?}: {all}");
            assert!(
                all.contains("link leads out of") && all.contains(target),
                "{name}, {arguments:?}: {all}"
            );
            assert!(all.contains("--allow-links"), "{name}, {arguments:?}: {all}");
            assert!(!all.contains(SECRET), "{name}, {arguments:?}: {all}");
            assert!(!holds_secret(&workspace.path("published")), "{name}, {arguments:?}");
        }
    }
}

#[test]
fn links_are_followed_where_the_user_says_so_and_by_template() {
    let workspace = linked("notes.txt", "../../home/chart/notes.txt");
    let template = run_in_repo(&workspace, &["template", "r", "web"]);
    assert_eq!(template.code, 0, "{}", template.all());
    assert!(
        template.stderr.contains("found symbolic link in path"),
        "{}",
        template.all()
    );
    for arguments in [
        &["lint", "web", "--allow-links"][..],
        &["package", "web", "-d", "../packaged", "--allow-links"],
        &["ci", ".", "--repository", "file://../published", "--allow-links"],
    ] {
        let run = run_in_repo(&workspace, arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.all());
    }
    assert!(holds_secret(&workspace.path("packaged")) && holds_secret(&workspace.path("published")));
    // A chart that is itself a link is what the user named, and links inside of it stay fine.
    std::fs::remove_file(workspace.path("repo/web/notes.txt")).expect("a link");
    symlink("values.yaml", workspace.path("repo/web/notes.txt")).expect("a link");
    symlink("repo/web", workspace.path("named")).expect("a link");
    for arguments in [&["lint", "named"][..], &["package", "named", "-d", "again"]] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.all());
    }
}

#[test]
fn a_link_that_is_ignored_or_silenced_is_not_published_either() {
    // What .helmignore leaves out is not packaged, so it may lead anywhere.
    let ignored = linked("ignored/notes.txt", "../../../home/chart/notes.txt");
    let run = run_in_repo(&ignored, &PUBLISH);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(!holds_secret(&ignored.path("published")));
    let silenced = linked("notes.txt", "../../home/chart/notes.txt");
    silenced.write("repo/chartwright.yaml", "ignore: [{rule: '*', reason: x}]\n");
    let run = run_in_repo(&silenced, &PUBLISH);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(!holds_secret(&silenced.path("published")), "{}", run.all());
    // A values file that only a glob finds.
    let values = linked("ci/x.yaml", "../../../home/secret.yaml");
    values.write("repo/web/.helmignore", "ci/\n");
    let run = run_in_repo(&values, &["lint", "web"]);
    assert!(run.code == 1 && !run.all().contains(SECRET), "{}", run.all());
    assert!(run.stdout.contains("link-leaves-chart"), "{}", run.all());
    // A chart beside this one, by path, is as much of the package.
    let neighbour = linked("files/none", "../values.yaml");
    let dependency = "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.x}, {name: dep, version: 1.x, repository: file://../dep}]\n";
    neighbour.write("repo/web/Chart.yaml", dependency);
    neighbour.write("repo/dep/Chart.yaml", "apiVersion: v2\nname: dep\nversion: 1.0.0\n");
    symlink("../../home/secret.yaml", neighbour.path("repo/dep/notes.txt")).expect("a link");
    for arguments in [&["lint", "web"][..], &["package", "web", "-d", "../published"]] {
        let run = run_in_repo(&neighbour, arguments);
        assert_eq!(run.code, 1, "{arguments:?}: {}", run.all());
        assert!(run.all().contains("dep/notes.txt"), "{arguments:?}: {}", run.all());
        assert!(!run.all().contains(SECRET), "{arguments:?}: {}", run.all());
    }
}

#[test]
fn a_configuration_that_is_found_stays_in_its_directory() {
    for (text, place) in [
        ("charts: [web, ../home]\n", "chartwright.yaml:1:15"),
        ("strict: true\nvalues: ['../../home/*.yaml']\n", "chartwright.yaml:2:10"),
        ("repository: file://../published\n", "chartwright.yaml:1:13"),
        ("allowLinks: true\n", "chartwright.yaml:1:13"),
    ] {
        let workspace = linked("files/none", "../values.yaml");
        workspace.write("repo/chartwright.yaml", text);
        let run = run_in_repo(&workspace, &["ci", "."]);
        assert_eq!(run.code, 2, "{text}: {}", run.all());
        assert!(
            run.stderr.contains(place) && run.stderr.contains("--config"),
            "{text}: {}",
            run.all()
        );
        assert!(
            !workspace.path("published").exists() && !run.all().contains(SECRET),
            "{text}"
        );
        // The same text in a file that the user names is not refused, and the one that is found does not count.
        workspace.write("home/trusted.yaml", text);
        let run = run_in_repo(&workspace, &["ci", ".", "--config", "../home/trusted.yaml"]);
        assert_ne!(run.code, 2, "{text}: {}", run.all());
    }
    let workspace = linked("files/none", "../values.yaml");
    symlink("../home/secret.yaml", workspace.path("repo/chartwright.yaml")).expect("a link");
    let run = run_in_repo(&workspace, &["ci", "."]);
    assert!(run.code == 2 && !run.all().contains(SECRET), "{}", run.all());
}

#[test]
fn runs_for_pull_requests_from_forks_publish_nothing() {
    let workspace = linked("files/none", "../values.yaml");
    let event =
        r#"{"pull_request": {"head": {"repo": {"full_name": "me/x"}}, "base": {"repo": {"full_name": "acme/x"}}}}"#;
    workspace.write("event.json", event);
    let event = workspace.path("event.json").display().to_string();
    let gone = workspace.path("gone.json").display().to_string();
    let summary = workspace.path("summary.md").display().to_string();
    let summary = format!("markdown={summary}");
    for variables in [
        [
            ("GITHUB_EVENT_NAME", "pull_request_target"),
            ("GITHUB_EVENT_PATH", event.as_str()),
        ],
        [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_EVENT_PATH", &gone)],
        [
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
        ],
    ] {
        let ci = |flags: &[&str]| run(&workspace.path("repo"), &[&PUBLISH, flags].concat(), &variables);
        let plain = ci(&[]);
        assert_eq!(plain.code, 0, "{variables:?}: {}", plain.all());
        for output in [&plain.stdout, &plain.stderr] {
            assert!(output.contains("not published: "), "{variables:?}: {}", plain.all());
        }
        assert!(!plain.stderr.contains("Pushed "), "{variables:?}: {}", plain.all());
        let reported = ci(&["--report", &summary]);
        assert_eq!(reported.code, 0, "{variables:?}: {}", reported.all());
        let text = std::fs::read_to_string(workspace.path("summary.md")).expect("a summary");
        assert!(text.contains("not published: "), "{variables:?}: {text}");
        assert!(!workspace.path("published").exists(), "{variables:?}");
    }
    let variables = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", event.as_str()),
    ];
    let overridden = [&PUBLISH[..], &["--publish-from-forks"]].concat();
    let run = run(&workspace.path("repo"), &overridden, &variables);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(workspace.path("published/web-0.1.0.tgz").is_file(), "{}", run.all());
}

#[test]
fn summaries_say_how_many_findings_are_hidden() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {}\n";
    let silenced = format!("# chartwright-ignore-file: * why\n{broken}");
    let everything = "ignore: [{rule: '*', reason: x}]\n";
    for (template, config, is_baseline, by) in [
        (broken, everything, false, "configuration"),
        (silenced.as_str(), "{}\n", false, "comments"),
        (broken, "{}\n", true, "baseline"),
    ] {
        let workspace = Workspace::chart(&[("templates/a.yaml", template), ("../chartwright.yaml", config)]);
        let mut arguments = vec!["ci", "."];
        if is_baseline {
            workspace.run(&["ci", ".", "--write-baseline", "known.json"]);
            arguments.extend(["--baseline", "known.json"]);
        }
        let text = workspace.run(&arguments);
        assert_eq!(text.code, 0, "{by}: {}", text.all());
        assert!(
            text.stdout.contains("1 finding is hidden: 1 by "),
            "{by}: {}",
            text.all()
        );
        arguments.extend(["--report", "json", "--report", "markdown=summary.md"]);
        let run = workspace.run(&arguments);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(report["summary"]["hidden"][by], 1, "{by}: {}", run.all());
        assert_eq!(report["findings"], serde_json::json!([]), "{by}: {}", run.all());
        let markdown = std::fs::read_to_string(workspace.path("summary.md")).expect("a summary");
        assert!(markdown.contains("1 finding is hidden: 1 by "), "{by}: {markdown}");
    }
    let workspace = Workspace::chart(&[("templates/a.yaml", &silenced)]);
    let run = workspace.run(&["lint", "web"]);
    assert!(
        run.stderr.contains("1 finding is hidden: 1 by comments"),
        "{}",
        run.all()
    );
    let run = workspace.run(&["lint", "web", "--report", "tap", "--fail-on", "info"]);
    assert!(
        run.stderr.contains("1 finding is hidden: 1 by comments"),
        "{}",
        run.all()
    );
}

/// 31 directories, each linked twice from the one before: two thousand million paths.
fn link_directories_twice(workspace: &Workspace, below: &str) {
    for level in 0..31 {
        let directory = workspace.path(&format!("{below}/d{level:02}"));
        std::fs::create_dir_all(&directory).expect("a directory");
        for link in ["a", "b"] {
            symlink(format!("../d{:02}", level + 1), directory.join(link)).expect("a link");
        }
    }
    workspace.write(&format!("{below}/d31/x.yaml"), "a: 1\n");
}

#[test]
fn a_chart_whose_links_are_not_all_known_is_not_read() {
    for is_deep in [false, true] {
        let workspace = linked("values.yaml", "../../home/secret.yaml");
        if is_deep {
            link_directories_twice(&workspace, "repo/web/A");
        } else {
            workspace.write("repo/web/.helmignore", "a/**\n");
        }
        for arguments in [
            &["lint", "web"][..],
            &PUBLISH,
            &["package", "web", "-d", "../published"],
        ] {
            let run = run_in_repo(&workspace, arguments);
            assert_eq!(run.code, 1, "{is_deep}, {arguments:?}: {}", run.all());
            assert!(!run.all().contains(SECRET), "{is_deep}, {arguments:?}: {}", run.all());
            assert!(!holds_secret(&workspace.path("published")), "{is_deep}, {arguments:?}");
        }
    }
}

#[test]
fn directories_that_are_linked_twice_each_do_not_stop_a_run() {
    let workspace = Workspace::chart(&[]);
    link_directories_twice(&workspace, "web/files");
    for arguments in [
        &["template", "r", "web"][..],
        &["lint", "web"],
        &["lint", "web", "--allow-links", "--with-subcharts"],
        &["package", "web"],
        &["validate", "web/files/d00"],
        &["validate", "--crd", "web/files/d00", "web/templates"],
    ] {
        let start = Instant::now();
        let run = workspace.run(arguments);
        let took = start.elapsed();
        println!("{arguments:?}: {took:?}, exit {}", run.code);
        assert!((0..70).contains(&run.code), "{arguments:?}: {}", run.all());
        assert!(took < Duration::from_secs(20), "{arguments:?} took {took:?}");
    }
}

#[test]
fn a_chart_that_is_checked_reads_no_schema_beside_it() {
    let secret = format!(r#"{{"type": "string", "enum": ["{SECRET}"]}}"#);
    let workspace = Workspace::chart(&[("../outside.json", secret.as_str()), ("values.yaml", "a: x\n")]);
    let path = workspace.path("outside.json").display().to_string();
    workspace.write(
        "web/values.schema.json",
        &format!(r#"{{"properties": {{"a": {{"$ref": "file://{path}"}}}}}}"#),
    );
    for arguments in [
        &["lint", "web"][..],
        &["lint", "web", "--fetch-schemas"],
        &["ci", "."],
        &["ci", ".", "--fetch-schemas"],
    ] {
        let run = workspace.run(arguments);
        let all = run.all();
        assert!(
            all.contains("values-schema-unchecked") && !all.contains(SECRET),
            "{arguments:?}: {all}"
        );
        assert_eq!(run.code, 0, "{arguments:?}: {all}");
    }
    // As Helm does.
    let template = workspace.run(&["template", "r", "web"]);
    assert!(
        template.code != 0 && template.all().contains("value must be"),
        "{}",
        template.all()
    );
    // A schema that is published with its chart is taken from it, but not by a link to elsewhere.
    let published =
        r#"{"$id": "https://example.org/c/values.schema.json", "properties": {"a": {"$ref": "part.json"}}}"#;
    workspace.write("web/values.schema.json", published);
    workspace.write("web/.helmignore", "part.json\n");
    symlink("../outside.json", workspace.path("web/part.json")).expect("a link");
    let run = workspace.run(&["lint", "web"]);
    assert!(!run.all().contains(SECRET), "{}", run.all());
    assert!(run.all().contains("values-schema-unchecked"), "{}", run.all());
}

/// Every test that the table of promises names exists.
#[test]
fn each_promise_has_its_test() {
    fn sources(directory: &Path, text: &mut String) {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    let mut code = String::new();
    sources(Path::new("src"), &mut code);
    sources(Path::new("tests/it"), &mut code);
    let page = std::fs::read_to_string("docs/security.md").expect("docs/security.md");
    let section = page.split("\n## Promises").nth(1).expect("a section");
    let section = section.split("\n## ").next().expect("its text");
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let tests = row.rsplit(" | ").next().expect("a last column");
        for test in tests.split('`').skip(1).step_by(2) {
            let is_there = if test.contains('/') {
                Path::new(test).is_file()
            } else {
                code.contains(&format!("fn {test}("))
            };
            assert!(is_there, "{row}: {test}");
        }
    }
}
