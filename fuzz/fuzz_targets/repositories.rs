//! Any bytes as Helm's repositories.yaml: repositories, or an error without what the file says.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use chartwright::artifact::credential::RepositoriesFile;
use chartwright::artifact::network::Url;
use libfuzzer_sys::fuzz_target;

/// A file of this process alone.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| std::env::temp_dir().join(format!("chartwright-fuzz-repositories-{}", std::process::id())))
}

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(file(), bytes).expect("a file");
    match RepositoriesFile::read(file()) {
        Ok(list) => {
            let shown = format!("{list:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
            for name in ["shop", "", "@shop"] {
                if let Ok(entry) = list.get(name) {
                    assert_eq!(list.resolve_alias(&format!("@{name}")).ok(), Some(entry.url.as_str()));
                    assert!(list.at(&entry.url).is_some());
                }
            }
            let url = Url::parse("https://charts.example.com/stable/web-1.0.0.tgz").expect("a URL");
            if let Some(entry) = list.above(&url) {
                assert!(entry.url.contains("charts.example.com"), "{entry:?}");
            }
        }
        Err(error) => assert!(!error.to_string().contains("hunter2"), "{error}"),
    }
});
