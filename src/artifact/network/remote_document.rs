//! Documents that a values.schema.json refers to, over HTTP, as Helm fetches them: one request without another attempt, redirects
//! followed, Helm's time limit and error texts. Each is fetched once per run, and kept in a directory when one is given.

use std::collections::HashMap;
use std::error::Error as _;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::engine::values::{FetchDocument, MAX_DOCUMENT_BYTES};
use crate::text::causes::with_causes;
use crate::text::limits::FILE_BYTES;
use crate::text::redact::{redact_message, redact_url};
use crate::text::source::{Named, read_file};

use super::client::NetworkSettings;
use super::clock::Clock;
use super::remote_schema::{keep, kept_at};
use super::runtime::Network;

/// Longest time for a request and its answer, as in Helm.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A document, or why there is none.
type Fetched = Result<Vec<u8>, String>;

/// Fetches documents. The network is set up when the first is needed.
#[derive(Debug)]
pub struct RemoteDocuments {
    settings: NetworkSettings,
    clock: Arc<dyn Clock>,
    cache: Option<PathBuf>,
    network: OnceLock<Result<Network, String>>,
    fetched: Mutex<HashMap<String, Arc<OnceLock<Fetched>>>>,
}

impl RemoteDocuments {
    /// Documents over a network, kept in `cache` once they are fetched.
    pub fn new(settings: NetworkSettings, clock: Arc<dyn Clock>, cache: Option<PathBuf>) -> Self {
        Self {
            settings,
            clock,
            cache,
            network: OnceLock::new(),
            fetched: Mutex::new(HashMap::new()),
        }
    }

    fn fetch(&self, url: &str) -> Fetched {
        let kept = self.cache.as_deref().map(|cache| kept_at(cache, url));
        if let Some(text) = kept
            .as_deref()
            .and_then(|kept| read_file(kept, Named::ByInput, FILE_BYTES).ok())
        {
            return Ok(text);
        }
        let network = self
            .network
            .get_or_init(|| Network::new(&self.settings, Arc::clone(&self.clock)).map_err(|error| error.to_string()));
        let network = network.as_ref().map_err(Clone::clone)?;
        let text = network.wait(request(network, url))?;
        if let Some(kept) = &kept {
            keep(kept, &text)?;
        }
        Ok(text)
    }
}

impl FetchDocument for RemoteDocuments {
    fn fetch_document(&self, url: &str) -> Fetched {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(fetched.entry(url.to_owned()).or_default());
        // Others can be fetched meanwhile.
        drop(fetched);
        cell.get_or_init(|| self.fetch(url)).clone()
    }
}

async fn request(network: &Network, url: &str) -> Fetched {
    let shown = redact_url(url);
    let failed = |error: reqwest::Error| format!("HTTP request failed for {shown}: Get \"{shown}\": {}", cause(&error));
    let request = network.client().get(url).timeout(TIMEOUT);
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status();
    if status.as_u16() != 200 {
        let words = status.canonical_reason().unwrap_or_default();
        return Err(format!(
            "HTTP request to {shown} returned status {} ({words})",
            status.as_u16()
        ));
    }
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        text.extend_from_slice(&chunk);
        if text.len() > MAX_DOCUMENT_BYTES {
            return Err(format!("{shown} is larger than {MAX_DOCUMENT_BYTES} bytes"));
        }
    }
    Ok(text)
}

/// What kept a request from being answered, in Go's words where they are known.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned();
    }
    let address = error
        .url()
        .and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    let mut source = error.source();
    while let Some(inner) = source {
        let refused = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if let (Some(ErrorKind::ConnectionRefused), Some((host, port))) = (refused, address) {
            return format!("dial tcp {host}:{port}: connect: connection refused");
        }
        if let Some((host, _)) = address.filter(|_| inner.to_string().starts_with("failed to lookup address")) {
            return format!("dial tcp: lookup {host}: no such host");
        }
        source = inner.source();
    }
    redact_message(&with_causes(error))
}
