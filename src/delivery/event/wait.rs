//! Waiting until what was pushed is there: a CI system pushes an image and then the chart that needs it, and registries may be late.

use std::time::Duration;

use crate::artifact::network::Clock;

use super::pushed::Pushed;

/// Between the first two looks; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Between any two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// What is not there in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not there after {seconds} s: {reason}")]
pub struct NotThere {
    what: String,
    seconds: u64,
    reason: String,
}

/// Waits until `look` finds everything that was pushed, no longer than `limit`.
///
/// # Errors
/// What was not found in time, and why.
pub fn wait_until_there(
    pushed: &[Pushed],
    limit: Duration,
    clock: &dyn Clock,
    look: &dyn Fn(&Pushed) -> Result<(), String>,
) -> Result<(), NotThere> {
    let start = clock.now_unix_seconds();
    let mut left: Vec<&Pushed> = pushed.iter().collect();
    let mut pause = FIRST_PAUSE;
    loop {
        let mut missing = None;
        left.retain(|pushed| match look(pushed) {
            Ok(()) => false,
            Err(reason) => {
                missing.get_or_insert((pushed.to_string(), reason));
                true
            }
        });
        let Some((what, reason)) = missing else { return Ok(()) };
        let seconds = clock.now_unix_seconds().saturating_sub(start);
        let rest = limit.saturating_sub(Duration::from_secs(seconds));
        if rest.is_zero() {
            return Err(NotThere { what, seconds, reason });
        }
        clock.sleep(pause.min(rest));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::artifact::network::TestClock;
    use crate::delivery::image::ImageReference;

    fn pushed(reference: &str) -> Pushed {
        Pushed::of_reference(&ImageReference::parse(reference).unwrap()).unwrap()
    }

    #[test]
    fn what_is_late_is_waited_for_and_no_longer_than_allowed() {
        let all = [pushed("r.example.com/a:1"), pushed("r.example.com/b:2")];
        for (there_at, limit, want, looks) in [
            (0, 0, Ok(()), 2),
            // The first one is not looked for again.
            (3, 60, Ok(()), 5),
            (
                99,
                4,
                Err("r.example.com/b:2 is not there after 4 s: not yet".to_owned()),
                5,
            ),
            (
                99,
                0,
                Err("r.example.com/b:2 is not there after 0 s: not yet".to_owned()),
                2,
            ),
        ] {
            let clock = TestClock::default();
            let count = Cell::new(0);
            let look = |pushed: &Pushed| {
                count.set(count.get() + 1);
                let is_there = pushed.tag == "1" || clock.pauses().len() >= there_at;
                if is_there { Ok(()) } else { Err("not yet".to_owned()) }
            };
            let found = wait_until_there(&all, Duration::from_secs(limit), &clock, &look);
            assert_eq!(found.map_err(|error| error.to_string()), want);
            assert_eq!(count.get(), looks, "{want:?}");
            assert!(clock.pauses().iter().sum::<Duration>() <= Duration::from_secs(limit));
        }
    }
}
