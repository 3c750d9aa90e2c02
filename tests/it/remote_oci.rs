//! Charts in registries: tokens, tags, pulls and pushes, faults, and hostile registries.

use std::path::PathBuf;
use std::sync::Arc;

use chartwright::artifact::credential::{Login, RegistryLogins};
use chartwright::artifact::network::{HttpClient, NetworkSettings, Notes, Secret, TlsSettings};
use chartwright::artifact::oci::{
    ChartPush, OciError, OciReference, PushOutcome, PushedChart, Registry, RegistrySettings,
};
use chartwright::artifact::remote::{ChartRequest, ChartSource as _, RemoteCharts, SourceError, remote_chart};
use chartwright::engine::chart::{Metadata, load_files, read_archive};

use super::remote_oci_server::{Access, Behaviour, Fault, OciServer};
use super::remote_server::{Answer, Server};
use super::remote_settings::{NoWaiting, POLICY, index, packed, settings, sha256};

fn logins(login: Option<Login>) -> RegistryLogins {
    RegistryLogins::from_variables(login, PathBuf::from("/no/such/file"), &|_| Some("/no/such".to_owned()))
}

fn me() -> Login {
    Login::new("me", "hunter2")
}

fn registry(server: &OciServer, login: Option<Login>) -> Registry {
    let client = HttpClient::new(
        &NetworkSettings::default(),
        &TlsSettings::default(),
        POLICY,
        Arc::new(NoWaiting),
    );
    let settings = RegistrySettings {
        client: Arc::new(client.expect("a client")),
        logins: logins(login),
        plain_http: true,
        notes: Arc::new(Notes::default()),
    };
    Registry::new(server.server.host(), settings).expect("a registry")
}

fn charts(login: Option<Login>) -> RemoteCharts {
    let mut settings = settings();
    settings.registries = logins(login);
    RemoteCharts::new(settings)
}

fn metadata(archive: &[u8]) -> Metadata {
    load_files(read_archive(archive).expect("an archive"))
        .expect("a chart")
        .metadata
}

/// A push that a test varies.
#[derive(Clone, Copy, Default)]
struct Pushing<'p> {
    provenance: Option<&'p [u8]>,
    is_forced: bool,
    /// Whether all archives count as the same content.
    is_same: bool,
}

fn push_with(
    server: &OciServer,
    login: Option<Login>,
    archive: &[u8],
    how: Pushing<'_>,
) -> Result<PushedChart, OciError> {
    let below = OciReference::parse(&server.repository()).expect("an address");
    let push = ChartPush {
        archive,
        provenance: how.provenance,
        metadata: &metadata(archive),
        is_forced: how.is_forced,
        is_same_content: &|_, _| how.is_same,
    };
    let outcome = registry(server, login).push_chart(&below, &push);
    if let Err(error) = &outcome {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("bWU6"), "{shown}");
    }
    outcome
}

fn push(server: &OciServer, archive: &[u8]) -> PushedChart {
    push_with(server, Some(me()), archive, Pushing::default()).expect("is pushed")
}

fn filled(behaviour: Behaviour, versions: &[&str]) -> OciServer {
    let server = OciServer::start(behaviour);
    for version in versions {
        push(&server, &packed("web", version));
    }
    server
}

#[test]
fn what_is_pushed_is_pulled_whoever_may() {
    for access in [Access::Open, Access::PublicToken, Access::PrivateToken, Access::Basic] {
        let server = filled(
            Behaviour {
                access,
                ..Behaviour::default()
            },
            &["1.0.0+build.1"],
        );
        assert_eq!(server.content.lock().expect("not poisoned").tags, ["1.0.0_build.1"]);
        let source = charts(Some(me()));
        let listed = source.versions(&server.repository(), "web").expect("has versions");
        assert_eq!(listed[0].version, "1.0.0+build.1", "{access:?}");
        let fetched = source
            .fetch(&server.repository(), "web", "1.0.0+build.1")
            .expect("is fetched");
        assert_eq!(fetched.archive, packed("web", "1.0.0+build.1"));
        assert!(source.take_notes().is_empty());
        let without = charts(None).fetch(&server.repository(), "web", "1.0.0+build.1");
        match access {
            Access::Open | Access::PublicToken => assert_eq!(without, Ok(fetched)),
            Access::PrivateToken | Access::Basic => {
                let error = without.expect_err("is refused");
                assert!(
                    error
                        .message
                        .ends_with("answers 401 Unauthorized: UNAUTHORIZED: authentication required"),
                    "{error}"
                );
                assert!(error.hint.expect("a hint").starts_with("log in with"));
            }
        }
    }
}

