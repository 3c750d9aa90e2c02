//! `init`: what it finds in repositories of different shapes, what it writes, and that this works: `ci` runs with it, all of it is YAML,
//! and a second run changes nothing.

use std::path::Path;

use super::git_repositories::Repositories;
use super::workspace::{CHART, CONFIG_MAP, Run, Workspace, run};

/// A chart in a directory.
fn chart(directory: &str) -> Vec<(String, String)> {
    let name = directory.rsplit('/').next().expect("a name");
    let prefix = if directory == "." {
        String::new()
    } else {
        format!("{directory}/")
    };
    let name = if directory == "." { "shop" } else { name };
    vec![
        (format!("{prefix}Chart.yaml"), CHART.replace("web", name)),
        (format!("{prefix}values.yaml"), "{}\n".to_owned()),
        (format!("{prefix}templates/a.yaml"), CONFIG_MAP.to_owned()),
    ]
}

/// A clone with charts and files.
fn repository(charts: &[&str], files: &[(&str, &str)]) -> Repositories {
    let mut all: Vec<(String, String)> = charts.iter().flat_map(|directory| chart(directory)).collect();
    all.extend(
        files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
    );
    let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Repositories::with(&all)
}

/// Every file of a work tree, with its text.
fn files(directory: &Path) -> Vec<(String, String)> {
    fn collect(root: &Path, directory: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.ends_with(".git") {
                continue;
            }
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                let name = path.strip_prefix(root).expect("below").display().to_string();
                found.push((name, std::fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    let mut found = Vec::new();
    collect(directory, directory, &mut found);
    found.sort();
    found
}

/// Runs `init` twice. Gives the files that the first run wrote, and what it printed; the second run changes nothing.
fn init(directory: &Path, arguments: &[&str]) -> (Vec<(String, String)>, Run) {
    let before = files(directory);
    let arguments = [&["init"], arguments].concat();
    let dry = run(directory, &[arguments.as_slice(), &["--dry-run"]].concat(), &[]);
    assert_eq!(dry.code, 0, "{}", dry.all());
    assert_eq!(files(directory), before, "a dry run writes nothing");
    let first = run(directory, &arguments, &[]);
    assert_eq!(first.code, 0, "{}", first.all());
    let after = files(directory);
    for (name, text) in &before {
        assert!(after.contains(&(name.clone(), text.clone())), "{name} was changed");
    }
    let second = run(directory, &arguments, &[]);
    assert_eq!(second.code, 0, "{}", second.all());
    assert_eq!(files(directory), after, "{}", second.all());
    let written: Vec<(String, String)> = after.into_iter().filter(|file| !before.contains(file)).collect();
    for (name, text) in &written {
        assert!(dry.stdout.contains(text), "{name} is not in what the dry run prints");
        let parsed: Result<serde_json::Value, _> = chartwright::text::yaml::json_from_bytes_strict(text.as_bytes());
        assert!(parsed.is_ok_and(|value| value.is_object()), "{name}: {text}");
    }
    (written, first)
}

fn names(written: &[(String, String)]) -> Vec<&str> {
    written.iter().map(|(name, _)| name.as_str()).collect()
}

fn text_of<'w>(written: &'w [(String, String)], name: &str) -> &'w str {
    let found = written.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, text)| text.as_str())
}

/// The command that the workflow runs, as the action splits it.
fn command_of(workflow: &str) -> Vec<&str> {
    let line = workflow.lines().find_map(|line| line.trim().strip_prefix("command: "));
    line.expect("a command").split_whitespace().collect()
}

