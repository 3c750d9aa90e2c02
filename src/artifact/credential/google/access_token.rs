//! An access token and the time at which it ends.

use std::time::{Duration, Instant};

use crate::artifact::network::Secret;

/// A token is not used in the last minute of its life, nor later.
const MARGIN: Duration = Duration::from_mins(1);

/// An access token.
#[derive(Debug, Clone)]
pub(super) struct AccessToken {
    /// The token.
    pub(super) token: Secret,
    /// When it ends; `None` for one whose end is not known.
    ends: Option<Instant>,
}

impl AccessToken {
    /// A token that ends some seconds after now.
    pub(super) fn new(token: &str, seconds: Option<u64>) -> Self {
        let ends = seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
        Self {
            token: Secret::new(token.trim()),
            ends,
        }
    }

    /// Whether it can still be used.
    pub(super) fn is_valid(&self) -> bool {
        self.ends.is_none_or(|ends| Instant::now() + MARGIN < ends)
    }

    /// The value of `Authorization`.
    pub(super) fn authorization(&self) -> Secret {
        Secret::new(format!("Bearer {}", self.token.reveal()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_not_used_until_their_last_second() {
        for (seconds, is_valid) in [
            (None, true),
            (Some(3600), true),
            (Some(61), true),
            (Some(60), false),
            (Some(0), false),
        ] {
            let token = AccessToken::new("hunter2", seconds);
            assert_eq!(token.is_valid(), is_valid, "{seconds:?}");
            assert!(!format!("{token:?}").contains("hunter2"));
        }
    }
}
