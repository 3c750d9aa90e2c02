//! RSA keys: made, read from PKCS#1 and written to it, and used to sign.
//!
//! Follows Go's `crypto/rsa`: the exponent 65,537, a private exponent modulo the least common multiple, signatures of PKCS#1
//! v1.5 with SHA-256.

use num_bigint::BigUint;
use sha2::{Digest as _, Sha256};

use super::der::{self, Reader, sequence, unsigned};
use super::montgomery::power;
use super::primes::find_prime;
use crate::engine::template::Host;

/// The public exponent of new keys.
const EXPONENT: u32 = 65_537;
/// Fewest bits of a modulus that Go signs with.
const LEAST_BITS: u64 = 1_024;
/// Most bits of a modulus that is read.
const MOST_BITS: u64 = 16_384;
/// What precedes a digest in a signature: `DigestInfo` of SHA-256.
const SHA256_PREFIX: &[u8] = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// A private key of two primes.
#[derive(Clone)]
pub(super) struct RsaKey {
    modulus: BigUint,
    exponent: BigUint,
    private: BigUint,
    primes: [BigUint; 2],
    /// The private exponent modulo each prime minus one.
    exponents: [BigUint; 2],
    /// The inverse of the second prime modulo the first.
    coefficient: BigUint,
}

impl RsaKey {
    /// A new key of 2,048 or 4,096 bits.
    pub(super) fn generate(host: &mut dyn Host, bits: u64) -> Self {
        let bits = bits / 2;
        let step = BigUint::from(2_u8);
        let mut salt = 0;
        loop {
            let primes = [salt, salt + 1].map(|salt| find_prime(host, bits, salt, &step));
            if let Some(key) = Self::of_primes(primes) {
                return key;
            }
            salt += 2;
        }
    }

    /// Nothing for primes that do not fit the exponent: others are tried.
    fn of_primes(primes: [BigUint; 2]) -> Option<Self> {
        let [p, q] = &primes;
        let totients = [p - 1_u8, q - 1_u8];
        let [first, second] = &totients;
        let common = first * second / greatest_common_divisor(first, second);
        let exponent = BigUint::from(EXPONENT);
        let private = exponent.modinv(&common)?;
        let modulus = p * q;
        // FIPS 186-5 asks for a private exponent of more than half of the bits.
        if p == q || private.bits() <= modulus.bits() / 2 {
            return None;
        }
        Some(Self {
            modulus,
            exponent,
            exponents: totients.map(|totient| &private % totient),
            coefficient: q.modinv(p)?,
            private,
            primes,
        })
    }

