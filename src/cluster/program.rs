//! Programs of the user that act on clusters: `helm`, `kubectl`, `gcloud`, `sops` and the like. A command and what it reads in, what it
//! printed out. Never through a shell; what is secret is on standard input alone. What is printed is read up to a limit.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::check::finding::SecretValues;
use crate::text::redact::redact_message;

/// Most bytes of a program's own words in an error: its last ones.
const WORDS: usize = 8 << 10;
/// Most bytes of what a program prints.
const OUTPUT_BYTES: u64 = 256 << 20;
/// Pause between looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(25);
/// The same at first, since most programs end at once.
const SHORT_PAUSE: Duration = Duration::from_millis(2);
/// How long the output of a program that has ended is read.
const LEFT_OPEN: Duration = Duration::from_secs(2);
/// How long a program that was asked to stop has for it: helm takes back what it began.
const GRACE: Duration = Duration::from_mins(1);
/// Variable that tells the programs of one run from those of others.
pub const RUN_VARIABLE: &str = "CHARTWRIGHT_RUN";

/// A program and its arguments. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramCall {
    /// The program's name.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl ProgramCall {
    /// A call of a program.
    pub fn new<A: Into<String>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Self {
        Self {
            program: program.to_owned(),
            arguments: arguments.into_iter().map(Into::into).collect(),
        }
    }

    /// The same with more arguments.
    #[must_use]
    pub fn and<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The program and its subcommand, such as `kubectl get`: the first argument that is neither a flag nor the value of one.
    pub fn name(&self) -> String {
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            if !argument.starts_with('-') {
                return format!("{} {argument}", self.program);
            }
            if !argument.contains('=') {
                arguments.next();
            }
        }
        self.program.clone()
    }
}

impl fmt::Display for ProgramCall {
    /// As one would type it in a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program)?;
        for argument in &self.arguments {
            f.write_str(" ")?;
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
            if !argument.is_empty() && argument.chars().all(is_plain) {
                f.write_str(argument)?;
            } else {
                write!(f, "'{}'", argument.replace('\'', r"'\''"))?;
            }
        }
        Ok(())
    }
}

/// Why a program did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It is not installed.
    #[error("`{0}` is not installed, or not in PATH")]
    Missing(String),
    /// It cannot be started, or talked to.
    #[error("`{program}` cannot be run: {source}")]
    NotRun {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It failed.
    #[error("`{command}` failed: {words}")]
    Failed {
        /// The program and its subcommand.
        command: String,
        /// What it said last, without credentials.
        words: String,
    },
    /// It took too long.
    #[error("`{command}` did not end within {} s", limit.as_secs())]
    TooLong {
        /// The program and its subcommand.
        command: String,
        /// How long it had.
        limit: Duration,
    },
    /// What it printed is not understood.
    #[error("`{command}` printed what is not understood: {what}")]
    Odd {
        /// The program and its subcommand.
        command: String,
        /// What is wrong with it.
        what: String,
    },
}

impl ProgramError {
    /// Whether kubectl or helm says that the kubeconfig has no context of the name it got.
    pub fn lacks_context(&self) -> bool {
        matches!(self, Self::Failed { words, .. } if words.contains("context \"") && words.contains("\" does not exist"))
    }

    /// The same, secrets hidden in what the program said.
    #[must_use]
    pub fn without(self, secrets: &SecretValues) -> Self {
        match self {
            Self::Failed { command, words } => Self::Failed {
                command,
                words: secrets.hide(&words).into_owned(),
            },
            other => other,
        }
    }

    /// Whether kubectl failed because what it was asked about is not there.
    pub fn is_not_found(&self) -> bool {
        self.words().contains("(NotFound)")
    }

    /// What the program said, if it failed.
    pub fn words(&self) -> &str {
        match self {
            Self::Failed { words, .. } => words,
            _ => "",
        }
    }
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The command, as errors name it.
    command: String,
    status: ExitStatus,
    /// What it printed.
    pub output: Vec<u8>,
    /// What it said on standard error: the last of it.
    pub words: String,
    /// Whether it was asked to stop.
    pub was_stopped: bool,
}

impl Ended {
    /// Whether it did what it was asked to.
    pub fn is_success(&self) -> bool {
        self.status.success()
    }

    /// Its exit code; none where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// What it printed, if it did what it was asked to.
    ///
    /// # Errors
    /// When it failed.
    pub fn into_output(self) -> Result<Vec<u8>, ProgramError> {
        if self.is_success() {
            return Ok(self.output);
        }
        Err(self.failure())
    }

