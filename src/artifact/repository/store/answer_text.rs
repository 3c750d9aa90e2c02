//! What a store over HTTP says, and that it says nothing, as failures.

use crate::artifact::network::{HttpError, Verdict};
use crate::text::redact::redact_message;

use super::store_error::StoreFailure;

/// Longest part of a store's message that is shown, in characters.
pub(super) const MAX_MESSAGE: usize = 300;

/// A text of the store as it may be shown.
pub(super) fn shown(text: &str) -> String {
    let visible = text.trim().chars().filter(|c| !c.is_control());
    redact_message(&visible.take(MAX_MESSAGE).collect::<String>())
}

/// The failure of a request that has no answer.
pub(super) fn no_answer(error: HttpError) -> StoreFailure {
    match error {
        HttpError::Transport {
            message,
            refusal: Some(refusal),
            ..
        } => StoreFailure::Certificate { message, refusal },
        HttpError::Transport { message, verdict, .. } => StoreFailure::Transport { message, verdict },
        error => StoreFailure::Transport {
            message: error.to_string(),
            verdict: Verdict::Final,
        },
    }
}
