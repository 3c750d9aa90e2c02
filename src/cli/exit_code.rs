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
    /// A cluster does not have what the files say, and `drift` found it: 2.
    Drift,
    /// Files, network, credentials or git kept us from doing the work: 3.
    CouldNotRun,
    /// There are updates, and `--detailed-exitcode` asks for this: 10.
    Updates,
    /// A bug in chartwright: 70.
    Bug,
}

/// The meanings of the exit codes, as the README and the manual list them.
pub(super) const EXIT_CODES: [(Exit, &str); 6] = [
    (Exit::Clean, "no findings that fail the run"),
    (
        Exit::Findings,
        "findings: the charts, values or manifests are at fault; `diff --exit-code`: something differs; `doctor`: something does not work",
    ),
    (
        Exit::Usage,
        "wrong usage or configuration; `drift`: a cluster does not have what the files say",
    ),
    (
        Exit::CouldNotRun,
        "could not run: files, network, credentials; a chart or version that a repository does not have",
    ),
    (
        Exit::Updates,
        "`poll` or `event` with `--detailed-exitcode`: something is newer; `apply --dry-run --detailed-exitcode`: something would change",
    ),
    (Exit::Bug, "a bug in chartwright: please report it"),
];

impl Exit {
    /// The code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage | Self::Drift => 2,
            Self::CouldNotRun => 3,
            Self::Updates => 10,
            Self::Bug => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
