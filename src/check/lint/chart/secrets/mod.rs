//! Secrets in files that should not have them: what sops should have encrypted, and what looks like a secret anywhere.

mod likelihood;
mod exposed;
mod manifest;
mod named_value;
mod shape;
mod sops;
mod search;

pub use likelihood::may_be_secret;
pub use search::{SearchedSecrets, check_secrets};
