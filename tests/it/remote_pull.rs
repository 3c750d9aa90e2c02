//! `chartwright pull` as a program: what it writes, prints and refuses.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::remote_oci_server::{Access, Behaviour, OciServer};
use super::remote_server::{Answer, Server};
use super::remote_settings::{index, is_archive, packed, sha256};

/// Exit code, standard output and standard error of a run.
fn pull(home: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .arg("pull")
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("PATH", home.join("bin"))
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("writes");
    let output = child.wait_with_output().expect("ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{out}{err}");
    (output.status.code().expect("a code"), out, err)
}

fn repository() -> Server {
    let archive = packed("web", "1.0.0");
    let text = index(&[
        ("1.0.0", &sha256(&archive), "web-1.0.0.tgz"),
        ("1.1.0-rc.1", "", "https://evil.example.com/%2e%2e%2f"),
        ("0.1.0", "", "x%2F..%2F..%2Fevil.tgz"),
    ]);
    Server::start(move |request, _| match request.path() {
        "/index.yaml" => Answer::new(200, text.clone()),
        path if is_archive(path) => Answer::new(200, archive.clone()),
        _ => Answer::new(404, ""),
    })
}

#[test]
fn a_chart_is_saved_or_unpacked() {
    let home = tempfile::tempdir().expect("a directory");
    let server = repository();
    let digest = sha256(&packed("web", "1.0.0"));
    let url = format!("{}/web-1.0.0.tgz", server.url);
    let (code, out, err) = pull(home.path(), &["web", "--repo", &server.url], "");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(out, format!("Pulled {url} to ./web-1.0.0.tgz (sha256:{digest})\n"));
    assert_eq!(
        fs::read(home.path().join("web-1.0.0.tgz")).expect("is saved"),
        packed("web", "1.0.0")
    );
    // It is in Helm's cache now.
    assert!(
        home.path()
            .join(format!(
                ".cache/helm/content/{}/{digest}.chart",
                digest.get(..2).expect("digits")
            ))
            .is_file()
    );
    let (code, out, err) = pull(
        home.path(),
        &[&url, "--untar", "--untardir", "charts", "-o", "json"],
        "",
    );
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("is JSON");
    assert_eq!(
        report,
        serde_json::json!({
            "name": "web", "version": "1.0.0", "digest": digest, "url": url, "outcome": "unpacked",
            "path": "./charts/web", "provenance": false, "dryRun": false,
        })
    );
    let (_, planned, _) = pull(home.path(), &[&url, "--untar", "--dry-run"], "");
    let (code, unpacked, err) = pull(home.path(), &[&url, "--untar"], "");
    assert_eq!(code, 0, "{err}");
    assert_eq!(unpacked, format!("Pulled {url} to ./web (sha256:{digest})\n"));
    assert_eq!(planned.replace("Would pull", "Pulled"), unpacked);
    assert!(home.path().join("charts/web/templates/a.yaml").is_file());
    let (code, _, err) = pull(home.path(), &[&url, "--untar", "--untardir", "charts"], "");
    assert_eq!(code, 3);
    assert!(
        err.contains("charts/web exists already") && err.contains("--untardir"),
        "{err}"
    );
    let (code, out, err) = pull(home.path(), &[&url, "--dry-run", "-d", "/no/such", "--prov"], "");
    assert_eq!((code, out.starts_with("Would pull ")), (0, true), "{out}");
    assert_eq!(err, format!("note: {url} has no provenance file\n"));
}

#[test]
fn an_archive_that_is_another_version_than_its_entry_is_said() {
    let home = tempfile::tempdir().expect("a directory");
    let archive = packed("web", "1.0.0");
    let text = index(&[("2.0.0", &sha256(&archive), "web-2.0.0.tgz")]);
    let server = Server::start(move |request, _| match request.path() {
        "/index.yaml" => Answer::new(200, text.clone()),
        _ => Answer::new(200, archive.clone()),
    });
    let (code, out, err) = pull(home.path(), &["web", "--repo", &server.url], "");
    let want = format!(
        "warning: {}/web-2.0.0.tgz is web 1.0.0, which the repository lists as web 2.0.0\n",
        server.url
    );
    assert_eq!((code, err), (0, want), "{out}");
}

