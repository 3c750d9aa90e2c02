//! Services that give keys of AWS beside a run, each a server of our own: containers, machines of EC2, and web identity; and stores
//! whose answers end the keys or name another region.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::remote_server::{Answer, Request, Server};

const TOKEN_PATH: &str = "/latest/api/token";
const ROLES_PATH: &str = "/latest/meta-data/iam/security-credentials/";

/// An answer with an index.
fn index() -> Answer {
    Answer::new(200, "apiVersion: v1\nentries: {}\n")
        .with("ETag", "\"1\"")
        .with("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
}

fn store() -> Server {
    Server::start(|_, _| index())
}

/// Keys as the services of containers and machines give them.
fn keys(name: &str) -> Answer {
    Answer::new(
        200,
        format!(
            r#"{{"Code": "Success", "AccessKeyId": "{name}", "SecretAccessKey": "hunter2", "Token": "{name}-token", "Expiration": "2999-01-01T00:00:00Z"}}"#
        ),
    )
}

fn list(store: &Server, variables: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(["repo", "list", "s3://bucket"]).env_clear();
    command.env("HOME", home.path()).env("AWS_ENDPOINT_URL_S3", &store.url);
    command.envs(variables.iter().copied());
    command.output().expect("runs")
}

/// The key's name, the region and the session's token of each request.
fn signatures(store: &Server) -> Vec<(String, String, String)> {
    let signature = |request: &Request| {
        let text = request.header("authorization").unwrap_or_default();
        let scope = text.split_once("Credential=").map_or("", |(_, rest)| rest);
        let mut parts = scope.split('/');
        let id = parts.next().unwrap_or_default().to_owned();
        let region = parts.nth(1).unwrap_or_default().to_owned();
        let token = request.header("x-amz-security-token").unwrap_or_default();
        (id, region, token.to_owned())
    };
    store.requests().iter().map(signature).collect()
}

fn signed(id: &str, region: &str) -> (String, String, String) {
    (id.to_owned(), region.to_owned(), format!("{id}-token"))
}

/// The run failed with these words, without a secret, and the store was not asked.
fn assert_refused(what: &str, output: &Output, words: &str, store: &Server) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{what}: {text}");
    assert!(text.contains(words), "{what}: {text}");
    assert!(!text.contains("hunter2"), "{what}: {text}");
    assert_eq!(store.lines(), Vec::<String>::new(), "{what}");
}

fn written(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("writes");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn containers_are_given_keys_for_the_token_of_the_variables() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = written(directory.path(), "token", "Bearer of-a-file\n");
    for (variables, want) in [
        (&[][..], ""),
        (
            &[("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-a-variable")],
            "of-a-variable",
        ),
        (
            &[
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-a-variable"),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.as_str()),
            ],
            "Bearer of-a-file",
        ),
    ] {
        let (store, service) = (store(), Server::start(|_, _| keys("container")));
        let url = format!("{}/v1/credentials?a=b", service.url);
        let more = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())];
        let output = list(&store, &[variables, &more].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert_eq!(signatures(&store), [signed("container", "us-east-1")]);
        assert_eq!(service.lines(), ["GET /v1/credentials?a=b"]);
        assert_eq!(service.authorizations(), [want]);
    }
}

#[test]
fn containers_without_keys_are_reported() {
    let service = Server::start(|request, before| match request.path() {
        "/refused" => Answer::new(403, "hunter2"),
        "/text" => Answer::new(200, "hunter2"),
        "/half" => Answer::new(200, r#"{"AccessKeyId": "hunter2"}"#),
        "/elsewhere" => Answer::new(302, "").with("Location", "/keys"),
        "/late" if before == 0 => Answer::new(500, ""),
        _ => keys("container"),
    });
    let at = |path: &str| format!("{}{path}", service.url);
    for (url, token_file, words) in [
        (at("/refused?t=hunter2"), "", "gives no keys: 403 Forbidden"),
        (at("/text"), "", "not JSON with `AccessKeyId` and `SecretAccessKey`"),
        (at("/half"), "", "not JSON with `AccessKeyId` and `SecretAccessKey`"),
        (at("/elsewhere"), "", "gives no keys: 302 Found"),
        (
            "http://user:hunter2@192.0.2.1/x".to_owned(),
            "",
            "without TLS from this machine only",
        ),
        ("file:///etc/passwd".to_owned(), "", "which is not a URL"),
        (at("/keys"), "/nowhere/token", "/nowhere/token"),
    ] {
        let store = store();
        let variables = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file),
        ];
        assert_refused(&url, &list(&store, &variables), words, &store);
    }
    // Trouble that passes.
    let (store, url) = (store(), at("/late"));
    let output = list(&store, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(signatures(&store), [signed("container", "us-east-1")]);
}

