//! Threads with a stack for deep nesting.

use std::io::Error;
use std::thread;

/// Stack of every thread that reads or renders: templates, values and YAML may nest deep, and are refused before they fill
/// it.
pub const STACK_BYTES: usize = 512 << 20;

/// Runs `work` on a thread with a stack of [`STACK_BYTES`], and waits for it.
///
/// # Errors
/// When the system gives no thread.
pub fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Error> {
    thread::scope(|scope| {
        let handle = thread::Builder::new()
            .name("render".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)?;
        match handle.join() {
            Ok(result) => Ok(result),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    })
}
