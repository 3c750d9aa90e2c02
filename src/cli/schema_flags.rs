//! Flags about schemas that a values.schema.json refers to by URL. `template` fetches them, as Helm does, unless `--offline` is
//! given; `lint` and `ci`, which run in pipelines, fetch them only if that is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::engine::values::FetchDocument;

use super::network::remote_documents;
use super::run_context::RunContext;

/// The flags of `template`.
#[derive(Debug, Clone, Args)]
pub(super) struct OfflineFlags {
    /// Do not fetch schemas that values.schema.json refers to by URL: what they describe is not checked.
    #[arg(long)]
    offline: bool,
    /// Keep schemas that are fetched in this directory.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// The flags of `lint` and `ci`.
#[derive(Debug, Clone, Args)]
pub(super) struct FetchFlags {
    /// Fetch schemas that values.schema.json refers to by URL, as Helm does.
    #[arg(long)]
    fetch_schemas: bool,
    /// Fetch nothing (the default): what schemas at URLs describe is not checked.
    #[arg(long, conflicts_with = "fetch_schemas")]
    offline: bool,
    /// Keep schemas that are fetched in this directory.
    #[arg(long, value_name = "DIR", requires = "fetch_schemas")]
    cache: Option<PathBuf>,
}

/// Documents at URLs, and no files: a chart that is checked decides what its schema refers to.
#[derive(Debug)]
struct OnlyRemote(Arc<dyn FetchDocument>);

impl FetchDocument for OnlyRemote {
    fn fetch_document(&self, url: &str) -> Result<Vec<u8>, String> {
        self.0.fetch_document(url)
    }

    fn reads_files(&self) -> bool {
        false
    }
}

impl OfflineFlags {
    /// What fetches schemas; none if nothing is fetched.
    pub(super) fn documents(&self, context: RunContext) -> Option<Arc<dyn FetchDocument>> {
        (!self.offline).then(|| remote_documents(context, self.cache.clone()))
    }
}

impl FetchFlags {
    /// What fetches schemas; none if nothing is fetched.
    pub(super) fn documents(&self, context: RunContext) -> Option<Arc<dyn FetchDocument>> {
        let fetched: Arc<dyn FetchDocument> = Arc::new(OnlyRemote(remote_documents(context, self.cache.clone())));
        self.fetch_schemas.then_some(fetched)
    }
}
