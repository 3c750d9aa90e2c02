//! Secrets in files that should not have them: what sops should have encrypted, and what looks like a secret anywhere.

mod exposed;
mod likelihood;
mod named_value;
mod manifest;
mod shape;
mod sops;
mod search;

pub use likelihood::may_be_secret;
pub use search::check_secrets;
