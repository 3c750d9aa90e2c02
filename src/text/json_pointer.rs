//! JSON pointers (RFC 6901): `/metadata/annotations/helm.sh~1hook`.
//!
//! In: keys. Out: steps of a pointer, and back.

use std::borrow::Cow;

/// A key as one step of a pointer: `~` is written `~0`, `/` is written `~1`.
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(key)
    }
}

/// The key that a step names.
pub fn unescape(step: &str) -> Cow<'_, str> {
    if step.contains('~') {
        Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_steps() {
        for (key, step) in [("a", "a"), ("a/b", "a~1b"), ("~1", "~01"), ("~/", "~0~1"), ("", "")] {
            assert_eq!(escape(key), step);
            assert_eq!(unescape(step), key);
        }
    }
}