/// The metadata service of a machine, whose token has a status.
fn machine(token_status: u16, role: &'static str) -> Server {
    Server::start(move |request, _| match request.path() {
        TOKEN_PATH if request.header("x-aws-ec2-metadata-token-ttl-seconds").is_some() => {
            Answer::new(token_status, "session\n")
        }
        ROLES_PATH => Answer::new(if role == "-" { 404 } else { 200 }, role),
        path if path.ends_with("/gone") => Answer::new(404, ""),
        path if path.starts_with(ROLES_PATH) => keys("machine"),
        _ => Answer::new(400, ""),
    })
}

#[test]
fn machines_are_given_the_keys_of_their_role() {
    for (status, fallback, token) in [(200, "", Some("session")), (403, "true", None)] {
        let (store, service) = (store(), machine(status, "a-role\n"));
        let variables = [
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url.as_str()),
            ("AWS_IMDSV1_FALLBACK", fallback),
        ];
        let output = list(&store, &variables);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{status} {text}");
        assert_eq!(signatures(&store), [signed("machine", "us-east-1")]);
        let paths = [
            format!("PUT {TOKEN_PATH}"),
            format!("GET {ROLES_PATH}"),
            format!("GET {ROLES_PATH}a-role"),
        ];
        assert_eq!(service.lines(), paths);
        for request in service.requests().iter().filter(|one| one.method == "GET") {
            assert_eq!(request.header("x-aws-ec2-metadata-token"), token);
        }
    }
}

#[test]
fn machines_without_keys_are_reported_soon() {
    for (status, role, words) in [
        (401, "a-role", "gives no keys: 401 Unauthorized"),
        (403, "a-role", "gives no keys: 403 Forbidden"),
        (404, "a-role", "gives no keys: 404 Not Found"),
        (200, "-", "gives no keys: 404 Not Found"),
        (200, "gone", "gives no keys: 404 Not Found"),
        (200, "", "the machine has no role"),
        (200, "../../user-data", "the machine has no role"),
        (200, "https://h/hunter2", "the machine has no role"),
    ] {
        let (store, service) = (store(), machine(status, role));
        let output = list(&store, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service.url)]);
        assert_refused(&format!("{status} {role}"), &output, words, &store);
        let first = format!("PUT {TOKEN_PATH}");
        assert_eq!(service.lines().iter().filter(|line| **line == first).count(), 1);
    }
    let store = store();
    let off = [
        ("AWS_EC2_METADATA_DISABLED", "True"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1"),
    ];
    assert_refused("off", &list(&store, &off), "is switched off", &store);
    // A service that accepts the connection and says nothing is asked once, for five seconds.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let start = Instant::now();
    let output = list(&store, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)]);
    assert_refused("silent", &output, "does not answer", &store);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Keys as the token service gives them.
fn role_keys(name: &str) -> Answer {
    Answer::new(
        200,
        format!(
            "<R><Credentials><AccessKeyId>{name}</AccessKeyId><SecretAccessKey>hunter2</SecretAccessKey><SessionToken>{name}-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></R>"
        ),
    )
}

