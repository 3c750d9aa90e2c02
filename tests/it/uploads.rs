//! Pushes to servers that keep the index themselves: what is uploaded, what is refused, and which faults do no harm.

use std::process::{Command, Output};

use chartwright::artifact::credential::Login;
use chartwright::artifact::network::Secret;
use chartwright::artifact::remote::{
    HttpRepository, PublishTarget, RemoteCharts, RemoteSettings, TargetsRequest, UploadApi, publish_to_targets,
};
use chartwright::artifact::repository::{Existing, Item};

use super::remote_server::{Answer, Server};
use super::remote_settings::{BASIC, packed, settings, sha256};
use super::upload_server::{Behaviour, Fault, Like, UploadServer};

const ALL: [Like; 3] = [Like::ChartMuseum, Like::Artifactory, Like::Nexus];

fn item(version: &str) -> Item {
    Item::from_archive(packed("web", version)).expect("a chart")
}

/// The same version with other content.
fn other(version: &str) -> Item {
    let text = format!("apiVersion: v2\nname: web\nversion: {version}\n");
    let file = chartwright::engine::chart::ChartFile::new("Chart.yaml".to_owned(), text.into_bytes());
    Item::from_archive(chartwright::artifact::package::pack(&[file], "web").expect("packs")).expect("a chart")
}

fn with_login(login: Login) -> RemoteSettings {
    let mut settings = settings();
    settings.login = Some(login);
    settings
}

fn me() -> Login {
    Login::new("me", "hunter2")
}

/// Outcomes, notes and the error of a push to one server.
struct Pushed {
    outcomes: Vec<&'static str>,
    notes: Vec<String>,
    error: Option<String>,
}

