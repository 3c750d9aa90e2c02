//! The one door to the world: environment, standard streams, clock and randomness. The library gets plain arguments.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::render::{FixedClock, REPRODUCIBLE_NANOS, reproducible_bytes};
use crate::engine::template::World;
use crate::report::Terminal;
use crate::text::go::path_error::path_error;
use crate::text::limits::FILE_BYTES;
use crate::text::redact::{redact_message, redact_users};
use crate::text::source::{Named, ReportRoot, read_file};
use crate::text::visible::{visible_lines, without_commands};

use super::command_error::CommandError;
use super::kept_random::KeptRandom;

/// What a command may use of the process it runs in.
#[derive(Debug, Clone, Copy)]
pub struct RunContext {
    words: Words,
}

/// Whose words a command reports.
#[derive(Debug, Clone, Copy)]
enum Words {
    /// Ours, with pictures for what is not seen.
    Ours,
    /// Helm's, byte for byte.
    Helms,
}

/// Random byte source.
type Fill = Box<dyn FnMut(&mut [u8])>;

impl RunContext {
    /// The running process.
    pub const fn from_process() -> Self {
        Self { words: Words::Ours }
    }

    /// The same for a command whose messages are Helm's, byte for byte.
    #[must_use]
    pub const fn in_helms_words(self) -> Self {
        Self { words: Words::Helms }
    }

    /// Whether messages are Helm's, byte for byte.
    pub(super) const fn speaks_as_helm(self) -> bool {
        matches!(self.words, Words::Helms)
    }

    /// An environment variable; unset, empty and not UTF-8 are the same.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn variable(self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// The absolute path of the working directory; empty where the process has none.
    pub fn working_directory(self) -> PathBuf {
        std::path::absolute(".").unwrap_or_default()
    }

