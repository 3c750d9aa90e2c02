//! The exit codes of the README's table, in every command.

use super::workspace::{CHART, Workspace};

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per command line")]
fn exit_codes_match_the_readme() {
    let readme = std::fs::read_to_string("README.md").expect("README.md");
    for row in [
        "| 0 | no findings that fail the run |",
        "| 1 | findings",
        "| 2 | wrong usage",
        "| 3 | could not run",
        "| 70 | a bug",
    ] {
        assert!(readme.contains(row), "{row}");
    }
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";
    let workspace = Workspace::chart(&[
        ("../bad/Chart.yaml", &CHART.replace("web", "bad")),
        ("../bad/templates/a.yaml", broken),
        ("../fails/Chart.yaml", &CHART.replace("web", "fails")),
        ("../fails/templates/a.yaml", "{{ fail \"no\" }}\n"),
        ("../unloadable/Chart.yaml", "name: x\n"),
        ("../bad.yaml", broken),
        ("../good.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("../values.yaml", "image: {repository: example.org/web, tag: '1'}\n"),
        ("../broken.yaml", "a: [\n"),
        ("../empty/x.txt", ""),
        ("../plus/Chart.yaml", &CHART.replace("web", "a+b")),
        ("../environments/Chart.yaml", CHART),
        ("../environments/values-staging.yaml", "image: example.org/web:1\n"),
        ("../environments/values-prod.yaml", "image: example.org/web:1\n"),
    ]);
    let plus = workspace.run(&["package", "plus", "-d", "dist"]);
    assert_eq!(plus.code, 0, "{}", plus.all());
    let packed = workspace.run(&["package", "web", "-d", "dist"]);
    assert_eq!(packed.code, 0, "{}", packed.all());
    let repository = format!("file://{}", workspace.path("repository").display());
    let stable = format!("file://{}", workspace.path("stable").display());
    let archive = "dist/web-0.1.0.tgz";
    let rows = [
        (0, vec!["explain"]),
        (0, vec!["explain", "range/service-port"]),
        (2, vec!["explain", "no-such-rule"]),
        (0, vec!["completion", "zsh"]),
        (2, vec!["completion", "tcsh"]),
        (0, vec!["version", "-o", "json"]),
        (0, vec!["man"]),
        (0, vec!["man", "repo", "list"]),
        (0, vec!["man", "--directory", "pages/man1"]),
        (2, vec!["man", "no-such-command"]),
        (2, vec!["man", "lint", "--directory", "pages"]),
        (3, vec!["man", "--directory", "good.yaml"]),
        (0, vec!["template", "web"]),
        (1, vec!["template", "fails"]),
        (1, vec!["template", "unloadable"]),
        (1, vec!["template", "web", "-f", "broken.yaml"]),
        (2, vec!["template"]),
        (2, vec!["template", "web", "--no-such-flag"]),
        (3, vec!["template", "./nowhere"]),
        (3, vec!["template", "web", "-f", "nowhere.yaml"]),
        (0, vec!["lint", "web"]),
        (0, vec!["coverage", "web"]),
        (2, vec!["coverage", "web", "--report", "xml"]),
        (3, vec!["coverage", "nowhere"]),
        (0, vec!["explore", "web"]),
        (2, vec!["explore", "web", "--budget", "soon"]),
        (3, vec!["explore", "nowhere"]),
        (1, vec!["lint", "bad"]),
        (1, vec!["lint", "unloadable"]),
        (1, vec!["lint", "empty"]),
        (0, vec!["lint", "--files", "values.yaml", "web/values.yaml"]),
        (0, vec!["lint", "--files", "values.yaml"]),
        (1, vec!["lint", "--files", "bad/templates/a.yaml", "bad/Chart.yaml"]),
        (2, vec!["lint", "--files"]),
        (2, vec!["lint", "--files", "--secrets-only", "values.yaml"]),
        (2, vec!["lint", "--repo", &repository]),
        (2, vec!["lint", "web", "--report", "xml"]),
        (2, vec!["lint", "web", "--kube-version", "1.31..9.99"]),
        (3, vec!["lint", "nowhere"]),
        (3, vec!["lint", "web", "nowhere"]),
        (3, vec!["lint", "web", "--secrets-only", "nowhere"]),
        (3, vec!["lint", "web", "--baseline", "nowhere.json"]),
        (3, vec!["lint", "web", "--report", "json=nowhere/x.json"]),
        (0, vec!["validate", "--strict", "good.yaml"]),
        (1, vec!["validate", "--strict", "bad.yaml"]),
        (1, vec!["validate", "--strict", "--report", "json", "bad.yaml"]),
        (2, vec!["validate", "--output", "xml", "good.yaml"]),
        (2, vec!["validate", "--kubernetes-version", "nonsense", "good.yaml"]),
        (2, vec!["validate", "empty"]),
        (3, vec!["validate", "nowhere.yaml"]),
        (3, vec!["validate", "*.nowhere"]),
        (3, vec!["validate", "--report", "json", "nowhere.yaml"]),
        (0, vec!["package", "web", "-d", "dist"]),
        (1, vec!["package", "unloadable", "-d", "dist"]),
        (2, vec!["package"]),
        (3, vec!["package", "nowhere", "-d", "dist"]),
        (0, vec!["push", archive, &repository]),
        (1, vec!["push", "good.yaml", &repository]),
        (2, vec!["push", archive]),
        (2, vec!["push", archive, "ftp://example.org"]),
        (3, vec!["push", "nowhere.tgz", &repository]),
        // Nothing listens there, and nothing is asked.
        (1, vec!["push", "dist/a+b-0.1.0.tgz", "oci://127.0.0.1:1/charts"]),
        (2, vec!["push", archive, &repository, &stable]),
        (2, vec!["pull", "web"]),
        (2, vec!["pull", "oci://127.0.0.1:1/Web"]),
        (2, vec!["pull", "oci://127.0.0.1:1"]),
        (2, vec!["pull", "oci://127.0.0.1:1/web:1.0.0", "--version", "1.0.1"]),
        (2, vec!["pull", "Web", "--repo", "oci://127.0.0.1:1/charts"]),
        (2, vec!["pull", "web", "--repo", "ftp://127.0.0.1:1/charts"]),
        (
            2,
            vec!["pull", "web", "--version", "not a range", "--repo", &repository],
        ),
        (2, vec!["pull", "oci://127.0.0.1:1/web", "--version", "not a range"]),
        (
            2,
            vec!["template", "web", "--version", "not a range", "--repo", &repository],
        ),
        (
            2,
            vec!["lint", "web", "--version", "not a range", "--repo", &repository],
        ),
        (
            2,
            vec!["package", "web", "--from-version", "not a range", "--repo", &repository],
        ),
        (2, vec!["repo", "list", "oci://127.0.0.1:1/charts", "Web"]),
        // A file of certificates has to be readable whether it is needed or not.
        (3, vec!["repo", "check", &repository, "--ca-file", "nowhere.pem"]),
        (3, vec!["repo", "list", &repository, "--ca-file", "good.yaml"]),
        (3, vec!["push", archive, &repository, "--ca-file", "nowhere.pem"]),
        (
            3,
            vec!["pull", "web", "--repo", &repository, "--ca-file", "nowhere.pem"],
        ),
        (3, vec!["template", "web", "--ca-file", "nowhere.pem"]),
        (3, vec!["lint", "web", "--ca-file", "nowhere.pem"]),
        (3, vec!["package", "web", "-d", "dist", "--ca-file", "nowhere.pem"]),
        (3, vec!["ci", "web", "--ca-file", "nowhere.pem"]),
        (0, vec!["package", "web", "--check", &repository]),
        (0, vec!["package", "web", "--check", "repository"]),
        (3, vec!["package", "web", "--check", "no-such-name"]),
        (1, vec!["package", "web", "--app-version", "2", "--check", &repository]),
        (3, vec!["package", "web", "--version", "9.9.9", "--check", &repository]),
        // What a repository does not have is the same to every command.
        (3, vec!["pull", "other", "--repo", &repository]),
        (3, vec!["pull", "web", "--version", "9.9.9", "--repo", &repository]),
        (3, vec!["template", "web", "--version", "9.9.9", "--repo", &repository]),
        (3, vec!["lint", "web", "--version", "9.9.9", "--repo", &repository]),
        (
            3,
            vec!["package", "web", "--from-version", "9.9.9", "--repo", &repository],
        ),
        (3, vec!["repo", "list", &repository, "other"]),
        (3, vec!["repo", "delete", &repository, "web", "9.9.9"]),
        (3, vec!["repo", "delete", &repository, "other", "0.1.0"]),
        (3, vec!["repo", "copy", &repository, &stable, "web", "9.9.9"]),
        (0, vec!["repo", "copy", &repository, &stable, "web", "0.1.0"]),
        (0, vec!["repo", "delete", &stable, "web", "0.1.0"]),
        (3, vec!["repo", "delete", &stable, "web", "0.1.0"]),
        // A login is for a repository.
        (2, vec!["template", "web", "--username", "me", "--password", "hunter2"]),
        (2, vec!["lint", "web", "--username", "me", "--password", "hunter2"]),
        (2, vec!["package", "web", "--username", "me", "--password", "hunter2"]),
        (0, vec!["bump", "--file", "values.yaml", "--image", "example.org/web:2"]),
        (
            1,
            vec!["bump", "--file", "values.yaml", "--image", "example.org/other:2"],
        ),
        (1, vec!["bump", "--file", "broken.yaml", "--set", "a=b"]),
        // As `bump` does, and no registry is asked.
        (1, vec!["poll", "--file", "values.yaml", "--image", "example.org/other"]),
        (3, vec!["poll", "--file", "nowhere.yaml"]),
        (2, vec!["bump", "--file", "values.yaml"]),
        (3, vec!["bump", "--file", "nowhere.yaml", "--set", "a=b"]),
        (0, vec!["ci", "web"]),
        (1, vec!["ci", "bad"]),
        (2, vec!["ci", "empty"]),
        (2, vec!["ci", "web", "--repository", "ftp://example.org"]),
        (3, vec!["ci", "nowhere"]),
        (3, vec!["ci", "web", "--config", "nowhere.yaml"]),
        (0, vec!["doctor", "web", "--offline"]),
        (1, vec!["doctor", "empty"]),
        (2, vec!["doctor", "web", "--output", "xml"]),
        (3, vec!["doctor", "nowhere"]),
        (0, vec!["init", "web", "--dry-run"]),
        (2, vec!["init", "empty"]),
        (3, vec!["init", "nowhere"]),
        (0, vec!["diff", archive, archive]),
        (2, vec!["diff", archive, archive, "--output", "xml"]),
        (3, vec!["diff", "nowhere.tgz", archive]),
        (3, vec!["diff", "web", "--since", "nowhere"]),
        (0, vec!["dependency", "list", "web"]),
        (1, vec!["dependency", "list", "empty"]),
        (1, vec!["dependency", "build", "empty"]),
        (2, vec!["dependency"]),
        (3, vec!["dependency", "list", "nowhere"]),
        (3, vec!["dependency", "build", "nowhere"]),
        (3, vec!["dependency", "update", "nowhere"]),
        (2, vec!["verify"]),
        (3, vec!["verify", archive]),
        (3, vec!["verify", "nowhere.tgz"]),
        (0, vec!["images", "web"]),
        (2, vec!["images", "web", "--output", "xml"]),
        (3, vec!["images", "nowhere"]),
        (2, vec!["event"]),
        (2, vec!["event", "--image", "example.org/web", "--file", "values.yaml"]),
        (3, vec!["event", "nowhere.json"]),
        (0, vec!["status", "-C", "environments"]),
        (2, vec!["status", "-C", "web"]),
        (2, vec!["status", "-C", "environments", "nowhere"]),
        (3, vec!["status", "-C", "nowhere"]),
        (0, vec!["values", "prod", "-C", "environments"]),
        (2, vec!["values", "nowhere", "-C", "environments"]),
        (3, vec!["values", "prod", "-C", "nowhere"]),
        (0, vec!["vars", "-C", "environments"]),
        (2, vec!["vars", "-C", "web"]),
        (3, vec!["vars", "-C", "nowhere"]),
        (0, vec!["promote", "staging", "prod", "-C", "environments"]),
        (2, vec!["promote", "staging", "nowhere", "-C", "environments"]),
        (3, vec!["promote", "staging", "prod", "-C", "nowhere"]),
        (2, vec!["rollback"]),
        (2, vec!["rollback", "--live", "prod", "-C", "environments"]),
        (2, vec!["apply"]),
        (2, vec!["apply", "nowhere", "-C", "environments"]),
        (2, vec!["apply", "prod", "-C", "environments", "--allow-dirty"]),
        (1, vec!["apply", "prod", "-C", "environments", "--namespace", "web"]),
        (3, vec!["apply", "prod", "-C", "nowhere"]),
        (2, vec!["apply", "prod", "-C", "environments", "--timeout", "soon"]),
        (2, vec!["drift", "nowhere", "-C", "environments"]),
        (3, vec!["drift", "prod", "-C", "nowhere"]),
        (2, vec!["history", "prod", "-C", "environments"]),
        (
            3,
            vec![
                "history",
                "prod",
                "-C",
                "environments",
                "--namespace",
                "web",
                "--kube-context",
                "no-such-context",
            ],
        ),
        (2, vec!["trace"]),
        (2, vec!["agent"]),
        (
            3,
            vec![
                "agent",
                "--repository",
                "no-such-repository",
                "--listen",
                "127.0.0.1:0",
                "--work-dir",
                "clone",
            ],
        ),
        (3, vec!["rollback", "prod", "-C", "nowhere"]),
        (0, vec!["contexts", "-C", "environments", "--dry-run"]),
        (2, vec!["contexts", "nowhere", "-C", "environments"]),
        (2, vec!["contexts", "--cluster", "nowhere", "-C", "environments"]),
        (3, vec!["contexts", "-C", "nowhere"]),
        (2, vec!["use"]),
        (2, vec!["use", "prod", "-C", "environments"]),
        (2, vec!["use", "nowhere", "-C", "environments"]),
        (3, vec!["use", "prod", "-C", "nowhere"]),
        (2, vec!["report", "merge"]),
        (3, vec!["report", "merge", "nowhere.json"]),
        (0, vec!["repo", "check", &repository]),
        (0, vec!["repo", "index", &repository]),
        (0, vec!["repo", "prune", &repository, "--keep", "9"]),
        (2, vec!["repo", "prune", &repository]),
        (3, vec!["repo", "check", "nowhere"]),
        (3, vec!["repo", "index", "nowhere"]),
        (0, vec!["--help"]),
        (0, vec!["--version"]),
        (2, vec![]),
        (2, vec!["no-such-command"]),
    ];
    for (code, arguments) in &rows {
        let run = workspace.run(arguments);
        assert_eq!(run.code, *code, "{arguments:?}\n{}", run.all());
    }
    // Each command of the help has a row, and one of wrong usage or of work that cannot be done where it can fail so.
    let help = workspace.run(&["--help"]).stdout;
    let commands = help
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split("  ").next());
    let commands: Vec<&str> = commands.filter(|name| !name.starts_with(['-', ' '])).collect();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let of_command = rows.iter().filter(|(_, arguments)| arguments.first() == Some(&command));
        let codes: Vec<i32> = of_command.map(|(code, _)| *code).collect();
        assert!(!codes.is_empty(), "no row of {command}");
        assert!(
            command == "version" || codes.iter().any(|code| *code >= 2),
            "{command} has {codes:?} only"
        );
    }
}

