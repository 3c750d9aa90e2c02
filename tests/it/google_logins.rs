//! Logins of Google, each against servers of our own: what is sent to get a token, that the storage is sent the token, and that
//! nobody else is sent anything.

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs8::DecodePrivateKey as _;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::gcs_server::{Behaviour, GcsServer};
use super::remote_server::{Answer, Request, Server};

/// A key that `openssl genpkey` made for this test, in PKCS#8.
const KEY: &str = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDkof5sRi2JyfwNzYakl/xuhdA5mn79rvaZ4O96LXWocnEWOUYD3xSYOw6E8GN68wZCgCUcLEHqpc1v72PC81X2t8BiXGRy5z3zGBzxhGZkTH53AyuBnGTITnL2VuMnwciqAvQpLfEKjjKabdjU+NAUDpWl1cwqlOJ+74fcwehquvl4dWsLXorusJB7bi2Y5QY4VSlUVbvbmW0c4TGYmvXz/AytxIbj1Tjq3VJej4bqdOSqGaIQme7zmHt32qbysnlOD8jjfSez4nIniYAFo4cL4YXL+Rr9XJwC+5eDhtcWMN9XGhdLYCNe/xbSJ4vBOB8B+ojhanFjVkZLOVED+sXxAgMBAAECggEAYM4qcOPiAjaQz7NXMDfePVnRSaKd5IIBjjQMkfnPmKwkL9m+SINbL/3JbwZtyLA/1UZ28A/ZNSZQ7vU4k2H+4wD4p20hZvl8ZIKwNp7tz8gHwBKKiE2U6q80xBMUCVBmy32Grizyo5qD2JlsNvjG+ccXG+mDkgAKSt7W8uTzqMSHJwcUKbSo/k9om1y6FakYcHztsHrFwypuuJ8P2YC1HsnwvXNWsaYSG7p8jFbgDTx4NVdZR+1OxRek2TpMaB/7v/kGbDK+dXFgWvmk20JgYgfkpATHU6JE6L/wXwJSLpiBfG8hQhfwdhMIN1xJtDK14Mg6XBbZKLi3NYKq6S7OtQKBgQD9XhKlXGVq46NGP+uoNdOHxK3QgDivh4Dt+NE5F14cKtjyiF0BoSR1Suiqi9+ckNLVLjlLqxGC5oqfXnO1j137sMVklP78hpJld1+wzvXChkIAJEyEPGjThoH5Zxfr2njztvcX5sbs/mDRnBNabJ8qpXsCpz7tesOhf4nooRZLVwKBgQDnAiE0U9z4twM5xFcZ+GHgFJlxQ2gFo/pd9L8at5ullTlurSFLVVZm7aN8joZcIxrt/NXS5vZIZlXUMbEQfiBumHoX8dIRrQOuqHNk3xkxf+2swPLGE7fulBDz2pfjSBfBN1jeVfJMasobhsxATuuBDkYOmLPNWQ+rTC4NZWBz9wKBgEeUUyo6b0CCbTdEibws8MTTkNNt1hXo70jL2bgKXQESLdZfJf922gj1D8RW3eaql5W4iGFTRBA6N4GMup3ZkhCwQSQIX/1Ru3xE/FjEL3Q0X+MQXjmho2/W+VNPh9ePEkqwLyCmhx6fQxUUxfbu5wyyUY1PWJzY6PnwQTLih5zjAoGBAM+SUlO6p2u0xuk5SyrCzO+Ukuv7LZUj6uxR5wYSxYDbvWd9mdUfMSv7jFN3nbNct+3wqhGABvy3N5gbroarTmkSCWNKnv/S/uQJ6OZSsUiRMvdvyLXDMhrmYPU9Dg3j0bSEDw55G+cebcyeKxn90A9+y+SBwc5aoIHDSf4vgaOxAoGBALP+j6tXTua93JN57O6rDGDHITWZkUO5k/Nesr7CFEnQdgaDaHJCipBulRVFXFGy2yWu6zfUhVmVUdUCpfBOafEz15Dar4wk2afjjJPoa3jQ5Azlky+PLTEDWzAPmYAesrgqLLsxt52Z2Ep6GuNbb80RTiAuVesqFV1+epNH/Ppx";

/// The storage, which wants `Bearer token-1`.
fn storage() -> GcsServer {
    let storage = GcsServer::start(Behaviour::Wants {
        authorization: "Bearer token-1",
    });
    storage.insert("bucket/index.yaml", b"apiVersion: v1\nentries: {}\n");
    storage
}

