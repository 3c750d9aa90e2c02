//! What `package`, `verify`, `push` and `pull` print for programs, and which flags and repositories they refuse.

use serde_json::{Value as Json, json};

use super::upload_server::{Behaviour, Like, UploadServer};
use super::workspace::{self, Run, Workspace};

pub(crate) const SECRET_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/plain.secret.gpg");
pub(crate) const PUBLIC_KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/public.kbx");

/// Runs the program with a home of its own.
fn run(workspace: &Workspace, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let home = workspace.path("home").display().to_string();
    let mut all = vec![("HOME", home.as_str())];
    all.extend(variables);
    workspace::run(&workspace.path("."), arguments, &all)
}

fn json_of(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.all()))
}

#[test]
fn packages_and_signatures_are_printed_as_json() {
    let workspace = Workspace::chart(&[]);
    let signed = ["--sign", "--key", "Plain", "--keyring", SECRET_KEY];
    let arguments = [
        &["package", "web", "-d", "dist", "-o", "json", "--dry-run"][..],
        &signed,
    ]
    .concat();
    let planned = run(&workspace, &arguments, &[]);
    assert_eq!(planned.code, 0, "{}", planned.all());
    assert!(!workspace.path("dist").exists(), "a plan creates no directory");
    let text = run(&workspace, &["package", "web", "--dry-run"], &[]);
    assert!(text.stdout.starts_with("Would package chart"), "{}", text.all());
    assert!(!workspace.path("web-0.1.0.tgz").exists());

    let arguments = [&["package", "web", "-d", "dist", "-o", "json"][..], &signed].concat();
    let done = run(&workspace, &arguments, &[]);
    let (mut planned, done) = (json_of(&planned), json_of(&done));
    assert_eq!(planned["dryRun"], true);
    planned["dryRun"] = json!(false);
    assert_eq!(planned, done);
    let chart = &done["charts"][0];
    let file = chart["file"].as_str().expect("a path");
    assert_eq!((&chart["name"], &chart["version"]), (&json!("web"), &json!("0.1.0")));
    assert_eq!(chart["provenance"], format!("{file}.prov"));
    assert!(workspace.path("dist/web-0.1.0.tgz.prov").is_file());

    let verified = run(
        &workspace,
        &["verify", file, "--keyring", PUBLIC_KEYS, "-o", "json"],
        &[],
    );
    assert_eq!(verified.code, 0, "{}", verified.all());
    let verified = json_of(&verified);
    assert_eq!(verified["digest"], chart["digest"]);
    assert_eq!(
        (&verified["name"], &verified["version"]),
        (&json!("web"), &json!("0.1.0"))
    );
    assert_eq!(verified["signedBy"], json!(["Plain Tester <plain@example.com>"]));
    assert_eq!(verified["fingerprint"].as_str().map(str::len), Some(40));

    let unsigned = json_of(&run(&workspace, &["package", "web", "-o", "json"], &[]));
    assert_eq!(unsigned["charts"][0]["provenance"], Json::Null);
    assert_eq!(unsigned["charts"][0]["digest"], chart["digest"]);
}

#[test]
fn a_login_that_no_repository_can_use_is_wrong_usage() {
    let workspace = Workspace::chart(&[]);
    assert_eq!(run(&workspace, &["package", "web"], &[]).code, 0);
    let login = ["--username", "me", "--password", "hunter2"];
    for (arguments, words) in [
        (
            &["push", "web-0.1.0.tgz", "file://charts"][..],
            "a directory needs no login",
        ),
        (&["push", "web-0.1.0.tgz", "s3://bucket/charts"], "AWS_ACCESS_KEY_ID"),
        (&["push", "web-0.1.0.tgz", "gs://bucket/charts"], "gcloud"),
        (&["pull", "web", "--repo", "s3://bucket/charts"], "AWS_ACCESS_KEY_ID"),
        (
            &["pull", "web", "--repo", "file://charts"],
            "a directory needs no login",
        ),
        (&["template", "web", "--repo", "gs://bucket/charts"], "gcloud"),
        (&["repo", "list", "s3://bucket/charts"], "AWS_ACCESS_KEY_ID"),
    ] {
        let refused = run(&workspace, &[arguments, &login].concat(), &[]);
        assert_eq!(refused.code, 2, "{arguments:?}: {}", refused.all());
        let is_named = refused.stderr.contains("--username and --password are not used for ");
        assert!(
            is_named && refused.stderr.contains(words),
            "{arguments:?}: {}",
            refused.all()
        );
        assert!(!refused.all().contains("hunter2"), "{arguments:?}");
    }
    assert!(!workspace.path("charts").exists());
    // Settings that a kind of repository does not need are ignored, if they could be used.
    let settings = [
        "--plain-http",
        "--ca-file",
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/self_signed.pem"),
        "--api",
        "nexus",
        "--cache-dir",
        "cache",
    ];
    let pushed = run(
        &workspace,
        &[&["push", "web-0.1.0.tgz", "file://charts"][..], &settings].concat(),
        &[],
    );
    assert_eq!(pushed.code, 0, "{}", pushed.all());
}