#[test]
fn the_working_directory_is_what_commands_are_about_without_an_argument() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";
    let workspace = Workspace::chart(&[
        ("../charts/bad/Chart.yaml", &CHART.replace("web", "bad")),
        ("../charts/bad/templates/a.yaml", broken),
        ("../charts/good/Chart.yaml", &CHART.replace("web", "good")),
        (
            "../charts/good/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
        ("../charts/.github/workflows/x.yml", "on: push\n"),
        (
            "../charts/chartwright.yaml",
            "values: ['values-*.yaml', 'nothing-*.yaml']\n",
        ),
        ("../manifests/bad.yaml", broken),
        ("../manifests/web/Chart.yaml", CHART),
        ("../manifests/web/templates/a.yaml", "{{ nothing }}"),
        ("../empty/x.txt", ""),
    ]);
    for (directory, arguments, code, said) in [
        ("web", vec!["lint"], 0, "1 chart(s) linted"),
        (
            "web",
            vec!["lint", "--helm-rules"],
            2,
            "requires at least 1 argument\n  help: usage: chartwright lint --helm-rules CHART... [flags]\n",
        ),
        ("web", vec!["lint", "--secrets-only"], 0, ""),
        ("charts", vec!["lint"], 1, "2 chart(s) linted"),
        ("charts", vec!["lint"], 1, "bad/templates/a.yaml:4"),
        (
            "empty",
            vec!["lint"],
            2,
            "Error: no chart below .\n  help: a chart is a directory with a Chart.yaml",
        ),
        (
            "charts",
            vec!["ci"],
            1,
            "note: `values`: no chart has a file `nothing-*.yaml`\n",
        ),
        ("empty", vec!["ci"], 2, "Error: no chart below .\n"),
        ("empty", vec!["init"], 2, "Error: no chart below .\n"),
        (
            "manifests",
            vec!["validate", "--strict"],
            1,
            "]\nbad.yaml:4:1: error: ConfigMap a",
        ),
        (
            "manifests",
            vec!["validate"],
            0,
            "note: charts that are passed over: 1;",
        ),
        (
            "charts",
            vec!["validate"],
            2,
            "Error: no manifest below .\n  help: charts are passed over: `chartwright lint`",
        ),
        ("web", vec!["validate"], 2, "Error: no manifest below .\n"),
        (
            "empty",
            vec!["validate"],
            2,
            "Error: no manifest below .\n  help: manifests are files named",
        ),
    ] {
        let run = workspace.run_in(directory, &arguments);
        assert_eq!(run.code, code, "{directory} {arguments:?}\n{}", run.all());
        assert!(
            run.all().contains(said),
            "{directory} {arguments:?}: {said}\n{}",
            run.all()
        );
    }
}

