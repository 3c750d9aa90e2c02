//! Any bytes as chartwright.yaml, read by `ci` in a directory without charts: settings or an error with its place, and no
//! panic.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// A directory of this process alone.
fn directory() -> &'static PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("chartwright-fuzz-configuration-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        directory
    })
}

fuzz_target!(|text: &[u8]| {
    std::fs::write(directory().join("chartwright.yaml"), text).expect("a file");
    let arguments = ["chartwright", "ci", "--no-push"].map(Into::into);
    chartwright::cli::run(
        arguments
            .into_iter()
            .chain([directory().clone().into_os_string()])
            .collect(),
    );
});