    /// Reads `RSAPrivateKey`; nothing if it is not one, or not consistent.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let mut outer = Reader::new(der);
        let mut fields = outer.expect(der::SEQUENCE)?.inner();
        let mut number = || {
            let content = fields.expect(der::INTEGER)?.content;
            // A first bit that is set means a negative number.
            let is_negative = content.first().is_none_or(|byte| byte & 0x80 != 0);
            (!is_negative).then(|| BigUint::from_bytes_be(content))
        };
        let version = number()?;
        let (modulus, exponent, private) = (number()?, number()?, number()?);
        let primes = [number()?, number()?];
        let one = BigUint::from(1_u8);
        let [p, q] = &primes;
        let fits = version == BigUint::ZERO
            && modulus.bits() <= MOST_BITS
            && primes.iter().all(|prime| *prime > one && prime.bit(0))
            && p * q == modulus
            && exponent.bit(0)
            && exponent > one
            && exponent.bits() < 32;
        let is_inverse = |prime: &BigUint| &exponent * &private % (prime - 1_u8) == one;
        if !fits || !primes.iter().all(is_inverse) || outer.next().is_some() {
            return None;
        }
        Some(Self {
            exponents: [p, q].map(|prime| &private % (prime - 1_u8)),
            coefficient: q.modinv(p)?,
            modulus,
            exponent,
            private,
            primes,
        })
    }

    /// `RSAPrivateKey`.
    pub(super) fn to_pkcs1(&self) -> Vec<u8> {
        let [p, q] = &self.primes;
        let [first, second] = &self.exponents;
        let numbers = [
            &self.modulus,
            &self.exponent,
            &self.private,
            p,
            q,
            first,
            second,
            &self.coefficient,
        ];
        let mut parts = vec![unsigned(&[0])];
        parts.extend(numbers.map(|number| unsigned(&number.to_bytes_be())));
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        sequence(&parts)
    }

    /// `RSAPublicKey`.
    pub(super) fn to_public(&self) -> Vec<u8> {
        sequence(&[
            &unsigned(&self.modulus.to_bytes_be()),
            &unsigned(&self.exponent.to_bytes_be()),
        ])
    }

    /// The signature of a message: PKCS#1 v1.5 with SHA-256.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let bits = self.modulus.bits();
        if bits < LEAST_BITS {
            return Err(format!(
                "crypto/rsa: {bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
            ));
        }
        let length = usize::try_from(bits.div_ceil(8)).unwrap_or_default();
        let digest = Sha256::digest(message);
        let mut padded = vec![0xff; length - SHA256_PREFIX.len() - digest.len() - 2];
        // The leading zero byte of the encoding does not change the number.
        if let Some(first) = padded.first_mut() {
            *first = 1;
        }
        padded.push(0);
        padded.extend_from_slice(SHA256_PREFIX);
        padded.extend_from_slice(&digest);
        let number = BigUint::from_bytes_be(&padded);
        let signature = self.raise_to_private(&number);
        // A fault in the computation could reveal the key.
        if power(&signature, &self.exponent, &self.modulus) != number {
            return Err("crypto/rsa: internal error".to_owned());
        }
        let bytes = signature.to_bytes_be();
        let mut out = vec![0; length - bytes.len()];
        out.extend(bytes);
        Ok(out)
    }

    /// A number to the power of the private exponent, by the Chinese remainder theorem.
    fn raise_to_private(&self, number: &BigUint) -> BigUint {
        let [p, q] = &self.primes;
        let [first, second] = &self.exponents;
        let (of_p, of_q) = (power(number, first, p), power(number, second, q));
        let difference = p + of_p - &of_q % p;
        of_q + difference * &self.coefficient % p * q
    }
}