#[test]
fn web_identity_gives_keys_or_the_words_of_the_service() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = written(directory.path(), "token", "hunter2.jwt\n");
    let failed = |code: &str, message: &str| {
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
    };
    for (answer, words) in [
        (role_keys("web"), ""),
        (
            Answer::new(
                400,
                failed("ExpiredTokenException", "Token expired: https://x/?t=hunter2"),
            ),
            "gives no keys: 400 Bad Request: ExpiredTokenException: Token expired: https://x/",
        ),
        (
            Answer::new(403, failed("AccessDenied", "Not authorized&#10;::error::forged")),
            "gives no keys: 403 Forbidden: AccessDenied: Not authorized::error::forged",
        ),
        (Answer::new(404, "<html>hunter2"), "gives no keys: 404 Not Found"),
        (Answer::new(200, "<R></R>"), "the answer has no `Credentials`"),
        (Answer::new(200, "<R><hunter2"), "gives no keys: the answer"),
    ] {
        let store = store();
        let service = Server::start(move |_, _| answer.clone());
        let variables = [
            ("AWS_ENDPOINT_URL_STS", service.url.as_str()),
            ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
            ("AWS_ROLE_SESSION_NAME", "me"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &file),
        ];
        let output = list(&store, &variables);
        if words.is_empty() {
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{text}");
            assert_eq!(signatures(&store), [signed("web", "us-east-1")]);
        } else {
            assert_refused(words, &output, words, &store);
        }
        let requests = service.requests();
        let bodies: Vec<_> = requests.iter().map(|one| String::from_utf8_lossy(&one.body)).collect();
        assert_eq!(
            bodies,
            [
                "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me&WebIdentityToken=hunter2.jwt"
            ]
        );
        assert_eq!(service.authorizations(), [""]);
    }
}

#[test]
fn keys_that_have_ended_are_fetched_again_once() {
    let ended = || Answer::new(400, "<Error><Code>ExpiredToken</Code><Message>over</Message></Error>");
    for (is_always_ended, code, ids) in [(false, 0, &["first", "second"][..]), (true, 3, &["first", "second"])] {
        let store = Server::start(move |_, before| {
            if before == 0 || is_always_ended {
                ended()
            } else {
                index()
            }
        });
        let service = Server::start(|_, before| keys(if before == 0 { "first" } else { "second" }));
        let url = format!("{}/keys", service.url);
        let output = list(&store, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert_eq!(text.contains("400: ExpiredToken: over"), is_always_ended, "{text}");
        let want: Vec<_> = ids.iter().map(|id| signed(id, "us-east-1")).collect();
        assert_eq!(signatures(&store), want, "{text}");
        assert_eq!(service.lines().len(), 2);
    }
    // Keys of variables are the only ones.
    let store = Server::start(move |_, _| ended());
    let variables = [("AWS_ACCESS_KEY_ID", "own"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
    assert_eq!(list(&store, &variables).status.code(), Some(3));
    assert_eq!(signatures(&store).len(), 1);
}

#[test]
fn requests_are_signed_again_for_the_region_that_the_answer_names() {
    let wrong = |region: &str| {
        Answer::new(
            400,
            format!(
                "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message><Region>{region}</Region></Error>"
            ),
        )
    };
    let moved = |region: &str| Answer::new(301, "").with("x-amz-bucket-region", region);
    for (answer, code, regions) in [
        (wrong("eu-west-1"), 0, &["us-east-1", "eu-west-1"][..]),
        (moved("eu-west-1"), 0, &["us-east-1", "eu-west-1"]),
        // One that is not a region, and the one that was named already.
        (wrong("x.example/"), 3, &["us-east-1"]),
        (wrong("us-east-1"), 3, &["us-east-1"]),
    ] {
        let store = Server::start(move |request, _| {
            let is_there = request
                .header("authorization")
                .is_some_and(|text| text.contains("/eu-west-1/"));
            if is_there { index() } else { answer.clone() }
        });
        let variables = [
            ("AWS_ACCESS_KEY_ID", "own"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_SESSION_TOKEN", "own-token"),
        ];
        let output = list(&store, &variables);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{regions:?} {text}");
        let want: Vec<_> = regions.iter().map(|region| signed("own", region)).collect();
        assert_eq!(signatures(&store), want, "{text}");
    }
}
