//! The runtime that requests run on, with the client they use: one thread, which is the caller's.

use std::sync::Arc;

use super::client::{NetworkError, NetworkSettings, client};
use super::clock::Clock;
use super::tls::choose_provider;

/// Access to the network.
#[derive(Debug)]
pub struct Network {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
}

impl Network {
    /// Sets up runtime, TLS and client. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting is wrong or the system refuses a runtime.
    pub fn new(settings: &NetworkSettings, clock: Arc<dyn Clock>) -> Result<Self, NetworkError> {
        Self::with_client(|| client(settings), clock)
    }

    /// The same with another client.
    pub(super) fn with_client(
        client: impl FnOnce() -> Result<reqwest::Client, NetworkError>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NetworkError> {
        choose_provider();
        Ok(Self {
            client: client()?,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            clock,
        })
    }

    /// The client.
    pub const fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The clock of the run.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Runs a request to its end.
    pub fn wait<F: Future>(&self, request: F) -> F::Output {
        self.runtime.block_on(request)
    }
}
