//! Notifications of what commands changed: who gets them, what they say, and that none of them fails a command.

use hmac::{Hmac, Mac as _};
use serde_json::Value as Json;
use sha2::Sha256;

use super::git_repositories::{CHART, Clone, Repositories};
use super::remote_server::{Answer, Request, Server};

const BUMP: [&str; 6] = [
    "bump",
    "-f",
    "values-production.yaml",
    "--image",
    "ghcr.io/acme/web:1.6.0",
    "--commit",
];
/// The path of an address is a secret as well.
const HIDDEN: &str = "T0ken-of-the-path";

/// A receiver that gives each request this status.
fn receiver(status: u16) -> Server {
    Server::start(move |_, _| Answer::new(status, "").with("location", "http://127.0.0.1:9/elsewhere"))
}

fn addresses(server: &Server) -> (String, String) {
    (
        format!("{}/chat/{HIDDEN}", server.url),
        format!("{}/hook/{HIDDEN}", server.url),
    )
}

/// Runs a command that notifies this server.
fn run(clone: &Clone<'_>, server: &Server, arguments: &[&str]) -> String {
    let (chat, hook) = addresses(server);
    let environment = [
        ("CHARTWRIGHT_NOTIFY_SLACK", chat.as_str()),
        ("CHARTWRIGHT_NOTIFY_WEBHOOK", &hook),
        ("CHARTWRIGHT_NOTIFY_SECRET", "s3cret-of-the-hook"),
        ("CI_JOB_URL", "https://ci.example/1"),
    ];
    let said = clone.run(0, arguments, &environment);
    assert!(!said.contains(HIDDEN) && !said.contains("s3cret"), "{said}");
    said
}

fn json(request: &Request) -> Json {
    serde_json::from_slice(&request.body).expect("JSON")
}

#[test]
fn charts_that_are_published_are_notified_of_once() {
    let repositories = Repositories::with(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n"),
        ("web/values.yaml", "{}\n"),
        (
            "web/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
    ]);
    let clone = repositories.clone("work");
    let server = receiver(200);
    let ci = ["ci", ".", "--repository", "file://repo"];
    run(&clone, &server, &ci);
    let [chat, hook] = &server.requests()[..] else {
        panic!("{:?}", server.lines())
    };
    let text = json(chat)["text"].as_str().expect("a text").to_owned();
    assert!(text.starts_with("*chartwright ci*: `published web 1.2.3`\n"), "{text}");
    assert!(
        text.ends_with("committed by `ada@example.com`\nhttps://ci.example/1"),
        "{text}"
    );
    assert_eq!(chat.header("x-signature"), None);
    let sent = json(hook);
    let package = &sent["packages"][0];
    assert_eq!(
        (&package["name"], &package["version"]),
        (&"web".into(), &"1.2.3".into())
    );
    assert!(
        package["digest"]
            .as_str()
            .is_some_and(|digest| digest.starts_with("sha256:"))
    );
    assert_eq!(sent["source"]["committer"]["email"], "ada@example.com");
    assert_eq!(
        (&sent["command"], &sent["run"]),
        (&"ci".into(), &"https://ci.example/1".into())
    );
    assert_eq!(hook.header("content-type"), Some("application/json"));
    let mut digest = Hmac::<Sha256>::new_from_slice(b"s3cret-of-the-hook").expect("a key");
    digest.update(&hook.body);
    let digest = format!("sha256={:x}", digest.finalize().into_bytes());
    assert_eq!(hook.header("x-signature"), Some(digest.as_str()));
    // Nothing is new the second time, nor with a chart that was published before.
    run(&clone, &server, &ci);
    assert_eq!(server.requests().len(), 2);
    // Nor where nothing may be published.
    clone.write("web/values.yaml", "a: b\n");
    run(&clone, &server, &["ci", ".", "--no-push"]);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn commits_are_notified_of() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let server = receiver(204);
    run(&clone, &server, &[&BUMP[..5], &["--dry-run"]].concat());
    assert!(server.requests().is_empty());
    run(&clone, &server, &BUMP);
    let [chat, hook] = &server.requests()[..] else {
        panic!("{:?}", server.lines())
    };
    let (text, sent) = (json(chat)["text"].to_string(), json(hook));
    assert!(text.contains("Move ghcr.io/acme/web from 1.4.2 to 1.6.0"), "{text}");
    assert!(text.contains("web:1.4.2 -&gt; ghcr.io/acme/web:1.6.0"), "{text}");
    assert_eq!((&sent["command"], &sent["branch"]), (&"bump".into(), &"main".into()));
    assert_eq!(sent["commit"], clone.head().as_str());
    assert!(
        sent["changes"]
            .as_str()
            .is_some_and(|lines| lines.contains("web:1.4.2 -> ghcr.io/acme/web:1.6.0")),
        "{sent}"
    );
    // The same again changes nothing.
    run(&clone, &server, &BUMP);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn receivers_that_fail_are_a_warning() {
    for (status, sent, want) in [
        (500, 4, "the answer is 500 Internal Server Error (2 attempts)"),
        (403, 2, "the answer is 403 Forbidden"),
        (302, 2, "the answer is 302 Found"),
    ] {
        let repositories = Repositories::with(&CHART);
        let clone = repositories.clone("work");
        let server = receiver(status);
        let said = run(&clone, &server, &BUMP);
        for variable in ["CHARTWRIGHT_NOTIFY_SLACK", "CHARTWRIGHT_NOTIFY_WEBHOOK"] {
            let line = format!("warning: the notification to {variable} was not sent: {want}");
            assert!(said.contains(&line), "{status}: {said}");
        }
        assert!(said.contains("committed "), "{said}");
        assert_eq!(server.requests().len(), sent, "{status}: {:?}", server.lines());
    }
}

#[test]
fn addresses_that_are_none_are_not_shown() {
    for address in [
        HIDDEN,
        "ftp://host/T0ken-of-the-path",
        "http://me:T0ken-of-the-path@127.0.0.1:9/",
        "http://127.0.0.1:9/T0ken-of-the-path",
    ] {
        let repositories = Repositories::with(&CHART);
        let clone = repositories.clone("work");
        let said = clone.run(0, &BUMP, &[("CHARTWRIGHT_NOTIFY_WEBHOOK", address)]);
        assert!(
            said.contains("warning: the notification to CHARTWRIGHT_NOTIFY_WEBHOOK was not sent: "),
            "{said}"
        );
        assert!(!said.contains(HIDDEN), "{said}");
    }
}

#[test]
fn pull_requests_from_forks_send_no_notification() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let server = receiver(200);
    let (chat, _) = addresses(&server);
    let fork = [
        ("CHARTWRIGHT_NOTIFY_SLACK", chat.as_str()),
        ("GITLAB_CI", "true"),
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "other/charts"),
        ("CI_MERGE_REQUEST_PROJECT_PATH", "shop/charts"),
    ];
    let said = clone.run(0, &BUMP, &fork);
    assert!(said.contains("no notification: "), "{said}");
    // A configuration of the branch names no receiver.
    clone.write("chartwright.yaml", &format!("notify: [{{slack: {chat}}}]\n"));
    clone.run(2, &["ci", ".", "--no-push"], &[]);
    assert!(server.requests().is_empty());
}
