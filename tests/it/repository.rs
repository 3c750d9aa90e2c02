//! Repositories on disk and in an S3 server of our own: the same contract, no push is lost to another, and faults of
//! the store are reported accurately.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use super::s3_server::{Behaviour, S3Server};
use chartwright::artifact::credential::CertificateFiles;
use chartwright::artifact::network::{Clock, NetworkSettings, RetryPolicy};
use chartwright::artifact::package::pack;
use chartwright::artifact::repository::store::{GcsSettings, PutOutcome, S3Settings, Store};
use chartwright::artifact::repository::{Location, OpenError, RepositorySettings, open_store};
use chartwright::engine::chart::{ChartFile, load_files};

/// Processes that push at once.
const PUSHERS: usize = 16;

pub(crate) fn archive(directory: &Path, name: &str, version: &str, note: &str) -> String {
    let file = |name: &str, text: String| ChartFile::new(name.to_owned(), text.into_bytes());
    let files = [
        file(
            "Chart.yaml",
            format!("apiVersion: v2\nname: {name}\nversion: {version}\n"),
        ),
        file("values.yaml", format!("note: {note}\n")),
    ];
    let path = directory.join(format!("{name}-{version}.tgz"));
    std::fs::write(&path, pack(&files, name).expect("packs")).expect("writes");
    load_files(files.to_vec()).expect("is a chart");
    path.display().to_string()
}

fn push(arguments: &[&str], endpoint: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.arg("push").args(arguments).env_clear();
    command
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2");
    if let Some(endpoint) = endpoint {
        command.env("AWS_ENDPOINT_URL", endpoint);
    }
    command.output().expect("runs")
}

fn assert_code(output: &Output, code: i32) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(!text.contains("hunter2"), "a secret in {text}");
}

/// Pushes, pushes again, pushes different content under the same version.
fn contract(repository: &str, endpoint: Option<&str>) {
    let directory = tempfile::tempdir().expect("a directory");
    let first = archive(directory.path(), "a", "1.0.0", "one");
    let printed = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let output = push(&[&first, repository], endpoint);
    assert_code(&output, 0);
    assert!(
        printed(&output).starts_with("Pushed a 1.0.0 to "),
        "{}",
        printed(&output)
    );
    let output = push(&[&first, repository], endpoint);
    assert_code(&output, 0);
    assert!(
        printed(&output).contains("already, with the same content"),
        "{}",
        printed(&output)
    );
    let other = archive(directory.path(), "a", "1.0.0", "two");
    assert_code(&push(&[&other, repository], endpoint), 1);
    let next = archive(directory.path(), "a", "1.1.0", "two");
    assert_code(&push(&[&next, repository], endpoint), 0);
}

/// Many processes at once, each with charts of its own.
fn race(repository: &str, endpoint: Option<&str>) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let mut names = Vec::new();
    std::thread::scope(|scope| {
        for pusher in 0..PUSHERS {
            let archives: Vec<String> = ["x", "y"]
                .iter()
                .map(|suffix| archive(directory.path(), &format!("c{pusher}-{suffix}"), "1.0.0", "n"))
                .collect();
            names.extend(["x", "y"].iter().map(|suffix| format!("c{pusher}-{suffix}")));
            scope.spawn(move || {
                for archive in archives {
                    assert_code(&push(&[&archive, repository], endpoint), 0);
                }
            });
        }
    });
    names
}

pub(crate) fn assert_all(index: &[u8], names: &[String]) {
    let json = chartwright::text::yaml::json_from_bytes(index).expect("the index is YAML");
    let entries = json
        .get("entries")
        .and_then(|entries| entries.as_object())
        .expect("has entries");
    let missing: Vec<&String> = names.iter().filter(|name| !entries.contains_key(*name)).collect();
    assert!(missing.is_empty(), "lost: {missing:?}");
}

#[test]
fn a_directory_keeps_the_contract() {
    let directory = tempfile::tempdir().expect("a directory");
    contract(&format!("file://{}", directory.path().display()), None);
}

