//! New DSA keys of 2048 and 256 bits, which only `genPrivateKey "dsa"` needs.
//!
//! Generates keys by FIPS 186, as Go's `crypto/dsa` does; the result is OpenSSL's sequence of numbers.

use num_bigint::BigUint;

use super::der::{sequence, unsigned};
use super::montgomery::power;
use super::primes::find_prime;
use crate::engine::template::Host;

const MODULUS_BITS: u64 = 2_048;
const DIVISOR_BITS: u64 = 256;

/// Version, p, q, g, public and private key.
pub(super) fn generate(host: &mut dyn Host) -> Vec<u8> {
    let one = BigUint::from(1_u8);
    let two = BigUint::from(2_u8);
    let divisor = find_prime(host, DIVISOR_BITS, 0, &two);
    let modulus = find_prime(host, MODULUS_BITS, 0, &(&divisor * 2_u8));
    let exponent = (&modulus - &one) / &divisor;
    let mut base = two;
    let generator = loop {
        let generator = power(&base, &exponent, &modulus);
        if generator != one {
            break generator;
        }
        base += 1_u8;
    };
    // Eight bytes more than the divisor has make all remainders as likely.
    let mut bytes = [0; 40];
    host.fill_random(&mut bytes);
    let secret = BigUint::from_bytes_be(&bytes) % (&divisor - &one) + &one;
    let public = power(&generator, &secret, &modulus);
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