/// Gives `token-1`, `token-2`, … to whoever asks.
fn token_server() -> Server {
    Server::start(|request, before| match request.path() {
        "/subject" => Answer::new(200, r#"{"value": "subject hunter2"}"#),
        path if path.ends_with(":generateAccessToken") => {
            let body = json!({"accessToken": format!("token-{}", before + 1), "expireTime": "2999-01-01T00:00:00Z"});
            Answer::new(200, body.to_string())
        }
        "/v1/token" => Answer::new(200, r#"{"access_token": "exchanged", "expires_in": 3600}"#),
        "/refused" => Answer::new(
            400,
            r#"{"error": "invalid_grant", "error_description": "Bad Request https://x/?t=hunter2"}"#,
        ),
        _ => {
            let body = json!({"access_token": format!("token-{}", before + 1), "expires_in": 3600});
            Answer::new(200, body.to_string()).with("Metadata-Flavor", "Google")
        }
    })
}

/// Lists the repository.
fn list(storage: &GcsServer, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(["repo", "list", "gs://bucket"]).env_clear();
    command.env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", &storage.server.url);
    command.envs(variables.iter().copied());
    command.output().expect("runs")
}

fn assert_listed(output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}");
}

fn assert_refused(output: &Output, message: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains(message), "{message}: {text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!text.contains(KEY.get(..40).expect("is longer")), "{text}");
}

fn write(directory: &Path, name: &str, file: &Json) -> String {
    let path = directory.join(name);
    std::fs::write(&path, file.to_string()).expect("writes");
    path.display().to_string()
}

/// The fields of a form.
fn form(request: &Request) -> Vec<(String, String)> {
    let text = String::from_utf8(request.body.clone()).expect("a form");
    let url = chartwright::artifact::network::Url::parse(&format!("form:/?{text}")).expect("a form");
    url.query_pairs()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn service_account(token_uri: &str) -> Json {
    json!({
        "type": "service_account",
        "client_email": "me@project.iam.gserviceaccount.com",
        "private_key_id": "id",
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"),
        "token_uri": token_uri,
    })
}

fn external_account(server: &str, source: &Json) -> Json {
    json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/g",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{server}/v1/token"),
        "service_account_impersonation_url": format!("{server}/v1/me:generateAccessToken"),
        "credential_source": source,
    })
}

#[test]
fn a_key_signs_a_statement_for_which_there_is_a_token() {
    let (storage, tokens, directory) = (storage(), token_server(), tempfile::tempdir().expect("a directory"));
    let path = write(
        directory.path(),
        "key.json",
        &service_account("https://oauth2.googleapis.com/token"),
    );
    let output = list(
        &storage,
        &[
            ("GOOGLE_APPLICATION_CREDENTIALS", &path),
            ("CLOUDSDK_AUTH_TOKEN_HOST", &tokens.url),
        ],
    );
    assert_listed(&output);
    let requests = tokens.requests();
    assert_eq!(requests.len(), 1);
    let fields = form(&requests[0]);
    assert_eq!(fields[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (message, signature) = fields[1].1.rsplit_once('.').expect("a JWT");
    let parts: Vec<Json> = message
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON"))
        .collect();
    assert_eq!(parts[0], json!({"alg": "RS256", "typ": "JWT", "kid": "id"}));
    assert_eq!(parts[1]["iss"], "me@project.iam.gserviceaccount.com");
    assert_eq!(parts[1]["aud"], "https://oauth2.googleapis.com/token");
    assert_eq!(
        parts[1]["scope"],
        "https://www.googleapis.com/auth/devstorage.read_write"
    );
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let issued = parts[1]["iat"].as_u64().expect("a time");
    assert!(issued <= now && issued + 60 > now, "{issued} {now}");
    assert_eq!(parts[1]["exp"], issued + 3600);
    let key = rsa::PrivateKey::from_pkcs8_der(&STANDARD.decode(KEY).expect("base64")).expect("a key");
    let padding = rsa::Pkcs1v15Sign::new::<rsa::sha2::Sha256>();
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    key.as_public_key()
        .verify(padding, &Sha256::digest(message), &signature)
        .expect("signed by the key");
}

#[test]
fn a_login_of_gcloud_is_used_where_no_file_is_named() {
    let (storage, tokens, directory) = (storage(), token_server(), tempfile::tempdir().expect("a directory"));
    let user = json!({"type": "authorized_user", "client_id": "id", "client_secret": "hunter2", "refresh_token": "r"});
    write(directory.path(), "application_default_credentials.json", &user);
    let config = directory.path().display().to_string();
    let variables = [
        ("CLOUDSDK_CONFIG", config.as_str()),
        ("CLOUDSDK_AUTH_TOKEN_HOST", &tokens.url),
    ];
    assert_listed(&list(&storage, &variables));
    let fields = form(&tokens.requests()[0]);
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("grant_type", "refresh_token"),
            ("client_id", "id"),
            ("client_secret", "hunter2"),
            ("refresh_token", "r")
        ]
    );
}

