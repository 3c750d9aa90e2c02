//! Running git: a directory and arguments in, what it printed out. It never asks for anything, and none of our arguments is a secret.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use crate::text::redact::redact_message;

/// Most bytes of git's own words in an error.
const WORDS: usize = 4 << 10;

/// Why git did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It cannot be started.
    #[error("git cannot be run: {0}")]
    NotRun(io::Error),
    /// It failed.
    #[error("`git {command}` failed: {words}")]
    Failed {
        /// The command, without its arguments.
        command: String,
        /// What it said, without credentials.
        words: String,
    },
    /// What it printed cannot be understood.
    #[error("`git {command}` printed what is not understood: {what}")]
    Odd {
        /// The command.
        command: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It printed more than is read.
    #[error("git has more than {0} bytes of it, which is the limit")]
    TooMuch(u64),
}

impl From<io::Error> for GitError {
    /// The error of reading a commit's files.
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(error) => Self::NotRun(error),
        }
    }
}

/// git in a directory.
#[derive(Debug, Clone)]
pub(super) struct Git {
    directory: PathBuf,
}

impl Git {
    /// git for the repository that has a directory.
    pub(super) fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    /// Runs a command, whose first argument is its name, and gives what it prints.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub(super) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, GitError> {
        self.run_with(arguments, &[], &[])
    }

    /// The same with a text on its standard input, and more settings.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub(super) fn run_with<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        input: &[u8],
        settings: &[(&str, &str)],
    ) -> Result<String, GitError> {
        let output = self.output(arguments, input, settings)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failed(arguments, &output))
    }

    /// Runs a command to its end, whatever its status.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn output<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        input: &[u8],
        settings: &[(&str, &str)],
    ) -> Result<Output, GitError> {
        let mut child = self.start(arguments, settings)?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            // One that ends early does not read all of it.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        })
        .map_err(GitError::NotRun)
    }

    /// Runs a command that may print very much, and gives what it prints.
    ///
    /// # Errors
    /// When it cannot be started, fails, or prints more than `limit` bytes.
    pub(super) fn run_within<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        input: &[u8],
        limit: u64,
    ) -> Result<Vec<u8>, GitError> {
        let mut child = self.start(arguments, &[])?;
        let stdin = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut output = Output {
            status: ExitStatus::default(),
            stdout: Vec::new(),
            stderr: Vec::new(),
        };
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            let words = &mut output.stderr;
            scope.spawn(move || stderr.map(|stderr| stderr.take(WORDS as u64).read_to_end(words)));
            let read = stdout.map_or(Ok(0), |stdout| stdout.take(limit + 1).read_to_end(&mut output.stdout));
            // One that has more to print than is read waits forever otherwise.
            if read.is_err() || output.stdout.len() as u64 > limit {
                let _ended = child.kill();
            }
            read
        })
        .map_err(GitError::NotRun)?;
        output.status = child.wait().map_err(GitError::NotRun)?;
        if output.stdout.len() as u64 > limit {
            return Err(GitError::TooMuch(limit));
        }
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(failed(arguments, &output))
    }

    fn start<A: AsRef<OsStr>>(&self, arguments: &[A], settings: &[(&str, &str)]) -> Result<Child, GitError> {
        let mut command = Command::new("git");
        for (key, value) in settings {
            command.arg("-c").arg(format!("{key}={value}"));
        }
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", ":")
            // Its words are looked at; hooks keep their locale.
            .env("LANGUAGE", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(GitError::NotRun)
    }
}

/// What a command that failed says.
pub(super) fn failed<A: AsRef<OsStr>>(arguments: &[A], output: &Output) -> GitError {
    let is_command = |argument: &&A| !argument.as_ref().as_encoded_bytes().starts_with(b"-");
    let command = arguments
        .iter()
        .find(is_command)
        .map_or_else(String::new, |name| name.as_ref().to_string_lossy().into_owned());
    GitError::Failed {
        command,
        words: words(output),
    }
}

/// What a command said on standard error, else on standard output: the last of it, without credentials.
pub(super) fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| {
        let from = bytes.len().saturating_sub(WORDS);
        String::from_utf8_lossy(bytes.get(from..).unwrap_or_default())
            .trim()
            .to_owned()
    };
    let said = [text(&output.stderr), text(&output.stdout)];
    let said = said.into_iter().find(|text| !text.is_empty());
    said.map_or_else(|| output.status.to_string(), |text| redact_message(&text))
}

/// A path as git takes it where it expects a pattern. The flag `--literal-pathspecs` would reach hooks too.
pub(super) fn literal(path: &Path) -> OsString {
    let mut literal = OsString::from(":(literal)");
    literal.push(path);
    literal
}
