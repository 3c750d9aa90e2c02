//! Encryption and access of objects in S3: the headers of each write, that they are signed, and where the options come from.

use std::path::Path;

use super::remote_settings::packed;
use super::s3_server::{Behaviour, S3Server};
use super::workspace::{Run, Workspace, run};

const CONFIGURATION: &str = "\
repositories:
- {name: shared, url: 's3://bucket/shared', acl: bucket-owner-full-control, sse: 'aws:kms', sseKmsKeyId: alias/charts}
- {name: plain, url: 's3://bucket/plain'}
";
const FORK: &str =
    r#"{"pull_request": {"head": {"repo": {"full_name": "me/x"}}, "base": {"repo": {"full_name": "acme/x"}}}}"#;
const HEADERS: [&str; 3] = [
    "x-amz-acl",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
];

/// The environment of the program: a home of its own, keys, and the server.
fn environment<'v>(home: &'v Path, server: &'v S3Server) -> [(&'static str, &'v str); 4] {
    [
        ("HOME", home.to_str().expect("UTF-8")),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ENDPOINT_URL", &server.endpoint),
    ]
}

fn push(server: &S3Server, more: &[&str], options: &[(&str, &str)]) -> Run {
    let workspace = Workspace::new(&[("chartwright.yaml", CONFIGURATION)]);
    std::fs::write(workspace.path("a.tgz"), packed("web", "1.0.0")).expect("an archive");
    let home = workspace.path("home");
    let variables = [&environment(&home, server)[..], options].concat();
    run(&workspace.path("."), &[&["push", "a.tgz"], more].concat(), &variables)
}

#[test]
fn objects_are_written_with_the_options_and_all_of_them_are_signed() {
    let environment = [("S3_ACL", "private"), ("AWS_S3_SSE", "AES256")];
    for (to, options, want) in [
        (
            &["--to", "shared"][..],
            &[][..],
            [Some("bucket-owner-full-control"), Some("aws:kms"), Some("alias/charts")],
        ),
        (&["--to", "plain"], &[], [None, None, None]),
        (&["s3://bucket/plain"], &[], [None, None, None]),
        (
            &["s3://bucket/plain"],
            &environment,
            [Some("private"), Some("AES256"), None],
        ),
        (
            &["--to", "plain"],
            &environment,
            [Some("private"), Some("AES256"), None],
        ),
        (
            &["--to", "shared"],
            &environment,
            [Some("bucket-owner-full-control"), Some("aws:kms"), Some("alias/charts")],
        ),
        (
            &["s3://bucket/plain"],
            &[("AWS_SSE_KMS_KEY_ID", "k")],
            [None, Some("aws:kms"), Some("k")],
        ),
    ] {
        let server = S3Server::start(Behaviour::Honest);
        let run = push(&server, to, options);
        assert_eq!(run.code, 0, "{}", run.all());
        let prefix = if to.contains(&"shared") {
            "bucket/shared"
        } else {
            "bucket/plain"
        };
        for object in ["web-1.0.0.tgz", "index.yaml"] {
            let path = format!("{prefix}/{object}");
            let authorization = server.header(&path, "authorization").expect("is signed");
            let signed = authorization.split("SignedHeaders=").nth(1).expect("a list");
            let signed: Vec<&str> = signed.split(',').next().expect("a list").split(';').collect();
            for (header, want) in HEADERS.iter().zip(want) {
                assert_eq!(
                    server.header(&path, header).as_deref(),
                    want,
                    "{path} {header} {to:?} {options:?}"
                );
                assert_eq!(signed.contains(header), want.is_some(), "{header}: {authorization}");
            }
        }
    }
}

