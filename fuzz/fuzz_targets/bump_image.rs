//! Any bytes as a file in which an image is moved: no panic, and what is written can be bumped again without a change.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// A file in a directory of this process alone.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("chartwright-fuzz-bump-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        directory.join("values.yaml")
    })
}

/// The file after a bump, whether or not that succeeds.
fn bumped(flag: &str, value: &str) -> Vec<u8> {
    let arguments = ["chartwright", "bump", flag, value, "--file"].map(Into::into);
    chartwright::cli::run(arguments.into_iter().chain([file().clone().into_os_string()]).collect());
    std::fs::read(file()).expect("a file")
}

fuzz_target!(|text: &[u8]| {
    std::fs::write(file(), text).expect("a file");
    for (flag, value) in [
        ("--image", "acme/web:2.0"),
        ("--set", "image.tag=3"),
        ("--set-string", "b[0].c=true"),
    ] {
        let once = bumped(flag, value);
        assert_eq!(once, bumped(flag, value), "the second {flag} changes nothing");
    }
});