    /// That it failed, with its words.
    pub fn failure(&self) -> ProgramError {
        let said = [self.words.as_str(), &String::from_utf8_lossy(&self.output)]
            .map(|text| last_words(text.as_bytes()))
            .into_iter()
            .find(|text| !text.is_empty());
        ProgramError::Failed {
            command: self.command.clone(),
            words: said.unwrap_or_else(|| self.status.to_string()),
        }
    }
}

/// How programs are run.
#[derive(Debug, Clone)]
pub struct Programs {
    /// What tells the programs of this run from others.
    pub run: String,
    /// Longest time for a program that only asks or writes: one that waits for a rollout has its own.
    pub limit: Duration,
    /// Environment variables that they do not get.
    pub hidden: Vec<String>,
}

impl Programs {
    /// Runs a program to its end, with a text on its standard input.
    ///
    /// # Errors
    /// When it cannot be started, or takes too long.
    pub fn run(&self, call: &ProgramCall, input: &[u8]) -> Result<Ended, ProgramError> {
        let ended = self.run_watched(call, input, self.limit, &mut || false)?;
        if ended.was_stopped {
            return Err(ProgramError::TooLong {
                command: ended.command,
                limit: self.limit,
            });
        }
        Ok(ended)
    }

    /// What a program prints.
    ///
    /// # Errors
    /// When it cannot be started, takes too long, or fails.
    pub fn output(&self, call: &ProgramCall, input: &[u8]) -> Result<Vec<u8>, ProgramError> {
        self.run(call, input)?.into_output()
    }

    /// The JSON that a program prints.
    ///
    /// # Errors
    /// When it cannot be started, takes too long, fails, or prints something else.
    pub fn json(&self, call: &ProgramCall, input: &[u8]) -> Result<serde_json::Value, ProgramError> {
        let output = self.output(call, input)?;
        serde_json::from_slice(&output).map_err(|error| ProgramError::Odd {
            command: call.name(),
            what: error.to_string(),
        })
    }

    /// Runs a program that may take long. `must_stop` is asked again and again; once it or the limit says so, the program is asked to
    /// stop, and ended if it does not.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run_watched(
        &self,
        call: &ProgramCall,
        input: &[u8],
        limit: Duration,
        must_stop: &mut dyn FnMut() -> bool,
    ) -> Result<Ended, ProgramError> {
        let not_run = |source: io::Error| ProgramError::NotRun {
            program: call.program.clone(),
            source,
        };
        let mut child = self.start(call)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let input = input.to_vec();
        // One that ends early does not read all of it.
        thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let output = Reader::start(move |keep: Keep<'_>| {
            stdout.map_or(Ok(()), |stdout| {
                read_parts(stdout.take(OUTPUT_BYTES), &mut |part| keep(part, None))
            })
        });
        let words = Reader::start(move |keep: Keep<'_>| {
            stderr.map_or(Ok(()), |stderr| {
                read_parts(stderr, &mut |part| keep(part, Some(4 * WORDS)))
            })
        });
        let mut was_stopped = false;
        let status = wait(&mut child, limit, must_stop, &mut was_stopped).map_err(not_run)?;
        Ok(Ended {
            command: call.name(),
            status,
            output: output.finish(),
            words: last_words(&words.finish()),
            was_stopped,
        })
    }

    fn start(&self, call: &ProgramCall) -> Result<Child, ProgramError> {
        let mut command = Command::new(&call.program);
        for name in &self.hidden {
            command.env_remove(name);
        }
        let started = command
            .args(&call.arguments)
            .env(RUN_VARIABLE, &self.run)
            // Its words are looked at.
            .env("LANGUAGE", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        started.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ProgramError::Missing(call.program.clone()),
            _ => ProgramError::NotRun {
                program: call.program.clone(),
                source,
            },
        })
    }
}

/// Waits until a program ends, or asks it to.
fn wait(
    child: &mut Child,
    limit: Duration,
    must_stop: &mut dyn FnMut() -> bool,
    was_stopped: &mut bool,
) -> io::Result<ExitStatus> {
    let start = Instant::now();
    let mut end = start + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if *was_stopped {
            if Instant::now() >= end {
                child.kill()?;
                return child.wait();
            }
        } else if Instant::now() >= end || must_stop() {
            *was_stopped = true;
            ask_to_stop(child.id());
            end = Instant::now() + GRACE;
        }
        let is_young = start.elapsed() < Duration::from_millis(200);
        thread::sleep(if is_young { SHORT_PAUSE } else { PAUSE });
    }
}

/// Asks a process to stop.
#[cfg(unix)]
pub fn ask_to_stop(process: u32) {
    if let Some(id) = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended meanwhile.
        let _ended = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
}