#[test]
fn s3_keeps_the_contract() {
    let server = S3Server::start(Behaviour::Honest);
    contract("s3://bucket/some/prefix", Some(&server.endpoint));
    assert!(server.object("bucket/some/prefix/index.yaml").is_some());
}

#[test]
fn no_push_to_a_directory_is_lost() {
    let directory = tempfile::tempdir().expect("a directory");
    let names = race(&format!("file://{}", directory.path().display()), None);
    assert_all(
        &std::fs::read(directory.path().join("index.yaml")).expect("an index"),
        &names,
    );
}

#[test]
fn no_push_to_s3_is_lost_though_answers_are() {
    let server = S3Server::start(Behaviour::LosesAnswers { every: 5 });
    let names = race("s3://bucket", Some(&server.endpoint));
    assert_all(&server.object("bucket/index.yaml").expect("an index"), &names);
}

#[test]
fn invalid_repositories_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    assert_code(&push(&[&chart, "ftp://user:hunter2@host/charts"], None), 2);
    assert_code(&push(&["missing.tgz", "file:///tmp/x"], None), 3);
    assert_code(&push(&[&chart], None), 2);
}

/// A request is not repeated after a final answer; after a temporary failure it is, as often as the policy allows.
#[test]
fn final_answers_are_reported_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    let always = |status, retry_after, code| Behaviour::AlwaysAnswers {
        status,
        retry_after,
        code,
    };
    for (behaviour, requests, message) in [
        (
            always(404, None, "NoSuchBucket"),
            1,
            "Error: s3://nobucket: the bucket does not exist\n",
        ),
        (
            always(404, None, "NotThere"),
            // The index is missing, and then the archive cannot be written.
            2,
            "Error: s3://nobucket/x/a-1.0.0.tgz: PUT failed: the store answered 404: NotThere: About NotThere.\n",
        ),
        (
            always(400, None, "InvalidRequest"),
            1,
            "index.yaml: GET failed: the store answered 400: InvalidRequest: About InvalidRequest.\n",
        ),
        (always(403, None, "AccessDenied"), 1, "check the AWS_* credentials"),
        (
            always(501, None, "NotImplemented"),
            1,
            "the store answered 501: NotImplemented: About NotImplemented.\n",
        ),
        (
            always(503, Some("0"), "SlowDown"),
            8,
            "the store answered 503: SlowDown: About SlowDown. (8 attempts)\n",
        ),
        (
            always(429, Some("3600"), "SlowDown"),
            1,
            "the store answered 429: SlowDown",
        ),
    ] {
        let server = S3Server::start(behaviour);
        let output = push(&[&chart, "s3://nobucket/x"], Some(&server.endpoint));
        assert_code(&output, 3);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(message), "{message}: {text}");
        assert_eq!(server.requests(), requests, "{text}");
    }
}

/// Without signatures no credentials are asked for, so a refusal is the store's.
#[test]
fn what_a_store_answers_to_a_request_without_a_signature_is_its_own_answer() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    let server = S3Server::start(Behaviour::AlwaysAnswers {
        status: 404,
        retry_after: None,
        code: "NoSuchBucket",
    });
    let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .args(["push", &chart, "s3://nobucket/x"])
        .env_clear()
        .env("AWS_SKIP_SIGNATURE", "true")
        .env("AWS_ENDPOINT_URL", &server.endpoint)
        .output()
        .expect("runs");
    assert_code(&output, 3);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("Error: s3://nobucket: the bucket does not exist\n"),
        "{text}"
    );
    assert_eq!(server.requests(), 1, "{text}");
}

#[test]
fn an_index_that_is_removed_during_a_write_is_created_again() {
    let server = S3Server::start(Behaviour::RemovesBeforeFirstUpdate);
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["a", "b"] {
        let chart = archive(directory.path(), name, "1.0.0", "one");
        assert_code(&push(&[&chart, "s3://bucket"], Some(&server.endpoint)), 0);
    }
    assert_all(
        &server.object("bucket/index.yaml").expect("an index"),
        &["b".to_owned()],
    );
}

