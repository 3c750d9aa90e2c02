//! Releases that `environments.yaml` itself declares: their versions move there, and in the environment that is meant alone.

use super::git_repositories::Repositories;
use super::workspace::Workspace;

const CLUSTER: &str = "clusters:\n- name: one\n  provider: {minikube: {}}\nenvironments:\n";

const REPOSITORIES: &str = "helmRepos:\n- {name: acme, url: https://charts.example.org}\n";

/// An environment with a release of its own, and one of a file.
fn environment(name: &str, tag: &str, version: &str) -> String {
    format!(
        "- name: {name}\n  clusterName: one\n  kubeNamespace: {name}\n  defaultValues:\n  - {{key: side.tag, value: {tag}-side}}\n  releases:\n  - {name}/more.yaml\n  # about web\n  - name: web\n    chart: {{reference: acme/web, version: {version}}} # chart\n    triggers:\n    - image: {{track: MinorVersion}}\n    - chart: {{track: MinorVersion}}\n    values:\n    - {{key: image.repository, value: ghcr.io/acme/web}}\n    - {{key: image.tag, value: {tag}}} # now\n"
    )
}

const MORE: &str = "releases:\n- {name: other, chart: {reference: acme/other, version: 1.0.0}}\n";

fn declared(test: (&str, &str), prod: (&str, &str)) -> String {
    format!(
        "{CLUSTER}{}{}",
        environment("test", test.0, test.1),
        environment("prod", prod.0, prod.1)
    )
}

fn files(text: &str) -> Vec<(&str, &str)> {
    vec![
        ("environments.yaml", text),
        ("test/more.yaml", MORE),
        ("prod/more.yaml", MORE),
    ]
}

#[test]
fn what_was_pushed_moves_in_the_environment_that_is_meant() {
    let before = declared(("1.4.0", "2.0.0"), ("1.3.0", "1.9.0")) + REPOSITORIES;
    let workspace = Workspace::new(&files(&before));
    let event = [
        "event",
        "--no-verify",
        "--image",
        "ghcr.io/acme/web:1.7.0",
        "--patch",
        "--environment",
    ];
    let run = workspace.run(&[&event[..], &["test"]].concat());
    assert_eq!(run.code, 0, "{}", run.all());
    let read = || std::fs::read_to_string(workspace.path("environments.yaml")).expect("a file");
    let want = before.replace("value: 1.4.0} # now", "value: 1.7.0} # now");
    assert_eq!(read(), want, "{}", run.all());
    let run = workspace.run(&[&event[..], &["prod"]].concat());
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(read(), want.replace("value: 1.3.0} # now", "value: 1.7.0} # now"));
}

#[test]
fn versions_are_promoted_between_environments_of_one_file() {
    let before = declared(("1.4.0", "2.0.0"), ("1.3.0", "1.9.0"));
    let workspace = Workspace::new(&files(&before));
    let run = workspace.run(&["promote", "test", "prod"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let text = std::fs::read_to_string(workspace.path("environments.yaml")).expect("a file");
    let want = before
        .replace("value: 1.3.0} # now", "value: 1.4.0} # now")
        .replace("1.9.0", "2.0.0");
    assert_eq!(text, want);
}

#[test]
fn a_tag_that_no_value_sets_is_added_to_the_release() {
    let before = declared(("1.4.0", "2.0.0"), ("1.3.0", "2.0.0"));
    let before = before.replace("    - {key: image.tag, value: 1.3.0} # now\n", "");
    let workspace = Workspace::new(&files(&before));
    let run = workspace.run(&["promote", "test", "prod"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let text = std::fs::read_to_string(workspace.path("environments.yaml")).expect("a file");
    let added = text.strip_prefix(before.as_str()).unwrap_or_default();
    assert!(added.contains("image.tag") && added.contains("1.4.0"), "{text}");
}

#[test]
fn charts_move_and_versions_go_back_there() {
    let before = declared(("1.4.0", "1.2.0"), ("1.3.0", "1.0.0"));
    let entry =
        |version: &str| format!("  - {{apiVersion: v2, name: web, version: {version}, urls: [web-{version}.tgz]}}\n");
    let index = format!("apiVersion: v1\nentries:\n  web:\n{}{}", entry("1.2.0"), entry("1.3.0"));
    let mut listed = files(&before);
    listed.push(("repository/index.yaml", index.as_str()));
    let repositories = Repositories::with(&listed);
    let clone = repositories.clone("work");
    let place = clone.path.join("repository").display().to_string();
    let with_repository = format!("{before}helmRepos:\n- {{name: acme, url: 'file://{place}'}}\n");
    clone.write("environments.yaml", &with_repository);
    clone.commit_all("Name the repository");
    clone.run(
        0,
        &[
            "event",
            "--chart",
            &format!("file://{place}/web:1.3.0"),
            "--environment",
            "test",
            "--patch",
            "--commit",
        ],
        &[],
    );
    let moved = with_repository.replace("version: 1.2.0", "version: 1.3.0");
    assert_eq!(clone.read("environments.yaml"), moved);
    clone.run(0, &["rollback", "test"], &[]);
    assert_eq!(clone.read("environments.yaml"), with_repository);
}

#[test]
fn a_releases_file_of_both_is_still_shared() {
    let text =
        declared(("1.4.0", "2.0.0"), ("1.3.0", "1.9.0")).replace("prod/more.yaml", "test/more.yaml") + REPOSITORIES;
    let more = format!(
        "{MORE}- name: third\n  chart: {{reference: acme/third, version: 1.0.0}}\n  trigger: {{image: {{track: Newest}}}}\n  values: [{{key: image.repository, value: acme/third}}, {{key: image.tag, value: 1.0.0}}]\n"
    );
    let workspace = Workspace::new(&[("environments.yaml", text.as_str()), ("test/more.yaml", more.as_str())]);
    let event = [
        "event",
        "--no-verify",
        "--image",
        "acme/third:1.1.0",
        "--patch",
        "--environment",
        "test",
    ];
    let run = workspace.run(&event);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stderr.contains("test/more.yaml: it is a file of prod too"),
        "{}",
        run.all()
    );
    let run = workspace.run(&[&event[..], &["--shared"]].concat());
    assert_eq!(run.code, 0, "{}", run.all());
}
