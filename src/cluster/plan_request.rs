//! What an environment is planned from, why it cannot be, and what may happen to a release.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

use super::decrypt::DecryptedValues;
use super::program::ProgramError;
use crate::artifact::remote::RemoteCharts;
use crate::check::finding::Judgement;
use crate::delivery::bump::ReadFile;
use crate::delivery::environment::{AddressOf, Environment, Environments};
use crate::engine::chart::{LinkPolicy, SupplyDependencies};
use crate::engine::template::World;
use crate::text::source::ReportRoot;

/// What an environment is planned from.
pub struct PlanRequest<'r> {
    /// All environments.
    pub all: &'r Environments,
    /// The one that is meant.
    pub environment: &'r Environment,
    /// Names of its releases that are meant; all of them without any.
    pub releases: &'r [String],
    /// The directory that paths are relative to.
    pub directory: &'r Path,
    /// Reads and decrypts files.
    pub read: ReadFile<'r>,
    /// Looks up addresses of Google Cloud.
    pub address_of: AddressOf<'r>,
    /// The charts of repositories.
    pub charts: &'r RemoteCharts,
    /// What supplies dependencies that `charts/` lacks.
    pub supply: Option<&'r dyn SupplyDependencies>,
    /// Whether links may lead out of a chart.
    pub links: LinkPolicy,
    /// Which findings count; nothing is judged without it.
    pub judgement: Option<&'r Judgement>,
    /// What paths in findings are relative to.
    pub report_root: ReportRoot,
    /// Makes the clock and the random numbers of a rendering.
    pub make_world: &'r dyn Fn() -> Box<dyn World>,
    /// What files had that were decrypted.
    pub decrypted: &'r RefCell<DecryptedValues>,
}

/// Why an environment cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// There is no namespace.
    #[error("environment `{0}` has no namespace: add `namespace` to it, or name one with --namespace")]
    NoNamespace(String),
    /// A file of resources cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What happens to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is installed.
    Install,
    /// It is upgraded.
    Upgrade,
    /// It stays as it is.
    Unchanged,
    /// It stays as it is, and what a run that ended early left beside it is removed.
    CleanUp,
}

impl Action {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Unchanged => "unchanged",
            Self::CleanUp => "clean-up",
        }
    }
}
