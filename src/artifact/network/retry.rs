//! What is retried, how often, and after which pause. The pause doubles with each attempt and has a random part, so
//! that colliding writers spread out; a server's `Retry-After` is followed if it is short enough.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::clock::Clock;
use super::tls::certificate_refusal;

/// Whether another attempt may succeed after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Another attempt would end the same way.
    Final,
    /// Another attempt may succeed, after the pause that the server requested, if it did.
    Retry(Option<Duration>),
    /// No server listens at the address. It may be starting, but more probably the address is wrong: there are few attempts.
    Refused,
}

/// Attempts where nothing listens.
const REFUSED_ATTEMPTS: u32 = 3;

/// The number of attempts and the pauses between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, at least one.
    pub attempts: u32,
    /// Longest pause after the first attempt.
    pub first_pause: Duration,
    /// Longest pause after any attempt.
    pub longest_pause: Duration,
    /// Longest `Retry-After` that is waited for; a longer one ends the attempts.
    pub longest_wait: Duration,
}

/// A failure after which there was no further attempt.
#[derive(Debug)]
pub struct Exhausted<E> {
    /// The last failure.
    pub error: E,
    /// Attempts that were made.
    pub attempts: u32,
}

/// The attempts at requests to servers.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 8,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(3),
            longest_wait: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Runs an operation until it succeeds, fails for good, or has failed too often.
    ///
    /// # Errors
    /// The last failure, with the number of attempts.
    pub fn run<T, E>(
        &self,
        clock: &dyn Clock,
        judge: impl Fn(&E) -> Verdict,
        mut operation: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Exhausted<E>> {
        let mut attempts = 1;
        loop {
            let error = match operation() {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match self.pause_after(judge(&error), attempts, clock) {
                Some(pause) => clock.sleep(pause),
                None => return Err(Exhausted { error, attempts }),
            }
            attempts += 1;
        }
    }

    /// The pause before the next attempt, after a number of attempts, the last with a verdict; `None` where there is no
    /// further attempt.
    pub fn pause_after(&self, verdict: Verdict, attempts: u32, clock: &dyn Clock) -> Option<Duration> {
        let (asked, most) = match verdict {
            Verdict::Final => return None,
            Verdict::Retry(asked) => (asked, self.attempts),
            Verdict::Refused => (None, self.attempts.min(REFUSED_ATTEMPTS)),
        };
        if attempts >= most || asked.is_some_and(|asked| asked > self.longest_wait) {
            return None;
        }
        Some(asked.unwrap_or_else(|| self.pause(attempts, clock)))
    }

    /// The pause after an attempt, counted from 1: longer after each, with a random part.
    pub fn pause(&self, attempt: u32, clock: &dyn Clock) -> Duration {
        let doublings = attempt.saturating_sub(1).min(16);
        let longest = self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause);
        longest.mul_f64(0.1 + 0.9 * clock.random().clamp(0.0, 1.0))
    }
}

/// Judges the status of an HTTP answer that is not a success. `retry_after` is the header of that name.
pub fn judge_status(status: u16, retry_after: Option<&str>) -> Verdict {
    match status {
        // Too many requests, a time-out, or trouble at the server or a proxy. 501 does not change.
        408 | 425 | 429 | 500 | 502..=504 => {
            let seconds = retry_after.and_then(|text| text.trim().parse().ok());
            Verdict::Retry(seconds.map(Duration::from_secs))
        }
        _ => Verdict::Final,
    }
}

/// Judges an error of a request that got no answer.
pub fn judge_error(error: &(dyn Error + 'static)) -> Verdict {
    if certificate_refusal(error).is_some() {
        Verdict::Final
    } else if is_connection_refused(error) {
        Verdict::Refused
    } else {
        Verdict::Retry(None)
    }
}

fn is_connection_refused(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let system = error.downcast_ref::<io::Error>();
        if system.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::clock::TestClock;
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        attempts: 5,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_millis(500),
        longest_wait: Duration::from_secs(30),
    };

    /// Runs an operation whose attempts end with these statuses, 200 once they are used up.
    fn run(statuses: &[(u16, Option<&str>)]) -> (Result<u32, (u16, u32)>, Vec<u128>) {
        let clock = TestClock::default();
        let mut calls = 0;
        let outcome = POLICY.run(
            &clock,
            |(status, retry_after): &(u16, Option<&str>)| judge_status(*status, *retry_after),
            || {
                let status = statuses.get(calls).copied();
                calls += 1;
                status.map_or(Ok(u32::try_from(calls).unwrap()), Err)
            },
        );
        let pauses = clock.pauses().iter().map(Duration::as_millis).collect();
        let outcome = outcome.map_err(|exhausted| (exhausted.error.0, exhausted.attempts));
        (outcome, pauses)
    }

    #[test]
    fn attempts_end_with_success_a_final_answer_or_patience() {
        let busy = (503, None);
        for (statuses, want, pauses) in [
            (&[][..], Ok(1), &[][..]),
            (&[busy, busy], Ok(3), &[100, 200]),
            (&[busy; 9], Err((503, 5)), &[100, 200, 400, 500]),
            (&[busy, (403, None)], Err((403, 2)), &[100]),
            (&[(429, Some("7"))], Ok(2), &[7000]),
            (&[(429, Some("30"))], Ok(2), &[30000]),
            (&[(429, Some("31"))], Err((429, 1)), &[]),
            (&[(429, Some("Wed, 21 Oct 2026 07:28:00 GMT"))], Ok(2), &[100]),
        ] {
            assert_eq!(run(statuses), (want, pauses.to_vec()), "{statuses:?}");
        }
    }

    #[test]
    fn only_answers_that_may_change_are_asked_for_again() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(judge_status(status, None), Verdict::Retry(None), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 409, 412, 501, 505] {
            assert_eq!(judge_status(status, Some("1")), Verdict::Final, "{status}");
        }
    }

    #[test]
    fn an_error_is_final_only_where_a_certificate_is_refused() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert_eq!(judge_error(&io::Error::other(refused)), Verdict::Final);
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(judge_error(&reset), Verdict::Retry(None));
        let closed = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(judge_error(&closed), Verdict::Refused);
    }

    #[test]
    fn a_port_that_is_closed_is_tried_three_times() {
        for (policy, attempts) in [(POLICY, 3), (RetryPolicy { attempts: 2, ..POLICY }, 2)] {
            let clock = TestClock::default();
            let outcome: Result<(), Exhausted<()>> = policy.run(&clock, |()| Verdict::Refused, || Err(()));
            assert_eq!(outcome.unwrap_err().attempts, attempts);
            assert_eq!(clock.pauses().len() + 1, usize::try_from(attempts).unwrap());
        }
    }
}
