//! Hashes, passwords, ciphers, random text, keys and certificates.

mod der;
mod dsa;
mod host_random;
mod pem;
mod primes;
mod probable_prime;
mod rsa;

pub(super) mod certificates;
pub(super) mod hashes;
pub(super) mod keys;
pub(super) mod passwords;
pub(super) mod random;
