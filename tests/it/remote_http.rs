//! Charts of repositories over HTTP: addresses, digests, credentials, faults, and hostile repositories.

use std::fs;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use chartwright::artifact::credential::{Login, RepositoriesFile};
use chartwright::artifact::remote::{ChartSource, FetchedChart, RemoteCharts, RemoteLimits, SourceError};
use chartwright::artifact::repository::store::S3Settings;

use super::remote_server::{Answer, Request, Server};
use super::remote_settings::{BASIC, index, is_archive, packed, settings, sha256};
use super::s3_server::{Behaviour as S3Behaviour, S3Server};

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("writes");
    encoder.finish().expect("ends")
}

/// A repository below `/charts` with one version of `web`, whose address is the given one.
fn repository(address: &str) -> Server {
    let archive = packed("web", "1.0.0");
    let index = index(&[("1.0.0", &sha256(&archive), address)]);
    Server::start(move |request, _| match request.path() {
        "/charts/index.yaml" => Answer::new(200, index.clone()),
        "/charts/web-1.0.0.tgz" => Answer::new(200, archive.clone()),
        _ => Answer::new(404, "no"),
    })
}

fn fetch(charts: &RemoteCharts, server: &Server) -> Result<FetchedChart, SourceError> {
    charts.fetch(&format!("{}/charts", server.url), "web", "1.0.0")
}

