//! Repositories in a server of Google Cloud Storage of our own: the contract of all stores, no push is lost to another, and faults
//! are reported accurately.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use super::gcs_server::{Behaviour, GcsServer};
use super::repository::{Standing, archive, assert_all};
use chartwright::artifact::credential::CertificateFiles;
use chartwright::artifact::network::{NetworkSettings, RetryPolicy};
use chartwright::artifact::repository::store::{GcsSettings, PutOutcome, S3Settings, Store, StoreError};
use chartwright::artifact::repository::{Location, RepositorySettings, open_store};

#[expect(clippy::unwrap_used, reason = "the file is one of tests")]
#[path = "../../src/artifact/repository/store/contract_suite.rs"]
mod contract_suite;

/// Writers at once, and the charts of each.
const WRITERS: usize = 8;
const CHARTS: usize = 10;

/// The repository at an address, in a server.
fn open(address: &str, server: &GcsServer) -> Box<dyn Store> {
    let host = server.server.url.clone();
    let settings = RepositorySettings {
        certificates: CertificateFiles::default(),
        network: NetworkSettings::default(),
        s3: S3Settings::default(),
        gcs: GcsSettings::from_variables(&|name| (name == "STORAGE_EMULATOR_HOST").then(|| host.clone())),
        retry: RetryPolicy {
            first_pause: Duration::ZERO,
            longest_pause: Duration::ZERO,
            ..RetryPolicy::default()
        },
        clock: Arc::new(Standing),
    };
    let location = Location::parse(address, Path::new("/")).expect("an address");
    open_store(&location, &settings).expect("opens")
}

fn push(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.arg("push").args(arguments).env_clear();
    command.envs(variables.iter().copied());
    command.output().expect("runs")
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn google_cloud_storage_keeps_the_contract() {
    for (address, behaviour) in [
        ("gs://bucket", Behaviour::Honest),
        ("gs://bucket/some/prefix", Behaviour::Honest),
        ("gs://bucket/p", Behaviour::IsSlow),
        (
            "gs://bucket/p",
            Behaviour::FirstAnswers {
                times: 3,
                status: 503,
                retry_after: Some("0"),
            },
        ),
    ] {
        let server = GcsServer::start(behaviour);
        contract_suite::contract(&mut *open(address, &server));
    }
}

#[test]
fn objects_have_their_headers_and_listings_their_pages() {
    let server = GcsServer::start(Behaviour::Honest);
    server.insert("bucket/some/prefix-of-another/e.tgz", b"e");
    server.insert("bucket/some/prefix/folder/", b"");
    let mut store = open("gs://bucket/some/prefix", &server);
    for name in [
        "a.tgz",
        "b+c d%é.tgz",
        "sub/c.tgz",
        "sub/deeper/d.tgz",
        "index.yaml",
        "x.prov",
    ] {
        assert_eq!(
            store.put_if_absent(name, name.as_bytes()).expect("writes"),
            PutOutcome::Written
        );
        let found = store.get(name).expect("reads").expect("is there");
        assert_eq!(found.bytes, name.as_bytes());
    }
    let names = |store: &mut Box<dyn Store>, prefix: &str| -> Vec<String> {
        let listed = store.list(prefix).expect("lists");
        listed.into_iter().map(|object| object.name).collect()
    };
    let all = [
        "a.tgz",
        "b+c d%é.tgz",
        "index.yaml",
        "sub/c.tgz",
        "sub/deeper/d.tgz",
        "x.prov",
    ];
    assert_eq!(names(&mut store, ""), all);
    assert_eq!(names(&mut store, "sub/d"), ["sub/deeper/d.tgz"]);
    for (name, kind, caching) in [
        ("index.yaml", "application/x-yaml", Some("no-cache")),
        ("a.tgz", "application/gzip", None),
        ("x.prov", "text/plain; charset=utf-8", None),
    ] {
        let object = server.object(&format!("bucket/some/prefix/{name}")).expect("is there");
        assert_eq!(object.metadata["contentType"], kind);
        assert_eq!(object.metadata["cacheControl"].as_str(), caching);
    }
}

#[test]
fn no_push_to_google_cloud_storage_is_lost_though_answers_are() {
    let server = GcsServer::start(Behaviour::LosesAnswers { every: 5 });
    let directory = tempfile::tempdir().expect("a directory");
    let mut names = Vec::new();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let own: Vec<String> = (0..CHARTS).map(|chart| format!("c{writer}-{chart}")).collect();
            names.extend(own.iter().cloned());
            let (directory, url) = (directory.path(), &server.server.url);
            scope.spawn(move || {
                for name in own {
                    let archive = archive(directory, &name, "1.0.0", "n");
                    let output = push(&[&archive, "gs://bucket/charts"], &[("STORAGE_EMULATOR_HOST", url)]);
                    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
                }
            });
        }
    });
    assert_eq!(names.len(), WRITERS * CHARTS);
    let index = server.object("bucket/charts/index.yaml").expect("an index");
    assert_all(&index.bytes, &names);
}