/// Asks a process to stop.
#[cfg(not(unix))]
pub fn ask_to_stop(_process: u32) {}

/// Keeps what was read, the last of it where there is a limit.
type Keep<'k> = &'k mut dyn FnMut(&[u8], Option<usize>);

/// What a thread reads. What a program left behind may keep its output open for ever, so it is not waited for longer than a moment.
struct Reader {
    kept: Arc<Mutex<Vec<u8>>>,
    end: mpsc::Receiver<()>,
}

impl Reader {
    fn start(read: impl FnOnce(Keep<'_>) -> io::Result<()> + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (sender, end) = mpsc::channel();
        let keeping = Arc::clone(&kept);
        thread::spawn(move || {
            let mut keep = |part: &[u8], limit: Option<usize>| {
                let mut kept = keeping.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(part);
                if let Some(limit) = limit
                    && kept.len() > limit
                {
                    let from = kept.len() - limit / 2;
                    kept.drain(..from);
                }
            };
            // What was read until it failed is kept.
            let _ended = read(&mut keep);
            drop(sender);
        });
        Self { kept, end }
    }

    fn finish(self) -> Vec<u8> {
        let _ended = self.end.recv_timeout(LEFT_OPEN);
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads to the end, part by part.
fn read_parts(mut from: impl io::Read, keep: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut part = vec![0; 64 << 10];
    loop {
        match from.read(&mut part) {
            Ok(0) => return Ok(()),
            Ok(count) => keep(part.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The last of what a program said, without credentials.
fn last_words(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(WORDS);
    let text = String::from_utf8_lossy(bytes.get(from..).unwrap_or_default());
    redact_message(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(limit: Duration) -> Programs {
        Programs {
            run: "test".to_owned(),
            limit,
            hidden: Vec::new(),
        }
    }

    #[test]
    fn a_context_that_is_not_there_is_known_by_the_words() {
        for (words, want) in [
            ("error: context \"env:testing\" does not exist", true),
            (
                "Error: Kubernetes cluster unreachable: context \"x\" does not exist",
                true,
            ),
            ("error: the server is not there", false),
        ] {
            let command = "kubectl get".to_owned();
            let words = words.to_owned();
            let error = ProgramError::Failed { command, words };
            assert_eq!(error.lacks_context(), want, "{error}");
        }
    }

    #[test]
    fn calls_are_shown_as_one_would_type_them() {
        for (arguments, want) in [
            (vec!["get", "pods", "-n", "a b"], "kubectl get pods -n 'a b'"),
            (
                vec!["--context", "env:a", "apply", ""],
                "kubectl --context env:a apply ''",
            ),
            (vec!["it's"], r"kubectl 'it'\''s'"),
        ] {
            assert_eq!(ProgramCall::new("kubectl", arguments).to_string(), want);
        }
    }

    #[cfg(unix)]
    #[test]
    fn programs_read_their_input_and_end_in_time() {
        for (script, limit, want) in [
            ("cat; echo $CHARTWRIGHT_RUN", 20_000, Ok("inputtest\n")),
            ("echo no >&2; exit 3", 20_000, Err("`sh` failed: no")),
            ("echo out; exit 3", 20_000, Err("`sh` failed: out")),
            // What it leaves behind keeps the output open.
            ("sleep 60 & echo out", 20_000, Ok("out\n")),
            ("exec sleep 60", 100, Err("`sh` did not end within 0 s")),
            (
                "trap 'exit 0' TERM; while :; do sleep 0.05; done",
                300,
                Err("`sh` did not end within 0 s"),
            ),
        ] {
            let call = ProgramCall::new("sh", ["-c", script]);
            let found = programs(Duration::from_millis(limit)).output(&call, b"input");
            let found = found.map(|bytes| String::from_utf8(bytes).unwrap());
            let found = found.map_err(|error| error.to_string());
            let want = want.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(found, want, "{script}");
        }
        let missing = programs(GRACE).output(&ProgramCall::new("is-not-installed-anywhere", [""]), b"");
        assert!(matches!(missing, Err(ProgramError::Missing(_))), "{missing:?}");
    }

    #[test]
    fn the_last_words_are_kept_without_credentials() {
        let text = format!("{}https://me:secret@host/x", "a".repeat(100_000));
        let reader = Reader::start(move |keep| read_parts(text.as_bytes(), &mut |part| keep(part, Some(4 * WORDS))));
        let last = reader.finish();
        assert!(last.len() <= 4 * WORDS, "{}", last.len());
        let shown = last_words(&last);
        assert!(shown.ends_with("host/x") && !shown.contains("secret"), "{shown}");
    }
}
