//! Any bytes as Helm's repositories.yaml: repositories, or an error without what the file says.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use chartwright::artifact::credential::RepositoriesFile;
use chartwright::artifact::network::Url;
use chartwright::text::yaml;
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

/// A file of this process alone.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| std::env::temp_dir().join(format!("chartwright-fuzz-repositories-{}", std::process::id())))
}

/// The same list with another password wherever it has one: as a field, and in addresses.
fn with_password(document: &Json, password: &str) -> Vec<u8> {
    let mut document = document.clone();
    let entries = document.get_mut("repositories").and_then(Json::as_array_mut);
    for entry in entries.into_iter().flatten().filter_map(Json::as_object_mut) {
        if entry
            .get("password")
            .and_then(Json::as_str)
            .is_some_and(|given| !given.is_empty())
        {
            entry.insert("password".to_owned(), password.into());
        }
        let url = entry
            .get("url")
            .and_then(Json::as_str)
            .and_then(|url| Url::parse(url).ok());
        if let Some(mut url) = url.filter(|url| url.password().is_some())
            && url.set_password(Some(password)).is_ok()
        {
            entry.insert("url".to_owned(), url.as_str().into());
        }
    }
    document.to_string().into_bytes()
}

/// What is shown of a list.
fn shown(bytes: &[u8]) -> String {
    std::fs::write(file(), bytes).expect("a file");
    format!("{:?}", RepositoriesFile::read(file()))
}

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(file(), bytes).expect("a file");
    match RepositoriesFile::read(file()) {
        Ok(list) => {
            let document = yaml::json_from_bytes(bytes).expect("was read");
            let texts = ["password-one", "password-two"].map(|password| shown(&with_password(&document, password)));
            assert_eq!(texts[0], texts[1]);
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