fn push_with(settings: RemoteSettings, targets: &[PublishTarget], items: &[Item], existing: Existing) -> Pushed {
    let charts = RemoteCharts::new(settings);
    let request = TargetsRequest {
        targets,
        items,
        existing,
        is_dry_run: false,
    };
    let result = publish_to_targets(&charts, request, "2026-01-02T03:04:05Z");
    let (mut outcomes, mut error) = (Vec::new(), None);
    match result {
        Ok(done) => {
            for one in done {
                outcomes.extend(one.published.iter().map(|published| published.outcome.name()));
                error = error.or(one.error.map(|error| format!("{error} {error:?}")));
            }
        }
        Err(refused) => error = Some(format!("{refused} {refused:?}")),
    }
    let shown = format!("{error:?} {charts:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("bWU6"), "{shown}");
    Pushed {
        outcomes,
        notes: charts.take_notes(),
        error,
    }
}

fn target(server: &UploadServer) -> PublishTarget {
    PublishTarget::Server(HttpRepository::parse(&server.repository()).expect("an address"))
}

fn push(server: &UploadServer, items: &[Item], existing: Existing) -> Pushed {
    push_with(settings(), &[target(server)], items, existing)
}

fn like(like: Like, fault: Fault) -> UploadServer {
    UploadServer::start(Behaviour {
        like,
        fault,
        ..Behaviour::default()
    })
}

#[test]
fn a_version_is_uploaded_once_and_replaced_only_by_force() {
    for kind in ALL {
        let server = like(kind, Fault::None);
        let items = [item("1.0.0"), item("1.1.0+b.1")];
        let pushed = push(&server, &items, Existing::Refuse);
        assert_eq!(
            (pushed.outcomes, pushed.error),
            (vec!["published"; 2], None),
            "{kind:?}"
        );
        assert_eq!(server.names(), ["web-1.0.0.tgz", "web-1.1.0+b.1.tgz"]);
        assert_eq!(push(&server, &items, Existing::Refuse).outcomes, ["unchanged"; 2]);
        assert_eq!(server.uploads().len(), 2, "{kind:?}");
        // Nothing is uploaded when one is refused.
        let mixed = [item("1.2.0"), other("1.0.0")];
        let error = push(&server, &mixed, Existing::Refuse).error.expect("is refused");
        assert!(
            error.contains("web 1.0.0 is already in the repository, with different content"),
            "{error}"
        );
        assert_eq!(server.uploads().len(), 2, "{kind:?}");
        assert_eq!(push(&server, &mixed, Existing::Skip).outcomes, ["published", "skipped"]);
        assert_eq!(server.file("web-1.0.0.tgz"), Some(items[0].archive.clone()));
        assert_eq!(
            push(&server, &[other("1.0.0")], Existing::Replace).outcomes,
            ["replaced"]
        );
        assert_eq!(server.file("web-1.0.0.tgz"), Some(other("1.0.0").archive), "{kind:?}");
    }
}

#[test]
fn faults_that_pass_do_no_harm() {
    for kind in ALL {
        for fault in [
            Fault::LosesAnswers,
            Fault::First(429),
            Fault::First(500),
            Fault::First(503),
            Fault::CutsIndex,
        ] {
            for lag in [0, 3] {
                let server = UploadServer::start(Behaviour {
                    like: kind,
                    fault,
                    lag,
                    ..Behaviour::default()
                });
                let pushed = push(&server, &[item("1.0.0")], Existing::Refuse);
                assert_eq!(pushed.error, None, "{kind:?} {fault:?} {lag}");
                assert_eq!(
                    (pushed.outcomes, pushed.notes),
                    (vec!["published"], Vec::new()),
                    "{kind:?} {fault:?} {lag}"
                );
                assert_eq!(server.file("web-1.0.0.tgz"), Some(packed("web", "1.0.0")));
            }
        }
    }
}

#[test]
fn an_answer_that_is_lost_is_looked_for_before_another_upload() {
    let server = like(Like::ChartMuseum, Fault::LosesAnswers);
    assert_eq!(
        push(&server, &[item("1.0.0")], Existing::Refuse).outcomes,
        ["published"]
    );
    assert_eq!(server.uploads().len(), 1);
}

#[test]
fn an_index_that_lags_is_noted() {
    let server = UploadServer::start(Behaviour {
        lag: 1000,
        ..Behaviour::default()
    });
    let pushed = push(&server, &[item("1.0.0")], Existing::Refuse);
    assert_eq!((pushed.outcomes, pushed.error), (vec!["published"], None));
    assert_eq!(pushed.notes.len(), 1);
    assert!(pushed.notes[0].contains("does not list it yet"), "{:?}", pushed.notes);
    // The server has the version, and does not list it: what it has is compared.
    assert_eq!(
        push(&server, &[item("1.0.0")], Existing::Refuse).outcomes,
        ["unchanged"]
    );
    let error = push(&server, &[other("1.0.0")], Existing::Refuse)
        .error
        .expect("is refused");
    assert!(error.contains("with different content"), "{error}");
}

#[test]
fn an_archive_that_is_not_listed_yet_is_not_replaced() {
    for kind in ALL {
        let server = UploadServer::start(Behaviour {
            like: kind,
            lag: 1000,
            ..Behaviour::default()
        });
        push(&server, &[item("1.0.0")], Existing::Refuse);
        let error = push(&server, &[other("1.0.0")], Existing::Refuse)
            .error
            .expect("is refused");
        assert!(error.contains("with different content"), "{kind:?}: {error}");
        assert_eq!(server.file("web-1.0.0.tgz"), Some(packed("web", "1.0.0")), "{kind:?}");
    }
}

#[test]
fn another_upload_at_the_same_time_is_noticed() {
    let server = like(Like::Nexus, Fault::Replaces);
    let pushed = push(&server, &[item("1.0.0")], Existing::Refuse);
    let error = pushed.error.expect("is noticed");
    assert!(error.contains("another upload replaced it"), "{error}");
}

#[test]
fn refusals_are_told_apart_and_not_repeated() {
    for (kind, status, message, words) in [
        (
            Like::ChartMuseum,
            401,
            "unauthorized",
            "answers 401 Unauthorized: unauthorized",
        ),
        (Like::ChartMuseum, 403, "no", "answers 403 Forbidden: no"),
        (Like::ChartMuseum, 404, "", "answers 404"),
        (Like::Nexus, 405, "", "answers 405"),
        (
            Like::Artifactory,
            409,
            "Checksum error",
            "answers 409 Conflict: Checksum error",
        ),
        (Like::ChartMuseum, 413, "", "answers 413"),
        (Like::ChartMuseum, 507, "repo has reached storage limit", "answers 507"),
        (
            Like::Nexus,
            400,
            "Repository does not allow updating assets: r",
            "with different content",
        ),
        (
            Like::Artifactory,
            403,
            "Not enough permissions to delete/overwrite",
            "with different content",
        ),
    ] {
        let server = like(kind, Fault::Refuses(status, message));
        let error = push(&server, &[item("1.0.0")], Existing::Refuse)
            .error
            .expect("is refused");
        assert!(error.contains(words), "{status}: {error}");
        assert_eq!(server.uploads().len(), 1, "{status}");
    }
    let server = like(Like::ChartMuseum, Fault::Refuses(503, "busy"));
    let error = push(&server, &[item("1.0.0")], Existing::Refuse)
        .error
        .expect("is refused");
    assert!(error.contains("(4 attempts): busy"), "{error}");
}

#[test]
fn a_server_that_does_not_say_which_it_is_has_to_be_named() {
    let server = like(Like::Nothing, Fault::None);
    let error = push(&server, &[item("1.0.0")], Existing::Refuse)
        .error
        .expect("is refused");
    assert!(error.contains("does not say which server it is"), "{error}");
    let named = target(&server).with_api(Some(UploadApi::Nexus));
    assert_eq!(
        push_with(settings(), &[named], &[item("1.0.0")], Existing::Refuse).outcomes,
        ["published"]
    );
}

#[test]
fn provenance_files_go_with_their_archives_or_after_them() {
    for kind in ALL {
        let server = like(kind, Fault::None);
        let signed = Item {
            provenance: Some(b"a signature".to_vec()),
            ..item("1.0.0")
        };
        assert_eq!(
            push(&server, &[item("1.0.0")], Existing::Refuse).outcomes,
            ["published"]
        );
        assert_eq!(
            push(&server, std::slice::from_ref(&signed), Existing::Refuse).outcomes,
            ["unchanged"]
        );
        assert_eq!(
            server.file("web-1.0.0.tgz.prov").as_deref(),
            Some(&b"a signature"[..]),
            "{kind:?}"
        );
        let before = server.uploads().len();
        push(&server, std::slice::from_ref(&signed), Existing::Refuse);
        assert_eq!(server.uploads().len(), before, "{kind:?}");
        let fresh = like(kind, Fault::None);
        assert_eq!(push(&fresh, &[signed], Existing::Refuse).outcomes, ["published"]);
        assert_eq!(fresh.names(), ["web-1.0.0.tgz", "web-1.0.0.tgz.prov"], "{kind:?}");
        assert_eq!(fresh.uploads().len(), if kind == Like::ChartMuseum { 1 } else { 2 });
    }
}

#[test]
fn credentials_stay_with_their_server() {
    // A key in a header of its own, and an index on another host.
    let index = "apiVersion: v1\nentries: {}\nserverInfo: {}\n";
    let elsewhere = Server::start(move |_, _| Answer::new(200, index));
    let server = UploadServer::start(Behaviour {
        index_elsewhere: Some(elsewhere.url.clone()),
        key: Some(("x-jfrog-art-api", "hunter2")),
        ..Behaviour::default()
    });
    let key = Login::ApiKey {
        header: "X-JFrog-Art-Api".parse().expect("a header"),
        key: Secret::new("hunter2"),
    };
    let pushed = push_with(with_login(key), &[target(&server)], &[item("1.0.0")], Existing::Refuse);
    assert_eq!(pushed.outcomes, ["published"], "{:?}", pushed.error);
    assert!(!elsewhere.requests().is_empty());
    for request in elsewhere.requests() {
        assert_eq!(
            (request.header("authorization"), request.header("x-jfrog-art-api")),
            (None, None)
        );
    }
    // An upload is not sent on.
    let redirects = like(Like::ChartMuseum, Fault::Redirects);
    let pushed = push_with(
        with_login(me()),
        &[target(&redirects)],
        &[item("1.0.0")],
        Existing::Refuse,
    );
    assert!(pushed.error.expect("is refused").contains("answers 307"));
    // One login is not sent to two servers.
    let (one, two) = (like(Like::Nexus, Fault::None), like(Like::Nexus, Fault::None));
    let pushed = push_with(
        with_login(me()),
        &[target(&one), target(&two)],
        &[item("1.0.0")],
        Existing::Refuse,
    );
    assert!(
        pushed
            .error
            .expect("is refused")
            .contains("would be sent to several servers")
    );
    assert!(one.server.lines().is_empty() && two.server.lines().is_empty());
    let registry = PublishTarget::parse("oci://127.0.0.1:9/charts", std::path::Path::new("/")).expect("an address");
    let pushed = push_with(
        with_login(me()),
        &[target(&one), registry],
        &[item("1.0.0")],
        Existing::Refuse,
    );
    assert!(
        pushed
            .error
            .expect("is refused")
            .contains("would be sent to several servers")
    );
    assert!(one.server.lines().is_empty());
}

#[test]
fn nothing_is_uploaded_anywhere_if_one_server_refuses() {
    for refusing in [Like::ChartMuseum, Like::Artifactory] {
        let (open, closed) = (
            like(Like::Nexus, Fault::None),
            like(refusing, Fault::Refuses(403, "read only")),
        );
        let targets = [target(&open), target(&closed)];
        let pushed = push_with(settings(), &targets, &[item("1.0.0")], Existing::Refuse);
        assert!(
            pushed.error.expect("is refused").contains("answers 403"),
            "{refusing:?}"
        );
        assert_eq!(open.names(), Vec::<String>::new());
    }
    let (one, two) = (
        like(Like::ChartMuseum, Fault::None),
        like(Like::Artifactory, Fault::None),
    );
    let pushed = push_with(
        settings(),
        &[target(&one), target(&two)],
        &[item("1.0.0")],
        Existing::Refuse,
    );
    assert_eq!(pushed.outcomes, ["published"; 2], "{:?}", pushed.error);
    assert_eq!(
        (one.names(), two.names()),
        (vec!["web-1.0.0.tgz".to_owned()], vec!["web-1.0.0.tgz".to_owned()])
    );
}

#[test]
fn many_pushes_at_once_all_arrive() {
    let server = like(Like::ChartMuseum, Fault::LosesAnswers);
    let target = target(&server);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let target = &target;
            scope.spawn(move || {
                for number in 0..5 {
                    let item = item(&format!("{writer}.{number}.0"));
                    let pushed = push_with(settings(), std::slice::from_ref(target), &[item], Existing::Refuse);
                    assert_eq!((pushed.outcomes, pushed.error), (vec!["published"], None));
                }
            });
        }
    });
    assert_eq!(server.names().len(), 40);
    for name in server.names() {
        let version = name.trim_start_matches("web-").trim_end_matches(".tgz");
        assert_eq!(
            sha256(&server.file(&name).expect("is there")),
            sha256(&packed("web", version))
        );
    }
}

