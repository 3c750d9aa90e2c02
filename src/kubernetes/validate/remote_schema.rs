//! Schemas over HTTP, for `--schema-location`: each is asked for once a run, and kept in a directory when one is given.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::text::diagnostic::with_causes;
use crate::text::source::replace_file;

/// How often a request is sent that fails in transit or at the server.
const ATTEMPTS: u32 = 3;
/// What is waited after the first failure; twice as long after the second.
const PAUSE: Duration = Duration::from_millis(200);
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Largest schema that is read, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// Whether a location is fetched.
pub fn is_remote(location: &str) -> bool {
    location.starts_with("http://") || location.starts_with("https://")
}

/// Fetches schemas.
#[derive(Debug)]
pub struct SchemaFetcher {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    cache: Option<PathBuf>,
}

/// Why a request gave no schema.
enum Failure {
    /// Another attempt may do better.
    Transient(String),
    Final(String),
}

impl SchemaFetcher {
    /// A client that keeps what it fetches in `cache`, and takes any certificate when told so.
    pub fn new(cache: Option<PathBuf>, takes_any_certificate: bool) -> Result<Self, String> {
        // The TLS library is chosen once for the process; a second choice is the same one.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .danger_accept_invalid_certs(takes_any_certificate)
            .user_agent(concat!("chartwright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| with_causes(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            client,
            runtime: runtime.map_err(|error| error.to_string())?,
            cache,
        })
    }

    /// The text at an address; nothing where the server says that there is none.
    pub(super) fn get(&self, url: &str) -> Result<Option<Vec<u8>>, String> {
        let kept = self.cache.as_deref().map(|cache| kept_at(cache, url));
        if let Some(text) = kept.as_deref().and_then(|kept| std::fs::read(kept).ok()) {
            return Ok(Some(text));
        }
        let text = self.fetch(url)?;
        if let (Some(kept), Some(text)) = (&kept, &text) {
            let written = kept
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| replace_file(kept, text));
            written.map_err(|error| format!("cannot write {}: {error}", kept.display()))?;
        }
        Ok(text)
    }

    fn fetch(&self, url: &str) -> Result<Option<Vec<u8>>, String> {
        let mut attempt = 1;
        loop {
            match self.runtime.block_on(self.request(url)) {
                Ok(text) => return Ok(text),
                Err(Failure::Transient(_)) if attempt < ATTEMPTS => {
                    std::thread::sleep(PAUSE * attempt);
                    attempt += 1;
                }
                Err(Failure::Transient(message) | Failure::Final(message)) => return Err(message),
            }
        }
    }

    async fn request(&self, url: &str) -> Result<Option<Vec<u8>>, Failure> {
        let transient = |error: reqwest::Error| Failure::Transient(with_causes(&error.without_url()));
        let mut response = self.client.get(url).send().await.map_err(transient)?;
        let status = response.status();
        match status.as_u16() {
            200 => {}
            404 => return Ok(None),
            500..=599 | 429 => return Err(Failure::Transient(format!("received HTTP status {status}"))),
            _ => return Err(Failure::Final(format!("received HTTP status {status}"))),
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(transient)? {
            text.extend_from_slice(&chunk);
            if text.len() > MAX_BYTES {
                return Err(Failure::Final(format!("it is larger than {MAX_BYTES} bytes")));
            }
        }
        Ok(Some(text))
    }
}

/// Where the schema of an address is kept.
fn kept_at(cache: &Path, url: &str) -> PathBuf {
    let digest = Sha256::digest(url.as_bytes());
    let name = digest
        .iter()
        .fold(String::new(), |name, byte| name + &format!("{byte:02x}"));
    cache.join(name + ".json")
}

/// An address without the name and the password that may stand in it.
pub(super) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = host.rsplit('@').next().unwrap_or(host);
    // A token may be in the query.
    let path = path.map(|path| path.split('?').next().unwrap_or(path));
    path.map_or_else(
        || format!("{scheme}://{host}"),
        |path| format!("{scheme}://{host}/{path}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        assert_eq!(
            shown("https://me:secret@host/a/b.json?token=x"),
            "https://host/a/b.json"
        );
        assert_eq!(shown("http://host"), "http://host");
    }
}
