//! Primes for keys, sought on all cores.
//!
//! In: random bytes. Out: primes, the same for the same bytes. The sieve and the test for primes are `crypto-primes`'.

use std::num::NonZeroU32;

use crypto_bigint::{BoxedUint, Odd};
use crypto_primes::hazmat::{SetBits, SmallFactorsSieve, random_odd_integer};
use crypto_primes::{Flavor, is_prime};

use super::host_random::HostRandom;
use crate::text::threads::find_in_parallel;

/// A prime of `bits` bits with the highest two set: the product of two has twice as many bits, as in Go's `crypto/rsa`.
pub(super) fn random_prime(random: &mut HostRandom<'_>, bits: NonZeroU32) -> Option<BoxedUint> {
    loop {
        let start: Odd<BoxedUint> = random_odd_integer(random, bits, SetBits::TwoMsb).ok()?;
        let candidates = SmallFactorsSieve::new(start.get(), bits, false).ok()?;
        // No prime between the start and the next power of two is as good as impossible; then another start is tried.
        if let Some(prime) = find_in_parallel(candidates, |candidate| is_prime(Flavor::Any, candidate)) {
            return Some(prime);
        }
    }
}