/// What is piped in goes before the directory, and an empty pipe does not pass for it.
#[test]
fn validate_reads_what_is_piped_into_it() {
    let workspace = Workspace::new(&[("bad.yaml", "apiVersion: v1\nkind: ConfigMap\n"), ("in.yaml", "")]);
    let good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for (input, said) in [("", "note: standard input is empty"), (good, "")] {
        workspace.write("in.yaml", input);
        let file = std::fs::File::open(workspace.path("in.yaml")).expect("a file");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_chartwright"))
            .arg("validate")
            .current_dir(workspace.path("."))
            .stdin(file)
            .output()
            .expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(stderr.starts_with(said), "{stderr}");
    }
}

#[test]
fn quiet_changes_what_is_printed_and_not_what_counts() {
    let without_icon = CHART.replace("icon: https://example.org/i.png\n", "");
    let workspace = Workspace::chart(&[("Chart.yaml", &without_icon)]);
    let quiet = workspace.run(&["lint", "web", "--quiet", "--fail-on", "info"]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (1, ""), "{}", quiet.all());
    let written = workspace.run(&["lint", "web", "--quiet", "--write-baseline", "known.json"]);
    assert_eq!(written.code, 0, "{}", written.all());
    let known = workspace.run(&["lint", "web", "--fail-on", "info", "--baseline", "known.json"]);
    assert_eq!(known.code, 0, "{}", known.all());
}
