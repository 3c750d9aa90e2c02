//! The sums were made with `openssl dgst -hmac`.

use super::sender::Sender;
use super::signature::{Header, SignatureError, check_signature, signature};

const BODY: &[u8] = b"{\"a\":1}";
const SHA256: &str = "ca8d649ff1b81cafedcefe9ce322d5b717cdf1a4e8d48674cbc25bea5d466408";
const SHA1: &str = "232dd649f344ca093e5168eb25f4b3f526153f49";

fn check(sender: Sender, header: &str) -> Result<(), SignatureError> {
    check_signature(sender, BODY, &[Header::parse(header).expect(header)], b"open sesame")
}

#[test]
fn senders_sign_each_in_its_own_way() {
    for (sender, header, is_believed) in [
        (Sender::GitHub, format!("x-hub-signature-256: sha256={SHA256}"), true),
        (Sender::GitHub, format!("X-Hub-Signature-256: {SHA256}"), false),
        (Sender::GitHub, "X-Hub-Signature-256: sha256=00".to_owned(), false),
        (Sender::GitHub, "X-Hub-Signature-256: sha256=é".to_owned(), false),
        (Sender::GitHub, "X-Hub-Signature-256: open sesame".to_owned(), false),
        (Sender::Nexus, format!("X-Nexus-Webhook-Signature: {SHA1}"), true),
        (Sender::Nexus, format!("X-Nexus-Webhook-Signature: {SHA256}"), false),
        (Sender::Pipeline, format!("X-Signature: sha256={SHA256}"), true),
        (Sender::CdEvents, format!("X-Signature: sha256={SHA1}"), false),
        (Sender::Acr, "Authorization: open sesame".to_owned(), true),
        (Sender::JFrog, "X-JFrog-Event-Auth: open sesame".to_owned(), true),
        (Sender::JFrog, format!("X-JFrog-Event-Auth: {SHA256}"), true),
        (Sender::JFrog, "X-JFrog-Event-Auth: open".to_owned(), false),
        (Sender::Harbor, "Authorization: open sesame".to_owned(), true),
        (
            Sender::Distribution,
            "authorization: Bearer open sesame".to_owned(),
            true,
        ),
        (Sender::Distribution, "authorization: Bearer open".to_owned(), false),
    ] {
        assert_eq!(check(sender, &header).is_ok(), is_believed, "{sender} {header}");
    }
}

#[test]
fn what_is_not_signed_is_not_believed() {
    assert_eq!(check(Sender::Quay, "a: b"), Err(SignatureError::Unsigned(Sender::Quay)));
    let missing = check(Sender::GitHub, "Authorization: open sesame").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the header X-Hub-Signature-256 of GitHub Packages is missing"
    );
    assert_eq!(
        format!("{:?}", Header::parse("a: open sesame").unwrap()),
        "Header { name: \"a\", .. }"
    );
}

#[test]
fn what_is_sent_is_accepted() {
    for (body, secret) in [("", "k"), ("{\"a\": 1}\n", "s3cret"), ("x", "")] {
        let value = signature(body.as_bytes(), secret.as_bytes()).unwrap();
        let header = |value: &str| Header::parse(&format!("x-signature: {value}")).unwrap();
        let check = |body: &str, value: &str| {
            check_signature(
                Sender::CloudEvents,
                body.as_bytes(),
                &[header(value)],
                secret.as_bytes(),
            )
            .is_ok()
        };
        assert!(check(body, &value) && !check("other", &value), "{body}");
    }
    // echo -n x | openssl dgst -sha256 -hmac k
    let want = "sha256=c38edc8815c8489f64738978f44008f8596345545f0baa68ef6fcf5c53e57189";
    assert_eq!(signature(b"x", b"k").as_deref(), Some(want));
}
