//! What a registry says was pushed: payloads of webhooks to images and charts, without a word about their sender needed.

mod amazon;
mod cloud_events;
mod fields;
mod github;
mod google;
mod observed_tags;
mod payload;
mod payload_error;
mod products;
mod pushed;
mod registries;
mod sender;
mod signature;
mod wait;

#[cfg(test)]
mod payload_tests;
#[cfg(test)]
mod signature_tests;

pub use observed_tags::{ObservedTags, look_up};
pub use payload::{Payload, read_payload};
pub use payload_error::PayloadError;
pub use pushed::Pushed;
pub use sender::Sender;
pub use signature::{Header, SignatureError, check_signature, signature};
pub use wait::wait_until_there;
