//! New DSA keys of 2048 and 256 bits, which only `genPrivateKey "dsa"` needs.
//!
//! In: the host's random bytes. Out: OpenSSL's sequence of numbers. Follows Go's `crypto/dsa`, which makes keys by FIPS 186.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BitOps as _, BoxedUint, NonZero, Odd, RandomBits as _, RandomMod as _, Resize as _};
use crypto_primes::fips::{FipsOptions, is_prime};
use crypto_primes::{Flavor, random_prime};

use super::der::{sequence, unsigned};
use super::host_random::HostRandom;
use crate::engine::template::Host;

const MODULUS_BITS: u32 = 2_048;
const DIVISOR_BITS: u32 = 256;
/// How candidates for the modulus are tested: what FIPS 186-5 asks for random numbers of this size, and Lucas' test.
const TESTS: FipsOptions = FipsOptions::with_mr_iterations(4)
    .with_lucas_test()
    .with_trial_division_test();

/// Version, p, q, g, public and private key.
pub(super) fn generate(host: &mut dyn Host) -> Vec<u8> {
    let mut random = HostRandom::new(host);
    loop {
        let divisor: BoxedUint = random_prime(&mut random, Flavor::Any, DIVISOR_BITS);
        if let Some(key) = with_divisor(&mut random, &divisor) {
            return key;
        }
    }
}

/// A key whose group has as many elements as the divisor says; nothing if its numbers do not fit each other.
fn with_divisor(random: &mut HostRandom<'_>, divisor: &BoxedUint) -> Option<Vec<u8>> {
    let one = BoxedUint::one_with_precision(MODULUS_BITS);
    let wide = divisor.clone().resize(MODULUS_BITS);
    let modulus = find_modulus(random, &wide)?;
    let params = BoxedMontyParams::new_vartime(Odd::new(modulus.clone()).into_option()?);
    let exponent = modulus.wrapping_sub(&one) / NonZero::new(wide).into_option()?;
    let generator = (2_u64..100)
        .map(|base| BoxedMontyForm::new(BoxedUint::from(base).resize(MODULUS_BITS), &params).pow(&exponent))
        .find(|power| power.retrieve() != one)?;
    let secret = BoxedUint::random_mod_vartime(
        random,
        &NonZero::new(divisor.wrapping_sub(BoxedUint::from(1_u64))).into_option()?,
    );
    let secret = secret.wrapping_add(BoxedUint::from(1_u64));
    let public = generator.pow(&secret);
    let number = |number: &BoxedUint| unsigned(&number.to_be_bytes());
    Some(sequence(&[
        &unsigned(&[0]),
        &number(&modulus),
        &number(divisor),
        &number(&generator.retrieve()),
        &number(&public.retrieve()),
        &number(&secret),
    ]))
}

/// A prime that is one more than a multiple of the divisor.
fn find_modulus(random: &mut HostRandom<'_>, divisor: &BoxedUint) -> Option<BoxedUint> {
    let one = BoxedUint::one_with_precision(MODULUS_BITS);
    let step = NonZero::new(divisor.wrapping_add(divisor)).into_option()?;
    loop {
        let mut number = BoxedUint::random_bits(random, MODULUS_BITS);
        number.set_bit_vartime(MODULUS_BITS - 1, true);
        let candidate = number.wrapping_sub(number.rem_vartime(&step)).wrapping_add(&one);
        if candidate.bit_width_vartime() == MODULUS_BITS && is_prime(random, Flavor::Any, &candidate, TESTS) {
            return Some(candidate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::der::{self, Reader};
    use super::super::host_random::tests::Repeating;
    use super::*;

    #[test]
    fn keys_are_consistent_even_of_bytes_that_repeat() {
        let key = generate(&mut Repeating(0xff));
        let mut fields = Reader::new(&key).expect(der::SEQUENCE).expect("is a sequence").inner();
        let mut number = || {
            let content = fields.expect(der::INTEGER).expect("is a number").content;
            BoxedUint::from_be_slice_vartime(content).resize(MODULUS_BITS + 64)
        };
        let [version, modulus, divisor, generator, public, secret] = [(); 6].map(|()| number());
        assert!(bool::from(version.is_zero()));
        assert_eq!(
            (modulus.bit_width_vartime(), divisor.bit_width_vartime()),
            (MODULUS_BITS, DIVISOR_BITS)
        );
        for prime in [&modulus, &divisor] {
            assert!(crypto_primes::is_prime(Flavor::Any, prime));
        }
        let params = BoxedMontyParams::new_vartime(Odd::new(modulus).expect("is odd"));
        let base = BoxedMontyForm::new(generator, &params);
        let one = BoxedUint::one_with_precision(MODULUS_BITS + 64);
        assert_ne!(base.retrieve(), one);
        assert_eq!(base.pow(&divisor).retrieve(), one, "the order of the generator");
        assert!(secret < divisor && !bool::from(secret.is_zero()));
        assert_eq!(base.pow(&secret).retrieve(), public);
    }
}
