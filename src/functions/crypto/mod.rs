//! Hashes, passwords, ciphers and random text.

pub(super) mod hashes;
pub(super) mod passwords;
pub(super) mod random;
