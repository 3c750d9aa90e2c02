//! New DSA keys of 2048 and 256 bits, which only `genPrivateKey "dsa"` needs.
//!
//! Generates keys by FIPS 186, as Go's `crypto/dsa` does; the result is OpenSSL's sequence of numbers.

use num_bigint::BigUint;

use super::der::{sequence, unsigned};
use super::keys::random_number;
use crate::engine::template::Host;

const MODULUS_BITS: usize = 2_048;
const DIVISOR_BITS: usize = 256;
/// Rounds of the Miller-Rabin test.
const ROUNDS: u32 = 40;
/// Divisors tried before the expensive test.
const SMALL_LIMIT: u32 = 2_000;

/// Version, p, q, g, public and private key.
pub(super) fn generate(host: &mut dyn Host) -> Vec<u8> {
    let one = BigUint::from(1_u8);
    let divisor = loop {
        let mut candidate = random_number(host, DIVISOR_BITS);
        candidate.set_bit(0, true);
        if is_probably_prime(&candidate) {
            break candidate;
        }
    };
    let step = &divisor * 2_u8;
    let modulus = loop {
        let random = random_number(host, MODULUS_BITS);
        let candidate = &random - &random % &step + &one;
        if candidate.bits() == 2_048 && is_probably_prime(&candidate) {
            break candidate;
        }
    };
    let exponent = (&modulus - &one) / &divisor;
    let mut base = BigUint::from(2_u8);
    let generator = loop {
        let generator = base.modpow(&exponent, &modulus);
        if generator != one {
            break generator;
        }
        base += 1_u8;
    };
    let secret = loop {
        let candidate = random_number(host, DIVISOR_BITS) % &divisor;
        if candidate.bits() > 0 {
            break candidate;
        }
    };
    let public = generator.modpow(&secret, &modulus);
    let number = |number: &BigUint| unsigned(&number.to_bytes_be());
    sequence(&[
        &unsigned(&[0]),
        &number(&modulus),
        &number(&divisor),
        &number(&generator),
        &number(&public),
        &number(&secret),
    ])
}

fn is_probably_prime(number: &BigUint) -> bool {
    let has_small_divisor = (3..SMALL_LIMIT)
        .step_by(2)
        .any(|divisor| number % divisor == BigUint::ZERO && *number != BigUint::from(divisor));
    if has_small_divisor || !number.bit(0) {
        return false;
    }
    let one = BigUint::from(1_u8);
    let last = number - &one;
    let twos = last.trailing_zeros().unwrap_or_default();
    let odd = &last >> twos;
    // Fixed bases are enough: the number was made here at random, so an attacker cannot choose it.
    (0..ROUNDS).map(|round| BigUint::from(2 + round)).all(|base| {
        let mut power = base.modpow(&odd, number);
        if power == one || power == last {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % number;
            power == last
        })
    })
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::is_probably_prime;

    #[test]
    fn primes() {
        let mersenne = (BigUint::from(1_u8) << 127_u32) - 1_u8;
        assert!(is_probably_prime(&mersenne));
        assert!(!is_probably_prime(&(&mersenne * &mersenne)));
    }
}
