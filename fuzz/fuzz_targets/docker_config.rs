//! Any bytes as docker's config.json: a login, or an error without what the file says. Helpers that it names are not installed.
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use chartwright::artifact::credential::RegistryLogins;
use libfuzzer_sys::fuzz_target;

/// A file of this process alone.
fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| std::env::temp_dir().join(format!("chartwright-fuzz-docker-{}", std::process::id())))
}

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(file(), bytes).expect("a file");
    let logins = RegistryLogins::from_variables(None, file().clone(), &|_| Some("/no/such/directory".to_owned()));
    for (host, repository) in [("registry.example.com", "team/charts/web"), ("registry-1.docker.io", "web"), ("h:5000", "")] {
        match logins.login(host, repository) {
            Ok(login) => assert!(!format!("{login:?}").contains("hunter2"), "{login:?}"),
            Err(error) => assert!(!error.to_string().contains("hunter2"), "{error}"),
        }
    }
});
