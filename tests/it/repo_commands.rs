//! `chartwright repo`: what each command changes in a repository, and what it leaves alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest as _, Sha256};

use super::repository::archive;
use super::s3_server::{Behaviour, S3Server};

/// A repository in a directory of its own, beside its archives.
struct Repository {
    all: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let all = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(all.path().join("repository")).expect("a directory");
        Self { all }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.all.path().join("repository").join(name)
    }

    fn address(&self) -> String {
        format!("file://{}", self.all.path().join("repository").display())
    }

    /// Puts a chart's archive there without an entry; gives its digest.
    fn put(&self, name: &str, version: &str) -> String {
        let path = archive(self.all.path(), name, version, "x");
        let bytes = std::fs::read(&path).expect("an archive");
        std::fs::write(self.path(&format!("{name}-{version}.tgz")), &bytes).expect("writes");
        format!("{:x}", Sha256::digest(&bytes))
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("writes");
    }

    fn index(&self) -> String {
        std::fs::read_to_string(self.path("index.yaml")).expect("an index")
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("")).expect("a directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs a command on it; the output has to have the exit code.
    fn run(&self, code: i32, command: &str, arguments: &[&str]) -> String {
        let address = self.address();
        let output = chartwright(&[&["repo", command, &address], arguments].concat(), None);
        assert_eq!(output.status.code(), Some(code), "{}", all(&output));
        all(&output)
    }
}

fn chartwright(arguments: &[&str], endpoint: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(arguments).env_clear();
    command
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2");
    if let Some(endpoint) = endpoint {
        command.env("AWS_ENDPOINT_URL", endpoint);
    }
    command.output().expect("runs")
}

