//! Any bytes as the index of a repository that an archive is added to: an error, or an index that contains the archive and
//! can be read again.
#![no_main]

use chartwright::artifact::repository::{IndexEntry, Merged, merge_entries};
use chartwright::engine::chart::{ChartFile, load_files};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static ENTRY: IndexEntry = {
        let metadata = b"apiVersion: v2\nname: fuzzed\nversion: 0.1.0\n";
        let files = vec![ChartFile::new("Chart.yaml".to_owned(), metadata.as_slice())];
        let chart = load_files(files).expect("a chart");
        IndexEntry::new(&chart.metadata, "fuzzed-0.1.0.tgz", "00", "2026-01-01T00:00:00Z")
    };
}

fuzz_target!(|index: &[u8]| {
    ENTRY.with(|entry| {
        let entries = std::slice::from_ref(entry);
        let Ok(Merged::Changed(merged)) = merge_entries(Some(index), entries, "2026-01-01T00:00:00Z") else {
            return;
        };
        let again = merge_entries(Some(&merged), entries, "2026-01-02T00:00:00Z");
        assert!(matches!(again, Ok(Merged::Unchanged)), "{}", String::from_utf8_lossy(&merged));
    });
});
