//! Random primes for keys.
//!
//! In: random bytes. Out: primes of 256, 1,024 or 2,048 bits, the same for the same bytes whatever the number of cores. Tests
//! candidates as Go's `crypto/internal/fips140/rsa` does (FIPS 186-5, appendix B.3: as many rounds with random bases); unlike Go it
//! sieves a range of numbers after a random one rather than drawing each of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use num_bigint::BigUint;

use super::montgomery::{Modulus, limbs};
use crate::engine::template::Host;
use crate::text::threads::map_in_parallel;

/// How many numbers are sieved at once; a range of 2,048 bits has a prime in all but one of 300 cases.
const RANGE: u32 = 4_096;
/// What is added to the salt with each try: more than salts of callers differ by.
const NEXT_TRY: u32 = 1 << 16;
/// A bound of the divisors that the sieve knows.
const DIVISORS: u32 = 1 << 16;

/// A prime of `bits` bits, the two highest set: a product of two of them has twice as many. It is one more than a multiple
/// of `step`, which is even. `salt` and the number of tries are mixed into the random bits, so that a source which repeats
/// itself neither gives the same prime twice nor none for ever.
pub(super) fn find_prime(host: &mut dyn Host, bits: u64, mut salt: u32, step: &BigUint) -> BigUint {
    loop {
        let random = random_number(host, bits, salt);
        let start = &random - &random % step + 1_u8;
        if let Some(prime) = first_probable(&start, step, bits)
            && is_prime(host, &prime)
        {
            return prime;
        }
        salt = salt.wrapping_add(NEXT_TRY);
    }
}

fn random_number(host: &mut dyn Host, bits: u64, salt: u32) -> BigUint {
    let mut bytes = vec![0; usize::try_from(bits / 8).unwrap_or_default()];
    host.fill_random(&mut bytes);
    let mut number = BigUint::from_bytes_be(&bytes) ^ (BigUint::from(salt) << 32_u32);
    for bit in [bits - 2, bits - 1] {
        number.set_bit(bit, true);
    }
    number
}

/// The first number of a range that passes the test with the base two. All cores look; those that are ahead of the first
/// number found do not count.
fn first_probable(start: &BigUint, step: &BigUint, bits: u64) -> Option<BigUint> {
    let candidate = |at: u32| start + step * at;
    let left: Vec<u32> = sieve(start, step)
        .into_iter()
        .enumerate()
        .filter_map(|(at, is_left)| u32::try_from(at).ok().filter(|_| is_left))
        .collect();
    let found = AtomicU32::new(u32::MAX);
    map_in_parallel(&left, |&at| {
        if at < found.load(Ordering::Relaxed) {
            let number = candidate(at);
            if number.bits() == bits && passes_base_two(&number) {
                found.fetch_min(at, Ordering::Relaxed);
            }
        }
    });
    match found.into_inner() {
        u32::MAX => None,
        at => Some(candidate(at)),
    }
}

/// Which numbers of a range have no small divisor.
fn sieve(start: &BigUint, step: &BigUint) -> Vec<bool> {
    let mut is_left = vec![true; RANGE as usize];
    let mut divisors = small_primes();
    while let Some((&first, rest)) = divisors.split_first() {
        // One division by a product instead of one by each prime.
        let mut product = first;
        let others = rest.iter().take_while(|&&prime| match product.checked_mul(prime) {
            Some(larger) => {
                product = larger;
                true
            }
            None => false,
        });
        let (group, after) = divisors.split_at(1 + others.count());
        divisors = after;
        let remainders = [start % product, step % product].map(|rest| u32::try_from(rest).unwrap_or_default());
        for &prime in group {
            strike_multiples(&mut is_left, remainders.map(|rest| rest % prime), prime);
        }
    }
    is_left
}

/// Strikes the numbers of a range that a prime divides, by the remainders of the first number and of their distance.
fn strike_multiples(is_left: &mut [bool], [start, step]: [u32; 2], prime: u32) {
    let Some(inverse) = inverse(step, prime) else {
        // All numbers of the range have the same remainder.
        if start == 0 {
            is_left.fill(false);
        }
        return;
    };
    let first = u64::from((prime - start) % prime) * u64::from(inverse) % u64::from(prime);
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    for place in is_left.iter_mut().skip(first).step_by(prime as usize) {
        *place = false;
    }
}

/// The inverse of a number modulo a prime; nothing for zero.
fn inverse(number: u32, prime: u32) -> Option<u32> {
    let (mut rests, mut factors) = ((i64::from(prime), i64::from(number)), (0, 1));
    while rests.1 != 0 {
        let quotient = rests.0 / rests.1;
        rests = (rests.1, rests.0 - quotient * rests.1);
        factors = (factors.1, factors.0 - quotient * factors.1);
    }
    u32::try_from(factors.0.rem_euclid(i64::from(prime)))
        .ok()
        .filter(|_| number != 0)
}