/// Otherwise concurrent pushes would overwrite each other, and all would succeed.
#[test]
fn a_store_that_ignores_conditions_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    for (if_none_match, if_match) in [(true, true), (true, false), (false, true)] {
        let server = S3Server::start(Behaviour::Ignores {
            if_none_match,
            if_match,
        });
        let output = push(&[&chart, "s3://bucket"], Some(&server.endpoint));
        assert_code(&output, 3);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("s3://bucket: the store ignores the conditions"), "{text}");
        assert!(server.object("bucket/index.yaml").is_none(), "the index is not written");
    }
}

/// A run that writes no new object would not notice otherwise.
#[test]
fn conditions_are_proved_before_an_index_is_replaced() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = archive(directory.path(), "a", "1.0.0", "one");
    for (if_match, code) in [(true, 3), (false, 0)] {
        let server = S3Server::start(Behaviour::Ignores {
            if_none_match: false,
            if_match,
        });
        server.insert("bucket/a-1.0.0.tgz", &std::fs::read(&path).expect("an archive"));
        server.insert("bucket/index.yaml", b"apiVersion: v1\nentries: {}\n");
        let output = push(&[&path, "s3://bucket"], Some(&server.endpoint));
        assert_code(&output, code);
        let index = server.object("bucket/index.yaml").expect("an index");
        assert_eq!(
            index == b"apiVersion: v1\nentries: {}\n",
            if_match,
            "replaced only where conditions hold"
        );
        assert_eq!(server.object("bucket/.chartwright-condition").is_some(), if_match);
    }
}

/// The repository of a group of users, and one that holds a lock file of another kind.
#[cfg(unix)]
#[test]
fn a_directory_is_locked_without_a_file() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().expect("a directory");
    let repository = directory.path().join("repository");
    std::fs::create_dir(&repository).expect("a directory");
    let precious = directory.path().join("precious");
    std::fs::write(&precious, "content").expect("writes");
    symlink(&precious, repository.join(".chartwright.lock")).expect("a link");
    std::fs::write(repository.join(".chartwright-0123456789abcdef.tmp"), "half").expect("writes");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    assert_code(&push(&[&chart, &format!("file://{}", repository.display())], None), 0);
    assert_eq!(std::fs::read_to_string(&precious).expect("a file"), "content");
    let names = std::fs::read_dir(&repository).expect("a directory");
    let mut names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, [".chartwright.lock", "a-1.0.0.tgz", "index.yaml"]);
}

#[test]
fn a_truncated_answer_is_requested_again() {
    let server = S3Server::start(Behaviour::CutsFirstContent);
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["a", "b"] {
        let chart = archive(directory.path(), name, "1.0.0", "one");
        assert_code(&push(&[&chart, "s3://bucket"], Some(&server.endpoint)), 0);
    }
    let names = ["a".to_owned(), "b".to_owned()];
    assert_all(&server.object("bucket/index.yaml").expect("an index"), &names);
}

#[test]
fn a_damaged_index_stops_a_push_before_it_uploads() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    for index in ["", "entries: [", "entries:\n  a: []\n  a: []\n", "entries: {a:"] {
        let repository = tempfile::tempdir().expect("a directory");
        std::fs::write(repository.path().join("index.yaml"), index).expect("writes");
        let output = push(&[&chart, &format!("file://{}", repository.path().display())], None);
        assert_code(&output, 3);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            text.contains("index.yaml is broken: ") && text.contains("help: restore an earlier index.yaml"),
            "{text}"
        );
        assert_eq!(
            std::fs::read_to_string(repository.path().join("index.yaml")).expect("an index"),
            index
        );
        assert_eq!(
            std::fs::read_dir(repository.path()).expect("a directory").count(),
            1,
            "{index}"
        );
    }
}