fn all(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn entry(name: &str, version: &str, digest: &str, created: &str) -> String {
    format!(
        "  - apiVersion: v2\n    created: \"{created}\"\n    digest: {digest}\n    name: {name}\n    unknown: kept # by whom\n    urls:\n    - {name}-{version}.tgz\n    version: {version}\n"
    )
}

const CREATED: &str = "2020-01-02T03:04:05Z";

#[test]
fn an_index_is_compared_with_the_archives_and_made_to_agree() {
    let repository = Repository::new();
    let kept = entry("a", "1.0.0", &repository.put("a", "1.0.0"), CREATED);
    repository.put("b", "2.0.0");
    repository.put("c", "1.0.0");
    repository.write("note.txt", "not an archive");
    repository.write("broken.tgz", "not an archive either");
    let gone = entry("a", "0.9.0", "00", CREATED);
    let wrong = entry("b", "2.0.0", "11", CREATED);
    let elsewhere = entry("d", "1.0.0", "22", CREATED).replace("- d-1", "- https://example.org/d-1");
    let index = format!("# ours\napiVersion: v1\nentries:\n  a:\n{kept}{gone}  b:\n{wrong}  d:\n{elsewhere}");
    repository.write("index.yaml", &index);
    let report = repository.run(1, "check", &[]);
    for line in [
        "a-0.9.0.tgz: the archive of a 0.9.0 is missing\n",
        "b-2.0.0.tgz: the index lists the digest 11 for b 2.0.0, but the archive has ",
        "c-1.0.0.tgz: the index does not list the archive\n",
        "broken.tgz: the index does not list the archive\n",
        ": 4 faults; ",
    ] {
        assert!(report.contains(line), "{line}\n{report}");
    }
    let report = repository.run(0, "index", &["--dry-run"]);
    assert!(
        report.contains("Would index") && repository.index() == index,
        "{report}"
    );
    let report = repository.run(0, "index", &[]);
    for line in [
        "added c 1.0.0\n",
        "replaced b 2.0.0\n",
        "removed a 0.9.0\n",
        "left out broken.tgz: ",
    ] {
        assert!(report.contains(line), "{line}\n{report}");
    }
    let made = repository.index();
    let start = format!("# ours\napiVersion: v1\nentries:\n  a:\n{kept}  b:\n");
    assert!(made.starts_with(&start) && made.contains(&elsewhere), "{made}");
    std::fs::remove_file(repository.path("broken.tgz")).expect("removes");
    repository.run(0, "check", &[]);
    let report = repository.run(0, "index", &["--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&report).expect("is JSON");
    assert_eq!(
        (&json["kept"], &json["added"]),
        (&4.into(), &serde_json::json!([])),
        "{report}"
    );
    assert_eq!(repository.index(), made, "nothing to do, nothing written");
}

#[test]
fn an_index_that_cannot_be_read_is_replaced_only_on_request() {
    let repository = Repository::new();
    repository.put("a", "1.0.0");
    repository.write("index.yaml", "apiVersion: v1\nentries:\n  a:");
    let report = repository.run(3, "index", &[]);
    assert!(
        report.contains("index.yaml is broken") && report.contains("repo index --force"),
        "{report}"
    );
    assert_eq!(repository.index(), "apiVersion: v1\nentries:\n  a:");
    repository.run(0, "index", &["--force"]);
    repository.run(0, "check", &[]);
    // A directory without an index, and without `file://`.
    std::fs::remove_file(repository.path("index.yaml")).expect("removes");
    let output = chartwright(&["repo", "index", &repository.path("").display().to_string()], None);
    assert_eq!(output.status.code(), Some(0), "{}", all(&output));
    repository.run(0, "check", &[]);
    let output = chartwright(&["repo", "list", "file:///no/such/directory"], None);
    assert_eq!(output.status.code(), Some(3), "{}", all(&output));
}

#[test]
fn versions_are_listed_newest_first() {
    let repository = Repository::new();
    for (name, version) in [("a", "1.2.0"), ("a", "1.10.0"), ("b", "0.1.0")] {
        repository.put(name, version);
    }
    repository.run(0, "index", &[]);
    let table = repository.run(0, "list", &[]);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().take(2).collect())
        .collect();
    assert_eq!(
        rows,
        [["NAME", "VERSION"], ["a", "1.10.0"], ["a", "1.2.0"], ["b", "0.1.0"]]
    );
    let report = repository.run(0, "list", &["b", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&report).expect("is JSON");
    assert_eq!(json["charts"][0]["version"], "0.1.0");
    assert_eq!(json["charts"].as_array().map(Vec::len), Some(1));
    let report = repository.run(3, "list", &["nosuch"]);
    assert!(report.contains("does not have the chart nosuch"), "{report}");
}

#[test]
fn a_deleted_version_leaves_nothing_behind() {
    let repository = Repository::new();
    for version in ["1.0.0", "1.1.0"] {
        repository.put("a", version);
    }
    repository.run(0, "index", &[]);
    repository.write("a-1.0.0.tgz.prov", "signed");
    let before = repository.index();
    let report = repository.run(0, "delete", &["a", "1.0.0", "--dry-run"]);
    assert!(
        report.starts_with("Would remove a 1.0.0 (file://") && repository.names().len() == 4,
        "{report}"
    );
    let report = repository.run(0, "delete", &["a", "1.0.0"]);
    assert!(report.contains("a-1.0.0.tgz, sha256:"), "{report}");
    assert_eq!(repository.names(), ["a-1.1.0.tgz", "index.yaml"]);
    assert!(!repository.index().contains("1.0.0") && repository.index().contains("1.1.0"));
    let report = repository.run(3, "delete", &["a", "1.0.0"]);
    assert!(report.contains("does not have a 1.0.0"), "{report}");
    // Killed between the index and the archive.
    repository.put("a", "1.0.0");
    repository.run(0, "delete", &["a", "1.0.0"]);
    assert_eq!(repository.names(), ["a-1.1.0.tgz", "index.yaml"]);
    repository.run(0, "delete", &["a", "1.1.0"]);
    assert!(
        repository.index().contains("entries:\n  {}\n"),
        "{}",
        repository.index()
    );
    // And an archive that is pushed again is the same repository again.
    repository.put("a", "1.0.0");
    repository.put("a", "1.1.0");
    repository.run(0, "index", &[]);
    assert_eq!(
        repository.index().matches("digest").count(),
        before.matches("digest").count()
    );
}

/// An index that others may write could name any file.
#[test]
fn an_archive_outside_of_the_repository_is_not_touched() {
    let repository = Repository::new();
    let outside = repository.path("../a-1.0.0.tgz");
    std::fs::write(&outside, "precious").expect("writes");
    for url in ["../a-1.0.0.tgz", "%2e%2e/a-1.0.0.tgz", "x/../../a-1.0.0.tgz"] {
        let listed = entry("a", "1.0.0", "00", CREATED).replace("- a-1.0.0.tgz", &format!("- \"{url}\""));
        repository.write("index.yaml", &format!("apiVersion: v1\nentries:\n  a:\n{listed}"));
        repository.run(0, "delete", &["a", "1.0.0"]);
        assert_eq!(std::fs::read(&outside).expect("a file"), b"precious", "{url}");
    }
}

#[test]
fn old_versions_are_pruned_but_never_the_newest() {
    let repository = Repository::new();
    let versions = [
        ("1.0.0", "2020-01-01T00:00:00Z"),
        ("1.10.0", "2020-01-03T00:00:00Z"),
        ("1.2.0", "2999-01-01T00:00:00Z"),
    ];
    let mut index = String::from("apiVersion: v1\nentries:\n  a:\n");
    for (version, created) in versions {
        index.push_str(&entry("a", version, &repository.put("a", version), created));
    }
    index.push_str("  b:\n");
    index.push_str(&entry(
        "b",
        "1.0.0",
        &repository.put("b", "1.0.0"),
        "2020-01-01T00:00:00Z",
    ));
    let removed_from = |index: &str, arguments: &[&str]| {
        repository.write("index.yaml", index);
        let report = repository.run(0, "prune", &[arguments, &["--dry-run", "-o", "json"]].concat());
        let json: serde_json::Value = serde_json::from_str(&report).expect("is JSON");
        let versions = json["removed"].as_array().expect("a list").iter();
        let versions: Vec<String> = versions
            .map(|one| one["version"].as_str().expect("a text").to_owned())
            .collect();
        versions
    };
    let removed = |arguments: &[&str]| removed_from(&index, arguments);
    assert_eq!(removed(&["--keep", "1"]), ["1.2.0", "1.0.0"]);
    assert_eq!(removed(&["--keep", "2"]), ["1.0.0"]);
    assert_eq!(removed(&["--keep", "1", "--older-than", "90d"]), ["1.0.0"]);
    assert_eq!(removed(&["--older-than", "1h"]), ["1.0.0"]);
    assert_eq!(
        removed(&["--keep", "0", "--older-than", "12w"]),
        ["1.10.0", "1.0.0", "1.0.0"]
    );
    assert_eq!(removed(&["--keep", "3"]), Vec::<String>::new());
    assert_eq!(repository.names().len(), 5);
    // Pre-releases, however many and new, do not push releases out.
    let mut with_nightlies = index.clone();
    for night in 1..4 {
        let version = format!("2.0.0-nightly.{night}");
        with_nightlies = with_nightlies.replace(
            "  a:\n",
            &format!("  a:\n{}", entry("a", &version, "00", "2020-01-01T00:00:00Z")),
        );
    }
    assert_eq!(
        removed_from(&with_nightlies, &["--keep", "2"]),
        ["2.0.0-nightly.1", "1.0.0"]
    );
    repository.write("index.yaml", &index);
    let report = repository.run(0, "prune", &["--keep", "1"]);
    assert!(report.contains("Removed a 1.0.0 (file://"), "{report}");
    assert_eq!(repository.names(), ["a-1.10.0.tgz", "b-1.0.0.tgz", "index.yaml"]);
    repository.run(0, "check", &[]);
    for wrong in ["90", "d", "-1d", "1y", "99999999999999999w"] {
        repository.run(2, "prune", &[&format!("--older-than={wrong}")]);
    }
    repository.run(2, "prune", &[]);
    repository.run(2, "prune", &["--keep", "0"]);
}

#[test]
fn a_version_is_copied_with_its_digest_and_provenance() {
    let repository = Repository::new();
    let digest = repository.put("a", "1.0.0");
    repository.run(0, "index", &[]);
    repository.write("a-1.0.0.tgz.prov", "signed");
    let server = S3Server::start(Behaviour::Honest);
    let from = repository.address();
    let copy = |arguments: &[&str]| {
        let all_arguments = [&["repo", "copy", &from, "s3://bucket/stable", "a", "1.0.0"], arguments].concat();
        chartwright(&all_arguments, Some(&server.endpoint))
    };
    let output = copy(&["--dry-run"]);
    assert!(all(&output).starts_with("Would copy a 1.0.0"), "{}", all(&output));
    assert!(server.object("bucket/stable/index.yaml").is_none());
    let output = copy(&["--output", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    assert_eq!(json["digest"], digest.as_str());
    assert_eq!(json["url"], "s3://bucket/stable/a-1.0.0.tgz");
    let copied = server.object("bucket/stable/a-1.0.0.tgz").expect("an archive");
    assert_eq!(
        copied,
        std::fs::read(repository.path("a-1.0.0.tgz")).expect("an archive")
    );
    assert_eq!(
        server.object("bucket/stable/a-1.0.0.tgz.prov").as_deref(),
        Some(&b"signed"[..])
    );
    let output = copy(&[]);
    assert!(all(&output).starts_with("Unchanged: a 1.0.0"), "{}", all(&output));
    // An archive that is not the listed one is not passed on.
    repository.write("index.yaml", &repository.index().replace(&digest, "ffaa"));
    let output = copy(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert!(all(&output).contains("but ffaa is listed"), "{}", all(&output));
    let output = chartwright(&["repo", "copy", &from, &from, "a", "9.9.9"], None);
    assert_eq!(output.status.code(), Some(3), "{}", all(&output));
    assert!(Path::new(&repository.path("a-1.0.0.tgz")).exists());
}
