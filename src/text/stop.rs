//! The signal to stop: set once, when the time that `--timeout` gives to a command has passed, and looked at by what may
//! run for long.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

static IS_SET: AtomicBool = AtomicBool::new(false);
/// The time limit, as the user wrote it.
static LIMIT: OnceLock<String> = OnceLock::new();

/// Sets the signal once some time has passed. `written` is how the user wrote it. Only the first call counts.
pub fn after(limit: Duration, written: &str) {
    if LIMIT.set(written.to_owned()).is_err() {
        return;
    }
    let wait = move || {
        thread::sleep(limit);
        IS_SET.store(true, Ordering::Relaxed);
    };
    if limit.is_zero() || thread::Builder::new().spawn(wait).is_err() {
        IS_SET.store(true, Ordering::Relaxed);
    }
}

/// Why to stop, if the time has passed. Costs no more than reading a number.
pub fn reason() -> Option<String> {
    IS_SET.load(Ordering::Relaxed).then(|| {
        let limit = LIMIT.get().map_or("", String::as_str);
        format!("the time limit of {limit} has passed (--timeout)")
    })
}
