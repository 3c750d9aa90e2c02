//! Any bytes as a keyring (GnuPG's keybox, binary or armored keys), and a provenance file that is checked against its keys.
#![no_main]

use std::sync::OnceLock;

use chartwright::artifact::package::{Keyring, sign, verify};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "web-1.0.0.tgz";
const SECRET: &[u8] = include_bytes!("../../tests/keys/plain.secret.gpg");
const NOW: u64 = 1_767_225_600;

/// A provenance file of the archive `archive`.
fn provenance() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let keyring = Keyring::read(SECRET).expect("a keyring");
        sign(b"archive", NAME, b"name: web\n", &keyring, "Plain", b"").expect("a signature")
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(keyring) = Keyring::read(bytes) else { return };
    let verified = verify(b"archive", NAME, provenance().as_bytes(), &keyring, NOW);
    if let Ok(verified) = verified {
        assert!(verified.digest.starts_with("sha256:"));
    }
    assert!(verify(b"another", NAME, provenance().as_bytes(), &keyring, NOW).is_err());
});