/// The message of a fetch that fails, without secrets.
fn refusal(charts: &RemoteCharts, server: &Server) -> String {
    let error = fetch(charts, server).expect_err("is refused");
    let shown = format!("{error} {error:?} {charts:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("bWU6"), "{shown}");
    error.message.replace(server.host(), "HOST")
}

#[test]
fn an_index_is_fetched_once_for_all_threads() {
    let server = repository("web-1.0.0.tgz");
    let charts = RemoteCharts::new(settings());
    std::thread::scope(|scope| {
        for url in ["charts", "charts/", "charts", "charts/"] {
            let (charts, server) = (&charts, &server);
            scope.spawn(move || {
                let repository = format!("{}/{url}", server.url);
                let listed = charts.versions(&repository, "web").expect("has versions");
                assert_eq!(listed[0].urls, [format!("{}/charts/web-1.0.0.tgz", server.url)]);
                let missing = charts.versions(&repository, "other").expect_err("is missing");
                assert!(missing.is_missing && missing.message.ends_with("does not have a chart `other`"));
            });
        }
    });
    assert_eq!(server.lines(), ["GET /charts/index.yaml"]);
    let fetched = fetch(&charts, &server).expect("is fetched");
    assert_eq!(fetched.archive, packed("web", "1.0.0"));
    assert_eq!(fetched.url, format!("{}/charts/web-1.0.0.tgz", server.url));
    let missing = charts
        .fetch(&format!("{}/charts", server.url), "web", "2.0.0")
        .expect_err("is missing");
    assert!(missing.is_missing, "{missing}");
}

/// One thread runs the requests of all: none of them waits for the answer to another.
#[test]
fn archives_are_fetched_at_the_same_time() {
    const AT_ONCE: usize = 4;
    let archive = packed("web", "1.0.0");
    let names: Vec<String> = (0..AT_ONCE).map(|number| format!("1.{number}.0")).collect();
    let mut text = "apiVersion: v1\nentries:\n  web:\n".to_owned();
    for name in &names {
        text.push_str(&format!("  - {{name: web, version: {name}, urls: [web-{name}.tgz]}}\n"));
    }
    let arrived = (Mutex::new(0), Condvar::new());
    let server = Server::start(move |request, _| {
        if !is_archive(request.path()) {
            return Answer::new(200, text.clone());
        }
        // Each is answered when all have arrived.
        let mut count = arrived.0.lock().expect("not poisoned");
        *count += 1;
        arrived.1.notify_all();
        let wait = arrived
            .1
            .wait_timeout_while(count, Duration::from_secs(20), |count| *count < AT_ONCE);
        if wait.expect("not poisoned").1.timed_out() {
            return Answer::new(400, "alone");
        }
        Answer::new(200, archive.clone())
    });
    // Shared as commands share it.
    let charts: Box<dyn ChartSource> = Box::new(Arc::new(RemoteCharts::new(settings())));
    std::thread::scope(|scope| {
        for name in &names {
            let (charts, server) = (&charts, &server);
            scope.spawn(move || charts.fetch(&server.url, "web", name).expect("is fetched"));
        }
    });
}

#[test]
fn an_index_may_be_compressed_and_an_archive_is_kept_as_it_is() {
    let archive = packed("web", "1.0.0");
    let text = index(&[("1.0.0", &sha256(&archive), "web-1.0.0.tgz")]);
    let server = Server::start(move |request, _| {
        let answer = match request.path() {
            "/charts/index.yaml" if request.header("accept-encoding") == Some("gzip") => {
                Answer::new(200, gzipped(text.as_bytes()))
            }
            "/charts/web-1.0.0.tgz" => Answer::new(200, archive.clone()),
            _ => Answer::new(404, ""),
        };
        // Some servers say so of archives too, which are not compressed twice.
        answer.with("Content-Encoding", "gzip")
    });
    let fetched = fetch(&RemoteCharts::new(settings()), &server).expect("is fetched");
    assert_eq!(fetched.archive, packed("web", "1.0.0"));
}

/// As Artifactory keeps it, and as a proxy may hand it on.
#[test]
fn archives_of_the_same_repository_may_be_named_as_artifactory_names_them() {
    for (reference, path) in [
        ("local://web-1.0.0.tgz", "/charts/web-1.0.0.tgz"),
        ("local://team/web-1.0.0.tgz", "/charts/team/web-1.0.0.tgz"),
    ] {
        let archive = packed("web", "1.0.0");
        let text = index(&[("1.0.0", &sha256(&archive), reference)]);
        let server = Server::start(move |request, _| match request.path() {
            "/charts/index.yaml" => Answer::new(200, text.clone()),
            own if own == path => Answer::new(200, archive.clone()),
            _ => Answer::new(404, "no"),
        });
        let mut settings = settings();
        settings.login = Some(Login::new("me", "hunter2"));
        let fetched = fetch(&RemoteCharts::new(settings), &server).expect("is fetched");
        assert_eq!(fetched.url, format!("{}{path}", server.url));
        assert_eq!(server.authorizations(), [BASIC; 2]);
    }
}

#[test]
fn credentials_reach_their_own_host_only() {
    let other = repository("unused");
    for (passes, want) in [(false, ""), (true, BASIC)] {
        let server = repository(&format!("{}/charts/web-1.0.0.tgz", other.url));
        let mut settings = settings();
        settings.login = Some(Login::new("me", "hunter2"));
        settings.passes_credentials = passes;
        let charts = RemoteCharts::new(settings);
        fetch(&charts, &server).expect("is fetched");
        assert_eq!(server.authorizations(), [BASIC]);
        assert_eq!(
            other.authorizations().last().map(String::as_str),
            Some(want),
            "{passes}"
        );
    }
}

#[test]
fn credentials_come_from_helms_list_or_the_address() {
    let server = repository("web-1.0.0.tgz");
    let directory = tempfile::tempdir().expect("a directory");
    let list = directory.path().join("repositories.yaml");
    let text = format!(
        "repositories:\n- {{name: shop, url: '{}/charts/', username: me, password: hunter2}}\n",
        server.url
    );
    fs::write(&list, text).expect("writes");
    let mut with_list = settings();
    with_list.repositories = RepositoriesFile::read(&list).expect("is read");
    let charts = RemoteCharts::new(with_list);
    assert_eq!(
        charts.resolve_alias("@shop").expect("is known"),
        format!("{}/charts/", server.url)
    );
    assert_eq!(charts.address_of("shop"), Some(format!("{}/charts/", server.url)));
    assert_eq!(charts.address_of("none"), None);
    let hint = charts.resolve_alias("@none").expect_err("is not").hint;
    assert_eq!(hint.as_deref(), Some("add it with `helm repo add NAME URL`"));
    fetch(&charts, &server).expect("is fetched");
    charts
        .fetch_address(&format!("{}/charts/web-1.0.0.tgz", server.url))
        .expect("is fetched");
    let with_user = format!("http://me:hunter2@{}/charts", server.host());
    let charts = RemoteCharts::new(settings());
    let fetched = charts.fetch(&with_user, "web", "1.0.0").expect("is fetched");
    assert!(!format!("{fetched:?}").contains("hunter2"));
    assert_eq!(server.authorizations(), [BASIC; 5]);
}

#[test]
fn expired_credentials_do_not_hide_what_is_public() {
    let archive = packed("web", "1.0.0");
    let text = index(&[("1.0.0", &sha256(&archive), "web-1.0.0.tgz")]);
    let server = Server::start(move |request, _| match request.path() {
        _ if request.header("authorization").is_some() => Answer::new(401, "expired"),
        "/charts/index.yaml" => Answer::new(200, text.clone()),
        _ => Answer::new(200, archive.clone()),
    });
    let mut settings = settings();
    settings.login = Some(Login::new("me", "hunter2"));
    let charts = RemoteCharts::new(settings);
    fetch(&charts, &server).expect("is fetched");
    assert_eq!(
        charts.take_notes(),
        ["127.0.0.1 refuses the credentials (401), which may have expired, and was read without them"]
    );
    assert!(charts.take_notes().is_empty());
}

#[test]
fn faults_that_pass_are_waited_for() {
    let archive = packed("web", "1.0.0");
    let text = index(&[("1.0.0", &sha256(&archive), "web-1.0.0.tgz")]);
    let server = Server::start(move |request, before| match (request.path(), before) {
        ("/charts/index.yaml", 0) => Answer::new(503, ""),
        ("/charts/index.yaml", 1) => Answer::new(429, "").with("Retry-After", "2"),
        ("/charts/index.yaml", _) => Answer::new(200, text.clone()),
        (_, 0) => Answer::new(200, archive.clone()).cut_after(100),
        _ => Answer::new(200, archive.clone()),
    });
    let fetched = fetch(&RemoteCharts::new(settings()), &server).expect("is fetched");
    assert_eq!(fetched.archive, packed("web", "1.0.0"));
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn faults_that_stay_are_reported() {
    for (answer, want, requests) in [
        (
            Answer::new(404, ""),
            "http://HOST/charts is not a chart repository, or cannot be read: http://HOST/charts/index.yaml answers 404 Not Found",
            1,
        ),
        (
            Answer::new(403, "hunter2"),
            "http://HOST/charts is not a chart repository, or cannot be read: http://HOST/charts/index.yaml answers 403 Forbidden",
            1,
        ),
        (
            Answer::new(500, ""),
            "http://HOST/charts is not a chart repository, or cannot be read: http://HOST/charts/index.yaml answers 500 Internal Server Error (4 attempts)",
            4,
        ),
        (
            Answer::new(200, "<html>Sign in"),
            "http://HOST/charts is not a chart repository: index.yaml is broken: it is not a mapping",
            1,
        ),
    ] {
        let server = Server::start(move |_, _| answer.clone());
        let message = refusal(&RemoteCharts::new(settings()), &server);
        assert!(message.starts_with(want), "{message}");
        assert_eq!(server.requests().len(), requests, "{message}");
    }
}

#[test]
fn archives_are_kept_by_their_digest_and_never_trusted() {
    let server = repository("web-1.0.0.tgz");
    let directory = tempfile::tempdir().expect("a directory");
    let mut settings = settings();
    settings.cache = Some(directory.path().to_owned());
    let digest = sha256(&packed("web", "1.0.0"));
    let kept = directory
        .path()
        .join(digest.get(..2).expect("digits"))
        .join(format!("{digest}.chart"));
    for (change, downloads) in [(None, 1), (None, 1), (Some("changed"), 2), (None, 2)] {
        if let Some(text) = change {
            fs::write(&kept, text).expect("writes");
        }
        let fetched = fetch(&RemoteCharts::new(settings.clone()), &server).expect("is fetched");
        assert_eq!(fetched.archive, packed("web", "1.0.0"));
        let lines = server.lines();
        let archives = lines.iter().filter(|line| is_archive(line)).count();
        assert_eq!(archives, downloads);
    }
}

#[test]
fn provenance_files_are_fetched_where_they_exist() {
    let archive = packed("web", "1.0.0");
    let text = index(&[
        ("1.0.0", &sha256(&archive), "web-1.0.0.tgz"),
        ("0.9.0", &sha256(&archive), "web-0.9.0.tgz"),
    ]);
    let server = Server::start(move |request, _| match request.path() {
        "/index.yaml" => Answer::new(200, text.clone()),
        "/web-1.0.0.tgz.prov" => Answer::new(200, "signed"),
        path if is_archive(path) => Answer::new(200, archive.clone()),
        _ => Answer::new(404, ""),
    });
    let mut settings = settings();
    settings.with_provenance = true;
    let charts = RemoteCharts::new(settings);
    for (version, want) in [("1.0.0", Some(b"signed".to_vec())), ("0.9.0", None)] {
        let fetched = charts
            .fetch(&format!("{}?token=t", server.url), "web", version)
            .expect("is fetched");
        assert_eq!(fetched.provenance, want, "{version}");
        assert!(!fetched.url.contains("token"), "{}", fetched.url);
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.target.ends_with("?token=t"))
    );
}

/// What an index must not have us do, and what is said of it.
#[test]
fn a_hostile_index_is_refused() {
    let good = sha256(&packed("web", "1.0.0"));
    let wrong = "0".repeat(64);
    for (digest, address, want) in [
        (
            wrong.as_str(),
            "web-1.0.0.tgz",
            format!(
                "http://HOST/charts/web-1.0.0.tgz has the SHA-256 digest {good}, but the repository lists {wrong}: "
            ),
        ),
        (
            "sha256:../../x",
            "web-1.0.0.tgz",
            "http://HOST/charts lists web 1.0.0 with the digest `../../x`, which is not a SHA-256 digest".to_owned(),
        ),
        (
            &good,
            "file:///etc/passwd",
            "the index of http://HOST/charts names the archive file:///etc/passwd, which is not below the repository"
                .to_owned(),
        ),
        (
            &good,
            "s3://bucket/web-1.0.0.tgz?token=hunter2",
            "the index of http://HOST/charts names the archive s3://bucket/web-1.0.0.tgz, which is not below"
                .to_owned(),
        ),
        (
            &good,
            "../../../etc/passwd",
            "the archive cannot be fetched: http://HOST/etc/passwd answers 404 Not Found".to_owned(),
        ),
    ] {
        let archive = packed("web", "1.0.0");
        let text = index(&[("1.0.0", digest, address)]);
        let server = Server::start(move |request, _| match request.path() {
            "/charts/index.yaml" => Answer::new(200, text.clone()),
            "/charts/web-1.0.0.tgz" => Answer::new(200, archive.clone()),
            _ => Answer::new(404, ""),
        });
        let message = refusal(&RemoteCharts::new(settings()), &server);
        assert!(message.starts_with(&want), "{message}");
    }
}

#[test]
fn a_page_in_the_place_of_an_archive_is_refused_and_not_kept() {
    let text = index(&[("1.0.0", "", "web-1.0.0.tgz")]);
    let server = Server::start(move |request, _| match request.path() {
        "/charts/index.yaml" => Answer::new(200, text.clone()),
        _ => Answer::new(200, "<html>Sign in</html>"),
    });
    let directory = tempfile::tempdir().expect("a directory");
    let mut settings = settings();
    settings.cache = Some(directory.path().to_owned());
    let message = refusal(&RemoteCharts::new(settings), &server);
    let want = "http://HOST/charts/web-1.0.0.tgz is not a chart's archive: it does not begin as gzip does";
    assert_eq!(message, want);
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
}

#[test]
fn answers_without_an_end_are_refused() {
    let limits = RemoteLimits {
        index: 1 << 20,
        archive: 1 << 16,
    };
    let bomb = Arc::new(gzipped(&vec![b' '; 4 << 20]));
    let announced = || Answer::new(200, "").with("Content-Length", "9999999999");
    let archive = index(&[("1.0.0", "", "web-1.0.0.tgz")]);
    for (fault, want) in [
        (
            "announced",
            "http://HOST/charts/index.yaml is larger than 1048576 bytes",
        ),
        ("bomb", "http://HOST/charts/index.yaml is larger than 1048576 bytes"),
        ("long", "http://HOST/charts/index.yaml is larger than 1048576 bytes"),
        ("archive", "http://HOST/charts/web-1.0.0.tgz is larger than 65536 bytes"),
    ] {
        let (bomb, archive) = (Arc::clone(&bomb), archive.clone());
        let server = Server::start(move |request, _| match fault {
            "announced" => announced(),
            "bomb" => Answer::new(200, bomb.to_vec()).with("Content-Encoding", "gzip"),
            "long" => Answer::new(200, vec![b'#'; (1 << 20) + 1]),
            _ if is_archive(request.path()) => Answer::new(200, vec![0; (1 << 16) + 1]),
            _ => Answer::new(200, archive.clone()),
        });
        let mut settings = settings();
        settings.limits = limits;
        assert_eq!(refusal(&RemoteCharts::new(settings), &server), want, "{fault}");
        assert!(server.requests().len() <= 2, "{fault} is not asked for again");
    }
}

#[test]
fn redirects_get_no_credentials_and_leave_http_nowhere() {
    let archive = packed("web", "1.0.0");
    let listed = index(&[("1.0.0", &sha256(&archive), "web-1.0.0.tgz")]);
    // The other host has the archive, or asks for credentials.
    let other = Server::start(move |request, _| match request.path() {
        "/asks" => Answer::new(401, "").with("WWW-Authenticate", "Basic realm=\"give me\""),
        _ => Answer::new(200, archive.clone()),
    });
    let elsewhere = other.url.clone();
    let start = move |target: &str| {
        let (listed, target) = (listed.clone(), target.replace("OTHER", &elsewhere));
        Server::start(move |request: &Request, _| match request.path() {
            "/charts/index.yaml" => Answer::new(200, listed.clone()),
            "/charts/web-1.0.0.tgz" => Answer::new(302, "").with("Location", &target),
            _ => Answer::new(404, ""),
        })
    };
    let charts = || {
        let mut settings = settings();
        settings.login = Some(Login::new("me", "hunter2"));
        RemoteCharts::new(settings)
    };
    fetch(&charts(), &start("OTHER/archive")).expect("is fetched");
    for (target, want) in [
        (
            "file:///etc/passwd",
            "http://HOST/charts/web-1.0.0.tgz redirects to file:///etc/passwd, which is not an address of http or https",
        ),
        (
            "ftp://me:hunter2@h/x",
            "http://HOST/charts/web-1.0.0.tgz redirects to ftp://h/x, which is not an address of http or https",
        ),
        (
            "web-1.0.0.tgz",
            "http://HOST/charts/web-1.0.0.tgz redirects to http://HOST/charts/web-1.0.0.tgz, and that after ten redirects",
        ),
        (
            "OTHER/asks",
            "the archive cannot be fetched: OTHER/asks answers 401 Unauthorized",
        ),
    ] {
        let message = refusal(&charts(), &start(target)).replace(&other.url, "OTHER");
        assert_eq!(message, want);
    }
    assert!(
        other.authorizations().iter().all(String::is_empty),
        "{:?}",
        other.authorizations()
    );
}

#[test]
fn directories_are_repositories_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let archive = packed("web", "1.0.0");
    let write = |address: &str| {
        let text = index(&[("1.0.0", &sha256(&archive), address)]);
        fs::write(directory.path().join("index.yaml"), text).expect("writes");
    };
    fs::write(directory.path().join("web-1.0.0.tgz"), &archive).expect("writes");
    let repository = format!("file://{}", directory.path().display());
    let fetch = || RemoteCharts::new(settings()).fetch(&repository, "web", "1.0.0");
    write("web-1.0.0.tgz");
    assert_eq!(fetch().expect("is fetched").archive, archive);
    for address in ["../web-1.0.0.tgz", "file:///etc/passwd", "/etc/passwd"] {
        write(address);
        let error = fetch().expect_err("is refused");
        assert!(error.message.contains("is not below the repository"), "{error}");
    }
    let missing = RemoteCharts::new(settings()).versions("file:///no/such/directory", "web");
    assert!(missing.expect_err("is missing").is_missing);
}

#[test]
fn buckets_are_repositories_too() {
    let server = S3Server::start(S3Behaviour::Honest);
    let archive = packed("web", "1.0.0+b");
    let mut settings = settings();
    let endpoint = server.endpoint.clone();
    settings.stores.s3 = S3Settings::from_variables(&|name| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_ACCESS_KEY_ID" => Some("key".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("hunter2".to_owned()),
        _ => None,
    });
    server.insert("bucket/charts/web-1.0.0+b.tgz", &archive);
    // As helm-s3 writes addresses, and as Helm does.
    for (address, is_fine) in [
        ("s3://bucket/charts/web-1.0.0%2Bb.tgz", true),
        ("web-1.0.0+b.tgz", true),
        ("s3://other/charts/web-1.0.0+b.tgz", false),
    ] {
        let text = index(&[("1.0.0+b", &sha256(&archive), address)]);
        server.insert("bucket/charts/index.yaml", text.as_bytes());
        let fetched = RemoteCharts::new(settings.clone()).fetch("s3://bucket/charts", "web", "1.0.0+b");
        assert_eq!(
            fetched.map(|fetched| fetched.archive == archive).ok(),
            is_fine.then_some(true),
            "{address}"
        );
    }
}