#[test]
fn an_identity_token_is_exchanged_for_an_access_token() {
    let behaviour = || Behaviour {
        access: Access::PrivateToken,
        ..Behaviour::default()
    };
    let server = filled(behaviour(), &["1.0.0"]);
    let token = Some(Login::IdentityToken(Secret::new("hunter2")));
    charts(token)
        .fetch(&server.repository(), "web", "1.0.0")
        .expect("is fetched");
    let last = server.server.requests();
    let exchange = last
        .iter()
        .rfind(|request| request.path() == "/token")
        .expect("is asked");
    assert_eq!(
        (exchange.method.as_str(), exchange.header("authorization")),
        ("POST", None)
    );
}

#[test]
fn a_token_is_fetched_once_for_a_repository() {
    let server = filled(
        Behaviour {
            access: Access::PublicToken,
            ..Behaviour::default()
        },
        &["1.0.0", "1.1.0"],
    );
    let before = server.server.requests().len();
    let source = charts(None);
    for version in ["1.0.0", "1.1.0"] {
        source.fetch(&server.repository(), "web", version).expect("is fetched");
    }
    let lines = server.server.lines().split_off(before);
    let tokens = lines.iter().filter(|line| line.contains("/token")).count();
    assert_eq!(tokens, 1, "{lines:?}");
    assert!(
        lines.contains(&"GET /token?service=test&scope=repository%3Acharts%2Fweb%3Apull".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn an_expired_login_does_not_hide_what_is_public_but_writes_nothing() {
    let expired = || Some(Login::new("me", "expired-hunter2"));
    let server = filled(
        Behaviour {
            access: Access::PublicToken,
            ..Behaviour::default()
        },
        &["1.0.0"],
    );
    let source = charts(expired());
    source.fetch(&server.repository(), "web", "1.0.0").expect("is fetched");
    let note = format!(
        "{} refuses the credentials, which may have expired, and was read without them",
        server.server.host()
    );
    assert_eq!(source.take_notes(), [note]);
    let error = push_with(&server, expired(), &packed("web", "2.0.0"), Pushing::default()).expect_err("is refused");
    assert!(matches!(error, OciError::Refused { has_login: true, .. }), "{error:?}");
    assert!(
        !server
            .content
            .lock()
            .expect("not poisoned")
            .tags
            .contains(&"2.0.0".to_owned())
    );
}

#[test]
fn all_pages_of_tags_are_read() {
    let server = OciServer::start(Behaviour {
        page: Some(2),
        ..Behaviour::default()
    });
    let tags = ["1.0.0", "latest", "2.0.0-rc.1", "1.10.0", "1.9.0_b", "v1.0.0", "1.2"];
    server.content.lock().expect("not poisoned").tags = tags.map(str::to_owned).to_vec();
    let listed = charts(None)
        .versions(&server.repository(), "web")
        .expect("has versions");
    let versions: Vec<&str> = listed.iter().map(|one| one.version.as_str()).collect();
    // As Helm: strict versions only, newest first.
    assert_eq!(versions, ["2.0.0-rc.1", "1.10.0", "1.9.0+b", "1.0.0"]);
    let lines = server.server.lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains("n=")), "{lines:?}");
    let missing = OciServer::start(Behaviour::default());
    assert!(
        charts(None)
            .versions(&missing.repository(), "web")
            .expect_err("has none")
            .is_missing
    );
}

#[test]
fn pages_of_tags_stay_on_the_registry_and_end() {
    for (link, want) in [
        (
            "</v2/charts/web/tags/list>; rel=\"next\"",
            "its next page is the same one",
        ),
        (
            "<http://127.0.0.1:1/v2/x>; rel=\"next\"",
            "its next page is on another host",
        ),
        (
            "<file:///etc/passwd>; rel=\"next\"",
            "the address `file:///etc/passwd`: it is not one of http",
        ),
        ("<?last=NEW>; rel=\"next\"", "its pages of tags do not end"),
    ] {
        let server = Server::start(move |_, before| {
            Answer::new(200, r#"{"tags": []}"#).with("Link", &link.replace("NEW", &before.to_string()))
        });
        let error = charts(None).versions(&format!("oci://{}/charts", server.host()), "web");
        let message = error.expect_err("is refused").message;
        assert!(message.contains(want), "{link}: {message}");
    }
}

/// Each page costs a request.
#[test]
fn pages_with_few_tags_are_not_read_without_end() {
    for (on_a_page, pages, is_refused) in [
        (1, 50, false),
        (1, usize::MAX, true),
        (9, usize::MAX, true),
        (20, 300, false),
    ] {
        let server = Server::start(move |_, before| {
            let tags: Vec<String> = (0..on_a_page).map(|tag| format!("1.{before}.{tag}")).collect();
            let page = Answer::new(200, serde_json::json!({"tags": tags}).to_string());
            if before + 1 < pages {
                page.with("Link", &format!("<?last={before}>; rel=\"next\""))
            } else {
                page
            }
        });
        let listed = charts(None).versions(&format!("oci://{}/charts", server.host()), "web");
        let requests = server.requests().len();
        if is_refused {
            let message = listed.expect_err("is refused").message;
            let words = format!(
                "its list has only {} tags on {requests} pages, and does not end",
                on_a_page * requests
            );
            assert!(message.contains(&words), "{message}");
            assert!(requests < 1000, "{on_a_page}: {requests}");
            assert!(on_a_page > 1 || requests < 80, "{requests}");
        } else {
            assert_eq!((listed.expect("is listed").len(), requests), (on_a_page * pages, pages));
        }
    }
}

#[test]
fn the_same_package_is_pushed_once_and_has_one_digest() {
    let server = OciServer::start(Behaviour::default());
    let first = push(&server, &packed("web", "1.0.0"));
    assert_eq!(first.outcome, PushOutcome::Pushed);
    assert_eq!(
        first.reference.to_string(),
        format!("{}/web:1.0.0", server.repository())
    );
    let before = server.server.requests().len();
    let again = push(&server, &packed("web", "1.0.0"));
    assert_eq!(
        (again.outcome, &again.digest),
        (PushOutcome::AlreadyThere, &first.digest)
    );
    assert_eq!(
        server.server.lines().split_off(before),
        ["GET /v2/charts/web/manifests/1.0.0"]
    );
    let other = OciServer::start(Behaviour::default());
    assert_eq!(push(&other, &packed("web", "1.0.0")).digest, first.digest);
    // What the registry has already is not sent again.
    server.content.lock().expect("not poisoned").manifests.clear();
    let before = server.server.requests().len();
    push(&server, &packed("web", "1.0.0"));
    let lines = server.server.lines().split_off(before);
    assert!(!lines.iter().any(|line| line.starts_with("POST")), "{lines:?}");
}

#[test]
fn a_tag_with_other_content_stays() {
    let changed = |note: &str| {
        let archive = packed("web", "1.0.0");
        let mut files = read_archive(&archive).expect("an archive");
        files.push(chartwright::engine::chart::ChartFile::new(
            "note".to_owned(),
            note.as_bytes().to_vec(),
        ));
        chartwright::artifact::package::pack(&files, "web").expect("packs")
    };
    let server = filled(Behaviour::default(), &["1.0.0"]);
    let kept = || server.content.lock().expect("not poisoned").manifests["charts/web:1.0.0"].clone();
    let before = kept();
    let error = push_with(&server, None, &changed("a"), Pushing::default()).expect_err("is refused");
    assert!(
        error.is_finding()
            && error
                .to_string()
                .contains("already in the registry, with different content"),
        "{error}"
    );
    let same = Pushing {
        is_same: true,
        ..Pushing::default()
    };
    let outcome = push_with(&server, None, &changed("a"), same)
        .expect("is the same")
        .outcome;
    assert_eq!((outcome, kept() == before), (PushOutcome::AlreadyThere, true));
    let signed = Pushing {
        provenance: Some(b"signed"),
        ..Pushing::default()
    };
    let outcome = push_with(&server, None, &packed("web", "1.0.0"), signed)
        .expect("is signed")
        .outcome;
    assert_eq!((outcome, kept() == before), (PushOutcome::Replaced, false));
    // A signature stays where the package comes without one.
    assert_eq!(
        push(&server, &packed("web", "1.0.0")).outcome,
        PushOutcome::AlreadyThere
    );
    let mut with_provenance = settings();
    with_provenance.with_provenance = true;
    let fetched = RemoteCharts::new(with_provenance).fetch(&server.repository(), "web", "1.0.0");
    assert_eq!(fetched.expect("is fetched").provenance.as_deref(), Some(&b"signed"[..]));
    let forced = Pushing {
        is_forced: true,
        ..Pushing::default()
    };
    assert_eq!(
        push_with(&server, None, &changed("a"), forced)
            .expect("is forced")
            .outcome,
        PushOutcome::Replaced
    );
    // An image under the tag is not a chart.
    let image = br#"{"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}"#;
    server
        .content
        .lock()
        .expect("not poisoned")
        .manifests
        .insert("charts/web:1.0.0".to_owned(), image.to_vec());
    let error = push_with(&server, None, &packed("web", "1.0.0"), Pushing::default()).expect_err("is refused");
    assert!(
        error
            .to_string()
            .contains("(archive that is not one of a chart, not sha256:"),
        "{error}"
    );
    assert!(push_with(&server, None, &packed("web", "1.0.0"), forced).is_ok());
}

#[test]
fn faults_that_pass_do_no_harm() {
    for fault in [
        Fault::Throttles,
        Fault::IsUnavailable,
        Fault::LosesAnswers,
        Fault::CutsBlobs,
    ] {
        let server = filled(
            Behaviour {
                fault,
                ..Behaviour::default()
            },
            &["1.0.0"],
        );
        let fetched = charts(None)
            .fetch(&server.repository(), "web", "1.0.0")
            .expect("is fetched");
        assert_eq!(fetched.archive, packed("web", "1.0.0"), "{fault:?}");
        let puts = server
            .server
            .lines()
            .iter()
            .filter(|line| line.starts_with("PUT") && line.contains("/blobs/"))
            .count();
        assert!(puts <= 3, "{fault:?}: {:?}", server.server.lines());
    }
}

#[test]
fn faults_that_stay_are_reported() {
    for (fault, want) in [
        (
            Fault::ChangesManifests,
            "oci://HOST/charts/web:1.0.0: its manifest does not have its digest",
        ),
        (Fault::ChangesBlobs, "oci://HOST/charts/web:1.0.0: its layer sha256:"),
    ] {
        let good = filled(Behaviour::default(), &["1.0.0"]);
        let server = OciServer::start(Behaviour {
            fault,
            ..Behaviour::default()
        });
        std::mem::swap(
            &mut *good.content.lock().expect("not poisoned"),
            &mut *server.content.lock().expect("not poisoned"),
        );
        let error = charts(None)
            .fetch(&server.repository(), "web", "1.0.0")
            .expect_err("is refused");
        let message = error.message.replace(server.server.host(), "HOST");
        assert!(message.starts_with(want), "{message}");
    }
    let server = OciServer::start(Behaviour {
        fault: Fault::RefusesUploads,
        ..Behaviour::default()
    });
    let error = push_with(&server, Some(me()), &packed("web", "1.0.0"), Pushing::default()).expect_err("is refused");
    assert!(
        error
            .to_string()
            .ends_with("/blobs/uploads/ answers 403 Forbidden: DENIED: read only"),
        "{error}"
    );
    assert_eq!(
        server
            .server
            .lines()
            .iter()
            .filter(|line| line.starts_with("POST"))
            .count(),
        1
    );
}

#[test]
fn blobs_on_another_host_get_no_token() {
    let archive = packed("web", "1.0.0");
    let storage = Server::start(move |_, _| Answer::new(200, archive.clone()));
    let behaviour = Behaviour {
        access: Access::PrivateToken,
        ..Behaviour::default()
    };
    let good = filled(behaviour.clone(), &["1.0.0"]);
    let server = OciServer::start(Behaviour {
        blobs_elsewhere: Some(storage.url.clone()),
        ..behaviour
    });
    std::mem::swap(
        &mut *good.content.lock().expect("not poisoned"),
        &mut *server.content.lock().expect("not poisoned"),
    );
    let fetched = charts(Some(me()))
        .fetch(&server.repository(), "web", "1.0.0")
        .expect("is fetched");
    assert_eq!(fetched.archive, packed("web", "1.0.0"));
    assert_eq!(storage.authorizations(), [""]);
    assert!(!fetched.url.contains("signature"));
}

/// An index may name a chart in a registry, as those of Bitnami do. The user's login for the repository is not one for the registry.
#[test]
fn an_index_may_name_a_registry_which_gets_no_login() {
    let server = filled(
        Behaviour {
            access: Access::PublicToken,
            ..Behaviour::default()
        },
        &["1.0.0"],
    );
    let digest = sha256(&packed("web", "1.0.0"));
    for (listed, is_fine) in [(digest.as_str(), true), (&"0".repeat(64), false)] {
        let text = index(&[("1.0.0", listed, &format!("{}/web:1.0.0", server.repository()))]);
        let repository = Server::start(move |_, _| Answer::new(200, text.clone()));
        let before = server.server.requests().len();
        let mut settings = settings();
        settings.login = Some(me());
        settings.registries = logins(Some(me()));
        let fetched = RemoteCharts::new(settings).fetch(&repository.url, "web", "1.0.0");
        assert_eq!(fetched.is_ok(), is_fine, "{fetched:?}");
        let sent = server.server.authorizations().split_off(before);
        assert!(
            sent.iter().all(|sent| sent.is_empty() || sent == "Bearer public-token"),
            "{sent:?}"
        );
    }
}

#[test]
fn a_user_names_charts_of_registries_by_version_range_tag_or_digest() {
    let server = filled(Behaviour::default(), &["1.0.0", "1.2.0+b", "2.0.0-rc.1"]);
    let digest = push(&server, &packed("web", "1.0.0")).digest;
    let web = format!("{}/web", server.repository());
    let get = |reference: &str, version: Option<&str>, is_devel: bool| -> Result<String, SourceError> {
        let request = ChartRequest {
            reference,
            version,
            is_devel,
            ..ChartRequest::default()
        };
        remote_chart(&charts(None), &request).map(|chart| chart.file_name)
    };
    for (reference, version, is_devel, want) in [
        (web.clone(), None, false, Some("web-1.2.0+b.tgz")),
        (web.clone(), None, true, Some("web-2.0.0-rc.1.tgz")),
        (web.clone(), Some("~1.0"), false, Some("web-1.0.0.tgz")),
        (web.clone(), Some("1.2.0+b"), false, Some("web-1.2.0+b.tgz")),
        (web.clone(), Some("3.x"), false, None),
        (web.clone(), Some("9.9.9"), false, None),
        (format!("{web}:1.0.0"), None, false, Some("web-1.0.0.tgz")),
        (format!("{web}:1.0.0"), Some("1.0.0"), false, Some("web-1.0.0.tgz")),
        (format!("{web}:1.0.0"), Some("1.2.0"), false, None),
        (format!("{web}@{digest}"), None, false, Some("web-1.0.0.tgz")),
        (format!("{web}@sha256:{}", "0".repeat(64)), None, false, None),
    ] {
        let found = get(&reference, version, is_devel);
        assert_eq!(found.as_deref().ok(), want, "{reference} {version:?} {found:?}");
    }
}
