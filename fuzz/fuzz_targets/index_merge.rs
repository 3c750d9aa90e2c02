//! Any bytes as the index of a repository that an archive is added to: an error, or an index that contains the archive and
//! can be read again.
#![no_main]

use chartwright::artifact::repository::{Index, IndexEntry};
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

fuzz_target!(|text: &[u8]| {
    ENTRY.with(|entry| {
        let Ok(mut index) = Index::read(text.to_vec()) else {
            return;
        };
        if !index.add(entry).is_ok_and(|is_new| is_new) {
            return;
        }
        let Ok(printed) = index.print("2026-01-01T00:00:00Z") else {
            return;
        };
        let shown = String::from_utf8_lossy(&printed);
        let mut again = Index::read(printed.clone()).unwrap_or_else(|error| panic!("{error}: {shown}"));
        assert_eq!(again.add(entry), Ok(false), "{shown}");
        let twice = again.print("2026-01-01T00:00:00Z").expect("an index");
        assert_eq!(shown, String::from_utf8_lossy(&twice));
    });
});
