//! Signatures by the keys of `tests/keys`, and everything that must not pass for one.

use super::keyring::{Keyring, KeyringError};
use super::provenance::{ProvenanceError, Verified, sign, verify};

const ARCHIVE: &[u8] = b"an archive";
const NAME: &str = "web-1.0.0.tgz";
const CHART: &[u8] = b"# a comment\nname: web\nversion: 1.0.0\ndescription: |\n  - dashes\n  ...\n";
/// 2026-11-27
const NOW: u64 = 1_795_737_600;

fn keyring(name: &str) -> Keyring {
    Keyring::read(&std::fs::read(format!("tests/keys/{name}")).unwrap()).unwrap()
}

fn signed(keyring_name: &str, key: &str, passphrase: &str) -> Result<String, ProvenanceError> {
    sign(ARCHIVE, NAME, CHART, &keyring(keyring_name), key, passphrase.as_bytes())
}

fn verified(provenance: &str, keyring_name: &str) -> Result<Verified, ProvenanceError> {
    verify(ARCHIVE, NAME, provenance.as_bytes(), &keyring(keyring_name), NOW)
}

#[test]
fn archives_are_signed_and_verified() {
    for (secret, key, passphrase, user) in [
        (
            "plain.secret.gpg",
            "Plain Tester <plain@example.com>",
            "",
            "Plain Tester <plain@example.com>",
        ),
        (
            "plain.secret.gpg",
            "plain@",
            "ignored",
            "Plain Tester <plain@example.com>",
        ),
        (
            "locked.secret.asc",
            "Locked",
            "open sesame",
            "Locked Tester <locked@example.com>",
        ),
    ] {
        let provenance = signed(secret, key, passphrase).unwrap();
        assert!(provenance.contains("\nname: web\n") && provenance.contains("\nfiles:\n  web-1.0.0.tgz: sha256:"));
        for ring in ["public.asc", "public.kbx", secret] {
            let found = verified(&provenance, ring).unwrap();
            assert_eq!(found.signed_by, [user], "{ring}");
            assert_eq!(found.fingerprint.len(), 40);
            assert!(found.digest.starts_with("sha256:"));
        }
    }
}

#[test]
fn what_was_changed_or_signed_by_another_is_refused() {
    let provenance = signed("plain.secret.gpg", "Plain", "").unwrap();
    let is_unsigned = |text: &str, ring: &str| matches!(verified(text, ring), Err(ProvenanceError::Unsigned));
    assert!(is_unsigned(&provenance, "revoked.public.gpg"));
    assert!(is_unsigned(&provenance.replace("name: web", "name: wed"), "public.asc"));
    let ring = keyring("public.asc");
    let with = |archive: &[u8], name: &str| verify(archive, name, provenance.as_bytes(), &ring, NOW).unwrap_err();
    assert!(matches!(with(b"another archive", NAME), ProvenanceError::Digest { .. }));
    assert!(matches!(
        with(ARCHIVE, "other-1.0.0.tgz"),
        ProvenanceError::OtherFile(_)
    ));
    for broken in ["", "no signature", "-----BEGIN PGP SIGNED MESSAGE-----\n\nx"] {
        assert!(
            matches!(verified(broken, "public.asc"), Err(ProvenanceError::Broken(_))),
            "{broken}"
        );
    }
    // Digests that stand outside of what was signed count for nothing.
    let forged = format!("files:\n  {NAME}: sha256:0\n{provenance}");
    assert!(verified(&forged, "public.asc").is_err());
}

#[test]
fn keys_that_expired_or_were_revoked_are_not_trusted() {
    for (secret, ring, key, reason) in [
        ("expired.secret.gpg", "public.asc", "Expired", "has expired"),
        ("revoked.secret.gpg", "revoked.public.gpg", "Revoked", "was revoked"),
    ] {
        let provenance = signed(secret, key, "").unwrap();
        let error = verified(&provenance, ring).unwrap_err().to_string();
        assert!(error.ends_with(reason), "{error}");
    }
    let provenance = signed("expired.secret.gpg", "Expired", "").unwrap();
    let before = verify(
        ARCHIVE,
        NAME,
        provenance.as_bytes(),
        &keyring("public.asc"),
        1_590_000_000,
    );
    assert!(before.is_ok(), "it had not expired in May 2020");
}

#[test]
fn a_key_that_cannot_sign_is_named_and_its_passphrase_is_not() {
    let refused = |ring: &str, key: &str, passphrase: &str| signed(ring, key, passphrase).unwrap_err();
    let is_keyring = |error: &ProvenanceError, wanted: fn(&KeyringError) -> bool| matches!(error, ProvenanceError::Keyring(error) if wanted(error));
    let error = refused("plain.secret.gpg", "Absent", "");
    assert!(
        is_keyring(&error, |error| matches!(error, KeyringError::NoKey(_))),
        "{error}"
    );
    let error = refused("public.asc", "Tester", "");
    assert!(
        is_keyring(&error, |error| matches!(error, KeyringError::SeveralKeys(_))),
        "{error}"
    );
    let error = refused("public.asc", "Plain", "");
    assert!(
        is_keyring(&error, |error| matches!(error, KeyringError::Public(_))),
        "{error}"
    );
    for passphrase in ["", "hunter22"] {
        let error = refused("locked.secret.asc", "Locked", passphrase);
        assert!(matches!(error, ProvenanceError::Sign { .. }), "{error}");
        assert!(!error.to_string().contains("hunter22"), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn no_keyring_or_provenance_file_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), cut in 0_usize..4000, at in 0_usize..4000) {
        drop(Keyring::read(&bytes));
        for name in ["public.kbx", "public.asc", "plain.secret.gpg"] {
            let mut ring = std::fs::read(format!("tests/keys/{name}")).unwrap();
            ring.truncate(ring.len().saturating_sub(cut).max(20));
            let place = at % ring.len();
            ring[place] ^= 0x55;
            drop(Keyring::read(&ring));
        }
        let text = String::from_utf8_lossy(&bytes);
        drop(verified(&format!("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{text}\n-----BEGIN PGP SIGNATURE-----\n\n{text}"), "public.asc"));
    }
}
