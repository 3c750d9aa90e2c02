//! The network as the process has it: proxies from the environment, the system's clock and random source.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::artifact::network::{
    CertificateCheck, Clock, Network, NetworkSettings, ProxySettings, RemoteDocuments, RemoteSchemas,
};
use crate::engine::values::FetchDocument;
use crate::kubernetes::validate::FetchSchema;

use super::command_error::CommandError;
use super::run_context::RunContext;

/// The clock of the system.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProcessClock;

impl Clock for ProcessClock {
    fn sleep(&self, pause: Duration) {
        std::thread::sleep(pause);
    }

    /// The middle where the system has no random numbers: they only spread writers that collide.
    fn random(&self) -> f64 {
        let mut bytes = [0; 4];
        match getrandom::fill(&mut bytes) {
            Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
            Err(_) => 0.5,
        }
    }

    fn now_unix_seconds(&self) -> u64 {
        RunContext::from_process().now_unix_seconds()
    }
}

/// How the process reaches the network.
pub(super) fn network_settings(context: RunContext, certificates: CertificateCheck) -> NetworkSettings {
    NetworkSettings {
        proxies: ProxySettings::from_variables(&|name| context.variable(name)),
        certificates,
    }
}

/// What fetches schemas, and keeps them in `cache`.
pub(super) fn remote_schemas(
    context: RunContext,
    certificates: CertificateCheck,
    cache: Option<PathBuf>,
) -> Result<Arc<dyn FetchSchema>, CommandError> {
    let network = Network::new(&network_settings(context, certificates), Arc::new(ProcessClock))
        .map_err(|error| CommandError::could_not_run(format!("schemas cannot be fetched: {error}")))?;
    Ok(Arc::new(RemoteSchemas::new(Arc::new(network), cache)))
}

/// What fetches documents that values.schema.json refers to, and keeps them in `cache`. Nothing is set up before the first.
pub(super) fn remote_documents(context: RunContext, cache: Option<PathBuf>) -> Arc<dyn FetchDocument> {
    let settings = network_settings(context, CertificateCheck::Verify);
    Arc::new(RemoteDocuments::new(settings, Arc::new(ProcessClock), cache))
}
