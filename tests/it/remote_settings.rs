//! The settings with which tests reach repositories: no waiting, no files of the user's, and charts to put in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chartwright::artifact::credential::{CertificateFiles, RegistryLogins, RepositoriesFile};
use chartwright::artifact::network::{Clock, NetworkSettings, RetryPolicy};
use chartwright::artifact::package::pack;
use chartwright::artifact::remote::{RemoteLimits, RemoteSettings, UploadLogin};
use chartwright::artifact::repository::RepositorySettings;
use chartwright::artifact::repository::store::{GcsSettings, S3Settings};
use chartwright::engine::chart::ChartFile;
use sha2::{Digest as _, Sha256};

/// A clock that does not wait.
#[derive(Debug)]
pub(crate) struct NoWaiting;

impl Clock for NoWaiting {
    fn sleep(&self, _: Duration) {}

    fn random(&self) -> f64 {
        0.5
    }

    fn now_unix_seconds(&self) -> u64 {
        1_767_225_600
    }
}

/// `Authorization` of the user `me` with the password `hunter2`.
pub(crate) const BASIC: &str = "Basic bWU6aHVudGVyMg==";

/// Attempts without pauses.
pub(crate) const POLICY: RetryPolicy = RetryPolicy {
    attempts: 4,
    first_pause: Duration::ZERO,
    longest_pause: Duration::ZERO,
    longest_wait: Duration::from_secs(30),
};

/// Settings without a login.
pub(crate) fn settings() -> RemoteSettings {
    RemoteSettings {
        stores: RepositorySettings {
            network: NetworkSettings::default(),
            certificates: CertificateFiles::default(),
            s3: S3Settings::default(),
            gcs: GcsSettings::default(),
            retry: POLICY,
            clock: Arc::new(NoWaiting),
        },
        repositories: RepositoriesFile::default(),
        registries: RegistryLogins::from_variables(None, PathBuf::from("/no/such/file"), &|_| {
            Some("/no/such".to_owned())
        }),
        login: None,
        uploads: UploadLogin::default(),
        certificates: CertificateFiles::default(),
        passes_credentials: false,
        plain_http: true,
        cache: None,
        with_provenance: false,
        base: PathBuf::from("/"),
        limits: RemoteLimits::default(),
    }
}

/// A packaged chart.
pub(crate) fn packed(name: &str, version: &str) -> Vec<u8> {
    let text = format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: A chart.\n");
    let file = |name: &str, text: String| ChartFile::new(name.to_owned(), text.into_bytes());
    let files = [
        file("Chart.yaml", text),
        file(
            "templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".to_owned(),
        ),
    ];
    pack(&files, name).expect("packs")
}

/// Hex SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// An index of versions of a chart `web`: version, digest, address.
pub(crate) fn index(versions: &[(&str, &str, &str)]) -> String {
    let mut text = "apiVersion: v1\nentries:\n  web:\n".to_owned();
    for (version, digest, url) in versions {
        text.push_str(&format!(
            "  - name: web\n    version: {version}\n    digest: \"{digest}\"\n    urls: ['{url}']\n"
        ));
    }
    text
}

/// Whether a path is that of an archive.
pub(crate) fn is_archive(path: &str) -> bool {
    path.strip_suffix(".tgz").is_some()
}