#[test]
fn each_command_says_how_it_has_a_server_named() {
    let server = UploadServer::start(Behaviour {
        like: Like::Nothing,
        ..Behaviour::default()
    });
    let address = server.repository();
    let workspace = Workspace::chart(&[]);
    assert_eq!(run(&workspace, &["package", "web", "-d", "dist"], &[]).code, 0);
    assert_eq!(
        run(&workspace, &["push", "dist/web-0.1.0.tgz", "file://source"], &[]).code,
        0
    );
    for (arguments, words, has_flag) in [
        (
            &["push", "dist/web-0.1.0.tgz", &address][..],
            "name the server with --api, or with `api`",
            true,
        ),
        (
            &["ci", ".", "--repository", &address],
            "`repositories` in chartwright.yaml",
            false,
        ),
        (
            &["repo", "copy", "file://source", &address, "web", "0.1.0"],
            "`chartwright push --api` uploads",
            true,
        ),
    ] {
        let refused = run(&workspace, arguments, &[]);
        assert_eq!(refused.code, 2, "{arguments:?}: {}", refused.all());
        assert!(refused.stderr.contains(words), "{arguments:?}: {}", refused.all());
        assert_eq!(
            refused.stderr.contains("--api"),
            has_flag,
            "{arguments:?}: {}",
            refused.all()
        );
    }
    assert!(server.names().is_empty());
}

#[test]
fn a_comparison_reads_any_server_with_the_logins_of_pull() {
    let workspace = Workspace::chart(&[]);
    let server = UploadServer::start(Behaviour {
        like: Like::Nothing,
        is_private: true,
        ..Behaviour::default()
    });
    let with_login = server.repository().replace("http://", "http://me:hunter2@");
    let archive = || {
        assert_eq!(run(&workspace, &["package", "web"], &[]).code, 0);
        std::fs::read(workspace.path("web-0.1.0.tgz")).expect("an archive")
    };
    let keep = |name: &str, archive: Vec<u8>| {
        let mut content = server.content.lock().expect("not poisoned");
        content.files.insert(name.to_owned(), archive);
    };
    let check = |address: &str, variables: &[(&str, &str)]| {
        let run = run(&workspace, &["package", "web", "--check", address], variables);
        assert!(!run.all().contains("hunter2"), "{}", run.all());
        run
    };
    let ours = archive();
    let found = |code: i32, words: &str| {
        let run = check(&with_login, &[]);
        assert_eq!(run.code, code, "{}", run.all());
        assert!(run.stdout.contains(words), "{}", run.all());
    };
    found(3, "web 0.1.0 is not in ");
    keep("web-0.2.0.tgz", ours.clone());
    found(3, "web 0.1.0 is not in ");
    keep("web-0.1.0.tgz", ours);
    found(0, "web 0.1.0 is what ");
    let json = run(
        &workspace,
        &["package", "web", "--check", &with_login, "-o", "json"],
        &[],
    );
    assert_eq!(json_of(&json)["charts"][0]["outcome"], "same");
    workspace.write("web/values.yaml", "changed: true\n");
    found(1, "web 0.1.0 differs from what ");
    // Logins for uploads are not sent.
    let uploads = [("HELM_REPO_USERNAME", "me"), ("HELM_REPO_PASSWORD", "hunter2")];
    let refused = check(&server.repository(), &uploads);
    assert_eq!(refused.code, 3, "{}", refused.all());
    assert!(refused.stderr.contains("helm repo add"), "{}", refused.all());
    assert!(server.uploads().is_empty());
}

#[test]
fn wrong_arguments_are_reported_with_what_to_do() {
    let workspace = Workspace::chart(&[]);
    assert_eq!(run(&workspace, &["package", "web"], &[]).code, 0);
    for (arguments, code, words) in [
        (&["push", "web-0.1.0.tgz", "charts"][..], 2, "a registry is oci://"),
        (&["push", "web-0.1.0.tgz", "ftp://h/x"], 2, "a registry is oci://"),
        (&["push", "web", "file://charts"], 3, "package the chart first"),
        (&["package", "nowhere"], 3, "Error: cannot read nowhere: "),
        (&["verify", "web-0.1.0.tgz"], 3, "`chartwright package --sign`"),
    ] {
        let refused = run(&workspace, arguments, &[]);
        assert_eq!(refused.code, code, "{arguments:?}: {}", refused.all());
        assert!(refused.stderr.contains(words), "{arguments:?}: {}", refused.all());
    }
}

/// A wrong port is reported within a second or two, and not after the eight attempts that a busy server gets.
#[test]
fn an_address_where_nothing_listens_is_reported_soon() {
    let workspace = Workspace::chart(&[]);
    let made = run(&workspace, &["package", "web"], &[]);
    assert_eq!(made.code, 0, "{}", made.all());
    let stores = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("STORAGE_EMULATOR_HOST", "127.0.0.1:1"),
    ];
    for (address, advice) in [
        ("oci://127.0.0.1:1/charts", "check the host and the port"),
        ("https://127.0.0.1:1/charts", "check the address"),
        ("s3://bucket/charts", "check AWS_ENDPOINT_URL"),
        ("gs://bucket/charts", "STORAGE_EMULATOR_HOST"),
    ] {
        let pushed = run(&workspace, &["push", "web-0.1.0.tgz", address], &stores);
        assert_eq!(pushed.code, 3, "{}", pushed.all());
        for words in ["the connection is refused", "(3 attempts)", advice] {
            assert!(pushed.stderr.contains(words), "{words}: {}", pushed.all());
        }
    }
}

/// A pipe would be waited for, and has no provenance file beside it.
#[cfg(unix)]
#[test]
fn a_signature_is_that_of_a_regular_file() {
    let workspace = Workspace::chart(&[]);
    let archive = workspace.path("web-0.1.0.tgz");
    std::os::unix::fs::symlink("/dev/null", &archive).expect("a link");
    for arguments in [
        &["verify", "web-0.1.0.tgz"][..],
        &["template", "web-0.1.0.tgz", "--verify"],
    ] {
        let refused = run(&workspace, arguments, &[]);
        assert_eq!(refused.code, 3, "{}", refused.all());
        assert!(refused.stderr.contains("is not a regular file"), "{}", refused.all());
    }
}
