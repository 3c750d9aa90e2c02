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
    ]);
    let plus = workspace.run(&["package", "plus", "-d", "dist"]);
    assert_eq!(plus.code, 0, "{}", plus.all());
    let packed = workspace.run(&["package", "web", "-d", "dist"]);
    assert_eq!(packed.code, 0, "{}", packed.all());
    let repository = format!("file://{}", workspace.path("repository").display());
    let stable = format!("file://{}", workspace.path("stable").display());
    let archive = "dist/web-0.1.0.tgz";
    for (code, arguments) in [
        (0, vec!["explain"]),
        (0, vec!["explain", "range/service-port"]),
        (2, vec!["explain", "no-such-rule"]),
        (0, vec!["completion", "zsh"]),
        (2, vec!["completion", "tcsh"]),
        (0, vec!["version", "-o", "json"]),
        (0, vec!["template", "web"]),
        (1, vec!["template", "fails"]),
        (1, vec!["template", "unloadable"]),
        (1, vec!["template", "web", "-f", "broken.yaml"]),
        (2, vec!["template"]),
        (2, vec!["template", "web", "--no-such-flag"]),
        (3, vec!["template", "./nowhere"]),
        (3, vec!["template", "web", "-f", "nowhere.yaml"]),
        (0, vec!["lint", "web"]),
        (1, vec!["lint", "bad"]),
        (1, vec!["lint", "unloadable"]),
        (1, vec!["lint", "empty"]),
        (0, vec!["lint", "--files", "values.yaml", "web/values.yaml"]),
        (0, vec!["lint", "--files", "values.yaml"]),
        (1, vec!["lint", "--files", "bad/templates/a.yaml", "bad/Chart.yaml"]),
        (2, vec!["lint", "--files"]),
        (2, vec!["lint", "--files", "--secrets-only", "values.yaml"]),
        (2, vec!["lint"]),
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
        (3, vec!["validate", "nowhere.yaml"]),
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
        (2, vec!["bump", "--file", "values.yaml"]),
        (3, vec!["bump", "--file", "nowhere.yaml", "--set", "a=b"]),
        (0, vec!["ci", "web"]),
        (1, vec!["ci", "bad"]),
        (2, vec!["ci", "empty"]),
        (2, vec!["ci", "web", "--repository", "ftp://example.org"]),
        (3, vec!["ci", "nowhere"]),
        (3, vec!["ci", "web", "--config", "nowhere.yaml"]),
        (0, vec!["init", "web", "--dry-run"]),
        (2, vec!["init", "empty"]),
        (3, vec!["init", "nowhere"]),
        (0, vec!["--help"]),
        (0, vec!["--version"]),
        (2, vec![]),
        (2, vec!["no-such-command"]),
    ] {
        let run = workspace.run(&arguments);
        assert_eq!(run.code, code, "{arguments:?}\n{}", run.all());
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
