//! Logins of the AWS tools' files, each against servers of our own: the store is asked with the keys that a profile gives.

use std::path::Path;
use std::process::{Command, Output};

use sha1::{Digest as _, Sha1};

use super::remote_server::{Answer, Server};

/// A store that has an index.
fn store() -> Server {
    Server::start(|_, _| {
        Answer::new(200, "apiVersion: v1\nentries: {}\n")
            .with("ETag", "\"1\"")
            .with("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
    })
}

/// Gives keys of a role, as STS and as IAM Identity Center do.
fn services() -> Server {
    Server::start(|request, _| match request.path() {
        "/federation/credentials" => Answer::new(
            200,
            r#"{"roleCredentials": {"accessKeyId": "sso-id", "secretAccessKey": "hunter2", "sessionToken": "sso-token", "expiration": 32503680000000}}"#,
        ),
        "/refused/" => Answer::new(
            403,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>",
        ),
        _ => Answer::new(
            200,
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>role-id</AccessKeyId><SecretAccessKey>hunter2</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        ),
    })
}

/// A home with the files of the AWS tools.
fn home(config: &str, credentials: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    let cache = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).expect("directories");
    std::fs::write(home.path().join(".aws/config"), config).expect("writes");
    std::fs::write(home.path().join(".aws/credentials"), credentials).expect("writes");
    home
}

