//! Whether the agent is to end: it was asked to by a signal. What it is doing is finished first, if that does not take long.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a command that runs is waited for. A pod that ends has 30 seconds in all.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the agent is to end, and since when.
#[derive(Debug, Default)]
pub(super) struct Stop(Mutex<Option<Asked>>);

#[derive(Debug, Clone, Copy)]
struct Asked {
    since: Instant,
    is_urgent: bool,
}

impl Stop {
    /// The agent is asked to end; whoever asks twice does not want to wait.
    pub(super) fn ask(&self) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = Some(Asked {
            since: asked.map_or_else(Instant::now, |asked| asked.since),
            is_urgent: asked.is_some(),
        });
    }

    fn asked(&self) -> Option<Asked> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing more is begun.
    pub(super) fn is_asked(&self) -> bool {
        self.asked().is_some()
    }

    /// Whether what runs is not waited for any longer.
    pub(super) fn is_over(&self) -> bool {
        self.asked()
            .is_some_and(|asked| asked.is_urgent || asked.since.elapsed() >= PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_twice_does_not_wait() {
        let stop = Stop::default();
        assert!(!stop.is_asked() && !stop.is_over());
        stop.ask();
        assert!(stop.is_asked() && !stop.is_over());
        stop.ask();
        assert!(stop.is_over());
    }
}
