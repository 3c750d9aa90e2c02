//! The clock and the random source of a run, passed in so that tests neither wait nor vary. Only what ends at a time asks for the
//! time of day.

use std::fmt::Debug;
use std::time::Duration;

/// Waits, and spreads writers that wait for the same object.
pub trait Clock: Debug + Send + Sync {
    /// Waits.
    fn sleep(&self, pause: Duration);
    /// A random number from 0 to 1.
    fn random(&self) -> f64;
    /// Seconds since 1970, for what ends at a time: tokens and signatures.
    fn now_unix_seconds(&self) -> u64;
}

/// A clock that records the waiting times instead of waiting.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct TestClock {
    pauses: std::sync::Mutex<Vec<Duration>>,
}

#[cfg(test)]
impl TestClock {
    /// The pauses so far.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }
}

#[cfg(test)]
impl Clock for TestClock {
    fn sleep(&self, pause: Duration) {
        self.pauses.lock().unwrap().push(pause);
    }

    fn random(&self) -> f64 {
        1.0
    }

    /// 2026-01-01, and the pauses since.
    fn now_unix_seconds(&self) -> u64 {
        1_767_225_600 + self.pauses().iter().sum::<Duration>().as_secs()
    }
}