/// A request is not repeated after a final answer; after a temporary failure it is, as often as the policy allows.
#[test]
fn final_answers_of_google_are_reported_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    let always = |status, retry_after, body| Behaviour::AlwaysAnswers {
        status,
        retry_after,
        body,
    };
    for (behaviour, requests, message) in [
        (
            Behaviour::Honest,
            1,
            "Error: gs://nobucket: the bucket does not exist\n",
        ),
        (
            always(
                403,
                None,
                r#"{"error": {"message": "me does not have storage.objects.get access", "errors": [{"reason": "forbidden"}]}}"#,
            ),
            1,
            "gs://nobucket/x/index.yaml: GET failed: the store answered 403: forbidden: me does not have storage.objects.get access\n  help: check that the login may",
        ),
        (
            always(400, None, "no"),
            1,
            "index.yaml: GET failed: the store answered 400: no\n",
        ),
        (
            always(
                503,
                Some("0"),
                r#"{"error": {"message": "Back off", "status": "UNAVAILABLE"}}"#,
            ),
            8,
            "the store answered 503: UNAVAILABLE: Back off (8 attempts)\n",
        ),
        (always(429, Some("3600"), ""), 1, "the store answered 429\n"),
        (always(302, None, ""), 1, "the store answered 302\n"),
    ] {
        let server = GcsServer::start(behaviour);
        let variables = [("STORAGE_EMULATOR_HOST", server.server.host())];
        let output = push(&[&chart, "gs://nobucket/x"], &variables);
        assert_eq!(output.status.code(), Some(3), "{}", error(&output));
        assert!(error(&output).contains(message), "{message}: {}", error(&output));
        assert_eq!(server.server.requests().len(), requests, "{}", error(&output));
    }
    let unreachable = [("STORAGE_EMULATOR_HOST", "me:hunter2@127.0.0.1:1")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    let command = command
        .args(["repo", "list", "gs://bucket"])
        .env_clear()
        .envs(unreachable);
    let output = command.output().expect("runs");
    assert_eq!(output.status.code(), Some(3));
    let text = error(&output);
    assert!(
        text.contains("gs://bucket/index.yaml: GET failed: the connection is refused: ")
            && text.contains("(3 attempts)"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

/// Otherwise concurrent pushes would overwrite each other, and all would succeed.
#[test]
fn a_server_that_ignores_generations_is_refused() {
    for (absence, generation) in [(true, true), (true, false), (false, true)] {
        let server = GcsServer::start(Behaviour::Ignores { absence, generation });
        let error: StoreError = open("gs://bucket", &server)
            .put_if_absent("a.tgz", b"a")
            .expect_err("ignores conditions");
        assert!(
            error
                .to_string()
                .contains("gs://bucket: the store ignores the conditions"),
            "{error}"
        );
        let outcome = open("gs://bucket", &server).check_writable();
        assert_eq!(outcome.is_err(), generation);
        let version = "1700000000000000";
        let outcome = open("gs://bucket", &server).put_if_version("index.yaml", b"", version);
        assert_eq!(outcome.is_err(), generation);
    }
}

#[test]
fn what_happens_between_two_requests_is_noticed() {
    for behaviour in [Behaviour::RemovesBeforeFirstUpdate, Behaviour::CutsFirstContent] {
        let server = GcsServer::start(behaviour);
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["a", "b"] {
            let chart = archive(directory.path(), name, "1.0.0", "one");
            let output = push(
                &[&chart, "gs://bucket"],
                &[("STORAGE_EMULATOR_HOST", &server.server.url)],
            );
            assert_eq!(output.status.code(), Some(0), "{}", error(&output));
        }
        let index = server.object("bucket/index.yaml").expect("an index");
        assert_all(&index.bytes, &["b".to_owned()]);
    }
}

/// A push of what exists already, and of other content under the same version.
#[test]
fn versions_in_google_cloud_storage_never_change() {
    let server = GcsServer::start(Behaviour::Honest);
    let directory = tempfile::tempdir().expect("a directory");
    for (note, code, printed) in [
        ("one", 0, "Pushed a 1.0.0 to gs://bucket/charts"),
        ("one", 0, "already, with the same content"),
        ("two", 1, ""),
    ] {
        let chart = archive(directory.path(), "a", "1.0.0", note);
        let variables = [("STORAGE_EMULATOR_HOST", server.server.host())];
        let output = push(&[&chart, "gs://bucket/charts/"], &variables);
        assert_eq!(output.status.code(), Some(code), "{}", error(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(printed), "{text}");
    }
}

/// A variable with a token, which only Google is sent, and none for a server of a test.
#[test]
fn tokens_of_the_environment_are_sent() {
    let authorization = "Bearer hunter2";
    let server = GcsServer::start(Behaviour::Wants { authorization });
    let directory = tempfile::tempdir().expect("a directory");
    let chart = archive(directory.path(), "a", "1.0.0", "one");
    let endpoint = format!("{}/storage/v1/", server.server.url);
    let service = ("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", endpoint.as_str());
    // Without it a machine without a login would look for Google's own metadata server.
    let none = ("NO_GCE_CHECK", "true");
    for (variables, code, message) in [
        (vec![service, ("GOOGLE_OAUTH_ACCESS_TOKEN", "hunter2")], 0, ""),
        (vec![service, ("CLOUDSDK_AUTH_ACCESS_TOKEN", "hunter2")], 0, ""),
        (
            vec![service, ("GOOGLE_OAUTH_ACCESS_TOKEN", "hunter3")],
            3,
            "index.yaml: GET failed: the store answered 401: required: ",
        ),
        (
            vec![service, none],
            3,
            "gs://bucket: no credentials: the bucket is not public, and there is no login for Google",
        ),
        (
            vec![
                ("STORAGE_EMULATOR_HOST", server.server.host()),
                ("GOOGLE_OAUTH_ACCESS_TOKEN", "hunter2"),
            ],
            3,
            "the store answered 401",
        ),
    ] {
        let output = push(&[&chart, "gs://bucket"], &variables);
        assert_eq!(output.status.code(), Some(code), "{variables:?} {}", error(&output));
        assert!(error(&output).contains(message), "{}", error(&output));
        assert!(!error(&output).contains("hunter"), "{}", error(&output));
    }
}