#[test]
fn names_of_files_stay_in_the_destination() {
    let home = tempfile::tempdir().expect("a directory");
    let server = repository();
    let inside = home.path().join("a").join("b");
    fs::create_dir_all(&inside).expect("directories");
    let destination = inside.display().to_string();
    let (code, _, err) = pull(
        home.path(),
        &["web", "--repo", &server.url, "--version", "0.1.0", "-d", &destination],
        "",
    );
    assert_eq!(code, 0, "{err}");
    assert!(inside.join("evil.tgz").is_file());
    assert!(!home.path().join("evil.tgz").exists() && !home.path().join("a/evil.tgz").exists());
}

#[test]
fn charts_are_named_as_for_helm() {
    let home = tempfile::tempdir().expect("a directory");
    let server = repository();
    let config = home.path().join(".config/helm");
    fs::create_dir_all(&config).expect("directories");
    let list = format!(
        "repositories:\n- {{name: shop, url: '{}', username: me, password: hunter2}}\n",
        server.url
    );
    fs::write(config.join("repositories.yaml"), list).expect("writes");
    let (code, out, err) = pull(home.path(), &["shop/web", "--version", "1.x"], "");
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(server.authorizations(), ["Basic bWU6aHVudGVyMg=="; 2]);
    let secret = format!("http://me:hunter2@{}/none?token=hunter2", server.host());
    for (arguments, code, words) in [
        (&["none/web"][..], 3, "there is no repository `none` in "),
        (&["web"], 2, "`web` does not name a chart of a repository"),
        (
            &["web"],
            2,
            "help: write repo/name, oci://host/path/name, https://host/name-1.0.0.tgz, or the name with --repo URL",
        ),
        (&["shop/none"], 3, "does not have a chart `none`"),
        (
            &["shop/web", "--version", "9.x"],
            3,
            "no version of the chart `web` fits `9.x`; it has 1.1.0-rc.1,",
        ),
        (
            &["shop/web", "--username", "me"],
            2,
            "--username needs --password-stdin or --password",
        ),
        (&["shop/web", "--password-stdin"], 2, "--username"),
        (
            &["oci://h/Web"],
            2,
            "`oci://h/Web` is not the address of a chart in a registry",
        ),
        (&[&secret], 3, "/none answers 404 Not Found"),
    ] {
        let (found, out, err) = pull(home.path(), arguments, "");
        assert_eq!(found, code, "{arguments:?}: {out}{err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
}

#[test]
fn a_registry_is_asked_with_the_password_from_standard_input() {
    let home = tempfile::tempdir().expect("a directory");
    let server = OciServer::start(Behaviour {
        access: Access::PrivateToken,
        ..Behaviour::default()
    });
    let web = format!("{}/web", server.repository());
    let refused = pull(home.path(), &[&web, "--plain-http"], "");
    assert_eq!(refused.0, 3, "{refused:?}");
    assert!(refused.2.contains("docker login"), "{}", refused.2);
    let missing = pull(
        home.path(),
        &[&web, "--plain-http", "--username", "me", "--password-stdin"],
        "hunter2\n",
    );
    assert_eq!(missing.0, 3, "{missing:?}");
    assert!(
        missing.2.contains("answers 404 Not Found") || missing.2.contains("has no tag that is a version"),
        "{}",
        missing.2
    );
}

/// Not the registry's own words about manifests and names, but what there is.
#[test]
fn what_a_registry_does_not_have_is_said_in_plain_words() {
    let home = tempfile::tempdir().expect("a directory");
    let server = OciServer::start(Behaviour::default());
    for minor in 0..7 {
        let version = format!("1.{minor}.0");
        server.insert("charts/web", &version, &packed("web", &version));
    }
    server.insert("charts/other", "stable", &packed("other", "1.0.0"));
    let at = server.repository();
    let (web, none, other) = (format!("{at}/web"), format!("{at}/none"), format!("{at}/other"));
    let digest = format!("{web}@sha256:{}", "0".repeat(64));
    let versions = "it has 1.6.0, 1.5.0, 1.4.0, 1.3.0, 1.2.0 and 2 older";
    for (arguments, words) in [
        (
            vec![web.as_str(), "--version", "9.9.9"],
            format!(
                "Error: the chart {web} does not have version 9.9.9; {versions}\n  help: name one of these versions"
            ),
        ),
        (
            vec![&web, "--version", "^9"],
            format!("Error: no version of the chart `web` fits `^9`; {versions}\n  help: name one of these versions"),
        ),
        (
            vec![&none],
            format!("Error: the registry does not have the chart {none}\n  help: check the address"),
        ),
        (
            vec![&none, "--version", "1.0.0"],
            format!("Error: the registry does not have the chart {none}\n  help: check the address"),
        ),
        (
            vec!["none", "--repo", &at],
            format!("Error: the registry does not have the chart {none}\n  help: check the address"),
        ),
        (
            vec![&other, "--version", "1.0.0"],
            format!("Error: {other}:1.0.0 does not exist, and {other} has no tag that is a version\n  help: check"),
        ),
        (
            vec![&digest],
            format!("Error: {web} does not have the manifest sha256:{}", "0".repeat(64)),
        ),
    ] {
        let (code, out, err) = pull(home.path(), &[arguments.as_slice(), &["--plain-http"]].concat(), "");
        assert_eq!(code, 3, "{arguments:?}: {out}{err}");
        assert!(err.starts_with(&words), "{arguments:?}: {err}");
        // The port of the server can have these digits too.
        let err = err.replace(&at, "");
        assert!(!err.contains("404") && !err.contains("UNKNOWN"), "{arguments:?}: {err}");
    }
}

/// A helper is a program on the PATH: it reads the server from standard input, and its secrets are not shown.
#[cfg(unix)]
#[test]
fn a_credential_helper_gives_the_login() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(&path, text).expect("writes");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    };
    let server = OciServer::start(Behaviour {
        access: Access::PrivateToken,
        ..Behaviour::default()
    });
    let tags = || {
        server
            .server
            .lines()
            .iter()
            .filter(|line| line.contains("/tags/list"))
            .count()
    };
    write(".docker/config.json", "{\"credsStore\": \"test\"}");
    let answer = "[ \"$#\" = 1 ] && [ \"$1\" = get ] || exit 9\nread -r server\n[ -n \"$server\" ] || exit 9\necho '{\"Username\": \"me\", \"Secret\": \"hunter2\"}'\n";
    for (script, notes) in [
        (answer, None),
        (
            "echo hunter2; echo hunter2 >&2; exit 1\n",
            Some("the credential helper docker-credential-test failed; read without credentials"),
        ),
        (
            "echo hunter2\n",
            Some("the credential helper docker-credential-test does not print JSON"),
        ),
        ("echo credentials not found in native keychain; exit 1\n", None),
    ] {
        write("bin/docker-credential-test", &format!("#!/bin/sh\n{script}"));
        let before = tags();
        let (code, _, err) = pull(
            home.path(),
            &[&format!("{}/web", server.repository()), "--plain-http"],
            "",
        );
        assert_eq!(code, 3, "{err}");
        assert_eq!(err.contains("answers 401"), script != answer, "{err}");
        match notes {
            Some(words) => assert!(err.contains(words), "{err}"),
            None => assert!(!err.contains("note:"), "{err}"),
        }
        assert!(tags() > before);
    }
}
