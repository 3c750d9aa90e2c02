//! What a command says when it cannot go on: the message, advice, and the exit code that fits.

use std::fmt;

use clap::error::{ContextKind, ContextValue};

use super::exit_code::Exit;
use super::run_context::RunContext;
use crate::check::finding::{Finding, SecretValues};

/// Whose fault it is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The chart, manifest or values file is wrong.
    Findings,
    /// The command line or configuration is wrong.
    Usage,
    /// The outside world: files that cannot be read, network, credentials, git.
    CouldNotRun,
}

/// An error that ends a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    kind: ErrorKind,
    message: String,
    hints: Vec<String>,
    findings: Vec<Finding>,
}

impl CommandError {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            hints: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The input is wrong.
    pub fn findings(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Findings, message)
    }

    /// The usage is wrong.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Files, network or credentials failed (exit 3).
    pub fn could_not_run(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::CouldNotRun, message)
    }

    /// Adds a line of advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl fmt::Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// Adds what explains the error: where, why, what to do. The secrets that the explanations must not show are hidden in the
    /// message as well.
    #[must_use]
    pub fn explained(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        let from = self.findings.len();
        self.findings.extend(findings);
        let secrets: Vec<_> = self
            .findings
            .iter()
            .skip(from)
            .filter_map(|found| found.secrets.clone())
            .collect();
        match secrets.first() {
            Some(secrets) => self.without(secrets),
            None => self,
        }
    }

    /// The same, secrets hidden in the message and the advice.
    #[must_use]
    pub fn without(mut self, secrets: &SecretValues) -> Self {
        self.message = secrets.hide(&self.message).into_owned();
        for hint in &mut self.hints {
            *hint = secrets.hide(hint).into_owned();
        }
        self
    }

    /// The text without `Error: ` and advice.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The advice, on one line; none where there is none.
    pub fn advice(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    /// Writes the error, advice and what explains it to standard error.
    pub fn report(&self, context: RunContext) {
        let text = self.to_string();
        context.report(&if context.speaks_as_helm() {
            text
        } else {
            with_indentation(&text)
        });
        for finding in &self.findings {
            context.report_shown(&format!("\n{}", context.terminal().draw(finding, false)));
        }
    }

    /// The exit code.
    pub const fn exit(&self) -> Exit {
        match self.kind {
            ErrorKind::Findings => Exit::Findings,
            ErrorKind::Usage => Exit::Usage,
            ErrorKind::CouldNotRun => Exit::CouldNotRun,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error: {}", self.message)?;
        for hint in &self.hints {
            write!(f, "\n  help: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CommandError {}

/// All lines but the first begin with blanks: a line feed in a name cannot begin what looks like another message.
fn with_indentation(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
            out.push_str(if line.is_empty() || line.starts_with(' ') {
                ""
            } else {
                "  "
            });
        }
        out.push_str(line);
    }
    out
}

/// Reports what clap found, unknown flags in the words Helm's users grep for. Help and version are not errors.
pub(super) fn report_usage(context: RunContext, error: &clap::Error) -> Exit {
    use clap::error::ErrorKind as Clap;
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.as_str(),
        _ => "",
    };
    match error.kind() {
        Clap::DisplayHelp | Clap::DisplayVersion => {
            return match context.write_stdout(error.render().to_string().as_bytes()) {
                Ok(()) => Exit::Clean,
                Err(error) => error.exit(),
            };
        }
        Clap::UnknownArgument if argument.starts_with('-') => {
            context.report(&format!("Error: unknown flag: {argument}"));
        }
        Clap::InvalidValue if error.get(ContextKind::InvalidValue) == Some(&ContextValue::String(String::new())) => {
            let flag = argument.split([' ', '=']).next().unwrap_or(argument);
            context.report(&format!("Error: flag needs an argument: {flag}"));
        }
        _ => {}
    }
    context.report(error.render().to_string().trim_end());
    Exit::Usage
}