/// The odd primes below the bound.
fn small_primes() -> &'static [u32] {
    static PRIMES: OnceLock<Vec<u32>> = OnceLock::new();
    PRIMES.get_or_init(|| {
        let mut is_composite = vec![false; DIVISORS as usize];
        let mut primes = Vec::new();
        for number in (3..DIVISORS).step_by(2) {
            if is_composite.get(number as usize) == Some(&false) {
                primes.push(number);
                let multiples = is_composite.iter_mut().step_by(number as usize);
                multiples.for_each(|place| *place = true);
            }
        }
        primes
    })
}

fn passes_base_two(number: &BigUint) -> bool {
    match number.bits() {
        256 => Modulus::<4>::new(number).is_some_and(|modulus| modulus.passes_base_two()),
        1_024 => Modulus::<16>::new(number).is_some_and(|modulus| modulus.passes_base_two()),
        2_048 => Modulus::<32>::new(number).is_some_and(|modulus| modulus.passes_base_two()),
        _ => false,
    }
}

/// Whether a random number that passed the test with the base two passes it with random bases as well.
fn is_prime(host: &mut dyn Host, number: &BigUint) -> bool {
    match number.bits() {
        256 => passes_rounds::<4>(host, number, 27),
        1_024 => passes_rounds::<16>(host, number, 5),
        2_048 => passes_rounds::<32>(host, number, 4),
        _ => false,
    }
}

fn passes_rounds<const N: usize>(host: &mut dyn Host, number: &BigUint, rounds: u32) -> bool {
    let Some(modulus) = Modulus::<N>::new(number) else {
        return false;
    };
    let mut bases: Vec<[u64; N]> = Vec::new();
    while bases.len() < rounds as usize {
        let mut bytes = vec![0; 8 * N];
        host.fill_random(&mut bytes);
        let base = BigUint::from_bytes_be(&bytes) % (number - 1_u8) + 1_u8;
        bases.extend(limbs(&base));
    }
    map_in_parallel(&bases, |base| modulus.passes(base))
        .into_iter()
        .all(|passes| passes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::template::{CallResult, Text, Tolerated, Value};

    #[test]
    fn numbers_with_a_small_divisor_are_struck() {
        let start = (BigUint::from(1_u8) << 200_u32) + 12_345_u32;
        for step in [2_u32, 6, 2 * 65_537, 2 * 3 * 7] {
            let step = BigUint::from(step);
            let left = sieve(&start, &step);
            for (at, is_left) in left.into_iter().enumerate().step_by(7) {
                let number = &start + &step * at;
                let divisor = small_primes().iter().find(|&&prime| &number % prime == BigUint::ZERO);
                assert_eq!(is_left, divisor.is_none(), "{at} {step} {divisor:?}");
            }
        }
    }

    #[test]
    fn small_primes_are_all_of_them() {
        let primes = small_primes();
        assert_eq!(primes.get(..8), Some(&[3, 5, 7, 11, 13, 17, 19, 23][..]));
        assert_eq!((primes.len(), primes.last()), (6_541, Some(&65_521)));
    }

    struct Repeating(u8);

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

    /// Sources that repeat themselves give primes as well, and different ones.
    #[test]
    fn any_random_bytes_give_primes() {
        for byte in [0, 7, 0xff] {
            let mut host = Repeating(byte);
            let step = BigUint::from(2_u8);
            let [first, second] = [0, 1].map(|salt| find_prime(&mut host, 256, salt, &step));
            assert_ne!(first, second, "{byte}");
            assert_eq!(first.bits(), 256);
        }
    }

    #[test]
    fn inverses() {
        for prime in [3_u32, 5, 65_521] {
            for number in (1..prime).step_by(97).chain([prime - 1]) {
                let inverse = inverse(number, prime).expect("is not zero");
                assert_eq!(
                    u64::from(number) * u64::from(inverse) % u64::from(prime),
                    1,
                    "{number} {prime}"
                );
            }
            assert_eq!(inverse(0, prime), None);
        }
    }

    #[test]
    fn the_first_prime_of_a_range_is_found() {
        // 2^256 - 2^32 - 977, which an elliptic curve uses, is the first prime after 2^256 - 2^32 - 1,000.
        let prime = (BigUint::from(1_u8) << 256_u32) - (1_u64 << 32) - 977_u32;
        let start = &prime - 22_u32;
        assert_eq!(first_probable(&start, &BigUint::from(2_u8), 256), Some(prime));
        // All numbers of the range are multiples of three, or have more bits.
        assert_eq!(
            first_probable(&(&start - &start % 3_u32), &BigUint::from(6_u8), 256),
            None
        );
        let largest = (BigUint::from(1_u8) << 256_u32) - 1_u8;
        assert_eq!(first_probable(&largest, &BigUint::from(2_u8), 256), None);
    }
}
