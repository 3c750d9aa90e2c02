//! The clock and the random source of a run, passed in so that tests neither wait nor vary.

use std::fmt::Debug;
use std::time::Duration;

/// Waits, and spreads writers that wait for the same object.
pub trait Clock: Debug + Send + Sync {
    /// Waits.
    fn sleep(&self, pause: Duration);
    /// A random number from 0 to 1.
    fn random(&self) -> f64;
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
}