#[test]
fn repo_commands_find_repositories_and_their_options_by_name() {
    let server = S3Server::start(Behaviour::Honest);
    let workspace = Workspace::new(&[("chartwright.yaml", CONFIGURATION)]);
    std::fs::write(workspace.path("a.tgz"), packed("web", "1.0.0")).expect("an archive");
    std::fs::write(workspace.path("b.tgz"), packed("web", "1.1.0")).expect("an archive");
    let home = workspace.path("home");
    let variables = environment(&home, &server);
    let here = workspace.path(".");
    let chartwright = |arguments: &[&str]| run(&here, arguments, &variables);
    assert_eq!(chartwright(&["push", "a.tgz", "b.tgz", "s3://bucket/plain"]).code, 0);
    let acl = |object: &str| server.header(object, "x-amz-acl");
    for (arguments, object, want) in [
        (
            &["repo", "copy", "plain", "shared", "web", "1.0.0"][..],
            "bucket/shared/web-1.0.0.tgz",
            Some("bucket-owner-full-control"),
        ),
        (
            &["repo", "copy", "plain", "s3://bucket/shared", "web", "1.1.0"],
            "bucket/shared/web-1.1.0.tgz",
            None,
        ),
        (
            &["repo", "delete", "shared", "web", "1.1.0"],
            "bucket/shared/index.yaml",
            Some("bucket-owner-full-control"),
        ),
        (
            &["repo", "prune", "plain", "--keep", "1"],
            "bucket/plain/index.yaml",
            None,
        ),
        (
            &["repo", "index", "shared"],
            "bucket/shared/index.yaml",
            Some("bucket-owner-full-control"),
        ),
        (
            &["repo", "check", "shared"],
            "bucket/shared/index.yaml",
            Some("bucket-owner-full-control"),
        ),
    ] {
        let run = chartwright(arguments);
        assert_eq!(run.code, 0, "{arguments:?} {}", run.all());
        assert_eq!(acl(object).as_deref(), want, "{arguments:?}");
    }
    let list = chartwright(&["repo", "list", "shared", "--config", "chartwright.yaml"]);
    assert!(
        list.stdout.contains("web   1.0.0") && list.stderr.contains("repository shared (s3://bucket/shared)"),
        "{}",
        list.all()
    );
    let unknown = chartwright(&["repo", "list", "shard"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean `shared`?"), "{}", unknown.all());
    // A directory goes before a name.
    std::fs::create_dir(workspace.path("shared")).expect("a directory");
    let directory = chartwright(&["repo", "check", "shared"]);
    assert!(directory.all().contains("file://"), "{}", directory.all());
}

#[test]
fn names_in_the_configuration_of_a_fork_are_not_used() {
    let server = S3Server::start(Behaviour::Honest);
    let workspace = Workspace::new(&[("chartwright.yaml", CONFIGURATION), ("event.json", FORK)]);
    let (home, event) = (workspace.path("home"), workspace.path("event.json"));
    let in_fork = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request_target"),
        ("GITHUB_EVENT_PATH", event.to_str().expect("UTF-8")),
    ];
    let variables = [&environment(&home, &server)[..], &in_fork].concat();
    let prune = ["repo", "prune", "plain", "--keep", "1"];
    let fork = run(&workspace.path("."), &prune, &variables);
    assert_eq!((fork.code, server.requests()), (2, 0), "{}", fork.all());
    assert!(
        fork.stderr.contains("is not looked up in chartwright.yaml"),
        "{}",
        fork.all()
    );
    let trusted = [&prune[..], &["--config", "chartwright.yaml"]].concat();
    let trusted = run(&workspace.path("."), &trusted, &variables);
    assert!(
        trusted.stderr.contains("repository plain (s3://bucket/plain)"),
        "{}",
        trusted.all()
    );
    assert!(server.requests() > 0);
}

#[test]
fn options_that_s3_does_not_have_are_refused_before_anything_is_sent() {
    for (options, message) in [
        (
            [("S3_ACL", "public")],
            "S3_ACL: `public` is not a canned access control list",
        ),
        (
            [("AWS_SERVER_SIDE_ENCRYPTION", "aes")],
            "AWS_SERVER_SIDE_ENCRYPTION: `aes` is not an encryption",
        ),
    ] {
        let server = S3Server::start(Behaviour::Honest);
        let run = push(&server, &["s3://bucket/plain"], &options);
        assert_eq!(run.code, 3, "{}", run.all());
        assert!(run.stderr.contains(message), "{}", run.all());
        assert_eq!(server.requests(), 0);
    }
}
