//! Any bytes as docker's config.json: a login, or an error without what the file says. Helpers that it names are not installed.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use chartwright::artifact::credential::RegistryLogins;
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

/// A file of this process alone.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| std::env::temp_dir().join(format!("chartwright-fuzz-docker-{}", std::process::id())))
}

/// Whether the file names a helper after the password of the seeds: helpers are named in messages.
fn names_helper_so(bytes: &[u8]) -> bool {
    let document: Json = serde_json::from_slice(bytes).unwrap_or_default();
    let helpers = document["credHelpers"]
        .as_object()
        .into_iter()
        .flat_map(|helpers| helpers.values());
    let mut helpers = helpers.chain([&document["credsStore"]]);
    helpers.any(|name| name.as_str().is_some_and(|name| name.contains("hunter2")))
}

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(file(), bytes).expect("a file");
    let logins = RegistryLogins::from_variables(None, file().clone(), &|_| Some("/no/such/directory".to_owned()));
    for (host, repository) in [
        ("registry.example.com", "team/charts/web"),
        ("registry-1.docker.io", "web"),
        ("h:5000", ""),
    ] {
        match logins.login(host, repository) {
            Ok(login) => assert!(!format!("{login:?}").contains("hunter2"), "{login:?}"),
            Err(_) if names_helper_so(bytes) => {}
            Err(error) => assert!(!error.to_string().contains("hunter2"), "{error}"),
        }
    }
});
