//! Primes for keys, sought on all cores.
//!
//! In: random bytes. Out: primes, the same for the same bytes. The candidates and the thorough test for primes are `crypto-primes`'; most candidates
//! are ruled out before, by a deeper sieve and a quicker test of our own: the search takes half the time.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use crypto_bigint::{BoxedUint, Odd};
use crypto_primes::hazmat::{SetBits, SmallFactorsSieve, random_odd_integer};
use crypto_primes::{Flavor, is_prime};

use super::host_random::HostRandom;
use super::probable_prime::may_be_prime;
use crate::text::threads::find_in_parallel;

/// The sieve of `crypto-primes` has the primes below.
const SIEVED: u32 = 17_864;
/// Ours has those up to here: with more of them, sieving takes longer than the tests that it saves.
const DEEPEST: u32 = 1 << 19;
/// How far above its start a search is sieved. One in some hundred odd numbers is a prime of a key.
const REACH: u64 = 1 << 16;

/// A prime of `bits` bits with the highest two set: the product of two has twice as many bits, as in Go's `crypto/rsa`.
pub(super) fn random_prime(random: &mut HostRandom<'_>, bits: NonZeroU32) -> Option<BoxedUint> {
    loop {
        let start: Odd<BoxedUint> = random_odd_integer(random, bits, SetBits::TwoMsb).ok()?;
        let sieve = DeeperSieve::new(&start.to_le_bytes());
        let candidates = SmallFactorsSieve::new(start.get(), bits, false).ok()?;
        let candidates = candidates.filter(|candidate| !sieve.has_factor(&candidate.to_le_bytes()));
        let is_prime =
            |candidate: &BoxedUint| may_be_prime(&candidate.to_le_bytes()) && is_prime(Flavor::Any, candidate);
        // No prime between the start and the next power of two is as good as impossible; then another start is tried.
        if let Some(prime) = find_in_parallel(candidates, is_prime) {
            return Some(prime);
        }
    }
}

/// The primes of the deeper sieve, as many together as their product is less than 2^64.
static PRIMES: LazyLock<Vec<(u64, Vec<u32>)>> = LazyLock::new(|| {
    let mut is_composite = vec![false; DEEPEST as usize];
    let mut groups = vec![(1_u64, Vec::new())];
    for number in 2..DEEPEST {
        if is_composite.get(number as usize).copied().unwrap_or(true) {
            continue;
        }
        let multiples = is_composite.iter_mut().step_by(number as usize);
        multiples.for_each(|is_composite| *is_composite = true);
        if number < SIEVED {
            continue;
        }
        match groups.last_mut() {
            Some((product, primes)) if product.checked_mul(u64::from(number)).is_some() => {
                *product *= u64::from(number);
                primes.push(number);
            }
            _ => groups.push((u64::from(number), vec![number])),
        }
    }
    groups
});

/// Which numbers not far above a start have a factor.
struct DeeperSieve {
    start: u64,
    has_factor: Vec<bool>,
}

impl DeeperSieve {
    /// `start` is little-endian.
    fn new(start: &[u8]) -> Self {
        let mut has_factor = vec![false; usize::try_from(REACH).unwrap_or_default()];
        for (product, primes) in PRIMES.iter() {
            let rest = remainder(start, *product);
            for prime in primes {
                let rest = rest % u64::from(*prime);
                // The first multiple that is not below the start.
                let first = (u64::from(*prime) - rest) % u64::from(*prime);
                let multiples = has_factor.iter_mut().skip(usize::try_from(first).unwrap_or(usize::MAX));
                for multiple in multiples.step_by(*prime as usize) {
                    *multiple = true;
                }
            }
        }
        Self {
            start: lowest(start),
            has_factor,
        }
    }

    /// Whether a number above the start is known to have a factor.
    fn has_factor(&self, number: &[u8]) -> bool {
        let distance = lowest(number).wrapping_sub(self.start);
        let known = usize::try_from(distance).ok().and_then(|at| self.has_factor.get(at));
        known.copied().unwrap_or(false)
    }
}

/// The lowest 64 bits.
fn lowest(number: &[u8]) -> u64 {
    let bytes = number.first_chunk().copied().unwrap_or_default();
    u64::from_le_bytes(bytes)
}

fn remainder(number: &[u8], divisor: u64) -> u64 {
    let divisor = u128::from(divisor);
    let chunks = number.chunks_exact(8).rev();
    let rest = chunks.fold(0_u128, |rest, chunk| (rest << 64 | u128::from(lowest(chunk))) % divisor);
    u64::try_from(rest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deeper_sieve_finds_multiples_and_nothing_else() {
        let number = |distance: u64| {
            let lowest = 1_000_003 + distance;
            [&lowest.to_le_bytes()[..], &[0; 8], &[1; 16]].concat()
        };
        let sieve = DeeperSieve::new(&number(0));
        for distance in 0..150 {
            let number = number(distance);
            let mut primes = PRIMES.iter().flat_map(|(_, primes)| primes);
            let has_factor = primes.any(|prime| remainder(&number, u64::from(*prime)) == 0);
            assert_eq!(sieve.has_factor(&number), has_factor, "{distance}");
        }
        let all: Vec<u32> = PRIMES.iter().flat_map(|(_, primes)| primes).copied().collect();
        assert_eq!(
            (all.first(), all.last(), all.len()),
            (Some(&17_881), Some(&524_287), 41_342)
        );
        assert!(!sieve.has_factor(&number(REACH)), "what is out of reach is not known");
    }
}
