//! RSA keys: made, read from PKCS#1 and written to it, and used to sign.
//!
//! In: the host's random bytes, or DER. Out: DER and signatures. Follows Go's `crypto/rsa`: the exponent 65,537, a private
//! exponent modulo the least common multiple, signatures of PKCS#1 v1.5 with SHA-256. The arithmetic is the `rsa` crate's.

use std::num::NonZeroU32;

use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey};
use sha2::{Digest as _, Sha256};

use super::host_random::HostRandom;
use super::primes::random_prime;
use crate::engine::template::Host;

/// Fewest bits of a modulus that Go signs with.
const LEAST_BITS: u32 = 1_024;
/// The public exponent of new keys.
const EXPONENT: u64 = 65_537;
/// Most bytes of a key that is read: one of 16,384 bits has some less.
pub(super) const MOST_BYTES: usize = 9_500;

/// A private key of two primes.
#[derive(Clone)]
pub(super) struct RsaKey(PrivateKey);

impl RsaKey {
    /// A new key of 2,048 or 4,096 bits.
    pub(super) fn generate(host: &mut dyn Host, bits: usize) -> Self {
        let mut random = HostRandom::new(host);
        let bits = u32::try_from(bits / 2)
            .ok()
            .and_then(NonZeroU32::new)
            .unwrap_or(NonZeroU32::MIN);
        loop {
            let primes = [(); 2].map(|()| random_prime(&mut random, bits));
            // Two equal primes are an error, as are some that do not fit the exponent: others are tried.
            if let [Some(p), Some(q)] = primes
                && let Some(key) = Self::from_primes(p, q)
            {
                return key;
            }
        }
    }

    /// The key of two primes, with the private exponent that Go computes.
    fn from_primes(p: BoxedUint, q: BoxedUint) -> Option<Self> {
        PrivateKey::from_p_q(p, q, BoxedUint::from(EXPONENT)).ok().map(Self)
    }

    /// Reads `RSAPrivateKey`; nothing if it is not one, or not consistent.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        if der.len() > MOST_BYTES {
            return None;
        }
        PrivateKey::from_pkcs1_der(der).ok().map(Self)
    }

    /// `RSAPrivateKey`.
    pub(super) fn to_pkcs1(&self) -> Vec<u8> {
        let der = self.0.to_pkcs1_der();
        der.map(|der| der.as_bytes().to_vec()).unwrap_or_default()
    }

    /// `RSAPublicKey`.
    pub(super) fn to_public(&self) -> Vec<u8> {
        let der = self.0.as_public_key().to_pkcs1_der();
        der.map(|der| der.as_bytes().to_vec()).unwrap_or_default()
    }

    /// The signature of a message: PKCS#1 v1.5 with SHA-256.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let bits = self.0.n().bit_width_vartime();
        if bits < LEAST_BITS {
            return Err(format!(
                "crypto/rsa: {bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
            ));
        }
        // Only names the hash function, in the version that the crate knows.
        let padding = Pkcs1v15Sign::new::<rsa::sha2::Sha256>();
        let signature = self.0.sign(padding, &Sha256::digest(message));
        signature.map_err(|_| "crypto/rsa: internal error".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use rsa::traits::PrivateKeyParts as _;

    use super::super::host_random::tests::Repeating;
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
        let [p, q] = read.0.primes() else {
            panic!("has two primes")
        };
        let made = RsaKey::from_primes(p.as_ref().clone(), q.as_ref().clone()).expect("fits");
        assert_eq!(made.sign(b"a message"), read.sign(b"a message"));
        assert_eq!(made.to_public(), read.to_public());
        assert!(made.0.d() <= read.0.d());
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
    fn the_same_bytes_give_the_same_key() {
        for byte in [0, 7, 0xff] {
            let [made, again] = [(); 2].map(|()| RsaKey::generate(&mut Repeating(byte), 1_024).to_pkcs1());
            assert_eq!(made, again, "{byte}");
            let key = RsaKey::from_pkcs1(&made).expect("is consistent");
            assert_eq!(key.0.n().bit_width_vartime(), 1_024, "{byte}");
            assert_eq!(key.0.e(), &BoxedUint::from(EXPONENT), "{byte}");
        }
    }
}
