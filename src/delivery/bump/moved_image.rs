//! The images that a plan moves: from which tag or digest to which, in which file.
//!
//! In: a requested image, the scalars that were set for it. Out: the image before and after.

use crate::delivery::image::ImageReference;
use crate::delivery::track::{Step, step};
use crate::text::edit::{Applied, Change};

/// An image that moves in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedImage {
    /// The file, as it is shown.
    pub file: String,
    /// What the file named; without a tag where that is not known.
    pub old: ImageReference,
    /// What it names now.
    pub new: ImageReference,
}

impl MovedImage {
    /// How large the step is, between versions.
    pub fn step(&self) -> Option<Step> {
        step(self.old.tag.as_deref()?, self.new.tag.as_deref()?)
    }
}

/// The moves of `image` in a file, where `changes` were made for it; several where the file names it with several tags.
pub(super) fn moves_of(file: &str, image: &ImageReference, changes: &[Change], applied: &[Applied]) -> Vec<MovedImage> {
    // A value inside of a block of text is found below the path of the block.
    let is_change = |applied: &&Applied| {
        applied.old != applied.new && changes.iter().any(|change| applied.path.0.starts_with(&change.path.0))
    };
    let mut moves: Vec<MovedImage> = Vec::new();
    let mut is_pin_moved = false;
    for applied in applied.iter().filter(is_change) {
        let ((tag, digest), new) = (version(&applied.old), version(&applied.new));
        if new.0.is_none() || tag == new.0 {
            is_pin_moved = true;
            continue;
        }
        let moved = MovedImage {
            file: file.to_owned(),
            old: ImageReference {
                repository: image.repository.clone(),
                tag,
                digest,
            },
            new: image.clone(),
        };
        if !moves.contains(&moved) {
            moves.push(moved);
        }
    }
    if moves.is_empty() && is_pin_moved {
        // The same tag, which has another image now.
        moves.push(MovedImage {
            file: file.to_owned(),
            old: ImageReference {
                digest: None,
                ..image.clone()
            },
            new: image.clone(),
        });
    }
    moves
}

/// The tag and the digest in a value, which may have the repository before them.
fn version(value: &str) -> (Option<String>, Option<String>) {
    let value = value.trim_end_matches('\n');
    if !value.contains('@') && ImageReference::is_digest(value) {
        return (None, Some(value.to_owned()));
    }
    // `1.2@sha256:…` is a tag with a digest, although a reference can be written like that.
    let before_digest = value.split('@').next().unwrap_or_default();
    if before_digest.contains([':', '/'])
        && let Ok(image) = ImageReference::parse(value)
    {
        return (image.tag, image.digest);
    }
    let (tag, digest) = match value.split_once('@') {
        Some((tag, digest)) => (tag, Some(digest.to_owned())),
        None => (value, None),
    };
    (Some(tag.to_owned()).filter(|tag| !tag.is_empty()), digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_tags_and_digests() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (value, tag, has_digest) in [
            ("1.2.3".to_owned(), Some("1.2.3"), false),
            ("1.2.3\n".to_owned(), Some("1.2.3"), false),
            (String::new(), None, false),
            (digest.clone(), None, true),
            (format!("1.2@{digest}"), Some("1.2"), true),
            ("nginx:1.2".to_owned(), Some("1.2"), false),
            ("localhost:5000/a/b".to_owned(), None, false),
            (format!("ghcr.io/a/b:v1@{digest}"), Some("v1"), true),
        ] {
            let (found, pin) = version(&value);
            assert_eq!((found.as_deref(), pin.is_some()), (tag, has_digest), "{value}");
        }
    }
}
