//! Any bytes as a chart archive, as they are and as the tar inside the gzip.
#![no_main]

use std::io::Write as _;

use chartwright::engine::chart::{load_files, read_archive};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    load(bytes);
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    if zipped.write_all(bytes).is_ok()
        && let Ok(zipped) = zipped.finish()
    {
        load(&zipped);
    }
});

fn load(archive: &[u8]) {
    let Ok(files) = read_archive(archive) else { return };
    assert!(
        files
            .iter()
            .all(|file| !file.name.contains("..") || !file.name.split('/').any(|part| part == ".."))
    );
    if let Ok(chart) = load_files(files) {
        assert!(!chart.name().is_empty());
    }
}
