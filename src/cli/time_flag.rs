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
    /// Maximum time that the command may take, such as 30s or 5m (default: no limit; other limits still hold).
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
}

impl TimeFlag {
    /// Starts to count the time.
    pub(super) fn start(&self) -> Result<(), CommandError> {
        let Some(written) = &self.timeout else {
            return Ok(());
        };
        let limit = duration("--timeout", written)?;
        // No limit, as in Go's programs.
        if !limit.is_zero() {
            stop::after(limit, written);
        }
        Ok(())
    }
}

/// The same where a bare number counts seconds.
pub(super) fn seconds_or_duration(flag: &str, written: &str) -> Result<Duration, CommandError> {
    match written.parse::<u32>() {
        Ok(seconds) => Ok(Duration::from_secs(u64::from(seconds))),
        Err(_) => duration(flag, written),
    }
}

/// The duration that a flag has, as Go writes them.
pub(super) fn duration(flag: &str, written: &str) -> Result<Duration, CommandError> {
    let nanoseconds = parse_duration(written.as_bytes())
        .map_err(|error| CommandError::usage(format!("invalid value for {flag}: {error}")))?;
    let nanoseconds = u64::try_from(nanoseconds)
        .map_err(|_| CommandError::usage(format!("{flag} must not be negative: {written}")))?;
    Ok(Duration::from_nanos(nanoseconds))
}
