//! The rows of `tests/kubecd/cases.jsonl` about command lines (kind `cli`): what `KubeCD` refuses, or should, chartwright refuses as well,
//! and its message names what is wrong. The words and the exit code are ours; `observe` is `event`, and `list` is `status` here.

use serde_json::Value as Json;

use super::workspace::Workspace;

const CASES: &str = include_str!("../kubecd/cases.jsonl");

const ENVIRONMENTS: &str = "\
environments:
- name: test
  provider: {minikube: {}}
  releasesFiles: [releases.yaml]
";

const RELEASES: &str = "\
releases:
- name: web
  chart: {dir: web}
  values: [{key: image.repository, value: a/b}, {key: image.tag, value: '0'}]
  trigger: {image: {track: Newest}}
";

fn workspace() -> Workspace {
    Workspace::chart(&[("../environments.yaml", ENVIRONMENTS), ("../releases.yaml", RELEASES)])
}

/// Rows, the command that comes nearest, and what its message has in it.
const NEAREST: [(&str, &[&str], &str); 9] = [
    (
        "cli-01",
        &["apply"],
        "name the environments to apply, or their cluster with --cluster",
    ),
    (
        "cli-02",
        &["apply", "nope"],
        "there is no environment named `nope`: there are test",
    ),
    (
        "cli-03",
        &["apply", "test", "-r", "zzz"],
        "there is no release in environment `test` named `zzz`: there are web",
    ),
    (
        "cli-09",
        &["apply", "test", "-r", "does-not-exist"],
        "there is no release in environment `test` named `does-not-exist`: there are web",
    ),
    ("cli-04", &["observe"], "neither a payload nor an image is given"),
    (
        "cli-05",
        &["observe", "--image", "x", "--chart", "y"],
        "--image x: the tag is missing",
    ),
    (
        "cli-06",
        &["status", "foo"],
        "there is no environment named `foo`: there are test",
    ),
    (
        "cli-07",
        &["poll", "nope"],
        "there is no environment named `nope`: there are test",
    ),
    (
        "cli-08",
        &["observe", "--environment", "nope", "-i", "a/b:1", "--no-verify"],
        "there is no environment named `nope`: there are test",
    ),
];

#[test]
fn what_kubecd_refuses_is_refused_by_name() {
    let workspace = workspace();
    let mut rows = 0;
    for line in CASES.lines() {
        let row: Json = serde_json::from_str(line).expect("JSON");
        if row["kind"] != "cli" {
            continue;
        }
        let nearest = NEAREST.iter().find(|(id, _, _)| row["id"] == **id);
        let (_, arguments, said) = nearest.expect(line);
        rows += 1;
        let run = workspace.run(arguments);
        assert_eq!(run.code, 2, "{row}\n{}", run.all());
        assert!(run.stderr.contains(said), "{row}\n{}", run.all());
        assert_eq!(row["expect_rc"], 1, "{row}");
    }
    assert_eq!(rows, NEAREST.len());
}

/// The same commands are fine where nothing is wrong with them.
#[test]
fn what_is_right_is_not_refused() {
    let workspace = workspace();
    for arguments in [
        &["status", "test"][..],
        &["observe", "--environment", "test", "-i", "a/b:1", "--no-verify"],
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}\n{}", run.all());
    }
}
