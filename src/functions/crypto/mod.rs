//! Hashes, passwords, ciphers and random text.

pub(super) mod certificates;
mod der;
pub(super) mod hashes;
pub(super) mod keys;
pub(super) mod passwords;
pub(super) mod random;
