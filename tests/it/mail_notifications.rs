//! Notifications by e-mail: who gets them, what they say, how they are sent, and that none of them fails a command.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::git_repositories::{CHART, Repositories};
use super::mail_server::{Encryption, MailServer};
use super::tls_certificates::{Certificates, Clients};

const BUMP: [&str; 6] = [
    "bump",
    "-f",
    "values-production.yaml",
    "--image",
    "ghcr.io/acme/web:1.6.0",
    "--commit",
];
const FROM: (&str, &str) = ("CHARTWRIGHT_NOTIFY_FROM", "ci@example.com");
const PASSWORD: &str = "Tr0ub4dor-and-3";

/// What a command says that notifies by this server, with more variables.
fn bump(server: &str, more: &[(&str, &str)]) -> String {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    let variables = [&[("CHARTWRIGHT_NOTIFY_SMTP", server), FROM][..], more].concat();
    let said = clone.run(0, &BUMP, &variables);
    assert!(said.contains("committed ") && !said.contains(PASSWORD), "{said}");
    said
}

/// The body of a message.
fn body(message: &str) -> String {
    let (_, body) = message.split_once("\r\n\r\n").expect("a body");
    let body = body.trim_end_matches("\r\n.\r\n").replace("\r\n", "");
    String::from_utf8(STANDARD.decode(body).expect("base64")).expect("text")
}

#[test]
fn whoever_committed_gets_a_message() {
    let server = MailServer::start(Encryption::None, "250 ok");
    let said = bump(&format!("smtp://{}", server.host), &[]);
    assert!(!said.contains("warning"), "{said}");
    let conversation = server.said();
    let envelope: Vec<&str> = conversation
        .commands
        .iter()
        .map(String::as_str)
        .filter(|command| command.starts_with("MAIL") || command.starts_with("RCPT"))
        .collect();
    assert_eq!(envelope, ["MAIL FROM:<ci@example.com>", "RCPT TO:<ada@example.com>"]);
    let [message] = conversation.messages.as_slice() else {
        panic!("{conversation:?}")
    };
    assert!(
        message.starts_with("From: chartwright <ci@example.com>\r\nTo: <ada@example.com>\r\nSubject: "),
        "{message}"
    );
    let body = body(message);
    assert!(body.contains("Move ghcr.io/acme/web from 1.4.2 to 1.6.0"), "{body}");
    assert!(body.contains("web:1.4.2 -> ghcr.io/acme/web:1.6.0"), "{body}");
}

#[test]
fn logins_are_sent_encrypted_and_only_so() {
    let certificates = Certificates::make();
    let tls = certificates.server("server", Clients::Any);
    let authority = certificates.path("authority.pem").display().to_string();
    let trusted = [("SSL_CERT_FILE", authority.as_str())];
    for (encryption, scheme, query) in [
        (Encryption::Always(tls.clone()), "smtps", ""),
        (Encryption::StartTls(tls.clone()), "smtp", "?tls=required"),
    ] {
        let server = MailServer::start(encryption, "250 ok");
        let said = bump(&format!("{scheme}://ci:{PASSWORD}@{}{query}", server.host), &trusted);
        assert!(!said.contains("warning"), "{said}");
        let conversation = server.said();
        assert_eq!(conversation.messages.len(), 1, "{conversation:?}");
        let is_login = |command: &&String| command.starts_with("AUTH PLAIN");
        let login = conversation.encrypted.iter().find(is_login).expect("a login");
        let decoded = STANDARD
            .decode(login.rsplit(' ').next().expect("a word"))
            .expect("base64");
        assert_eq!(String::from_utf8_lossy(&decoded), format!("\0ci\0{PASSWORD}"));
        assert_eq!(conversation.commands.iter().filter(is_login).count(), 1);
    }
    // Not to a server whose certificate is not trusted, nor to one without encryption.
    let unrelated = certificates.path("unrelated.pem").display().to_string();
    let server = MailServer::start(Encryption::Always(tls), "250 ok");
    let said = bump(
        &format!("smtps://ci:{PASSWORD}@{}", server.host),
        &[("SSL_CERT_FILE", unrelated.as_str())],
    );
    assert!(
        said.contains("warning: the notification by CHARTWRIGHT_NOTIFY_SMTP was not sent: "),
        "{said}"
    );
    assert!(server.said().commands.is_empty(), "{:?}", server.said());
    let server = MailServer::start(Encryption::None, "250 ok");
    for (address, want) in [
        (
            format!("smtp://ci:{PASSWORD}@{}", server.host),
            "has a password and no encryption",
        ),
        (
            format!("smtp://ci:{PASSWORD}@{}?tls=required", server.host),
            "was not sent: ",
        ),
        (
            format!("http://ci:{PASSWORD}@{}", server.host),
            "its value is not an address such as smtps://",
        ),
    ] {
        let said = bump(&address, &[]);
        assert!(said.contains(want), "{want}: {said}");
        let conversation = server.said();
        assert!(
            !conversation.commands.iter().any(|command| command.starts_with("AUTH")),
            "{conversation:?}"
        );
        assert!(conversation.messages.is_empty());
    }
}

#[test]
fn mail_goes_to_no_domain_that_is_not_allowed() {
    let server = MailServer::start(Encryption::None, "250 ok");
    let address = format!("smtp://{}", server.host);
    for (more, want) in [
        (
            &[("CHARTWRIGHT_NOTIFY_FROM", "ci@example.org")][..],
            "warning: no e-mail to ada@example.com: it is not of a domain in CHARTWRIGHT_NOTIFY_DOMAINS, by default that of CHARTWRIGHT_NOTIFY_FROM",
        ),
        (
            &[("CHARTWRIGHT_NOTIFY_DOMAINS", "example.org")],
            "warning: no e-mail to ada@example.com: ",
        ),
        (
            &[("CHARTWRIGHT_NOTIFY_FROM", "ci")],
            "warning: no e-mail: CHARTWRIGHT_NOTIFY_FROM is not an address",
        ),
        (
            &[
                ("GIT_COMMITTER_EMAIL", "ada@example.com>\r\nRCPT TO:<eve@evil.example"),
                ("GIT_AUTHOR_EMAIL", "eve@evil.example"),
            ],
            "warning: no e-mail to ",
        ),
    ] {
        let said = bump(&address, more);
        assert!(said.contains(want), "{want}: {said}");
    }
    assert!(server.said().commands.is_empty(), "{:?}", server.said());
    // A forge made the commit: who wrote it gets the message.
    bump(&address, &[("GIT_COMMITTER_EMAIL", "noreply@forge.example")]);
    let said = server.said();
    assert!(
        said.commands.contains(&"RCPT TO:<ada@example.com>".to_owned()),
        "{said:?}"
    );
}

#[test]
fn a_server_that_refuses_is_a_warning() {
    let server = MailServer::start(Encryption::None, "554 no");
    let said = bump(&format!("smtp://{}", server.host), &[]);
    assert!(
        said.contains("warning: the notification by CHARTWRIGHT_NOTIFY_SMTP was not sent: the server's answer is 554"),
        "{said}"
    );
}
