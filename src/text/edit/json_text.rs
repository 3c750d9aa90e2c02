//! Files that are JSON, and stay JSON.

use serde::de::IgnoredAny;

use super::lines::text_start;

/// Whether a text is an object or a list of JSON, after a byte order mark if there is one.
pub(super) fn is_json(source: &[u8]) -> bool {
    let text = source.get(text_start(source)..).unwrap_or_default();
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[')) && is_json_value(text)
}

/// Whether a text is one value of JSON.
pub(super) fn is_json_value(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}
