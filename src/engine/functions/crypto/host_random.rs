//! The host's random bytes for the crates that make keys.
//!
//! In: the host. Out: the random number generator of those crates, which gives the same numbers for the same bytes.

use std::convert::Infallible;

use rsa::rand_core::{TryCryptoRng, TryRng};

use crate::engine::template::Host;

/// An odd number whose multiples differ in all of their bytes.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A generator whose numbers never repeat, even if the host's bytes do: the search for primes would not end, or would find
/// the same prime twice.
pub(super) struct HostRandom<'h> {
    host: &'h mut dyn Host,
    /// Mixed into the bytes of the next call, different each time.
    salt: u64,
}

impl<'h> HostRandom<'h> {
    pub(super) fn new(host: &'h mut dyn Host) -> Self {
        Self { host, salt: 0 }
    }
}

impl TryRng for HostRandom<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.host.fill_random(bytes);
        for (byte, salt) in bytes.iter_mut().zip(self.salt.to_le_bytes().into_iter().cycle()) {
            *byte ^= salt;
        }
        self.salt = self.salt.wrapping_add(SPREAD);
        Ok(())
    }
}

impl TryCryptoRng for HostRandom<'_> {}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::template::{CallResult, Text, Tolerated, Value};

    /// A host whose random bytes are all the same.
    pub(in super::super) struct Repeating(pub(in super::super) u8);

    impl Host for Repeating {
        fn include(&mut self, _: &Text, _: Value) -> CallResult {
            Ok(Value::Nil)
        }

        fn tpl(&mut self, _: &Text, _: Value) -> CallResult {
            Ok(Value::Nil)
        }

        fn tolerates(&mut self, _: Tolerated) -> bool {
            false
        }

        fn now_unix_nanos(&self) -> i128 {
            0
        }

        fn fill_random(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn bytes_that_repeat_give_numbers_that_do_not() {
        let mut host = Repeating(7);
        let mut random = HostRandom::new(&mut host);
        let mut seen: Vec<[u8; 16]> = Vec::new();
        for _ in 0..100 {
            let mut bytes = [0; 16];
            let Ok(()) = random.try_fill_bytes(&mut bytes);
            assert!(!seen.contains(&bytes), "{bytes:?}");
            seen.push(bytes);
        }
    }
}