/// Keeps a token of single sign-on.
fn sign_on(home: &Path, name: &str, ends: &str) {
    let digest = Sha1::digest(name)
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let path = home.join(".aws/sso/cache").join(format!("{digest}.json"));
    let text = format!(r#"{{"accessToken": "hunter2 bearer", "expiresAt": "{ends}"}}"#);
    std::fs::write(path, text).expect("writes");
}

fn list(home: &Path, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(["repo", "list", "s3://bucket"]).env_clear();
    command.env("HOME", home).env("PATH", "/usr/bin:/bin");
    command.envs(variables.iter().copied());
    command.output().expect("runs")
}

/// Key name, region and session token of the request to the store.
fn signed_by(store: &Server) -> (String, String, Option<String>) {
    let requests = store.requests();
    let request = requests.last().expect("a request");
    let text = request.header("authorization").unwrap_or_default();
    let scope = text.split_once("Credential=").map_or("", |(_, rest)| rest);
    let parts: Vec<&str> = scope.split('/').collect();
    let token = request.header("x-amz-security-token").map(str::to_owned);
    (parts[0].to_owned(), parts[2].to_owned(), token)
}

#[test]
fn profiles_give_keys() {
    let config = "[default]\nregion = eu-west-9\n[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nexternal_id = a b\nregion = us-west-1\n[profile own]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = own\naws_access_key_id = own-id\naws_secret_access_key = hunter2\n[profile process]\ncredential_process = printf '{\"Version\": 1, \"AccessKeyId\": \"p-id\", \"SecretAccessKey\": \"hunter2\"}'\n[profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n[profile old]\nsso_start_url = https://old.example/start\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n";
    let credentials = "[default]\naws_access_key_id = id\naws_secret_access_key = hunter2\n[base]\naws_access_key_id = base-id\naws_secret_access_key = hunter2\naws_session_token = base-token\n";
    let home = home(config, credentials);
    sign_on(home.path(), "s", "2999-01-01T00:00:00Z");
    sign_on(home.path(), "https://old.example/start", "2999-01-01T00:00:00UTC");
    for (profile, id, region, token, asked) in [
        (None, "id", "eu-west-9", None, None),
        (Some("base"), "base-id", "us-east-1", Some("base-token"), None),
        (
            Some("role"),
            "role-id",
            "us-west-1",
            Some("role-token"),
            Some("base-id"),
        ),
        (Some("own"), "role-id", "us-east-1", Some("role-token"), Some("own-id")),
        (Some("process"), "p-id", "us-east-1", None, None),
        (Some("sso"), "sso-id", "us-east-1", Some("sso-token"), Some("")),
        (Some("old"), "sso-id", "us-east-1", Some("sso-token"), Some("")),
    ] {
        let (store, services) = (store(), services());
        let mut variables = vec![
            ("AWS_ENDPOINT_URL_S3", store.url.as_str()),
            ("AWS_ENDPOINT_URL_STS", services.url.as_str()),
            ("AWS_ENDPOINT_URL_SSO", services.url.as_str()),
        ];
        variables.extend(profile.map(|profile| ("AWS_PROFILE", profile)));
        let output = list(home.path(), &variables);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{profile:?} {text}");
        let want = (id.to_owned(), region.to_owned(), token.map(str::to_owned));
        assert_eq!(signed_by(&store), want, "{profile:?}");
        let requests = services.requests();
        assert_eq!(requests.len(), usize::from(asked.is_some()), "{profile:?}");
        match (asked, requests.first()) {
            (Some(""), Some(request)) => {
                assert_eq!(request.target, "/federation/credentials?role_name=r&account_id=1");
                assert_eq!(request.header("x-amz-sso_bearer_token"), Some("hunter2 bearer"));
            }
            (Some(id), Some(request)) => {
                let body = String::from_utf8_lossy(&request.body);
                let form = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=chartwright";
                assert!(body.starts_with(form), "{body}");
                assert_eq!(body.ends_with("&ExternalId=a+b"), profile == Some("role"), "{body}");
                assert!(request.header("authorization").is_some_and(|text| text.contains(id)));
                assert_eq!(request.header("x-amz-security-token").is_some(), id == "base-id");
            }
            _ => {}
        }
    }
    // Keys of variables come first, and are used with the region of the profile.
    let store = store();
    let variables = [
        ("AWS_ENDPOINT_URL_S3", store.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "variable-id"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
    ];
    assert_eq!(list(home.path(), &variables).status.code(), Some(0));
    assert_eq!(
        signed_by(&store),
        ("variable-id".to_owned(), "eu-west-9".to_owned(), None)
    );
}

#[test]
fn profiles_that_give_no_keys_are_reported_without_secrets() {
    let config = "[profile mfa]\nrole_arn = a\nmfa_serial = hunter2\nsource_profile = base\n[profile lost]\nrole_arn = a\nsource_profile = nowhere\n[profile machine]\nrole_arn = a\ncredential_source = Ec2InstanceMetadata\n[profile a]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = a\nsource_profile = a\n[profile refused]\nrole_arn = a\nsource_profile = base\n[profile process]\ncredential_process = sh -c 'echo hunter2; exit 1'\n[profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\n";
    let home = home(
        config,
        "[base]\naws_access_key_id = id\naws_secret_access_key = hunter2\n",
    );
    sign_on(home.path(), "s", "2001-01-01T00:00:00Z");
    let (store, services) = (store(), services());
    let refused = format!("{}/refused/", services.url);
    for (profile, message) in [
        (
            "nowhere",
            "s3://bucket: the AWS profile `nowhere` is in neither of the files",
        ),
        ("mfa", "no credentials: the AWS profile `mfa` wants a code of a device"),
        ("lost", "has the `source_profile` `nowhere`, which does not exist"),
        (
            "machine",
            "`credential_source` and `web_identity_token_file` are not supported in profiles",
        ),
        ("a", "the AWS profile `a` has no keys"),
        ("refused", "gives no keys: 403 Forbidden: AccessDenied: not yours"),
        ("process", "has a credential_process that failed"),
        ("sso", "run `aws sso login --profile sso`"),
    ] {
        let variables = [
            ("AWS_ENDPOINT_URL_S3", store.url.as_str()),
            ("AWS_ENDPOINT_URL_STS", refused.as_str()),
            ("AWS_PROFILE", profile),
        ];
        let output = list(home.path(), &variables);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(message) && !text.contains("hunter2"), "{message}: {text}");
        assert_eq!(store.requests().len(), 0, "{profile}");
    }
}
