//! Schemas over HTTP, for `--schema-location`: each is kept in a directory when one is given.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kubernetes::validate::{FetchError, FetchSchema};
use crate::text::causes::with_causes;
use crate::text::limits::FILE_BYTES;
use crate::text::redact::redact_message;
use crate::text::sha256::sha256_hex;
use crate::text::source::{Named, read_file, replace_file};

use super::retry::{RetryPolicy, Verdict, judge_error, judge_status};
use super::runtime::Network;

/// Most requests for one schema.
const ATTEMPTS: u32 = 3;
/// Largest schema that is read, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// Fetches schemas.
#[derive(Debug)]
pub struct RemoteSchemas {
    network: Arc<Network>,
    policy: RetryPolicy,
    cache: Option<PathBuf>,
}

/// Why a request gave no schema.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", redact_message(&with_causes(.0)))]
    Request(reqwest::Error),
    #[error("received HTTP status {status}")]
    Status {
        status: reqwest::StatusCode,
        retry_after: Option<String>,
    },
    #[error("it is larger than {MAX_BYTES} bytes")]
    TooLarge,
}

impl Failure {
    fn judge(&self) -> Verdict {
        match self {
            Self::Request(error) => judge_error(error),
            Self::Status { status, retry_after } => judge_status(status.as_u16(), retry_after.as_deref()),
            Self::TooLarge => Verdict::Final,
        }
    }
}

impl RemoteSchemas {
    /// Schemas over a network, kept in `cache` once they are fetched.
    pub fn new(network: Arc<Network>, cache: Option<PathBuf>) -> Self {
        Self {
            network,
            policy: RetryPolicy {
                attempts: ATTEMPTS,
                ..RetryPolicy::default()
            },
            cache,
        }
    }

    async fn request(&self, url: &str) -> Result<Option<Vec<u8>>, Failure> {
        let failure = |error: reqwest::Error| Failure::Request(error.without_url());
        let mut response = self.network.client().get(url).send().await.map_err(failure)?;
        match response.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            _ => {
                let retry_after = response.headers().get("retry-after");
                return Err(Failure::Status {
                    status: response.status(),
                    retry_after: retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned),
                });
            }
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            text.extend_from_slice(&chunk);
            if text.len() > MAX_BYTES {
                return Err(Failure::TooLarge);
            }
        }
        Ok(Some(text))
    }
}

impl FetchSchema for RemoteSchemas {
    fn fetch(&self, url: &str) -> Result<Option<Vec<u8>>, FetchError> {
        let kept = self.cache.as_deref().map(|cache| kept_at(cache, url));
        if let Some(text) = kept
            .as_deref()
            .and_then(|kept| read_file(kept, Named::ByInput, FILE_BYTES).ok())
        {
            return Ok(Some(text));
        }
        let request = || self.network.wait(self.request(url));
        let text = self
            .policy
            .run(self.network.clock(), Failure::judge, request)
            .map_err(|exhausted| FetchError(exhausted.error.to_string()))?;
        if let (Some(kept), Some(text)) = (&kept, &text) {
            keep(kept, text).map_err(FetchError)?;
        }
        Ok(text)
    }
}

/// Keeps what was fetched.
pub(super) fn keep(kept: &Path, text: &[u8]) -> Result<(), String> {
    let written = kept
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| replace_file(kept, text));
    written.map_err(|error| format!("cannot write {}: {error}", kept.display()))
}

/// Where the schema of an address is kept.
pub(super) fn kept_at(cache: &Path, url: &str) -> PathBuf {
    cache.join(format!("{}.json", sha256_hex(url)))
}
