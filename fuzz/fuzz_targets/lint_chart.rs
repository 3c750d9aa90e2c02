//! Any bytes as a small chart, linted by the whole command: values, a template and a schema. No panic.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

/// The files that the parts of the input become; a part ends with a zero byte.
const FILES: [&str; 5] = [
    "templates/t.yaml",
    "values.yaml",
    "Chart.yaml",
    "templates/_helpers.tpl",
    "values.schema.json",
];
/// Used where a part is absent or empty.
const METADATA: &[u8] = b"apiVersion: v2\nname: c\nversion: 0.1.0\n";

/// A directory of this process alone.
fn directory() -> &'static PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        std::env::temp_dir()
            .join(format!("chartwright-fuzz-lint-{}", std::process::id()))
            .join("c")
    })
}

fuzz_target!(|bytes: &[u8]| {
    let directory = directory();
    std::fs::create_dir_all(directory.join("templates")).expect("a directory");
    let mut parts = bytes.split(|byte| *byte == 0);
    for name in FILES {
        let path = directory.join(name);
        let part = parts.next().unwrap_or_default();
        match (part.is_empty(), name) {
            (true, "Chart.yaml") => std::fs::write(path, METADATA).expect("a file"),
            (true, _) => drop(std::fs::remove_file(path)),
            (false, _) => std::fs::write(path, part).expect("a file"),
        }
    }
    for command in ["lint", "template"] {
        let arguments = ["chartwright", command].map(Into::into);
        chartwright::cli::run(
            arguments
                .into_iter()
                .chain([directory.clone().into_os_string()])
                .collect(),
        );
    }
});