const WORKFLOW: &str = "\
on: pull_request
jobs:
  test:
    steps:
      - name: kubeconform
        run: |
          helm lint charts/*
          helm template charts/a | kubeconform -strict -kubernetes-version 1.31.0 -skip CustomResourceDefinition,Foo
";

#[test]
fn charts_of_a_monorepo_are_checked_where_they_changed() {
    let repository = repository(
        &["charts/a", "charts/b", "vendor/c"],
        &[(".github/workflows/test.yml", WORKFLOW)],
    );
    let clone = repository.clone("work");
    let (written, said) = init(&clone.path, &[]);
    let workflow = ".github/workflows/charts.yml";
    assert_eq!(
        names(&written),
        [workflow, ".pre-commit-config.yaml", "chartwright.yaml"]
    );
    let settings = text_of(&written, "chartwright.yaml");
    let keys: Vec<&str> = settings
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    assert_eq!(
        keys,
        [
            "exclude: [vendor]",
            "kubernetesVersions: ['1.31.0']",
            "skipKinds: [CustomResourceDefinition, Foo]"
        ],
        "{settings}"
    );
    assert!(
        said.stdout
            .contains("kubeconform in .github/workflows/test.yml:8: `chartwright ci` validates"),
        "{}",
        said.stdout
    );
    let command = command_of(text_of(&written, workflow));
    assert_eq!(command, ["ci", ".", "--changed", "--no-push"]);
    assert!(
        text_of(&written, workflow).contains("fetch-depth: 0")
            && text_of(&written, workflow).contains("branches: [main]")
    );
    assert!(text_of(&written, ".pre-commit-config.yaml").contains("exclude: (^|/)(vendor)/"));
    let plan = run(&clone.path, &["ci", ".", "--plan"], &[]);
    assert!(
        plan.stdout.contains("1.31.0") && plan.stdout.contains("charts/b") && !plan.stdout.contains("vendor/c"),
        "{}",
        plan.all()
    );
    let checked = run(&clone.path, &["ci", ".", "--no-push"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.all());
    clone.commit_all("Adopt");
    let checked = run(&clone.path, &command, &[]);
    assert_eq!(checked.code, 0, "{}", checked.all());
}

#[test]
fn a_chart_of_a_service_needs_no_settings_unless_it_has_environments() {
    let plain = repository(&["deploy/chart"], &[(".gitlab-ci.yml", "test: {script: [make]}\n")]);
    let clone = plain.clone("work");
    let (written, said) = init(&clone.path, &[]);
    assert_eq!(names(&written), [".pre-commit-config.yaml"]);
    for want in [
        "chartwright.yaml:\n  not needed: the defaults fit\n",
        ".gitlab-ci.yml exists and is not changed. To add to it:\n",
        "\ninclude:\n  - component: $CI_SERVER_FQDN/",
    ] {
        assert!(said.stdout.contains(want), "{want}: {}", said.stdout);
    }
    let repository = repository(
        &["deploy/helm/chart"],
        &[
            ("deploy/environments/prod.yaml", "a: 1\n"),
            ("deploy/environments/staging.yaml", "a: 1\n"),
            ("environments/test.yaml", "a: 1\n"),
        ],
    );
    let clone = repository.clone("work");
    let (written, _) = init(&clone.path, &["deploy"]);
    assert_eq!(names(&written), [".pre-commit-config.yaml", "deploy/chartwright.yaml"]);
    let settings = text_of(&written, "deploy/chartwright.yaml");
    let checked = run(&clone.path, &["ci", "deploy", "--plan"], &[]);
    assert!(
        checked.stdout.contains("\"staging\",\n        \"prod\"\n"),
        "{settings}{}",
        checked.all()
    );
    let checked = run(&clone.path, &["ci", "deploy", "--no-push"], &[]);
    assert_eq!(checked.code, 0, "{settings}{}", checked.all());
    let values = run(&clone.path, &["values", "-C", "deploy", "prod"], &[]);
    assert_eq!(
        (values.code, values.stdout.trim()),
        (0, "a: 1"),
        "{settings}{}",
        values.all()
    );
}

/// The forge of the remote decides where no pipeline does; the CI system that a repository has is not joined by another.
#[test]
fn the_forge_of_the_remote_decides_where_there_is_no_pipeline() {
    for (files, written) in [
        (vec![], vec![".github/workflows/charts.yml", ".pre-commit-config.yaml"]),
        (vec![("codefresh.yml", "steps: {}\n")], vec![".pre-commit-config.yaml"]),
    ] {
        let repository = repository(&["."], &files);
        let clone = repository.clone("work");
        clone.git(&["remote", "set-url", "origin", "git@github.com:acme/charts.git"]);
        assert_eq!(names(&init(&clone.path, &[]).0), written, "{files:?}");
    }
}

#[test]
fn an_application_chart_keeps_what_is_found_without_settings() {
    let beside = repository(
        &["."],
        &[("values-prod.yaml", "a: 1\n"), ("values-staging.yaml", "a: 1\n")],
    );
    let clone = beside.clone("work");
    let (written, said) = init(&clone.path, &[]);
    assert_eq!(names(&written), [".pre-commit-config.yaml"]);
    assert!(
        said.stdout.contains("environments of .: staging, prod\n"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("  chartwright status\n"), "{}", said.stdout);
    let dotted = repository(
        &["."],
        &[("values.prod.yaml", "a: 1\n"), ("codefresh.yml", "steps: {}\n")],
    );
    let clone = dotted.clone("work");
    let (written, said) = init(&clone.path, &[]);
    assert!(
        text_of(&written, "chartwright.yaml")
            .contains("\nvalues: [\"values-*.yaml\", \"ci/*.yaml\", \"values.*.yaml\"]\n"),
        "{written:?}"
    );
    assert!(
        said.stdout.contains("- chartwright ci . --no-push\n"),
        "{}",
        said.stdout
    );
    let plan = run(&clone.path, &["ci", "--plan"], &[]);
    assert!(plan.stdout.contains("values.prod.yaml"), "{}", plan.all());
}

#[test]
fn the_settings_of_chart_testing_stay_where_they_can_be_used() {
    let lint = |more: &str| format!("jobs: {{t: {{steps: [{{run: ct lint {more}}}]}}}}\n");
    for (files, command, not_needed) in [
        (
            vec![("ct.yaml", "chart-dirs: [charts]\n".to_owned())],
            "ci . --changed --no-push",
            "not needed: ct.yaml is read",
        ),
        (
            vec![
                (".github/ct.yaml", "chart-dirs: [charts]\n".to_owned()),
                (".github/workflows/ct.yml", lint("--config .github/ct.yaml")),
            ],
            "ci . --config .github/ct.yaml --changed --no-push",
            "not needed: .github/ct.yaml is read, with --config",
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let repository = repository(
            &["charts/a"],
            &[files, vec![(".github/workflows/x.yml", "on: push\n")]].concat(),
        );
        let clone = repository.clone("work");
        let (written, said) = init(&clone.path, &[]);
        assert!(said.stdout.contains(not_needed), "{}", said.stdout);
        assert_eq!(
            command_of(text_of(&written, ".github/workflows/charts.yml")).join(" "),
            command
        );
        let plan = run(&clone.path, &["ci", ".", "--plan"], &[]);
        assert_eq!(plan.code, 0, "{}", plan.all());
    }
    let refused = repository(
        &["charts/a"],
        &[
            ("ct.yaml", "additional-commands: [helm unittest]\n"),
            (
                ".github/workflows/ct.yml",
                &lint("--validate-maintainers=false --check-version-increment=false"),
            ),
        ],
    );
    let clone = refused.clone("work");
    let (written, said) = init(&clone.path, &[]);
    assert!(
        said.stdout.contains("`additional-commands` is not supported"),
        "{}",
        said.stdout
    );
    let settings = text_of(&written, "chartwright.yaml");
    assert!(
        settings.contains("\ncheckVersionIncrement: false\n") && settings.contains("rule: chart-maintainers"),
        "{settings}"
    );
    let checked = run(&clone.path, &["ci", "--no-push"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.all());
}

/// The directories of chart-testing's file are relative to the directory that `ci` is about.
#[test]
fn a_file_of_chart_testing_is_named_where_its_charts_are_found() {
    let steps = "jobs: {t: {steps: [{run: ct lint --config .github/ct.yaml}]}}\n";
    for (directories, named) in [("chart-dirs: [charts]\n", true), ("chart-dirs: [sub/charts]\n", false)] {
        let files = [(".github/ct.yaml", directories), (".github/workflows/ct.yml", steps)];
        let repository = repository(&["sub/charts/a", "sub/charts/b"], &files);
        let clone = repository.clone("work");
        let (written, _) = init(&clone.path, &["sub"]);
        let workflow = text_of(&written, ".github/workflows/charts.yml");
        let want = if named {
            "ci sub --config .github/ct.yaml --changed --no-push"
        } else {
            "ci sub --changed --no-push"
        };
        assert_eq!(command_of(workflow).join(" "), want);
        // What is printed for people works where they are.
        let said = run(&clone.path.join("sub"), &["init", "--dry-run"], &[]);
        let next = said
            .stdout
            .lines()
            .find_map(|line| line.trim().strip_prefix("chartwright ci "));
        let next = next.and_then(|next| next.split("  ").next()).expect("a command");
        let arguments: Vec<&str> = ["ci"].into_iter().chain(next.split(' ')).collect();
        assert_eq!(next.contains("../.github/ct.yaml"), named, "{next}");
        let checked = run(&clone.path.join("sub"), &arguments, &[]);
        assert_eq!(checked.code, 0, "{next}: {}", checked.all());
    }
}

#[test]
fn pipelines_are_for_the_branch_that_the_repository_is_about() {
    for (first, checked_out, want) in [
        ("master", "master", "master"),
        ("master", "feature", "master"),
        ("trunk", "trunk", "trunk"),
        ("main", "feature", "main"),
    ] {
        let repository = repository(&["."], &[(".github/workflows/x.yml", "on: push\n")]);
        let clone = repository.clone("work");
        clone.git(&["remote", "remove", "origin"]);
        clone.git(&["branch", "--quiet", "--move", "main", first]);
        clone.git(&["checkout", "--quiet", "-B", checked_out]);
        let (written, _) = init(&clone.path, &[]);
        let workflow = text_of(&written, ".github/workflows/charts.yml");
        assert!(workflow.contains(&format!("branches: [{want}]")), "{workflow}");
    }
}

/// Seen from a directory below, settings above the current directory are not those above the one that is meant.
#[test]
fn settings_are_those_of_the_directory_however_it_is_spelled() {
    let repository = repository(&["charts/a"], &[("chartwright.yaml", "charts: [charts]\n")]);
    let clone = repository.clone("work");
    let said = run(&clone.path.join("charts"), &["init", "..", "--dry-run"], &[]);
    let here = run(&clone.path, &["init", "--dry-run"], &[]);
    let about_settings = |said: &Run| {
        said.stdout
            .lines()
            .filter(|line| line.contains("chartwright.yaml"))
            .count()
    };
    assert_eq!(about_settings(&said), about_settings(&here), "{}", said.stdout);
    assert!(!said.stdout.contains("chartwright.yaml is read"), "{}", said.stdout);
}

#[test]
fn what_exists_is_never_replaced() {
    let workspace = Workspace::chart(&[
        ("../.github/workflows/charts.yml", "on: push\n"),
        ("../.pre-commit-config.yaml", "repos: []\n"),
        ("../chartwright.yaml", "strikt: true\n"),
    ]);
    let (written, said) = init(&workspace.path("."), &[]);
    assert!(written.is_empty(), "{written:?}");
    for want in [
        "it exists and stays as it is, but: ./chartwright.yaml:1:1: unknown field `strikt`",
        ".github/workflows/charts.yml exists and is not changed. To add to it:\n",
        ".pre-commit-config.yaml exists and is not changed. To add to it:\n",
        "      - id: chartwright-lint\n",
    ] {
        assert!(said.stdout.contains(want), "{want}: {}", said.stdout);
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_out_of_the_repository() {
    let workspace = Workspace::new(&[("outside/workflows/x.yml", "on: push\n"), ("r/Chart.yaml", CHART)]);
    std::os::unix::fs::symlink(workspace.path("outside"), workspace.path("r/.github")).expect("a link");
    let said = workspace.run(&["init", "r"]);
    assert_eq!(said.code, 3, "{}", said.all());
    assert!(said.stderr.contains("leads out of the repository"), "{}", said.all());
    assert!(!workspace.path("outside/workflows/charts.yml").exists());
}