    /// Nanoseconds since 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now_unix_nanos(self) -> i128 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(i128::MAX))
    }

    /// Seconds since 1970.
    pub fn now_unix_seconds(self) -> u64 {
        u64::try_from(self.now_unix_nanos() / 1_000_000_000).unwrap_or_default()
    }

    /// The time as RFC 3339 in UTC, to the second.
    pub fn now_rfc3339(self) -> String {
        let seconds = i64::try_from(self.now_unix_nanos() / 1_000_000_000).unwrap_or_default();
        jiff::Timestamp::from_second(seconds)
            .map(|time| time.to_string())
            .unwrap_or_default()
    }

    /// Name of the local time zone, found as Go finds it: `TZ`, else what /etc/localtime points at.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    fn local_zone() -> String {
        if let Ok(zone) = std::env::var("TZ") {
            return zone.trim_start_matches(':').to_owned();
        }
        let target = std::fs::canonicalize("/etc/localtime").unwrap_or_default();
        let target = target.display().to_string();
        target
            .split_once("/zoneinfo/")
            .map_or_else(String::new, |(_, name)| name.to_owned())
    }

    /// How findings are drawn on standard error: in colour on a terminal, unless `NO_COLOR` is set.
    pub fn terminal(self) -> Terminal {
        Terminal::coloured_if(std::io::stderr().is_terminal() && self.variable("NO_COLOR").is_none())
    }

    /// What paths in reports are relative to: `base` where it is given, else the work tree that a CI system names, else the one of
    /// git that holds the paths the command is about, else the working directory.
    pub fn report_root(self, base: Option<&Path>, paths: &[PathBuf]) -> ReportRoot {
        let here = self.working_directory();
        let mut root = ReportRoot::new(here.clone()).prefer_repository_of(&here);
        for path in paths {
            root = root.prefer_repository_of(path);
        }
        for name in ["CI_PROJECT_DIR", "GITHUB_WORKSPACE"] {
            if let Some(directory) = self.variable(name) {
                root = root.prefer(Path::new(&directory));
            }
        }
        match base {
            Some(base) => root.prefer(base),
            None => root,
        }
    }

    /// The clock and random numbers that templates may see.
    ///
    /// The clock of a deterministic world shows the start of the year 2000, and its random numbers are the same in every run:
    /// nothing made of them is a secret.
    pub fn render_world(self, is_deterministic: bool) -> impl World {
        self.clock(is_deterministic)
    }

    /// The world of renderings that are checked and then thrown away.
    pub fn check_world(self) -> impl World {
        self.clock(false).for_checks()
    }

    /// The world of renderings that are compared with others and then thrown away: it is the same for all of them.
    pub fn comparison_world(self) -> impl World + use<> {
        self.clock(true).for_checks()
    }

    fn clock(self, is_deterministic: bool) -> FixedClock<Fill> {
        if is_deterministic {
            let fill: Fill = Box::new(reproducible_bytes());
            return FixedClock::new(REPRODUCIBLE_NANOS, fill).in_zone("UTC".to_owned());
        }
        let mut kept = KeptRandom::default();
        let fill: Fill = Box::new(move |bytes: &mut [u8]| kept.fill(bytes, |bytes| self.fill_random(bytes)));
        FixedClock::new(self.now_unix_nanos(), fill).in_zone(Self::local_zone())
    }

    fn fill_random(self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            let process = std::process::id();
            self.report(&format!(
                "Error: the operating system of process {process} has no random numbers: {error}"
            ));
            std::process::abort();
        }
    }

    /// Random bytes that nothing else in the run knows.
    pub(super) fn random_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill_random(&mut bytes);
        bytes
    }

    /// A name that no other run has.
    pub(super) fn random_name(self) -> String {
        let bytes = self.random_bytes();
        u128::from_be_bytes(bytes).to_string()
    }

    /// All of standard input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_stdin(self) -> Result<Vec<u8>, CommandError> {
        let mut text = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut text)
            .map_err(|error| CommandError::could_not_run(format!("cannot read standard input: {error}")))?;
        Ok(text)
    }

    /// Whether something was piped into standard input, or a file is: it is neither a terminal nor a device such as /dev/null.
    #[cfg(unix)]
    pub fn has_piped_input(self) -> bool {
        use std::os::fd::AsFd as _;
        use std::os::unix::fs::FileTypeExt as _;
        let input = std::io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from);
        let found = input.and_then(|input| input.metadata());
        found.is_ok_and(|found| !found.file_type().is_char_device())
    }

    /// Whether standard input is not a terminal.
    #[cfg(not(unix))]
    pub fn has_piped_input(self) -> bool {
        !std::io::stdin().is_terminal()
    }

    /// A file's content.
    ///
    /// # Errors
    /// When it cannot be read, in Go's words.
    pub fn read_file(self, path: &str) -> Result<Vec<u8>, CommandError> {
        read_file(Path::new(path), Named::ByUser, FILE_BYTES)
            .map_err(|error| CommandError::could_not_run(open_error(path, &error)))
    }

    /// Writes to standard output. A reader that has gone away is not an error.
    ///
    /// # Errors
    /// When standard output cannot be written for another reason.
    pub fn write_stdout(self, bytes: &[u8]) -> Result<(), CommandError> {
        let mut out = std::io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(CommandError::could_not_run(format!(
                "cannot write to standard output: {error}"
            ))),
            _ => Ok(()),
        }
    }

    /// Writes lines to standard error, as they may be shown. In Helm's words, only users and passwords of addresses are left out
    /// and commands to a CI runner broken. A failure cannot be reported anywhere.
    pub fn report(self, lines: &str) {
        self.report_shown(&match self.words {
            Words::Ours => visible_lines(&redact_message(lines)).into_owned(),
            Words::Helms => without_commands(&redact_users(lines)).into_owned(),
        });
    }

    /// Writes what is fit to be shown to standard error.
    pub fn report_shown(self, lines: &str) {
        let mut err = std::io::stderr().lock();
        let _unreported = writeln!(err, "{lines}");
    }

    /// Whether standard error is a terminal, and not that of a CI job.
    pub fn is_interactive(self) -> bool {
        std::io::stderr().is_terminal() && self.variable("CI").is_none()
    }

    /// Whether output to standard output may be coloured.
    pub fn has_colour(self) -> bool {
        std::io::stdout().is_terminal() && self.variable("NO_COLOR").is_none()
    }
}

/// Refuses anything but a directory, where a command is about one.
pub(super) fn check_directory(directory: &Path) -> Result<(), CommandError> {
    let shown = directory.display();
    match directory.metadata() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(CommandError::could_not_run(format!("{shown} is not a directory"))),
        Err(error) => Err(CommandError::could_not_run(open_error(directory, &error))),
    }
}

/// `open PATH: no such file or directory`, as Go says it.
pub(super) fn open_error(path: impl AsRef<Path>, error: &std::io::Error) -> String {
    path_error("open", path, error)
}
