//! `--timeout`: how long a command may take as a whole.
//!
//! When the time has passed, what is being rendered or validated stops with an error at its place, and the command ends with
//! the exit code of work that could not be done.

use std::time::Duration;

use clap::Args;

use super::command_error::CommandError;
use crate::text::go::duration::parse_duration;
use crate::text::stop;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct TimeFlag {
    /// Most time that the command may take, such as 30s or 5m (default: no limit; other limits still hold).
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
}

impl TimeFlag {
    /// Starts to count the time.
    pub(super) fn start(&self) -> Result<(), CommandError> {
        let Some(written) = &self.timeout else {
            return Ok(());
        };
        let nanoseconds = parse_duration(written.as_bytes())
            .map_err(|error| CommandError::usage(format!("invalid value for --timeout: {error}")))?;
        match u64::try_from(nanoseconds) {
            // No limit, as in Go's programs.
            Ok(0) => Ok(()),
            Ok(nanoseconds) => {
                stop::after(Duration::from_nanos(nanoseconds), written);
                Ok(())
            }
            Err(_) => Err(CommandError::usage(format!(
                "--timeout must not be negative: {written}"
            ))),
        }
    }
}
