//! Any bytes as Helm's repositories.yaml: repositories, or an error without what the file says.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use chartwright::artifact::credential::{Login, RepositoriesFile, RepositoryEntry};
use chartwright::artifact::network::Url;
use chartwright::text::yaml;
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

/// A file of this process alone.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| std::env::temp_dir().join(format!("chartwright-fuzz-repositories-{}", std::process::id())))
}

/// The passwords that the file gives, of seven bytes or more and without those that are shown for another reason.
fn secrets(bytes: &[u8]) -> Vec<String> {
    let document = yaml::json_from_bytes(bytes).unwrap_or_default();
    let entries: Vec<&Json> = document["repositories"].as_array().into_iter().flatten().collect();
    let text = |entry: &Json, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    let login = Some(Login::new("a", "b"));
    let words = format!(
        "{:?} {:?} {file:?}",
        RepositoryEntry {
            login,
            ..RepositoryEntry::default()
        },
        RepositoriesFile::default(),
        file = file()
    );
    let is_shown = |secret: &str| {
        words.contains(secret)
            || entries.iter().any(|entry| {
                let fields = ["name", "url", "certFile", "keyFile", "caFile"];
                let others = fields.map(|field| text(entry, field).replacen(&format!(":{secret}@"), "", 1));
                others.iter().any(|other| format!("{other:?}").contains(secret))
            })
    };
    let passwords = entries.iter().flat_map(|entry| {
        let url = Url::parse(&text(entry, "url")).ok();
        let of_url = url.and_then(|url| url.password().map(str::to_owned));
        [text(entry, "password")].into_iter().chain(of_url)
    });
    passwords
        .filter(|secret| secret.len() >= 7 && !is_shown(secret))
        .collect()
}

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(file(), bytes).expect("a file");
    match RepositoriesFile::read(file()) {
        Ok(list) => {
            let shown = format!("{list:?}");
            for secret in secrets(bytes) {
                assert!(!shown.contains(&secret), "{secret} in {shown}");
            }
            for name in ["shop", "", "@shop"] {
                if let Ok(entry) = list.get(name) {
                    assert_eq!(list.resolve_alias(&format!("@{name}")).ok(), Some(entry.url.as_str()));
                    assert!(list.at(&entry.url).is_some());
                }
            }
            let url = Url::parse("https://charts.example.com/stable/web-1.0.0.tgz").expect("a URL");
            if let Some(entry) = list.above(&url) {
                assert_eq!(
                    Url::parse(&entry.url).ok().as_ref().and_then(Url::host_str),
                    Some("charts.example.com"),
                    "{entry:?}"
                );
            }
        }
        // The seeds have this password; a message has no word of the file.
        Err(error) => assert!(!error.to_string().contains("hunter2"), "{error}"),
    }
});