#[test]
fn a_configuration_names_the_server() {
    let home = tempfile::tempdir().expect("a directory");
    std::fs::write(home.path().join("web-1.0.0.tgz"), packed("web", "1.0.0")).expect("writes");
    let server = like(Like::Nothing, Fault::None);
    let push = |api: &str| {
        let url = server.repository();
        let text = format!("repositories:\n- {{name: staging, url: '{url}'{api}}}\n");
        std::fs::write(home.path().join("chartwright.yaml"), text).expect("writes");
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
        command.args(["push", "web-1.0.0.tgz", "--to", "staging"]);
        let output = command.env_clear().current_dir(home.path()).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().expect("a code"), text)
    };
    for (api, code, words) in [
        ("", 2, "name the server with --api, or with `api`"),
        (", api: harbour", 2, "is not a server that we know"),
        (
            ", path: '{chart}/{chart}-{version}.tgz', api: nexus",
            2,
            "the server chooses where archives are",
        ),
        (", api: nexus", 0, "Pushed web 1.0.0"),
    ] {
        let (found, text) = push(api);
        assert_eq!(found, code, "{api}: {text}");
        assert!(text.contains(words), "{api}: {text}");
    }
    assert_eq!(server.names(), ["web-1.0.0.tgz"]);
}

fn chartwright(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    let output = command.output().expect("runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!shown.contains("hunter2") && !shown.contains(BASIC), "{shown}");
    output
}

#[test]
fn the_program_takes_logins_from_the_environment_and_says_what_it_did() {
    let home = tempfile::tempdir().expect("a directory");
    let archive = home.path().join("web-1.0.0.tgz");
    std::fs::write(&archive, packed("web", "1.0.0")).expect("writes");
    let archive = archive.display().to_string();
    let server = UploadServer::start(Behaviour {
        is_private: true,
        ..Behaviour::default()
    });
    let address = server.repository();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let without = chartwright(&[], &["push", &archive, &address]);
    assert_eq!(without.status.code(), Some(3), "{}", text(&without.stderr));
    let half = chartwright(&[("HELM_REPO_USERNAME", "me")], &["push", &archive, &address]);
    assert!(
        text(&half.stderr).contains("are needed together"),
        "{}",
        text(&half.stderr)
    );
    let login = [("HELM_REPO_USERNAME", "me"), ("HELM_REPO_PASSWORD", "hunter2")];
    let dry = chartwright(&login, &["push", "--dry-run", &archive, &address]);
    assert!(
        text(&dry.stdout).starts_with("Would push web 1.0.0"),
        "{}",
        text(&dry.stderr)
    );
    assert!(server.names().is_empty());
    let pushed = chartwright(&login, &["push", "-o", "json", &archive, &address]);
    let report: serde_json::Value = serde_json::from_slice(&pushed.stdout).expect("JSON");
    let chart = &report["repositories"][0]["charts"][0];
    assert_eq!(chart["outcome"], "published", "{}", text(&pushed.stderr));
    assert_eq!(chart["url"], format!("{address}/charts/web-1.0.0.tgz"));
    let unknown = chartwright(&login, &["push", "--api", "harbour", &archive, &address]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("chartmuseum, artifactory, nexus"),
        "{}",
        text(&unknown.stderr)
    );
    // In the address, where they are not shown.
    let in_address = address.replace("http://", "http://me:hunter2@");
    let again = chartwright(&[], &["push", &archive, &in_address]);
    assert!(
        text(&again.stdout).contains("already, with the same content"),
        "{}",
        text(&again.stderr)
    );
    let listed = chartwright(&[], &["repo", "list", &in_address]);
    assert!(text(&listed.stdout).contains("web   1.0.0"), "{}", text(&listed.stderr));
    let deleted = chartwright(&[], &["repo", "delete", &in_address, "web", "1.0.0"]);
    assert_eq!(deleted.status.code(), Some(2));
    assert!(
        text(&deleted.stderr).contains("keeps its index itself"),
        "{}",
        text(&deleted.stderr)
    );
}
