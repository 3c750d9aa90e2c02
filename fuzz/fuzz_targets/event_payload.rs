//! Any bytes as the payload of a webhook, about an image that a file names: no panic, and the file stays as it is where its
//! tag is already the one that was pushed.
#![no_main]

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// A directory of this process alone, with a file that names images of the seeds.
fn directory() -> &'static PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("chartwright-fuzz-event-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        directory
    })
}

const VALUES: &str = "a: {image: registry.example.com/group/app:0.00}\nb: {image: docker.io/acme/web:0.1}\n";

fuzz_target!(|payload: &[u8]| {
    let (event, values) = (directory().join("event.json"), directory().join("values.yaml"));
    std::fs::write(&event, payload).expect("a file");
    std::fs::write(&values, VALUES).expect("a file");
    let run = || {
        let flags = ["--no-verify", "--patch", "--track", "Newest", "--file"].map(OsString::from);
        let command = ["chartwright", "event"].map(OsString::from).into_iter();
        let arguments = command.chain([event.clone().into_os_string()]).chain(flags);
        chartwright::cli::run(arguments.chain([values.clone().into_os_string()]).collect());
        std::fs::read(&values).expect("a file")
    };
    let once = run();
    assert_eq!(run(), once, "the same event twice makes one change");
});