fn greatest_common_divisor(a: &BigUint, b: &BigUint) -> BigUint {
    let (mut a, mut b) = (a.clone(), b.clone());
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::go::base64;

    /// Keys of 1,024 and 512 bits that `openssl genrsa` made.
    const KEY: &str = "MIICWwIBAAKBgQDEowwjZ7NBPsBLWxEcVY+jou031HoK7ckWuxlsEYa9CZUGL8SGuron18sFWXCpNupJuaev/mhZMp6L3ir7ncB4zcCYNEQ+Ax\
        3Ca9Jk5dlwWY1bMyFvksEu7bvZhe0WA38LBE8nmzutfncU7mDLNe5/ej3sMRqdZsstMb58mAW+lwIDAQABAoGAIU0nshtO3V7ePCTZGf5XjDP8\
        jrb6UD2DD8lx/b5eHkewKFMQqmyXOEYwiOBj1xSIyyGZB5JDY8/R0Ag5KVHHFaHvN54TUHJhwHalAys/nFrxVcNi2KiOiZ+9f2L6rzDtyBQKMO\
        PtUoHdrVA0lbqSZpn1AiHIh0mAUgGdYXVJPoECQQD7Q2uTSUVb0AIgq/dhDMbs/nUH3B3MCMvQoebj5MH8OZqORIF10+d3LXlF4FpqEiupE/w+\
        H3raOjXMKZQV4VVBAkEAyFgA78unFEJEraZ9Ya0kEluKMRGy2R8pSHAdwPYUbHVqJTcS9vhnsA0I66WNzwSAvVwf/6bOoy3d6Uw6cYTl1wJABg\
        TtdM/Si4qGIoY8HOUTduX5o8CQLi0fxNW8FEWMqCAxJatadpom92Htf9EKGXRp+1jxOAPFC6lNVKDCXWvSgQJAA2x9l5uDX3VCdzVBL0omM6oc\
        0nna9Jrzuakw2Ptbnf7jsX8fc9kK7JdMb7qEkeUhzhqk8VmIboF6KWKEHSyIQQJAOQ9OidKGUs5UKwhuhsOsMxZsc2q3waSyJ2cKVfBKXelrf6\
        3evKRv6c3gUwaULN/TJWrwSJyR4OD8QN0ZeTbFCg==";
    const SHORT_KEY: &str = "MIIBOwIBAAJBAN1qlFQ0P3FNTIEabWDGefkFwrKPQsFducd/UjbMf77XD6fF0/adbnJta3weacsphpZw+7Eqpapjlw36X9bFZSsCAwEAAQJBAK\
        2hg5oYstul82WWlMl8O3BFzS17XK0IU8SXGqCwc0jyJe+YEtEa60v7oULlPAu/cxyzeOSoLu/zZ/1dBHqWUQkCIQDzF5LGexjzjlAcq6YbYURC\
        MRiT3bLSH0/bytkvRXIlFwIhAOksXFhPPaAIFEuttBnoG3qATQFtKImJXKCDou5y6nUNAiAx10p7sW97OFmKl1L2WCoDnEdaweDRHiRkfyGqhI\
        WTvwIhALnJKMMMUDPEfDdYbhn+QHa456JtUVFU60LR3+5SDdG5AiBUF6ATAICr3o4EcVJyP8ZcbZZBaGo6nNtcULDM9pgGgQ==";
    /// What `openssl dgst -sha256 -sign` made of the text in the test.
    const SIGNATURE: &str = "idvlobOfRP3gxoz9S8F9EMisRWhIqnsNgrgdLBJ2fEOX+JPGXxjrCTfQAaipD59C1iecP6ZfR7+7OxX54bgZrsBHhDbOb6PAjpHELZjyhkVLBE\
        uKllaKP0+UMNV1ANWp2AJr5mHXswcWbFIPyG1XSsuWYXa9T10kctOS2nc6Bao=";

    fn key(text: &str) -> Vec<u8> {
        base64::decode(text.as_bytes()).expect("is base64")
    }

    #[test]
    fn keys_of_openssl_are_read_and_sign_as_it_does() {
        let der = key(KEY);
        let read = RsaKey::from_pkcs1(&der).expect("is a key");
        assert_eq!(read.to_pkcs1(), der);
        assert_eq!(base64::encode(&read.sign(b"a message").expect("signs")), SIGNATURE);
        // The same primes give the same key, except that OpenSSL's exponent may be a larger one.
        let made = RsaKey::of_primes(read.primes.clone()).expect("fit");
        assert_eq!(made.sign(b"a message"), read.sign(b"a message"));
        assert_eq!(
            (&made.coefficient, &made.exponents),
            (&read.coefficient, &read.exponents)
        );
        assert!(made.private <= read.private);
    }

    #[test]
    fn short_keys_do_not_sign() {
        let short = RsaKey::from_pkcs1(&key(SHORT_KEY)).expect("is a key");
        let words = "crypto/rsa: 512-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)";
        assert_eq!(short.sign(b"a message"), Err(words.to_owned()));
    }

    #[test]
    fn keys_that_are_not_consistent_are_refused() {
        let der = key(KEY);
        assert!(
            RsaKey::from_pkcs1(&[der.as_slice(), &[0, 0]].concat()).is_none(),
            "bytes after the key"
        );
        assert!(RsaKey::from_pkcs1(b"").is_none());
        // Version, modulus, exponent, private exponent and the two primes; the rest is computed.
        for (what, at) in [
            ("version", 6),
            ("modulus", 60),
            ("private exponent", 200),
            ("prime", 300),
            ("prime", 380),
        ] {
            let mut changed = der.clone();
            changed[at] ^= 2;
            assert!(RsaKey::from_pkcs1(&changed).is_none(), "{what}");
        }
    }

    #[test]
    fn primes_that_do_not_fit_are_not_used() {
        let read = RsaKey::from_pkcs1(&key(KEY)).expect("is a key");
        let [p, _] = read.primes;
        assert!(RsaKey::of_primes([p.clone(), p]).is_none());
    }

    #[test]
    fn common_divisors() {
        for (a, b, divisor) in [(12_u32, 18_u32, 6_u32), (18, 12, 6), (7, 5, 1), (8, 8, 8)] {
            let found = greatest_common_divisor(&BigUint::from(a), &BigUint::from(b));
            assert_eq!(found, BigUint::from(divisor), "{a} {b}");
        }
    }
}