/// As on GitHub Actions: the provider's token from an address that wants a header, STS, a service account.
#[test]
fn a_token_of_another_provider_is_exchanged() {
    let directory = tempfile::tempdir().expect("a directory");
    let token = directory.path().join("token");
    std::fs::write(&token, "subject hunter2\n").expect("writes");
    let sources = |server: &str| {
        [
            (
                json!({
                    "url": format!("{server}/subject?audience=x"),
                    "headers": {"Authorization": "Bearer request-token", "X-More": "1"},
                    "format": {"type": "json", "subject_token_field_name": "value"}
                }),
                1,
            ),
            (json!({"file": token, "format": {"type": "text"}}), 0),
        ]
    };
    for index in 0..2 {
        let (storage, tokens) = (storage(), token_server());
        let (source, asked) = sources(&tokens.url)[index].clone();
        let path = write(
            directory.path(),
            "external.json",
            &external_account(&tokens.url, &source),
        );
        let variables = [
            ("GOOGLE_APPLICATION_CREDENTIALS", path.as_str()),
            ("CLOUDSDK_API_ENDPOINT_OVERRIDES_STS", &tokens.url),
            ("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS", &tokens.url),
        ];
        assert_listed(&list(&storage, &variables));
        let requests = tokens.requests();
        assert_eq!(requests.len(), asked + 2);
        if asked == 1 {
            assert_eq!(requests[0].target, "/subject?audience=x");
            assert_eq!(requests[0].header("authorization"), Some("Bearer request-token"));
            assert_eq!(requests[0].header("x-more"), Some("1"));
        }
        let fields = form(&requests[asked]);
        let field = |name: &str| {
            fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(field("subject_token"), Some("subject hunter2"));
        assert_eq!(
            field("grant_type"),
            Some("urn:ietf:params:oauth:grant-type:token-exchange")
        );
        assert_eq!(field("scope"), Some("https://www.googleapis.com/auth/cloud-platform"));
        let last = &requests[asked + 1];
        assert_eq!(last.header("authorization"), Some("Bearer exchanged"));
        let body: Json = serde_json::from_slice(&last.body).expect("JSON");
        let scope = "https://www.googleapis.com/auth/devstorage.read_write";
        assert_eq!(body, json!({"scope": [scope], "lifetime": "3600s"}));
    }
}

#[test]
fn a_machine_asks_its_metadata_server() {
    let (storage, tokens) = (storage(), token_server());
    assert_listed(&list(&storage, &[("GCE_METADATA_HOST", tokens.host())]));
    let request = &tokens.requests()[0];
    assert_eq!(
        request.target,
        "/computeMetadata/v1/instance/service-accounts/default/token"
    );
    assert_eq!(request.header("metadata-flavor"), Some("Google"));
    // A proxy or another server may answer as well.
    let other = Server::start(|_, _| Answer::new(200, r#"{"access_token": "token-1"}"#));
    let output = list(&storage, &[("GCE_METADATA_HOST", other.host())]);
    assert_refused(&output, "it is not a metadata server of Google (Metadata-Flavor)");
}

/// A pull reads the index and the archive, each as a store of its own; only the first token is accepted.
#[test]
fn a_token_is_fetched_once_in_a_run() {
    let (storage, tokens, directory) = (storage(), token_server(), tempfile::tempdir().expect("a directory"));
    let archive = super::repository::archive(directory.path(), "a", "1.0.0", "one");
    let bytes = std::fs::read(&archive).expect("an archive");
    let digest = Sha256::digest(&bytes)
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let entry = format!("{{apiVersion: v2, name: a, version: 1.0.0, digest: {digest}, urls: [a-1.0.0.tgz]}}");
    let index = format!("apiVersion: v1\nentries:\n  a:\n  - {entry}\n");
    storage.insert("bucket/index.yaml", index.as_bytes());
    storage.insert("bucket/a-1.0.0.tgz", &bytes);
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    let there = directory.path().join("there");
    std::fs::create_dir(&there).expect("a directory");
    command
        .args(["pull", "a", "--repo", "gs://bucket", "--destination"])
        .arg(&there)
        .env_clear();
    command.env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", &storage.server.url);
    command.env("GCE_METADATA_HOST", tokens.host());
    assert_listed(&command.output().expect("runs"));
    assert!(there.join("a-1.0.0.tgz").is_file());
    assert_eq!(tokens.requests().len(), 1);
}

/// The storage wants the second token, so the first one was withdrawn before its time.
#[test]
fn a_token_that_is_refused_is_fetched_anew_once() {
    let wants = |authorization| {
        let storage = GcsServer::start(Behaviour::Wants { authorization });
        storage.insert("bucket/index.yaml", b"apiVersion: v1\nentries: {}\n");
        storage
    };
    let tokens = token_server();
    assert_listed(&list(&wants("Bearer token-2"), &[("GCE_METADATA_HOST", tokens.host())]));
    assert_eq!(tokens.requests().len(), 2);
    let tokens = token_server();
    let output = list(&wants("Bearer token-9"), &[("GCE_METADATA_HOST", tokens.host())]);
    assert_refused(&output, "GET failed: the store answered 401");
    assert_eq!(tokens.requests().len(), 2);
}

/// A file may come from somebody who wants the token that is sent to a server in it.
#[test]
fn a_file_does_not_decide_who_is_sent_credentials_nor_what_runs() {
    let (storage, tokens, directory) = (storage(), token_server(), tempfile::tempdir().expect("a directory"));
    let google = "https://sts.googleapis.com";
    let mut elsewhere = external_account(google, &json!({"file": "/nowhere"}));
    elsewhere["service_account_impersonation_url"] = format!("{}/v1/me:generateAccessToken", tokens.url).into();
    let mut no_key = service_account("https://oauth2.googleapis.com/token");
    no_key["private_key"] = "hunter2".into();
    for (file, message) in [
        (
            service_account(&format!("{}/token", tokens.url)),
            "it sends credentials to `127.0.0.1`, which is not the server of Google",
        ),
        (
            external_account(&tokens.url, &json!({"file": "/nowhere"})),
            "it sends credentials to `127.0.0.1`",
        ),
        (elsewhere, "it sends credentials to `127.0.0.1`"),
        (
            json!({
                "type": "external_account", "audience": "a", "subject_token_type": "t",
                "token_url": "https://sts.googleapis.com/v1/token",
                "credential_source": {"executable": {"command": "touch /tmp/hunter2"}}
            }),
            "a file may not decide which program runs",
        ),
        (
            json!({
                "type": "external_account", "audience": "a", "subject_token_type": "t",
                "token_url": "https://sts.googleapis.com/v1/token",
                "credential_source": {"url": "http://host.example/?x=hunter2"}
            }),
            "without TLS on another machine",
        ),
        (
            json!({
                "type": "external_account", "audience": "a", "subject_token_type": "t",
                "token_url": "https://sts.googleapis.com/v1/token",
                "credential_source": {"environment_id": "aws1"}
            }),
            "it takes its token from AWS (`environment_id`), which is not supported",
        ),
        (no_key, "its private_key is not an RSA key in PEM"),
        (json!({"type": "hunter2"}), "its `type` is not one of "),
        (json!(["hunter2"]), "`type` is missing"),
    ] {
        let path = write(directory.path(), "file.json", &file);
        let output = list(&storage, &[("GOOGLE_APPLICATION_CREDENTIALS", &path)]);
        assert_refused(&output, message);
        assert_refused(&output, "gs://bucket: no credentials: the credentials file ");
        assert_eq!(tokens.requests().len(), 0, "{message}");
    }
    let output = list(&storage, &[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")]);
    assert_refused(&output, "cannot read the credentials file /nowhere.json");
    assert_eq!(storage.server.requests().len(), 0);
}

#[test]
fn what_a_token_server_says_is_shown_without_secrets() {
    let (storage, tokens, directory) = (storage(), token_server(), tempfile::tempdir().expect("a directory"));
    let user =
        json!({"type": "authorized_user", "client_id": "id", "client_secret": "hunter2", "refresh_token": "hunter2"});
    let path = write(directory.path(), "user.json", &user);
    let refused = format!("{}/refused", tokens.url);
    let variables = [
        ("GOOGLE_APPLICATION_CREDENTIALS", path.as_str()),
        ("CLOUDSDK_AUTH_TOKEN_HOST", &refused),
    ];
    let output = list(&storage, &variables);
    assert_refused(
        &output,
        "/refused gives no token: 400 Bad Request: invalid_grant: Bad Request https://x/",
    );
    assert_eq!(tokens.requests().len(), 1);
}
