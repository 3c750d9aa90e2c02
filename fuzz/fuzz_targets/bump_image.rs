//! Any bytes as a file in which an image is moved: no panic, and what is written can be bumped again without a change.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// A file of this process alone.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| std::env::temp_dir().join(format!("chartwright-fuzz-bump-{}.yaml", std::process::id())))
}

fn bump(flag: &str, value: &str) {
    let arguments = ["chartwright", "bump", flag, value].map(Into::into);
    chartwright::cli::run(arguments.into_iter().chain([file().clone().into_os_string()]).collect());
}

fuzz_target!(|text: &[u8]| {
    std::fs::write(file(), text).expect("a file");
    bump("--image", "acme/web:2.0");
    let once = std::fs::read(file()).expect("a file");
    bump("--image", "acme/web:2.0");
    let twice = std::fs::read(file()).expect("a file");
    assert_eq!(once, twice, "the second bump changes nothing");
    bump("--set", "image.tag=3");
});