/// Without a store behind an address: nothing waits, and the credentials in the endpoint are not shown.
#[test]
fn a_store_that_cannot_be_reached_is_reported_without_credentials() {
    let settings = |endpoint: &'static str| RepositorySettings {
        certificates: CertificateFiles::default(),
        network: NetworkSettings::default(),
        s3: S3Settings::from_variables(&|name| match name {
            "AWS_ACCESS_KEY_ID" => Some("key".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("hunter2".to_owned()),
            "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
            _ => None,
        }),
        gcs: GcsSettings::default(),
        retry: RetryPolicy::default(),
        clock: Arc::new(Standing),
    };
    let location = Location::parse("s3://bucket/x", Path::new("/")).expect("an address");
    for (endpoint, attempts) in [("http://me:hunter2@127.0.0.1:1", 3), ("me:hunter2@no-address", 1)] {
        let error = match open_store(&location, &settings(endpoint)) {
            Ok(mut store) => store.get("index.yaml").expect_err("nobody answers"),
            Err(OpenError::Store(error)) => error,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(error.attempts, attempts, "{error}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    let shown = format!("{:?}", settings("http://me:hunter2@127.0.0.1:1"));
    assert!(!shown.contains("hunter2"), "{shown}");
}

fn s3_settings(endpoint: &str) -> RepositorySettings {
    RepositorySettings {
        certificates: CertificateFiles::default(),
        network: NetworkSettings::default(),
        s3: S3Settings::from_variables(&|name| match name {
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("key".to_owned()),
            "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
            _ => None,
        }),
        gcs: GcsSettings::default(),
        retry: RetryPolicy::default(),
        clock: Arc::new(Standing),
    }
}

/// The contract that the library's own tests check for the other stores.
#[test]
fn objects_of_s3_are_listed_and_removed() {
    for address in ["s3://bucket", "s3://bucket/some/prefix"] {
        let server = S3Server::start(Behaviour::Honest);
        server.insert("bucket/some/prefix-of-another/e.tgz", b"e");
        let location = Location::parse(address, Path::new("/")).expect("an address");
        let mut store = open_store(&location, &s3_settings(&server.endpoint)).expect("opens");
        store.check_writable().expect("honours conditions");
        for name in ["a.tgz", "b.tgz", "sub/c.tgz", "sub/deeper/d.tgz", "index.yaml"] {
            store.put_if_absent(name, name.as_bytes()).expect("writes");
        }
        let names = |store: &mut Box<dyn Store>, prefix: &str| -> Vec<String> {
            let listed = store.list(prefix).expect("lists");
            for object in &listed {
                assert_eq!(
                    usize::try_from(object.size).expect("fits"),
                    object.name.len(),
                    "{object:?}"
                );
            }
            listed.into_iter().map(|object| object.name).collect()
        };
        let mut all = vec!["a.tgz", "b.tgz", "index.yaml", "sub/c.tgz", "sub/deeper/d.tgz"];
        if address == "s3://bucket" {
            let listed = store.list("").expect("lists");
            all.insert(3, "some/prefix-of-another/e.tgz");
            assert_eq!(
                listed.iter().map(|object| object.name.as_str()).collect::<Vec<_>>(),
                all
            );
        } else {
            assert_eq!(names(&mut store, ""), all);
        }
        assert_eq!(names(&mut store, "sub/"), ["sub/c.tgz", "sub/deeper/d.tgz"]);
        assert_eq!(names(&mut store, "sub/d"), ["sub/deeper/d.tgz"]);
        let found = store.get("a.tgz").expect("reads").expect("is there");
        assert_eq!(
            store.delete("a.tgz", "\"other\"").expect("compares"),
            PutOutcome::Conflict
        );
        assert_eq!(
            store.delete("a.tgz", &found.version).expect("removes"),
            PutOutcome::Written
        );
        assert_eq!(store.get("a.tgz").expect("reads"), None);
        assert_eq!(
            store.delete("a.tgz", &found.version).expect("compares"),
            PutOutcome::Conflict
        );
        let path = format!("{}/index.yaml", address.trim_start_matches("s3://"));
        assert_eq!(
            server.header(&path, "content-type").as_deref(),
            Some("application/x-yaml")
        );
        assert_eq!(server.header(&path, "cache-control").as_deref(), Some("no-cache"));
        let path = path.replace("index.yaml", "b.tgz");
        assert_eq!(
            server.header(&path, "content-type").as_deref(),
            Some("application/gzip")
        );
        assert_eq!(server.header(&path, "cache-control"), None);
    }
}

fn content(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn several_repositories_get_everything_or_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let [first, second] = ["first", "second"].map(|name| directory.path().join(name));
    let address = |path: &Path| format!("file://{}", path.display());
    let old = archive(directory.path(), "a", "1.0.0", "old");
    assert_code(&push(&[&old, &address(&second)], None), 0);
    let before = content(&second);
    let new = archive(directory.path(), "a", "1.0.0", "new");
    let other = archive(directory.path(), "b", "1.0.0", "x");
    let to = |more: &[&str]| {
        let (one, two) = (address(&first), address(&second));
        push(
            &[&[&new, &other, "--repository", &one, "--repository", &two], more].concat(),
            None,
        )
    };
    let output = to(&[]);
    assert_code(&output, 1);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("a 1.0.0 is already in the repository, with different content"),
        "{text}"
    );
    assert!(text.contains(&address(&second)), "{text}");
    assert_eq!((content(&first), content(&second)), (Vec::new(), before.clone()));
    let output = to(&["--force", "--dry-run"]);
    assert_code(&output, 0);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("Would push a 1.0.0") && text.contains("Would replace a 1.0.0"),
        "{text}"
    );
    assert_eq!((content(&first), content(&second)), (Vec::new(), before));
    assert!(!first.exists(), "nothing is created for a comparison");
    let output = to(&["--skip-existing", "--output", "json"]);
    assert_code(&output, 0);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let outcomes: Vec<Vec<&str>> = report["repositories"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let charts = one["charts"].as_array().expect("a list").iter();
            charts.map(|chart| chart["outcome"].as_str().expect("a text")).collect()
        })
        .collect();
    assert_eq!(outcomes, [["published", "published"], ["skipped", "published"]]);
    let url = report["repositories"][0]["charts"][1]["url"].as_str().expect("a text");
    assert_eq!(url, format!("{}/b-1.0.0.tgz", address(&first)));
    let output = to(&["--force"]);
    assert_code(&output, 0);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("already, with the same content") && text.contains("Replaced a 1.0.0"),
        "{text}"
    );
    let archives = |files: Vec<(String, Vec<u8>)>| {
        files
            .into_iter()
            .filter(|(name, _)| name != "index.yaml")
            .collect::<Vec<_>>()
    };
    assert_eq!(archives(content(&first)), archives(content(&second)));
}

/// One that cannot be written to is noticed before the other is changed.
#[test]
fn nothing_is_pushed_if_one_repository_cannot_be_written_to() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "x");
    let first = directory.path().join("first");
    let address = format!("file://{}", first.display());
    for (behaviour, message) in [
        (
            Behaviour::Ignores {
                if_none_match: false,
                if_match: true,
            },
            "the store ignores the conditions",
        ),
        (Behaviour::RefusesWrites, "AccessDenied"),
    ] {
        let server = S3Server::start(behaviour);
        let arguments = [&chart, "--repository", &address, "--repository", "s3://bucket"];
        let output = push(&arguments, Some(&server.endpoint));
        assert_code(&output, 3);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(message), "{text}");
        assert_eq!(content(&first), [], "{message}");
    }
}

/// A clock that does not wait.
#[derive(Debug)]
pub(crate) struct Standing;

impl Clock for Standing {
    fn sleep(&self, _pause: Duration) {}

    fn random(&self) -> f64 {
        0.5
    }

    fn now_unix_seconds(&self) -> u64 {
        1_767_225_600
    }
}
