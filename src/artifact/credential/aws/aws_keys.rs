//! Keys of AWS and the time at which they end.

use crate::artifact::network::Secret;

/// Keys are not used in the last seconds of their life, nor later.
const MARGIN: u64 = 60;

/// A pair of keys, with the token that temporary ones have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// The key's name, which is not secret but shown nowhere either.
    pub id: Secret,
    /// The key.
    pub key: Secret,
    /// The session's token.
    pub token: Option<Secret>,
    /// When they end, in seconds since 1970; `None` for those that stay.
    pub ends: Option<u64>,
}

impl AwsKeys {
    /// Whether they can still be used at a time, in seconds since 1970.
    pub fn is_valid(&self, now: u64) -> bool {
        self.ends.is_none_or(|ends| now + MARGIN < ends)
    }
}
