//! Any bytes as a provenance file: refused, or the signed text has the digest of the archive under its name.
#![no_main]

use std::sync::OnceLock;

use chartwright::artifact::package::{Keyring, verify};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "web-1.0.0.tgz";
const KEYS: &[u8] = include_bytes!("../../tests/keys/public.kbx");
const NOW: u64 = 1_767_225_600;

fn keyring() -> &'static Keyring {
    static KEYRING: OnceLock<Keyring> = OnceLock::new();
    KEYRING.get_or_init(|| Keyring::read(KEYS).expect("a keyring"))
}

fuzz_target!(|bytes: &[u8]| {
    // The seeds are of an archive with these bytes.
    if let Ok(verified) = verify(b"archive", NAME, bytes, keyring(), NOW) {
        let text = String::from_utf8_lossy(bytes);
        assert!(text.contains(&verified.digest) && text.contains(NAME), "{text}");
    }
    assert!(verify(b"another", NAME, bytes, keyring(), NOW).is_err());
});
