//! `--dependency-update` of commands that load charts: what `charts/` lacks is fetched into memory, and nothing is written.

use std::sync::Arc;

use clap::Args;

use crate::artifact::dependency::RepositorySupply;
use crate::engine::chart::LocalDependencyError;

use super::command_error::CommandError;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::run_context::RunContext;

/// Whether dependencies are fetched, and how their repositories are reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Repositories")]
pub(super) struct DependencyFlags {
    /// Fetch dependencies that charts/ lacks, from the cache or their repositories; nothing is written.
    #[arg(short = 'u', long)]
    dependency_update: bool,
    #[command(flatten)]
    remote: RemoteFlags,
}

impl DependencyFlags {
    /// How repositories are reached.
    pub(super) const fn remote(&self) -> &RemoteFlags {
        &self.remote
    }

    /// What supplies dependencies, if that is requested.
    pub(super) fn supply(&self, context: RunContext) -> Result<Option<Arc<RepositorySupply>>, CommandError> {
        if !self.dependency_update {
            return Ok(None);
        }
        let charts = self.remote.charts(context, &LoginFlags::default(), false)?;
        Ok(Some(Arc::new(RepositorySupply::new(charts))))
    }
}

/// Reports what was noticed about repositories.
pub(super) fn report_notes(context: RunContext, supply: Option<&RepositorySupply>) {
    for note in supply.map(RepositorySupply::take_notes).unwrap_or_default() {
        context.report(&format!("note: {note}"));
    }
}

/// A chart that cannot be loaded with its dependencies: a finding, unless a repository is at fault.
pub(super) fn local_dependency_error(error: LocalDependencyError) -> CommandError {
    match error {
        LocalDependencyError::Supply { source, .. } => {
            let shown = CommandError::could_not_run(&source);
            match source.hint {
                Some(hint) => shown.with_hint(hint),
                None => shown,
            }
        }
        error => CommandError::findings(error),
    }
}
