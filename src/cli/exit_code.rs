//! The exit codes, the same for every command.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well: 0.
    Clean,
    /// Something is wrong with the charts or manifests: 1.
    Findings,
    /// Wrong usage or configuration: 2.
    Usage,
    /// Files, network, credentials or git kept us from doing the work: 3.
    CouldNotRun,
    /// There are updates, and `--detailed-exitcode` asks for this: 10.
    Updates,
    /// A bug in chartwright: 70.
    Bug,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::CouldNotRun => 3,
            Exit::Updates => 10,
            Exit::Bug => 70,
        })
    }
}
